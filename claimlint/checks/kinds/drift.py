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
from claimlint.checks.mentions import beside, common_stems, mentions, other_measure, stems
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
_WHOLE = 100
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
                quantity, experiment, effect = found
                yield _hit(case, quantity, experiment, _recorded(effect, quantity))
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
    written, corrected = quantity.text, text[: quantity.start] + recorded + text[quantity.end :]
    if _spread_behind(quantity, text) and recorded[-1:].isalpha():
        # Of another unit, which the sentence says behind the spread: "1.8 ± 0.2 nats".
        written, corrected = f"{written} {quantity.unit}", ""
    return hit_at(
        case,
        (quantity.start, quantity.end),
        experiments=(experiment,),
        experiment=experiment.id,
        written=written,
        recorded=recorded,
        corrected=corrected,
    )


def _spread_behind(quantity: Quantity, text: str) -> bool:
    return text[quantity.end :].lstrip().startswith("±")


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


def drift(case: Case) -> tuple[Quantity, Experiment, Effect] | None:
    """The number that differs, with the experiment and effect that it differs from; None if any is in doubt.

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
            meant = _meant(strange[0], case, [q for q in same if q is not strange[0]])
            if meant:
                return strange[0], *meant
        elif len(same) == 1:
            meant = _meant(same[0], case)
            ends = [q for q in quantities if q.role in ("low", "high") and q.unit == same[0].unit]
            end = _drifted_end(case, same[0], ends, meant[1]) if meant else None
            if meant and end:
                return end, *meant
    return None


def _in_measured_units(case: Case) -> list[Quantity]:
    """The numbers of a sentence, with the unit of what was measured where none is written.

    That of logits, nats or bits is often left out, and percent is in "an accuracy of 91".
    """
    text = case.claim.sentence.text
    effects = [(experiment.effect, experiment) for experiment in case.experiments if experiment.effect]
    quantities = [
        replace(quantity, unit="percent") if _is_level(quantity, text, effects) else quantity
        for quantity in case.claim.reading.quantities
    ]
    units = {unit_of(effect) for effect, experiment in effects if mentions(text, effect, experiment)}
    families = {family(unit)[0] for unit in units}
    if len(families) != 1 or not families <= _RARE:
        return quantities
    (unit,) = families
    return [
        replace(quantity, unit=unit)
        if not quantity.unit and quantity.decimals and not _labelled(quantity, text)
        else quantity
        for quantity in quantities
    ]


def _is_level(quantity: Quantity, text: str, effects: Sequence[tuple[Effect, Experiment]]) -> bool:
    """Whether a bare number is how high the measure of one of the effects is, which is a share."""
    told = pattern("level_of").search(text[: quantity.start])
    if not told or quantity.unit or not 1 < quantity.value <= _WHOLE:
        return False
    shares = [effect for effect, _ in effects if family(unit_of(effect))[0] == "share"]
    return any(stems(told["measure"]) & (stems(effect.metric) - common_stems()) for effect in shares)


def _labelled(quantity: Quantity, text: str) -> bool:
    """Whether the number is told to be something else: a share ("0.4 of"), or a statistic ("p = 0.03")."""
    before = text[: quantity.start]
    return bool(pattern("share_of").match(text, quantity.end) or _STATISTIC.search(before))


def _drifted_end(case: Case, value: Quantity, ends: Sequence[Quantity], effect: Effect) -> Quantity | None:
    """The end of the effect's interval that is no end of any interval of the linked experiments."""
    recorded = [effect for each in case.experiments for effect in effects_of(each) if effect.ci]
    text, (_, factor) = case.claim.sentence.text, in_family(value)
    if not (effect.ci and agrees(value, _in_base(effect), text)):
        return None
    known = [family(unit_of(effect))[1] * end for effect in recorded for end in effect.ci or ()]
    for end in ends if len(ends) == 2 else ():
        slack = end.rounding * factor * (1 + 1e-9)
        if not any(abs(abs(end.value) * factor - abs(other)) <= slack for other in known):
            return end
    return None


def _in_base(effect: Effect) -> float:
    return effect.value * family(unit_of(effect))[1]


def _meant(
    quantity: Quantity, case: Case, others: Sequence[Quantity] = ()
) -> tuple[Experiment, Effect] | None:
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
        (scores[experiment.id], experiment, effect)
        for experiment in case.experiments
        if (effect := _held_against(quantity, experiment, text))
        and _comparable(quantity, effect, experiment, before)
        and _measured(quantity, effect, experiment, case)
        and (says(effect.metric, "of_cases") or not pattern("of_cases").match(text, quantity.end))
        and not any(agrees(other, _in_base(effect), text) for other in others)
    ]
    highest = max((score for score, *_ in fitting), default=0.0)
    best = [(experiment, effect) for score, experiment, effect in fitting if score == highest]
    among = [experiment for experiment, _ in best]
    others_like_it = [e for e in case.experiments if scores[e.id] >= highest and e not in among]
    doubtful = len(best) != 1 or any(_may_hold_any(e, text) for e in others_like_it)
    return None if doubtful else best[0]


def _held_against(quantity: Quantity, experiment: Experiment, text: str) -> Effect | None:
    """The experiment's effect; where a share of something is told, what it is of the whole one."""
    effect = experiment.effect
    if effect is None or effect.share is None or family(unit_of(effect))[0] in ("share", "points"):
        return effect
    if in_family(quantity)[0] != "share" or not pattern("share_of").match(text, quantity.end):
        return effect
    return effect.model_copy(update={"value": effect.share, "unit": "fraction", "ci": None})


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
    """Whether the number is an end of "29–34%", or the upper one of "between 29 and 34%"."""
    before = text[: quantity.start]
    return bool(
        _RANGE_BEFORE.search(before)
        or _RANGE_BEHIND.match(text, quantity.end)
        or pattern("range_between").search(before)
    )


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
    if pattern("share_of").match(behind) and not says(effect.metric, "of_cases"):
        whole = effect.share is not None and pattern("whole_effect").match(behind)
        return bool(mentions(before, effect, experiment) or stems(effect.metric) <= stems(behind) or whole)
    return mentions(f"{before} {behind}", effect, experiment) and not other_measure(behind, effect)
