"""Which single prompt a counterfactual speaks of, and whether that prompt's own outcome is on record.

An outcome licenses a statement about its prompt, site, replacement and direction, and about no other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from claimlint.claims.model import Claim
from claimlint.evidence import LEVELS, Experiment, Licence, Unmet, licenses_instance
from claimlint.evidence.model import Instance
from claimlint.linking.model import Link
from claimlint.linking.prompts import named_prompts, same_prompt
from claimlint.linking.targets import cover, named_parts
from claimlint.linking.words import english


def narrowed(
    claim: Claim, experiment: Experiment, licence: Licence, link: Link, outcomes: Sequence[Instance]
) -> Licence:
    """The licence as far as it reaches this claim: a counterfactual that was not run is not licensed.

    Args:
        claim: any claim; one of another kind keeps the whole licence.
        experiment: an experiment that is linked to it.
        licence: what the experiment licenses.
        link: how the two were linked.
        outcomes: its paired outcomes.
    """
    if claim.reading.kind != "counterfactual" or "counterfactual" not in licence.kinds:
        return licence
    lacking = _not_run(claim, experiment, link, tuple(outcomes))
    if not lacking:
        return licence
    kinds = licence.kinds - {"counterfactual"}
    return replace(
        licence,
        kinds=kinds,
        level=max((LEVELS[kind] for kind in kinds), default=0),
        unmet=(*licence.unmet, Unmet("counterfactual", (lacking,))),
    )


def _not_run(claim: Claim, experiment: Experiment, link: Link, outcomes: tuple[Instance, ...]) -> str:
    """What keeps the outcomes from covering the claim, '' where one of them does."""
    ids = [outcome.prompt_id for outcome in outcomes]
    said = named_prompts(claim)
    if not said:
        if len(ids) == 1 or link.explicit:
            return _other_edit(claim, experiment, outcomes)
        return f"the prompt's name in the sentence ({len(ids)} prompts are listed)"
    missing = [name for name in said if not any(same_prompt(id, name) for id in ids)]
    # "prompt 17 ... the activation of prompt 18" names a donor as well.
    if len(missing) == len(said) or any(not _is_donor(name, outcomes) for name in missing):
        listed = f"{', '.join(ids[:3])}{', ...' if len(ids) > 3 else ''}"
        return f"the outcome of prompt {_first_of(missing, outcomes)} (listed: {listed})"
    meant = tuple(o for o in outcomes if any(same_prompt(o.prompt_id, name) for name in said))
    covered = all(licenses_instance(experiment, outcome.prompt_id, outcomes) for outcome in meant)
    return (
        _other_edit(claim, experiment, meant) if covered else "the site and replacement of this prompt's run"
    )


def _first_of(names: Sequence[str], outcomes: Sequence[Instance]) -> str:
    return next((name for name in names if not _is_donor(name, outcomes)), names[0])


def _is_donor(name: str, outcomes: Sequence[Instance]) -> bool:
    return any(outcome.donor and same_prompt(outcome.donor, name) for outcome in outcomes)


def _other_edit(claim: Claim, experiment: Experiment, outcomes: tuple[Instance, ...]) -> str:
    """How the edit that the sentence speaks of differs from the one that was run, '' where it does not."""
    named = named_parts(claim.reading.components)
    numbers = {str(n) for part in named for n in (part.layer, part.index) if n is not None}
    sites = [set(re.findall(r"\d+", o.site)) for o in outcomes if re.search(r"\d", o.site)]
    elsewhere = not any(numbers <= site for site in sites) if sites else cover(named, experiment) is None
    if named and elsewhere:
        return "this prompt's outcome under an edit of " + " and ".join(map(str, named))
    text = claim.sentence.text
    types = english().replacements(text)
    used = {o.replacement for o in outcomes if o.replacement} or set(experiment.replacement)
    if types and used and used.isdisjoint(types):
        return (
            f"this prompt's outcome under {' or '.join(types)} replacement (run: {', '.join(sorted(used))})"
        )
    direction = english().direction(text)
    if direction and experiment.direction and direction != experiment.direction:
        return f"this prompt's outcome under {direction} (run: {experiment.direction})"
    return ""
