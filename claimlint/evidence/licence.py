"""What an experiment licenses, derived from its method and the conditions that it meets.

The table is `LICENCES`: one row per method, each entry a kind of claim and what has to hold for it.
A condition answers with what is missing, or with nothing where it is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from claimlint.evidence.assumptions import compared, rows_for
from claimlint.evidence.controls import does_as_well_at_random, does_as_well_untrained, not_above
from claimlint.evidence.model import Experiment, Grade, Instance, InstanceFile, Manifest, Method
from claimlint.evidence.parts import parts_of
from claimlint.phrasing import listed

#: The rung of Pearl's hierarchy that a kind of claim stands on.
LEVELS: Mapping[str, int] = {
    "association": 1,
    "effect": 2,
    "role": 2,
    "sufficiency": 2,
    "necessity": 3,
    "mechanism": 3,
    "uniqueness": 3,
    "counterfactual": 3,
}


@dataclass(frozen=True, slots=True)
class Unmet:
    """A kind that the experiment does not license yet, and what is missing for it."""

    kind: str
    needs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} needs {listed(self.needs)}"


@dataclass(frozen=True, slots=True)
class Licence:
    """The kinds of claim that one experiment covers; ``words`` that need a test of their own and had it.

    ``level`` is the highest rung among the kinds, 0 where there are none.
    """

    kinds: frozenset[str]
    level: int
    grade: Grade
    unmet: tuple[Unmet, ...] = ()
    words: frozenset[str] = frozenset()

    @property
    def nothing(self) -> str:
        """In words, that no kind is licensed, and what the experiment's own kind lacks."""
        # Outcomes of single prompts may be added to any method, so that they are not what this one lacks.
        lacking = next((unmet for unmet in self.unmet if unmet.kind != "counterfactual"), None)
        return f"nothing ({lacking})" if lacking else "nothing by itself"


#: Of factors found without labels: that they are the true ones, up to what the assumptions leave open.
IDENTIFICATION = "identification"

Condition = Callable[[Experiment, Manifest], Iterator[str]]


def licence(experiment: Experiment, manifest: Manifest) -> Licence:
    """What an experiment licenses on its own target; one that was not carried out licenses nothing."""
    if experiment.status != "done":
        return Licence(frozenset(), 0, experiment.grade)
    rows = (*LICENCES[experiment.method], ("counterfactual", _paired_outcomes))
    missing = [(kind, tuple(condition(experiment, manifest))) for kind, condition in rows]
    met = frozenset(kind for kind, needs in missing if not needs)
    kinds = met & LEVELS.keys()
    return Licence(
        kinds=kinds,
        level=max((LEVELS[kind] for kind in kinds), default=0),
        grade=experiment.grade,
        unmet=tuple(Unmet(kind, needs) for kind, needs in missing if needs),
        words=met - LEVELS.keys(),
    )


def licenses_instance(experiment: Experiment, prompt_id: str, instances: tuple[Instance, ...] = ()) -> bool:
    """Whether a statement about this one prompt is covered: its own paired outcome is listed.

    Args:
        experiment: the experiment.
        prompt_id: the prompt, as its prompt set names it.
        instances: the outcomes of an experiment that keeps them in a file, as ``read_instances`` gives them.
    """
    listed = experiment.instances if isinstance(experiment.instances, tuple) else instances
    return experiment.status == "done" and any(
        instance.prompt_id == prompt_id and not tuple(_undetermined(experiment, instance))
        for instance in listed
    )


def method_level(experiment: Experiment) -> int:
    """The rung of the method alone, as the pilot study counted: 1, 2, 3, and 0 for what licenses nothing.

    It is that of the first kind in the method's row; what an experiment reaches is its licence's ``level``.
    """
    return rung_of(experiment.method) if experiment.status == "done" else 0


def rung_of(method: Method) -> int:
    """The same of a method of which no experiment is at hand."""
    row = LICENCES[method]
    return LEVELS.get(row[0][0], 0) if row else 0


def _always(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    yield from ()


def _above_controls(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    """Nothing is missing where no control was made: that is for the rules to ask for."""
    beside = list(not_above(experiment))
    if beside:
        yield f"a score above that of {listed(beside)}"


def _exact_patching(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    checked = [manifest.experiment(id) for id in experiment.verified_by]
    covered = {
        part
        for check in checked
        if check
        and check.status == "done"
        and check.method in ("activation_patching", "path_patching")
        and check.model == experiment.model
        for part in parts_of(check.target)
    }
    named = parts_of(experiment.target)
    left = [str(part) for part in named if part not in covered]
    if not named:
        yield "named components, each verified by exact patching (verified_by)"
    elif left:
        yield f"exact patching of {listed(left)} (verified_by)"


def _denoising(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    if experiment.direction != "denoising":
        yield "denoising"


def _removal_of_two_types(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    if experiment.method == "activation_patching" and experiment.direction != "noising":
        yield "noising or ablation"
    yield from _two_types(experiment, manifest)
    if not (experiment.joint_ablation or experiment.backup_check):
        yield "a joint or backup check"


def _two_types(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    if len(set(experiment.replacement)) < 2:
        yield "at least two replacement types"


def _steering_controls(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    if not done(experiment.controls.random_direction):
        yield "a random-direction control"
    elif does_as_well_at_random(experiment):
        yield f"an effect above that of random directions ({experiment.controls.random_direction:.3g})"
    if not done(experiment.natural_range):
        yield "a natural-range control"


def _circuit_alone(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    if not (experiment.circuit and done(experiment.circuit.alone)):
        yield "a run of the circuit alone"


def _circuit_removed(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    if not (experiment.circuit and done(experiment.circuit.complement)):
        yield "a run of the complement"
    if not (experiment.circuit and done(experiment.circuit.parts)):
        yield "runs with the parts ablated"
    yield from _two_types(experiment, manifest)


def _no_alternative(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    found = experiment.circuit.alternatives_found if experiment.circuit else None
    if found is None:
        yield "a search for alternatives"
    elif found:
        yield f"a search that finds no alternative (this one found {found})"


def _completeness(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    if not (experiment.circuit and done(experiment.circuit.completeness)):
        yield "a completeness test"


def _minimality(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    if not (experiment.circuit and done(experiment.circuit.minimality)):
        yield "a minimality test"


def _identified(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    found = experiment.identifiability
    rows = rows_for(found.assumptions) if found else ()
    if not rows:
        yield "assumptions that identify the factors"
    if not (found and compared(found, rows)):
        yield "other fits or known factors to compare with"


def _constrained_alignment(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    alignment = experiment.alignment
    if not (alignment and alignment.map in ("identity", "linear")):
        yield "a linear map"
    if not (alignment and done(alignment.random_model)):
        yield "a random-model baseline"
    elif alignment and does_as_well_untrained(experiment):
        yield f"a score above that of a randomly initialised model ({alignment.random_model:.3g})"
    if not (alignment and done(alignment.isolation)):
        yield "an isolation metric"


def _paired_outcomes(experiment: Experiment, manifest: Manifest) -> Iterator[str]:
    """A file of outcomes is taken at its word here; ``check_manifest`` reads it."""
    if isinstance(experiment.instances, InstanceFile):
        return
    if not experiment.instances:
        yield _PAIRED
        return
    missing = [tuple(_undetermined(experiment, instance)) for instance in experiment.instances]
    if all(missing):
        yield from min(missing, key=len)


_PAIRED = "the prompt's own paired outcome (instances)"


def _undetermined(experiment: Experiment, instance: Instance) -> Iterator[str]:
    """What the counterfactual leaves open: where was edited, what was put there, in which direction."""
    target = experiment.target
    if not (instance.site or target.site or parts_of(target)):
        yield "the site of the edit"
    if not (instance.replacement or instance.donor or experiment.replacement):
        yield "the replacement or the donor"
    if experiment.method == "activation_patching" and not experiment.direction:
        yield "the direction of the patch"


def done(value: bool | float | None) -> bool:
    """Whether a check was made; a score of 0 is one."""
    return value is not None and value is not False


_ASSOCIATION: tuple[tuple[str, Condition], ...] = (("association", _always),)

LICENCES: Mapping[Method, tuple[tuple[str, Condition], ...]] = {
    "linear_probe": (("association", _above_controls),),
    "logit_lens": _ASSOCIATION,
    "correlation": _ASSOCIATION,
    "pca": _ASSOCIATION,
    "attention_statistics": _ASSOCIATION,
    "activation_statistics": _ASSOCIATION,
    "sae_attribution": _ASSOCIATION,
    "weight_analysis": _ASSOCIATION,
    "behavioural": _ASSOCIATION,
    "attribution_patching": (("association", _always), ("effect", _exact_patching)),
    "activation_patching": (
        ("effect", _always),
        ("role", _always),
        ("sufficiency", _denoising),
        ("necessity", _removal_of_two_types),
    ),
    "ablation": (("effect", _always), ("role", _always), ("necessity", _removal_of_two_types)),
    "path_patching": (("effect", _always), ("role", _always)),
    "causal_mediation": (("effect", _always), ("role", _always)),
    "steering": (("effect", _always), ("role", _steering_controls)),
    "weight_edit": (("effect", _always),),
    "circuit_evaluation": (
        ("sufficiency", _circuit_alone),
        ("necessity", _circuit_removed),
        ("uniqueness", _no_alternative),
        ("complete", _completeness),
        ("minimal", _minimality),
    ),
    "interchange_intervention": (
        ("effect", _always),
        ("role", _always),
        ("mechanism", _constrained_alignment),
    ),
    "causal_scrubbing": (("mechanism", _always),),
    "identifiability": ((IDENTIFICATION, _identified),),
    "robustness": (),
    "distribution_shift": (),
}


#: What a condition asks of the controls once they are made, for the table of licences.
COMPARED: Mapping[Condition, str] = {
    _above_controls: "a score above that of each control that was made",
    _steering_controls: "an effect above that of random directions",
    _constrained_alignment: "a score above that of the random model",
}

#: Conditions that ask for nothing to be done.
_UNASKED = (_always, _above_controls)


@cache
def methods_for(kind: str) -> tuple[Method, ...]:
    """The methods that can license a kind of claim, those first that do so on no condition."""
    able = {
        method: condition for method, row in LICENCES.items() for named, condition in row if named == kind
    }
    return tuple(sorted(able, key=lambda method: able[method] not in _UNASKED))
