"""The sentence's number against the manifest's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.claims.model import Quantity
from claimlint.evidence.model import Effect, Experiment

#: Unit to the family within which numbers can be compared, and the factor to the family's base.
FAMILIES = {
    "percent": ("share", 0.01),
    "fraction": ("share", 1.0),
    "points": ("points", 0.01),
    "logits": ("logits", 1.0),
    "nats": ("nats", 1.0),
    "bits": ("bits", 1.0),
}

_ABOUT = re.compile(
    r"(?:about|around|roughly|approximately|nearly|almost|some|~|∼|≈|\\sim)\s*$", re.IGNORECASE
)
_AT_LEAST = re.compile(r"(?:at least|more than|over|above|exceeding|beyond|>|≥)\s*$", re.IGNORECASE)
_AT_MOST = re.compile(r"(?:at most|less than|under|below|up to|fewer than|<|≤)\s*$", re.IGNORECASE)
#: A share of something other than the effect: an interval's level, a share of the prompts.
_ELSEWHERE = re.compile(
    r"\s*(?:confidence|credible|bootstrap|CI\b|interval|percentile|quantile|of (?:the |our |all )?"
    r"(?:prompts|inputs|examples|cases|trials|runs|seeds|heads|layers|neurons|features|latents|tokens))",
    re.IGNORECASE,
)


class Drift(RuleKind):
    """A number that can only mean a linked experiment's effect, and is not that effect's number."""

    kind: Literal["drift"]

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            found = drift(case)
            if found:
                quantity, experiment = found
                text = case.claim.sentence.text
                recorded = as_written(experiment.effect, quantity)
                yield hit_at(
                    case,
                    (quantity.start, quantity.end),
                    experiments=(experiment,),
                    experiment=experiment.id,
                    written=quantity.text,
                    recorded=recorded,
                    corrected=text[: quantity.start] + recorded + text[quantity.end :],
                )


def drift(case: Case) -> tuple[Quantity, Experiment] | None:
    """The number that differs and the experiment that it differs from; None unless both are beyond doubt.

    Beyond doubt means: the sentence holds one number of a family of units, one experiment above all others is
    linked to it and reports its effect in that family, the words around the number mention what was measured,
    and no other number of the linked experiments is the one written.
    """
    if case.claim.reading.stance != "own":
        return None
    for quantity in case.claim.reading.quantities:
        family, _ = _family(quantity)
        same = [other for other in case.claim.reading.quantities if _family(other)[0] == family]
        if not family or len(same) > 1:
            continue
        experiment = _meant(quantity, case)
        if experiment and not any(_agrees(quantity, value, case) for value in _numbers(case, family)):
            return quantity, experiment
    return None


def _family(measured: Quantity | Effect) -> tuple[str, float]:
    """The family of a number's unit, with the factor to its base; a bare decimal below one is a fraction."""
    bare = not measured.unit and abs(measured.value) < 1 and not float(measured.value).is_integer()
    return FAMILIES.get("fraction" if bare else measured.unit, ("", 1.0))


def _meant(quantity: Quantity, case: Case) -> Experiment | None:
    """The one experiment whose effect the number must be."""
    text = case.claim.sentence.text
    if _ELSEWHERE.match(text, quantity.end):
        return None
    around = re.split(r"[,;:()]", text[: quantity.start])[-1] + re.split(r"[,;:()]", text[quantity.end :])[0]
    scores = {link.experiment: link.score for link in case.links}
    fitting = [
        (scores[experiment.id], experiment)
        for experiment in case.experiments
        if experiment.effect
        and _family(experiment.effect)[0] == _family(quantity)[0]
        and _mentions(around, experiment.effect.metric)
    ]
    best = [experiment for score, experiment in fitting if score == max(score for score, _ in fitting)]
    return best[0] if len(best) == 1 else None


def _mentions(words: str, metric: str) -> bool:
    """Whether the words speak of the metric; the first letters of a word stand for all its inflections."""
    return any(stem[:5] in words.casefold() for stem in re.findall(r"[a-z]{4,}", metric.casefold()))


def as_written(effect: Effect | None, quantity: Quantity) -> str:
    """The effect's value in the unit and with the decimals of the sentence."""
    if effect is None:
        return ""
    value = effect.value * _family(effect)[1] / _family(quantity)[1]
    suffix = {"percent": "%", "points": " points"}.get(quantity.unit, "")
    return f"{abs(value):.{quantity.decimals}f}{suffix}"


def _numbers(case: Case, family: str) -> list[float]:
    """Every number of the linked experiments that the sentence may be quoting, in the family's base.

    A bare number (a control, a share) may have been noted as a fraction or in percent.
    """
    numbers = []
    for experiment in case.experiments:
        for effect in _effects(experiment):
            same, factor = _family(effect)
            if same == family:
                numbers += [factor * number for number in (effect.value, *(effect.ci or ()))]
        plain = _plain_numbers(experiment.model_dump(exclude={"effect", "target", "seeds"}))
        numbers += [*plain, *(number / 100 for number in plain)]
        if experiment.effect and experiment.effect.share is not None:
            numbers.append(experiment.effect.share)
    return numbers


def _effects(experiment: Experiment) -> list[Effect]:
    shifted = [test.effect for test in experiment.shift_tests]
    every = [experiment.effect, *experiment.further_effects, experiment.joint_effect, *shifted]
    return [effect for effect in every if effect]


def _plain_numbers(value: object) -> list[float]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [float(value)]
    if isinstance(value, dict):
        return [n for member in value.values() for n in _plain_numbers(member)]
    if isinstance(value, list | tuple):
        return [n for member in value for n in _plain_numbers(member)]
    return []


def _agrees(quantity: Quantity, value: float, case: Case) -> bool:
    """Whether ``quantity`` is ``value`` as an author would round it; the verb tells the sign."""
    _, factor = _family(quantity)
    written, value = abs(quantity.value) * factor, abs(value)
    rounding = 0.5 * 10.0**-quantity.decimals * factor * (1 + 1e-9)
    before = case.claim.sentence.text[: quantity.start]
    if _ABOUT.search(before):
        return abs(written - value) <= max(rounding, 0.1 * value)
    if _AT_LEAST.search(before):
        return value >= written - rounding
    if _AT_MOST.search(before):
        return value <= written + rounding
    return abs(written - value) <= rounding
