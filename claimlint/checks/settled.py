"""Whether the experiments of a manifest bear out what a sentence concludes from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from claimlint.checks.kinds.base import find_words, listed_words
from claimlint.checks.study import EDITED, Case
from claimlint.evidence import Experiment, Manifest
from claimlint.evidence.licence import method_level
from claimlint.evidence.numbers import unit_of
from claimlint.evidence.parts import parts_of
from claimlint.evidence.units import family
from claimlint.linking.targets import cover, named_parts
from claimlint.linking.words import english
from claimlint.phrasing import listed

#: As many models, or prompt sets, as make it fair to speak of any.
_SEVERAL = 3
_CLAUSE = re.compile(r"[,;.:—]")


@dataclass(frozen=True, slots=True)
class Lack:
    """What no experiment shows: ``larger`` is a part whose effect is larger, ``tried`` all that was tried."""

    larger: str = ""
    tried: str = ""


def lack_of_variation(case: Case, where: tuple[int, int], manifest: Manifest) -> Lack | None:
    """None where an experiment names what the sentence excludes, or edits the part that it excludes."""
    start, end = _excluded(case.claim.sentence.text, where)
    parts = named_parts(c for c in case.claim.reading.components if start <= c.start < end)
    said = english().stems(case.claim.sentence.text[start:end]).keys()
    for experiment in manifest.done:
        edited = method_level(experiment) >= EDITED and bool(parts) and cover(parts, experiment) is not None
        if edited or said & english().stems(_told_of(experiment, manifest)).keys():
            return None
    return Lack()


def lack_of_comparison(case: Case, where: tuple[int, int], manifest: Manifest) -> Lack | None:
    """None where the same was done to other parts, and to no larger effect."""
    ahead: dict[str, float] = {}
    for experiment in case.experiments:
        if experiment.method == "robustness":
            return None
        for other in manifest.done:
            mine, size = _size(experiment), _size(other)
            elsewhere = parts_of(other.target) != parts_of(experiment.target)
            if mine is not None and size is not None and elsewhere and _alike(experiment, other):
                ahead[listed(map(str, parts_of(other.target)))] = size - mine
    larger = max(ahead, key=lambda parts: ahead[parts], default="")
    return None if larger and ahead[larger] <= 0 else Lack(larger=larger)


def lack_of_coverage(case: Case, where: tuple[int, int], manifest: Manifest) -> Lack | None:
    """None where several models were tried, or several prompt sets where the words speak of inputs."""
    behind = case.experiments or manifest.done
    models = {e.model for e in behind if e.model}
    prompts = {e.prompts for e in behind if e.prompts}
    for robustness in (e.robustness for e in behind if e.robustness):
        models |= set(robustness.models)
        prompts |= set(robustness.prompt_sets)
    of_inputs = find_words(listed_words("inputs"), case.claim.sentence.text[slice(*where)]) is not None
    tried = prompts if of_inputs else models
    if len(tried) >= _SEVERAL:
        return None
    entries = [manifest.prompt_set(id) if of_inputs else manifest.model(id) for id in sorted(tried)]
    return Lack(tried=listed(entry.name or entry.id for entry in entries if entry))


LACKS: Mapping[str, Callable[[Case, tuple[int, int], Manifest], Lack | None]] = {
    "variation": lack_of_variation,
    "comparison": lack_of_comparison,
    "coverage": lack_of_coverage,
}


def _excluded(text: str, where: tuple[int, int]) -> tuple[int, int]:
    """What the sentence excludes: from the word that does to the end of its clause."""
    found = find_words(listed_words("excluding"), text[where[0] :])
    start = where[0] + found[1] if found else where[1]
    end = _CLAUSE.search(text, start)
    return start, end.start() if end else len(text)


def _told_of(experiment: Experiment, manifest: Manifest) -> str:
    """What an entry says of what was studied and of what was changed for it."""
    sets = [experiment.prompts, *(experiment.robustness.prompt_sets if experiment.robustness else ())]
    named = [found.name for found in map(manifest.prompt_set, sets) if found]
    shifts = [test.shift for test in experiment.shift_tests]
    own = (experiment.behaviour, experiment.target.name, experiment.corruption, experiment.note)
    return " ; ".join((*own, *experiment.contrast_sets, *shifts, *named))


def _size(experiment: Experiment) -> float | None:
    if not experiment.effect or method_level(experiment) < EDITED:
        return None
    return abs(experiment.effect.value) * family(unit_of(experiment.effect))[1]


def _alike(one: Experiment, other: Experiment) -> bool:
    """Whether the same was done and measured."""
    fields = [(e.method, e.model, e.prompts, e.behaviour, e.effect and e.effect.metric) for e in (one, other)]
    return fields[0] == fields[1]
