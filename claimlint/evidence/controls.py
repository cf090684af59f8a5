"""Which of its own controls an experiment does no better than: beside those, its number says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from claimlint.evidence.metrics import says
from claimlint.evidence.model import Effect, Experiment, Measured
from claimlint.evidence.numbers import is_number, share_unit, unit_of
from claimlint.evidence.units import family

_PROBES = {
    "majority": "the commonest answer",
    "label_permutation": "shuffled labels",
    "random_init": "an untrained model",
    "random_features": "random features",
    "input_embedding": "the input embeddings",
    "control_task": "its control task",
}
#: Without an error of their own, so that a probe's whole interval has to lie above them. The others were
#: scored on the same prompts and err where the probe errs: there the numbers themselves are compared.
_CHANCE = ("majority", "label_permutation")


def not_above(experiment: Experiment) -> Iterator[str]:
    """Each control that a probe's score is not above, with its number: "shuffled labels (0.5)".

    A control that was made without a number is taken at its word, and so is a score that has to be low.
    """
    score, controls = experiment.effect, experiment.controls
    if score is None or says(score.metric, "lower_is_better"):
        return
    for name, words in _PROBES.items():
        control = getattr(controls, name)
        reached = score.ci[0] if score.ci and name in _CHANCE else score.value
        if _compares(name, experiment) and not _exceeds(reached, control, score):
            yield f"{words} ({control:.3g})"
    if is_number(controls.selectivity) and float(controls.selectivity or 0) <= 0:
        yield f"{_PROBES['control_task']} (selectivity {controls.selectivity:.3g})"


def _compares(name: str, experiment: Experiment) -> bool:
    """Whether the control is one of this score, and not the probe itself or of another split."""
    if name == "input_embedding":
        return experiment.target.site != "embedding"
    # Selectivity is the difference on one split, which the score itself need not come from.
    return name != "control_task" or not is_number(experiment.controls.selectivity)


def does_as_well_untrained(experiment: Experiment) -> bool:
    """Whether an alignment scores as much on a randomly initialised model."""
    score, alignment = experiment.effect, experiment.alignment
    control = alignment.random_model if alignment else None
    return score is not None and not _exceeds(score.value, control, score)


def does_as_well_at_random(experiment: Experiment) -> bool:
    """Whether random directions of the same length change as much."""
    change, control = experiment.effect, experiment.controls.random_direction
    return change is not None and not _exceeds(abs(change.value), control, change)


def _exceeds(value: float, control: Measured | None, effect: Effect) -> bool:
    """Whether a value in the unit of the effect is above a control, where that is a number."""
    if control is None or isinstance(control, bool):
        return True
    unit = unit_of(effect)
    if family(unit)[0] not in ("share", ""):
        return value > abs(control)
    # A share is as often noted as 0.5 as it is as 50, whatever the effect is printed in.
    own, other = family(unit or share_unit(effect.value))[1], family(share_unit(control))[1]
    return value * own > control * other
