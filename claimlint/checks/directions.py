"""Which way a sentence says that an edit moved something, or that nothing moved, against the manifest.

It speaks only where nothing else can be meant: the sentence names the edit that was made, a single word says
which way, and what it moved is what was measured. A part that "contributes 12 points" tells the effect of its
ablation the other way round, so that the direction has to be said of the edit and not of the part.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from claimlint.checks.agreement import agrees, in_family
from claimlint.checks.drift_words import pattern, words
from claimlint.checks.kinds.base import find_all, find_words
from claimlint.checks.mentions import common_stems, mentions, other_measure, stems
from claimlint.checks.sentence import condition
from claimlint.checks.study import Case
from claimlint.evidence.metrics import says
from claimlint.evidence.model import Effect, Experiment
from claimlint.evidence.numbers import effects_of, unit_of
from claimlint.evidence.units import family
from claimlint.linking.targets import cover, named_parts

_SHARES = ("share", "points")
#: So many standard errors of a difference of two shares are no accident, at whatever rates.
_ERRORS = 2.0
#: Words for each sort of edit, in ``rules/drift.toml``.
_EDITS = {
    "removing": ("removing",),
    "restoring": ("patching", "restoring"),
    "corrupting": ("patching", "corrupting"),
    "pushing": ("pushing",),
}
_EDIT_WORDS = tuple(dict.fromkeys(name for names in _EDITS.values() for name in names))
_WAYS = ("rises", "falls", "betters", "worsens")
#: The sorts that show what a part does by itself.
_TESTS = ("removing", "restoring", "corrupting")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Words that say otherwise than an experiment: that its ``effect`` goes the other way, or is none."""

    start: int
    end: int
    experiment: Experiment
    effect: Effect


def contradiction(case: Case) -> Contradiction | None:
    """The words of an own, unhedged claim that say otherwise than every experiment behind it; else None."""
    reading, text = case.claim.reading, case.claim.sentence.text
    if reading.stance != "own" or reading.hedged or not case.experiments:
        return None
    stops = [match.span() for match in pattern("clause").finditer(text)]
    starts, ends = [0, *(end for _, end in stops)], [*(start for start, _ in stops), len(text)]
    clauses = [_Clause(case, start, end) for start, end in zip(starts, ends, strict=True)]
    return next(filter(None, (clause.turned() or clause.denied() for clause in clauses)), None)


class _Clause:
    """A clause of a claim, with the experiments that the claim is linked to."""

    def __init__(self, case: Case, start: int, end: int) -> None:
        self._case = case
        self._start = start
        self._text = case.claim.sentence.text[start:end]

    def turned(self) -> Contradiction | None:
        """A direction that is opposite to that of every experiment in which this edit was made."""
        at = self._direction()
        edited = [(e, edit) for e in self._case.experiments if at and (edit := _edit(e, self._text))]
        if not at or not edited or not self._is_on(e for e, _ in edited):
            return None
        effects = [self._opposed(e, edit, at) for e, edit in edited]
        (first, _), found = edited[0], effects[0]
        if found is None or None in effects:
            return None
        return Contradiction(self._start + at[0], self._start + at[1], first, found)

    def denied(self) -> Contradiction | None:
        """Words that deny an effect which every experiment that removed or restored the part did find."""
        at = find_words(words("nothing"), self._text)
        if not at or find_words(words("partly"), self._text) or condition(self._case.claim):
            return None
        subject, denied = self._text[: at[0]], self._text[at[1] :]
        edited = any(find_words(words(name), subject) for name in _EDIT_WORDS)
        if not edited and not self._case.claim.reading.components:
            return None
        tests = [e for e in self._case.experiments if (_edit(e, subject) if edited else _sort(e) in _TESTS)]
        effects = [_of_denied(e, denied) for e in tests]
        if None in effects or not self._is_on(tests):
            return None
        found = next(filter(None, effects), None)
        if found is None:
            return None
        return Contradiction(self._start + at[0], self._start + at[1], tests[0], found)

    def _direction(self) -> tuple[int, int, str] | None:
        """The only word of the clause that says which way, where none beside it takes it back."""
        found = [(*span, name) for name in _WAYS for span in find_all(words(name), self._text)]
        return found[0] if len(found) == 1 else None

    def _is_on(self, experiments: Iterable[Experiment]) -> bool:
        """Whether each experiment is on the very parts that the clause names."""
        begin, end = self._start, self._start + len(self._text)
        components = [c for c in self._case.claim.reading.components if begin <= c.start and c.end <= end]
        named = named_parts(components)
        covers = [cover(named, experiment) for experiment in experiments] if named else []
        return all(found and found.whole and found.parts == set(named) for found in covers)

    def _opposed(
        self, experiment: Experiment, edit: tuple[int, int], at: tuple[int, int, str]
    ) -> Effect | None:
        """The effect that the clause is about, where it goes the other way, beyond doubt."""
        start, end, word = at
        before, behind = self._text[:start], pattern("moved_ends").split(self._text[end:])[0]
        if edit[0] >= end:
            moved, rest = before, pattern("once").sub("", self._text[end : edit[0]])
        elif edit[1] <= start:
            moved, rest = (
                self._text[end:] if pattern("amount").match(behind) else behind,
                before[edit[1] :] + self._text[end:],
            )
        else:
            return None
        told = [e for e in effects_of(experiment) if mentions(moved, e, experiment)]
        if len(told) != 1 or find_words(words("turned"), rest):
            return None
        (effect,) = told
        if _measures_another(moved, effect, experiment):
            return None
        says, is_ = _way_of_words(word, effect), way(effect, experiment)
        if not says or not is_ or says == is_ or _holds_zero(effect):
            return None
        return effect if self._means(effect, experiment, moved) else None

    def _means(self, effect: Effect, experiment: Experiment, moved: str) -> bool:
        """Whether the clause can be about nothing else: it quotes the effect, or names nothing besides."""
        text = self._case.claim.sentence.text
        values = [q for q in self._case.claim.reading.quantities if q.role == "value"]
        of_its_unit = [q for q in values if _comparable(in_family(q)[0], family(unit_of(effect))[0])]
        if of_its_unit:
            return any(agrees(q, effect.value * family(unit_of(effect))[1], text) for q in of_its_unit)
        others = stems(moved) - stems(effect.metric) - stems(experiment.behaviour) - common_stems()
        return not values and not others and not condition(self._case.claim)


def _sort(experiment: Experiment) -> str:
    """Which sort of edit an experiment made, one of those with words of their own; '' for none."""
    if experiment.method == "activation_patching" and experiment.direction:
        return "restoring" if experiment.direction == "denoising" else "corrupting"
    return {"ablation": "removing", "steering": "pushing"}.get(experiment.method, "")


def _edit(experiment: Experiment, text: str) -> tuple[int, int] | None:
    """Where the text names the edit that the experiment made, and none of another sort."""
    mine = _EDITS.get(_sort(experiment), ())
    if any(find_words(words(name), text) for name in _EDIT_WORDS if name not in mine):
        return None
    return next(filter(None, (find_words(words(name), text) for name in mine)), None)


def _way_of_words(name: str, effect: Effect) -> int:
    """Up (1) or down (-1), as a word of the list ``name`` says of the metric; 0 where that is open."""
    if name in ("rises", "falls"):
        return 1 if name == "rises" else -1
    better = 1 if name == "betters" else -1
    if says(effect.metric, "lower_is_better"):
        return -better
    return better if says(effect.metric, "higher_is_better") else 0


def way(effect: Effect, experiment: Experiment) -> int:
    """Whether the edit raised (1) or lowered (-1) the metric; 0 where the number may be no change.

    A removal's effect without a sign may have been noted by its size, a share may be what was reached.
    """
    sign = (effect.value > 0) - (effect.value < 0)
    if says(effect.metric, "downwards"):
        return -sign
    if says(effect.metric, "upwards"):
        return sign
    by_size = _sort(experiment) in ("removing", "corrupting") and experiment.grade != "executed"
    if sign > 0 and (by_size or family(unit_of(effect))[0] != "points"):
        return 0
    return sign


def _of_denied(experiment: Experiment, denied: str) -> Effect | None:
    """The effect that is denied, where the experiment found it: the one named, or that on its behaviour."""
    named = [effect for effect in effects_of(experiment) if mentions(denied, effect, experiment)]
    said = stems(denied)
    if not named and experiment.effect and said and said <= stems(experiment.behaviour) | common_stems():
        named = [experiment.effect]
    if len(named) != 1 or _measures_another(denied, named[0], experiment):
        return None
    (effect,) = named
    return effect if way(effect, experiment) and _beyond_chance(effect) else None


def _measures_another(words: str, effect: Effect, experiment: Experiment) -> bool:
    """Whether the words name another measure than the effect's, which the behaviour ("agreement") is not."""
    known = stems(experiment.behaviour)
    left = " ".join(word for word in words.split() if word.casefold()[:5] not in known)
    between = pattern("between").search(words) and not pattern("between").search(effect.metric)
    return bool(between) or other_measure(left, effect)


def _holds_zero(effect: Effect) -> bool:
    return effect.ci is not None and effect.ci[0] <= 0 <= effect.ci[1]


def _beyond_chance(effect: Effect) -> bool:
    """Whether the effect is no accident of the prompts: by its interval, or a share by their number."""
    if effect.ci or not effect.n:
        return effect.ci is not None and not _holds_zero(effect)
    kind, factor = family(unit_of(effect))
    return kind in _SHARES and abs(effect.value) * factor > _ERRORS / math.sqrt(effect.n)


def _comparable(unit: str, other: str) -> bool:
    return unit == other or {unit, other} <= set(_SHARES)
