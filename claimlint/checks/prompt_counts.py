"""Numbers of prompts in a sentence against the manifest's."""

from __future__ import annotations

from collections.abc import Iterator

from claimlint.checks.drift_words import pattern
from claimlint.checks.study import Case
from claimlint.claims.model import Quantity
from claimlint.evidence.model import Experiment, InstanceFile, Manifest
from claimlint.evidence.numbers import effects_of
from claimlint.evidence.units import family

#: Methods that take two prompts at a time.
_PAIRED = ("activation_patching", "path_patching", "interchange_intervention", "causal_mediation", "steering")


def drifted_counts(case: Case, manifest: Manifest) -> Iterator[tuple[Quantity, Experiment, int]]:
    """Numbers of prompts ("n = 1,000", "over 1,000 prompts") that no linked experiment was run on."""
    if case.claim.reading.stance != "own" or len(case.experiments) != 1:
        return
    (experiment,) = case.experiments
    sizes = _sizes(experiment, manifest)
    known = {*sizes, len(experiment.seeds)}
    if experiment.method in _PAIRED or pattern("pairs").search(case.claim.sentence.text):
        # Pairs are counted as pairs here and as prompts there.
        known |= {2 * n for n in sizes} | {n // 2 for n in sizes if n % 2 == 0}
    for quantity in case.claim.reading.quantities if sizes else ():
        if quantity.value not in known and _counts_prompts(quantity, case.claim.sentence.text):
            yield quantity, experiment, max(sizes)


def _counts_prompts(quantity: Quantity, text: str) -> bool:
    """Whether a number is one of all prompts: by its own noun, or as an n that is said of nothing else."""
    if pattern("for_each").match(text, quantity.end):
        return False
    noun = pattern("prompts").match(quantity.text)
    if noun:
        of_another = noun["vague"] and pattern("of_another").match(text, quantity.end)
        many = quantity.unit == "count" and pattern("all_of").search(text[: quantity.start])
        return bool((many or quantity.role == "size") and not of_another)
    if quantity.role != "size" or not quantity.text[-1].isdigit():
        return False
    said = pattern("said_before").search(text[: quantity.start]) or pattern("said_behind").match(
        text, quantity.end
    )
    return not said or bool(family(said["noun"])[0] or pattern("any_prompts").match(said["noun"]))


def _sizes(experiment: Experiment, manifest: Manifest) -> set[int]:
    prompts = manifest.prompt_set(experiment.prompts)
    listed = experiment.instances
    found = [effect.n for effect in effects_of(experiment)]
    found += [prompts.n if prompts else None]
    found += [listed.n if isinstance(listed, InstanceFile) else len(listed) or None]
    return {n for n in found if n}
