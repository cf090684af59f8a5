"""Numbers of prompts in a sentence against the manifest's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claimlint.checks.study import Case
from claimlint.claims.model import Quantity
from claimlint.evidence.model import Experiment, InstanceFile, Manifest
from claimlint.evidence.numbers import effects_of
from claimlint.evidence.units import family

_PROMPT = r"(?:prompt|input|sentence|question)s?"
#: What there can be of anything: "gene pairs" and "examples of genes" are no prompts.
_OF_ANYTHING = r"(?:example|item|pair|instance)s?"
_MODIFIERS = r"(?:test|validation|evaluation|held|out|clean|minimal|contrast|contrastive)"
_NOUN = re.compile(
    rf"(?:.*[\s-])?{_PROMPT}\Z|[\d,]+[\s-](?:(?:{_MODIFIERS}|{_PROMPT})[\s-])*(?P<vague>{_OF_ANYTHING})\Z",
    re.IGNORECASE | re.DOTALL,
)
_OF_ANOTHER = re.compile(rf"\s+of\s+(?!(?:\w+\s+){{0,2}}{_PROMPT}\b)", re.IGNORECASE)
#: What an n is said of: "features (n = 1,460)", "n = 1,460 towns"; no plural ends on "-ss", "-is" or "-us".
_PLURAL = r"(?P<noun>\w+(?<![siu])s)\b"
_SAID_BEFORE = re.compile(rf"{_PLURAL}(?:\s+\w+)?\s*(?:[(\[](?:[^()\[\]]*[,;])?|,)?\s*\w+\s*[=:]\s*\Z")
_SAID_BEHIND = re.compile(rf"\s+{_PLURAL}")
_ANY_PROMPTS = re.compile(rf"(?:{_PROMPT}|{_OF_ANYTHING})\Z", re.IGNORECASE)
#: Methods that take two prompts at a time.
_PAIRED = ("activation_patching", "path_patching", "interchange_intervention", "causal_mediation", "steering")
_PAIRS = re.compile(r"\b(?:pair|contrast|counterfactual|corrupted)", re.IGNORECASE)
#: The whole number is then another.
_EACH = re.compile(r"\s+(?:\w+\s+)?(?:per|each|every|apiece)\b", re.IGNORECASE)
_MANY = re.compile(r"(?:over|across|on|of)\s+(?:the\s+|our\s+|all\s+|these\s+)?$", re.IGNORECASE)


def drifted_counts(case: Case, manifest: Manifest) -> Iterator[tuple[Quantity, Experiment, int]]:
    """Numbers of prompts ("n = 1,000", "over 1,000 prompts") that no linked experiment was run on."""
    if case.claim.reading.stance != "own" or len(case.experiments) != 1:
        return
    (experiment,) = case.experiments
    sizes = _sizes(experiment, manifest)
    known = {*sizes, len(experiment.seeds)}
    if experiment.method in _PAIRED or _PAIRS.search(case.claim.sentence.text):
        # Pairs are counted as pairs here and as prompts there.
        known |= {2 * n for n in sizes} | {n // 2 for n in sizes if n % 2 == 0}
    for quantity in case.claim.reading.quantities if sizes else ():
        if quantity.value not in known and _counts_prompts(quantity, case.claim.sentence.text):
            yield quantity, experiment, max(sizes)


def _counts_prompts(quantity: Quantity, text: str) -> bool:
    """Whether a number is one of all prompts: by its own noun, or as an n that is said of nothing else."""
    if _EACH.match(text, quantity.end):
        return False
    noun = _NOUN.match(quantity.text)
    if noun:
        of_another = noun["vague"] and _OF_ANOTHER.match(text, quantity.end)
        many = quantity.unit == "count" and _MANY.search(text[: quantity.start])
        return bool((many or quantity.role == "size") and not of_another)
    if quantity.role != "size" or not quantity.text[-1].isdigit():
        return False
    said = _SAID_BEFORE.search(text[: quantity.start]) or _SAID_BEHIND.match(text, quantity.end)
    return not said or bool(family(said["noun"])[0] or _ANY_PROMPTS.match(said["noun"]))


def _sizes(experiment: Experiment, manifest: Manifest) -> set[int]:
    prompts = manifest.prompt_set(experiment.prompts)
    listed = experiment.instances
    found = [effect.n for effect in effects_of(experiment)]
    found += [prompts.n if prompts else None]
    found += [listed.n if isinstance(listed, InstanceFile) else len(listed) or None]
    return {n for n in found if n}
