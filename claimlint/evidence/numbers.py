"""Every number of an experiment, with the unit that it is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from claimlint.evidence.metrics import unit_of_metric
from claimlint.evidence.model import Effect, Experiment
from claimlint.evidence.units import family

#: Tables of scores whose fields hold a bare number.
_SCORES = ("controls", "circuit", "alignment", "rank_test", "identifiability")
#: Fields that hold one.
_SCORE = ("natural_range", "cross_prompt_transfer", "label_eval")
#: Controls that measure an effect; the others score something between 0 and 1.
_OF_EFFECTS = ("random_direction", "nullspace", "full_component", "control_tokens")
_COUNTS = ("alternatives_found", "rank", "n_runs")


@dataclass(frozen=True, slots=True)
class Number:
    """``field`` says where it stands (``effect``, ``effect.ci``, ``controls.control_task``).

    ``unit`` is empty where the manifest does not tell and the number could be in any.
    """

    value: float
    unit: str
    field: str


def effects_of(experiment: Experiment) -> tuple[Effect, ...]:
    """The main effect and all others."""
    shifted = [test.effect for test in experiment.shift_tests]
    every = [experiment.effect, *experiment.further_effects, experiment.joint_effect, *shifted]
    return tuple(effect for effect in every if effect)


def unit_of(effect: Effect) -> str:
    """The unit of an effect: its own, else its metric's; a bare decimal below one is a fraction.

    An accuracy of 12 may be percent or points, and is no fraction.
    """
    bare = abs(effect.value) < 1 and not float(effect.value).is_integer()
    usual = unit_of_metric(effect.metric)
    if usual == "fraction" and abs(effect.value) > 1:
        usual = ""
    return effect.unit or usual or ("fraction" if bare else "")


def numbers_of(experiment: Experiment) -> Iterator[Number]:
    """The numbers that a sentence about the experiment may quote."""
    for effect in effects_of(experiment):
        field = "effect" if effect is experiment.effect else "further"
        unit = unit_of(effect)
        yield Number(effect.value, unit, field)
        yield from (Number(end, unit, f"{field}.ci") for end in effect.ci or ())
        if effect.share is not None:
            yield Number(effect.share, "fraction", f"{field}.share")
    if experiment.decomposition:
        for name, value in _numbers_in(experiment.decomposition):
            yield Number(value, _effect_unit(experiment), f"decomposition.{name}")
    if experiment.unit:
        for name, value in _numbers_in(experiment.unit):
            yield Number(value, "fraction", f"unit.{name}")
    yield from _scores(experiment)


def _scores(experiment: Experiment) -> Iterator[Number]:
    for table in _SCORES:
        for name, value in _numbers_in(getattr(experiment, table)):
            yield Number(value, _score_unit(experiment, name, value), f"{table}.{name}")
    for name in _SCORE:
        value = getattr(experiment, name)
        if is_number(value):
            yield Number(float(value), share_unit(value), name)
    if experiment.robustness:
        for name, value in _numbers_in(experiment.robustness):
            yield Number(value, "", f"robustness.{name}")
    if experiment.distribution_shift:
        for name, value in _numbers_in(experiment.distribution_shift):
            yield Number(value, "", f"distribution_shift.{name}")


def _score_unit(experiment: Experiment, name: str, value: float) -> str:
    """Controls that measure an effect do so in its unit; everything else is scored as a share."""
    if name in _COUNTS:
        return "count"
    unit = _effect_unit(experiment) if name in _OF_EFFECTS else ""
    # A share is as often noted as 0.5 as it is as 50, whatever the effect is printed in.
    return share_unit(value) if family(unit)[0] in ("share", "points", "") else unit


def share_unit(value: float) -> str:
    """Of a share whose unit nobody gives."""
    return "fraction" if abs(value) <= 1 else "percent"


def _effect_unit(experiment: Experiment) -> str:
    return unit_of(experiment.effect) if experiment.effect else ""


def _numbers_in(table: BaseModel | None) -> Iterator[tuple[str, float]]:
    fields: Mapping[str, object] = vars(table) if table else {}
    for name, value in fields.items():
        for member in value if isinstance(value, tuple) else (value,):
            if is_number(member):
                yield name, float(member)


def is_number(value: object) -> bool:
    """Whether a check was noted with its number, and not only that it was made."""
    return isinstance(value, int | float) and not isinstance(value, bool)
