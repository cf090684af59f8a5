"""The paper's number against the manifest's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from claimlint.checks.agreement import agrees, as_written, in_family, numbers_in_family
from claimlint.checks.directions import contradiction, way
from claimlint.checks.drift_words import pattern
from claimlint.checks.factors import misfit_factor
from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.mentions import beside, mentions, other_measure, stems
from claimlint.checks.phrases import change, value
from claimlint.checks.prompt_counts import drifted_counts
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.checks.tables import drifted_cells
from claimlint.claims.model import Quantity
from claimlint.evidence.metrics import says
from claimlint.evidence.model import Effect, Experiment
from claimlint.evidence.numbers import effects_of, unit_of
from claimlint.evidence.units import family

#: "r = 0.6" is a correlation whatever was measured besides, and "p = 0.03" of the kind is no effect at all.
_STATISTIC = re.compile(r"(?<!\w)(?P<sign>\w|[rR][²2]|R\^2)\|?\s*[=≈<>≤≥~]\s*$")
_OF_CORRELATION = ("r", "r2", "ρ", "τ")
#: An end of a range ("29–34%"), which is several numbers in one.
_RANGE_BEFORE = re.compile(r"\d\s?%?\s?[-–—−]\s?$")
_RANGE_BEHIND = re.compile(r"\s?[-–—]\s?\d")
#: Families of units in which little but the effect is measured.
_RARE = {"logits", "nats", "bits"}
_FIGURES = re.compile(r"\d[\d,]*")


class Drift(RuleKind):
    """A number that can only mean a linked experiment's effect, and is not that effect's number."""

    kind: Literal["drift"]

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "cell", "way", "points")

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            found = drift(case)
            if found:
                quantity, experiment = found
                yield _hit(case, quantity, experiment, _recorded(experiment.effect, quantity))
            factor = misfit_factor(case)
            if factor:
                yield hit_at(
                    case,
                    (factor.start, factor.end),
                    experiments=(factor.experiment,),
                    experiment=factor.experiment.id,
                    written=f'"{case.claim.sentence.text[factor.start : factor.end]}"',
                    recorded=value(factor.effect),
                )
            for quantity, experiment in _points_as_percent(case):
                # Many write percent and mean points: whether it is so here the authors know.
                hit = _hit(case, quantity, experiment, _recorded(experiment.effect, quantity))
                yield replace(hit, message="points", severity="info")
            turned = contradiction(case)
            if turned:
                yield hit_at(
                    case,
                    (turned.start, turned.end),
                    message="way",
                    experiments=(turned.experiment,),
                    experiment=turned.experiment.id,
                    written=case.claim.sentence.text[turned.start : turned.end],
                    recorded=change(turned.effect),
                )
            if study.manifest:
                for quantity, experiment, count in drifted_counts(case, study.manifest):
                    recorded = _FIGURES.sub(f"{count:,}", quantity.text)
                    yield _hit(case, quantity, experiment, recorded)
        if study.manifest:
            yield from drifted_cells(study.document, study.manifest)


def _hit(case: Case, quantity: Quantity, experiment: Experiment, recorded: str) -> Hit:
    text = case.claim.sentence.text
    return hit_at(
        case,
        (quantity.start, quantity.end),
        experiments=(experiment,),
        experiment=experiment.id,
        written=quantity.text,
        recorded=recorded,
        corrected=text[: quantity.start] + recorded + text[quantity.end :],
    )


def _points_as_percent(case: Case) -> Iterator[tuple[Quantity, Experiment]]:
    """Changes "by 12.4%" where an experiment found 12.4 points."""
    text = case.claim.sentence.text
    for quantity in case.claim.reading.quantities if case.claim.reading.stance == "own" else ():
        if quantity.unit != "percent" or not pattern("change_by").search(text[: quantity.start]):
            continue
        for experiment in case.experiments:
            effect = experiment.effect
            if effect and _same_in_points(quantity, effect) and _measured(quantity, effect, experiment, case):
                yield quantity, experiment
                break


def _same_in_points(quantity: Quantity, effect: Effect) -> bool:
    points = family(unit_of(effect)) == family("points")
    return points and abs(abs(effect.value) - abs(quantity.value)) <= quantity.rounding


def drift(case: Case) -> tuple[Quantity, Experiment] | None:
    """The number that differs and the experiment that it differs from; None unless both are beyond doubt.

    Beyond doubt means: of the sentence's numbers in one family of units, all others are numbers of the linked
    experiments; one experiment above all others is linked and reports an effect in that family which the
    others do not quote; and the words around the number mention what was measured. An interval is then that
    of this effect.
    """
    if case.claim.reading.stance != "own" or not any(experiment.effect for experiment in case.experiments):
        return None
    quantities, text = _in_measured_units(case), case.claim.sentence.text
    values = [quantity for quantity in quantities if quantity.role == "value"]
    for unit in dict.fromkeys(in_family(quantity)[0] for quantity in values):
        same = [quantity for quantity in values if unit and in_family(quantity)[0] == unit]
        known = numbers_in_family(case.experiments, unit)
        strange = [q for q in same if not any(agrees(q, number, text) for number in known)]
        if len(strange) == 1:
            experiment = _meant(strange[0], case, [q for q in same if q is not strange[0]])
            if experiment:
                return strange[0], experiment
        elif len(same) == 1:
            experiment = _meant(same[0], case)
            ends = [q for q in quantities if q.role in ("low", "high") and q.unit == same[0].unit]
            end = _drifted_end(case, same[0], ends, experiment) if experiment else None
            if experiment and end:
                return end, experiment
    return None


def _in_measured_units(case: Case) -> list[Quantity]:
    """The numbers of a sentence; of a metric in logits, nats or bits the unit is often left out."""
    text, quantities = case.claim.sentence.text, case.claim.reading.quantities
    effects = [(experiment.effect, experiment) for experiment in case.experiments if experiment.effect]
    units = {unit_of(effect) for effect, experiment in effects if mentions(text, effect, experiment)}
    families = {family(unit)[0] for unit in units}
    if len(families) != 1 or not families <= _RARE:
        return list(quantities)
    (unit,) = families
    return [
        replace(quantity, unit=unit)
        if not quantity.unit and quantity.decimals and not _labelled(quantity, text)
        else quantity
        for quantity in quantities
    ]


def _labelled(quantity: Quantity, text: str) -> bool:
    """Whether the number is told to be something else: a share ("0.4 of"), or a statistic ("p = 0.03")."""
    before = text[: quantity.start]
    return bool(pattern("share_of").match(text, quantity.end) or _STATISTIC.search(before))


def _drifted_end(
    case: Case, value: Quantity, ends: Sequence[Quantity], experiment: Experiment
) -> Quantity | None:
    """The end of the value's interval that is no end of any interval of the linked experiments."""
    recorded = [effect for each in case.experiments for effect in effects_of(each) if effect.ci]
    text, (_, factor) = case.claim.sentence.text, in_family(value)
    if not (experiment.effect and experiment.effect.ci and agrees(value, _in_base(experiment.effect), text)):
        return None
    known = [family(unit_of(effect))[1] * end for effect in recorded for end in effect.ci or ()]
    for end in ends if len(ends) == 2 else ():
        slack = end.rounding * factor * (1 + 1e-9)
        if not any(abs(abs(end.value) * factor - abs(other)) <= slack for other in known):
            return end
    return None


def _in_base(effect: Effect) -> float:
    return effect.value * family(unit_of(effect))[1]


def _meant(quantity: Quantity, case: Case, others: Sequence[Quantity] = ()) -> Experiment | None:
    """The one experiment whose effect the number must be; none whose effect one of the ``others`` quotes."""
    text = case.claim.sentence.text
    before = text[: quantity.start]
    if (
        pattern("elsewhere").match(text, quantity.end)
        or pattern("bound_set").search(before)
        or _in_range(quantity, text)
    ):
        return None
    scores = {link.experiment: link.score for link in case.links}
    fitting = [
        (scores[experiment.id], experiment)
        for experiment in case.experiments
        if experiment.effect
        and _comparable(quantity, experiment.effect, experiment, before)
        and _measured(quantity, experiment.effect, experiment, case)
        and not any(agrees(other, _in_base(experiment.effect), text) for other in others)
    ]
    highest = max((score for score, _ in fitting), default=0.0)
    best = [experiment for score, experiment in fitting if score == highest]
    others_like_it = [e for e in case.experiments if scores[e.id] >= highest and e not in best]
    doubtful = len(best) != 1 or any(_may_hold_any(e, text) for e in others_like_it)
    return None if doubtful else best[0]


def _recorded(effect: Effect | None, quantity: Quantity) -> str:
    """The effect as it would stand in the sentence; in its own unit where that is another."""
    if effect and in_family(quantity)[0] != family(unit_of(effect))[0]:
        return value(effect)
    return as_written(effect, quantity)


def _comparable(quantity: Quantity, effect: Effect, experiment: Experiment, before: str) -> bool:
    """Whether a number can be held against the effect: its unit is the effect's, or can only be a slip.

    So it is where the effect's own number has another unit ("12.4 logits" for 12.4 points), and where a
    change by a share of what was there would leave the scale: from no level are 33 points half as much again.
    """
    (written, _), (measured, factor) = in_family(quantity), family(unit_of(effect))
    if written == measured:
        return True
    if (written, measured) == ("share", "points"):
        change, share = abs(effect.value) * factor, abs(quantity.value) * in_family(quantity)[1]
        highest = change / share + (change if way(effect, experiment) > 0 else 0) if share else 0
        return highest > 1 and pattern("change_by").search(before) is not None
    same = abs(abs(quantity.value) - abs(effect.value)) <= quantity.rounding
    return bool(written and measured and quantity.decimals and same)


def _may_hold_any(experiment: Experiment, text: str) -> bool:
    """Whether nobody wrote down what came out of the experiment, or in which unit."""
    effect = experiment.effect
    return effect is None or (not effect.unit and mentions(text, effect, experiment))


def _in_range(quantity: Quantity, text: str) -> bool:
    """Whether the number is an end of "29–34%"."""
    return bool(_RANGE_BEFORE.search(text[: quantity.start]) or _RANGE_BEHIND.match(text, quantity.end))


def _measured(quantity: Quantity, effect: Effect, experiment: Experiment, case: Case) -> bool:
    """Whether the words around the number speak of the effect's metric; of a named part, a rare unit does.

    What the number is a share of names a metric by all of its name alone: "12% of annotations" is no kappa.
    """
    text = case.claim.sentence.text
    statistic = _STATISTIC.search(text[: quantity.start])
    if statistic:
        sign = statistic["sign"].casefold().replace("²", "2").replace("^", "")
        correlates = sign in _OF_CORRELATION and says(effect.metric, "correlation")
        return bool(correlates or sign in re.findall(r"[^\W_]+", effect.metric.casefold()))
    if in_family(quantity)[0] in _RARE and case.claim.reading.components:
        return True
    before, behind = beside(text, quantity.start, quantity.end)
    if pattern("share_of").match(behind):
        return mentions(before, effect, experiment) or stems(effect.metric) <= stems(behind)
    return mentions(f"{before} {behind}", effect, experiment) and not other_measure(behind, effect)
