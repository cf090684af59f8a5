"""The paper's number against the manifest's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from claimlint.checks.agreement import agrees, as_written, in_family, numbers_in_family
from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.checks.tables import drifted_cells
from claimlint.claims.model import Quantity
from claimlint.evidence.model import Effect, Experiment, InstanceFile, Manifest
from claimlint.evidence.numbers import effects_of, unit_of
from claimlint.evidence.units import family

#: A share of something other than the effect: a share of the prompts.
_ELSEWHERE = re.compile(
    r"\s*(?:percentile|quantile|of (?:the |our |all )?"
    r"(?:prompts|inputs|examples|cases|trials|runs|seeds|heads|layers|neurons|features|latents|tokens))",
    re.IGNORECASE,
)
#: "r = 0.6" is a correlation whatever was measured besides.
_STATISTIC = re.compile(r"(?<!\w)(?:[rpdtFz]|[rR][²2]|R\^2|ρ|τ|χ)\s*[=≈<>~]\s*$", re.IGNORECASE)
_CORRELATION = re.compile(r"correlation|pearson|spearman|kendall|\b[rt]\b|rho|tau", re.IGNORECASE)
#: Families of units in which little but the effect is measured.
_RARE = {"logits", "nats", "bits"}
_PROMPTS = re.compile(r"(?:prompts?|inputs?|examples?|sentences?|questions?|items?|pairs?|instances?)\Z")
_FIGURES = re.compile(r"\d[\d,]*")
#: What an n is said of: "features (n = 1,460)", "n = 1,460 towns"; no plural ends on "-ss", "-is" or "-us".
_PLURAL = r"(?P<noun>\w+(?<![siu])s)\b"
_SAID_BEFORE = re.compile(rf"{_PLURAL}(?:\s+\w+)?\s*[(\[,]?\s*\w+\s*[=:]\s*\Z")
_SAID_BEHIND = re.compile(rf"\s+{_PLURAL}")
_MANY = re.compile(r"(?:over|across|on|of)\s+(?:the\s+|our\s+|all\s+|these\s+)?$", re.IGNORECASE)


class Drift(RuleKind):
    """A number that can only mean a linked experiment's effect, and is not that effect's number."""

    kind: Literal["drift"]

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "cell")

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            found = drift(case)
            if found:
                quantity, experiment = found
                yield _hit(case, quantity, experiment, as_written(experiment.effect, quantity))
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
    effects = [experiment.effect for experiment in case.experiments if experiment.effect]
    units = {unit_of(effect) for effect in effects if mentions(text, effect.metric)}
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
    return bool(re.match(r"\s+of\b", text[quantity.end :]) or _STATISTIC.search(before))


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
    if _ELSEWHERE.match(text, quantity.end):
        return None
    scores = {link.experiment: link.score for link in case.links}
    fitting = [
        (scores[experiment.id], experiment)
        for experiment in case.experiments
        if experiment.effect
        and family(unit_of(experiment.effect))[0] == in_family(quantity)[0]
        and _measured(quantity, experiment.effect, case)
        and not any(agrees(other, _in_base(experiment.effect), text) for other in others)
    ]
    best = [experiment for score, experiment in fitting if score == max(score for score, _ in fitting)]
    return best[0] if len(best) == 1 else None


def _measured(quantity: Quantity, effect: Effect, case: Case) -> bool:
    """Whether the words around the number speak of the effect's metric; of a named part, a rare unit does."""
    text = case.claim.sentence.text
    if _STATISTIC.search(text[: quantity.start]):
        return bool(_CORRELATION.search(effect.metric))
    around = re.split(r"[,;:()]", text[: quantity.start])[-1] + re.split(r"[,;:()]", text[quantity.end :])[0]
    told_by_unit = in_family(quantity)[0] in _RARE and bool(case.claim.reading.components)
    return told_by_unit or mentions(around, effect.metric)


def mentions(words: str, metric: str) -> bool:
    """Whether the words speak of the metric; the first letters of a word stand for all its inflections."""
    return any(stem[:5] in words.casefold() for stem in re.findall(r"[a-z]{4,}", metric.casefold()))


def drifted_counts(case: Case, manifest: Manifest) -> Iterator[tuple[Quantity, Experiment, int]]:
    """Numbers of prompts ("n = 1,000", "over 1,000 prompts") that no linked experiment was run on."""
    if case.claim.reading.stance != "own" or len(case.experiments) != 1:
        return
    (experiment,) = case.experiments
    known = _sizes(experiment, manifest)
    # Pairs of prompts are counted as pairs here and as prompts there.
    same = {n * times for n in known for times in (1, 2)} | {n // 2 for n in known if n % 2 == 0}
    for quantity in case.claim.reading.quantities if known else ():
        if quantity.value not in same and _counts_prompts(quantity, case.claim.sentence.text):
            yield quantity, experiment, max(known)


def _counts_prompts(quantity: Quantity, text: str) -> bool:
    """Whether a number is one of prompts: by its own noun, or as an n that is said of nothing else."""
    noun = _PROMPTS.search(quantity.text)
    if quantity.role != "size":
        return bool(noun and quantity.unit == "count" and _MANY.search(text[: quantity.start]))
    said = _SAID_BEFORE.search(text[: quantity.start]) or _SAID_BEHIND.match(text, quantity.end)
    counted = said["noun"] if said and not family(said["noun"])[0] else ""
    return bool(noun or (quantity.text[-1].isdigit() and (not counted or _PROMPTS.search(counted))))


def _sizes(experiment: Experiment, manifest: Manifest) -> set[int]:
    prompts = manifest.prompt_set(experiment.prompts)
    listed = experiment.instances
    found = [effect.n for effect in effects_of(experiment)]
    found += [prompts.n if prompts else None]
    found += [listed.n if isinstance(listed, InstanceFile) else len(listed) or None]
    return {n for n in found if n}
