"""Changes told as a factor ("halves", "doubles"), held against the effect where that tells."""

from __future__ import annotations

from dataclasses import dataclass

from claimlint.checks.drift_words import factors, pattern
from claimlint.checks.kinds.base import find_words
from claimlint.checks.mentions import beside, mentions
from claimlint.checks.study import Case
from claimlint.evidence.metrics import unit_of_metric
from claimlint.evidence.model import Effect, Experiment
from claimlint.evidence.numbers import unit_of
from claimlint.evidence.units import family

#: "Halves" is said of a change by 45%, and not of one by 40%.
_ROUGHLY = 0.15


@dataclass(frozen=True, slots=True)
class Factor:
    """The words that tell the factor, and the experiment whose effect it cannot be."""

    start: int
    end: int
    experiment: Experiment
    effect: Effect


def misfit_factor(case: Case) -> Factor | None:
    """The factor that the sentence names, where the one experiment that it can mean found another.

    What "more than doubles" may be more than the factor, by whatever.
    """
    reading, text = case.claim.reading, case.claim.sentence.text
    if reading.stance != "own" or reading.hedged or reading.negated:
        return None
    for factor, words in factors():
        found = find_words(words, text)
        if not found or pattern("at_least").search(text[: found[0]]):
            continue
        clause = " ".join(beside(text, *found))
        meant = [(e, e.effect) for e in case.experiments if e.effect and mentions(clause, e.effect, e)]
        if len(meant) == 1 and not _may_be(factor, meant[0][1]):
            return Factor(*found, *meant[0])
    return None


def _may_be(factor: float, effect: Effect) -> bool:
    """Whether the effect may be a change by the factor, whatever was there before.

    Of points only the most is known: what is halved falls by 50 points at most. A share may be the level that
    was left, or meant as points, unless what was measured has another unit and is no share.
    """
    unit, scale = family(unit_of(effect))
    size, change = abs(effect.value) * scale, abs(factor - 1)
    if unit == "times":
        return abs(size - factor) <= _ROUGHLY * factor
    if unit == "points":
        return size <= change / max(factor, 1) * (1 + _ROUGHLY)
    if unit == "share" and unit_of_metric(effect.metric) not in ("", "fraction"):
        return abs(size - change) <= _ROUGHLY * change
    return True
