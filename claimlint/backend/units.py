"""One unit of work: one experiment of a spec on one model, one prompt set and one seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

from claimlint.backend.ablation import ablation
from claimlint.backend.activation_patching import patch_cells
from claimlint.backend.attribution_patching import attribution_patching
from claimlint.backend.causal_mediation import causal_mediation
from claimlint.backend.circuit_evaluation import circuit_evaluation
from claimlint.backend.grids import Grid, components, joint_sets, site_grid
from claimlint.backend.interchange_intervention import (
    CausalModel,
    RotationOptions,
    distributed_alignment_search,
    interchange_intervention,
    interchange_pairs,
)
from claimlint.backend.kernels import PLAIN, fast_kernels
from claimlint.backend.manifest_entries import (
    attribution_entries,
    circuit_entry,
    interchange_entries,
    intervention_entries,
    mediation_entries,
    rotation_entry,
    steering_entry,
)
from claimlint.backend.metrics import metric_named
from claimlint.backend.path_patching import path_patching
from claimlint.backend.pictures import (
    attribution_picture,
    circuit_picture,
    dose_curve,
    effects_picture,
    interchange_picture,
    mediation_picture,
    path_picture,
    rotation_picture,
)
from claimlint.backend.progress import Progress, silent
from claimlint.backend.prompt_files import answer_token
from claimlint.backend.prompts import PromptSet, labels_of
from claimlint.backend.provenance import Provenance
from claimlint.backend.readouts import readout_entry
from claimlint.backend.runs import RunOptions
from claimlint.backend.sites import SiteMap
from claimlint.backend.specs import (
    AblationSpec,
    ActivationPatchingSpec,
    AttributionPatchingSpec,
    CausalMediationSpec,
    CircuitEvaluationSpec,
    ExperimentSpec,
    InterchangeSpec,
    OnGrid,
    PathPatchingSpec,
    Spec,
    SteeringSpec,
)
from claimlint.backend.steering import difference_of_means, steering
from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Experiment
from claimlint.evidence.statistics import given

Entries = tuple[Experiment, ...]


@dataclass(frozen=True)
class Unit:
    """``id`` is the experiment's own where it has one unit, else tells model, prompts and seed apart."""

    id: str
    experiment: ExperimentSpec
    model: str
    prompts: str
    seed: int


def units_of(spec: Spec) -> tuple[Unit, ...]:
    """The grid of every experiment over its models, prompt sets and seeds.

    Units of one model follow each other, so that one model is held at a time, and estimates follow the exact
    experiments that verify them.
    """
    units = []
    for experiment in spec.experiment:
        models = experiment.models or tuple(model.id for model in spec.model)
        prompts = experiment.prompts or tuple(prompts.id for prompts in spec.prompts)
        for model, prompt_set, seed in product(models, prompts, experiment.seeds):
            named = [
                label
                for label, axis in ((model, models), (prompt_set, prompts), (f"seed{seed}", experiment.seeds))
                if len(axis) > 1
            ]
            units.append(Unit("/".join([experiment.id, *named]), experiment, model, prompt_set, seed))
    order = [model.id for model in spec.model]
    return tuple(sorted(units, key=lambda unit: (order.index(unit.model), bool(verifier_of(unit)))))


def verifier_of(unit: Unit) -> str:
    """Id of the exact unit, on the same model, prompts and seed, that an estimate is verified by; or ''."""
    own = unit.experiment
    named = own.verified_by if isinstance(own, AttributionPatchingSpec) else ""
    return named and named + unit.id.removeprefix(own.id)


def execute(unit: Unit, provenance: Provenance, progress: Progress = silent) -> Entries:
    """Runs the unit and writes its raw results and pictures; returns its entries."""
    spec = unit.experiment
    model, prompts = provenance.language_model, provenance.prompt_set
    options = RunOptions(
        metrics=tuple(metric_named(name) for name in spec.metrics),
        batch_size=spec.batch_size,
        pad=spec.pad,
        draws=spec.draws,
        seed=unit.seed,
        kernels=fast_kernels(model) if spec.kernels == "fast" else PLAIN,
        progress=progress,
    )
    entries: Entries
    match spec:
        case ActivationPatchingSpec():
            patched = patch_cells(
                model,
                prompts,
                _grid(spec, model.sites, prompts),
                direction=spec.direction,
                options=options,
            )
            entries = intervention_entries(unit.id, [patched], provenance, listed=spec.listed)
            provenance.draw(unit.id, effects_picture(unit.id, patched))
        case AttributionPatchingSpec():
            grid = _grid(spec, model.sites, prompts)
            estimated = attribution_patching(model, prompts, grid, direction=spec.direction, options=options)
            entries = attribution_entries(unit.id, estimated, provenance, verified_by=verifier_of(unit))
            provenance.draw(unit.id, attribution_picture(unit.id, estimated))
        case AblationSpec():
            cells = (
                joint_sets(model.sites, spec.sets)
                if spec.sets
                else components(model.sites, spec.components, spec.layers)
            )
            ablated = [
                ablation(
                    model,
                    prompts,
                    cells,
                    replacement=kind,
                    mean_over=spec.mean_over,
                    direct=spec.direct,
                    options=options,
                )
                for kind in spec.replacements
            ]
            entries = intervention_entries(unit.id, ablated, provenance, listed=spec.listed)
            provenance.draw(unit.id, effects_picture(unit.id, ablated[0]))
        case PathPatchingSpec():
            paths = path_patching(
                model,
                prompts,
                spec.senders,
                [None if receiver == "logits" else receiver for receiver in spec.receivers],
                direction=spec.direction,
                through=spec.through,
                options=options,
            )
            entries = intervention_entries(unit.id, [paths], provenance, listed=spec.listed)
            for place, receiver in enumerate(spec.receivers):
                drawn = path_picture(unit.id, paths, place)
                provenance.draw(f"{unit.id}/{receiver}", drawn)
        case CausalMediationSpec():
            grid = _grid(spec, model.sites, prompts)
            mediated = causal_mediation(model, prompts, grid, options=options)
            entries = mediation_entries(unit.id, mediated, provenance)
            provenance.draw(unit.id, mediation_picture(unit.id, mediated))
        case CircuitEvaluationSpec():
            circuit = circuit_evaluation(
                model,
                prompts,
                spec.circuit,
                replacement=spec.replacement,
                with_mlps=spec.with_mlps,
                subsets=spec.subsets,
                options=options,
            )
            entries = (circuit_entry(unit.id, circuit, provenance),)
            provenance.draw(unit.id, circuit_picture(unit.id, circuit))
        case SteeringSpec():
            learned, scored = _halves(prompts)
            steered = steering(
                model,
                scored,
                spec.site,
                difference_of_means(model, learned, spec.site),
                doses=spec.doses,
                random_directions=spec.random_directions,
                options=options,
            )
            entries = (steering_entry(unit.id, steered, provenance, learned_on=len(learned)),)
            provenance.draw(unit.id, dose_curve(unit.id, steered))
        case InterchangeSpec():
            entries = _interchange(unit, spec, provenance, options)
        case _:
            entries = (readout_entry(unit.id, spec, provenance, options),)
    pictures = given(pictures=tuple(provenance.pictures))
    return tuple(entry.model_copy(update=pictures) for entry in entries)


def _grid(spec: OnGrid, sites: SiteMap, prompts: PromptSet) -> Grid:
    if spec.sets:
        return joint_sets(sites, spec.sets)
    return site_grid(
        sites,
        prompts,
        spec.kind,
        layers=spec.layers,
        heads=spec.heads,
        positions=spec.positions,
        window=spec.window,
    )


def _interchange(unit: Unit, spec: InterchangeSpec, provenance: Provenance, options: RunOptions) -> Entries:
    model, prompts = provenance.language_model, provenance.prompt_set
    labels_of(prompts, spec.variable)  # a prompt without it is named before anything runs
    causal = CausalModel(
        variables={"value": lambda values: values[spec.variable]},
        output=lambda values: str(values["value"]),
        tokens={
            value: answer_token(answer, f"answers.{value}", model.tokenizer)
            for value, answer in spec.answers.items()
        },
    )
    pairs = interchange_pairs(prompts, causal, "value", spec.pairs, unit.seed)
    grid = joint_sets(model.sites, [[site] for site in spec.sites])
    swapped = interchange_intervention(model, pairs, causal, grid, options=options)
    whole = interchange_entries(unit.id, swapped, provenance)
    provenance.draw(unit.id, interchange_picture(unit.id, swapped))
    if spec.rotation is None:
        return whole
    how = RotationOptions(
        dimensions=spec.rotation.dimensions,
        steps=spec.rotation.steps,
        learning_rate=spec.rotation.learning_rate,
        seed=unit.seed,
    )
    train, test = (
        interchange_pairs(half, causal, "value", spec.pairs, unit.seed) for half in _halves(prompts)
    )
    learned = [
        distributed_alignment_search(model, train, test, causal, site, rotation=how, options=options)
        for site in spec.sites
    ]
    id = f"{unit.id}/rotation"
    provenance.draw(id, rotation_picture(id, learned))
    return whole + tuple(rotation_entry(f"{id}/{found.site}", found, provenance) for found in learned)


def _halves(prompts: PromptSet) -> tuple[PromptSet, PromptSet]:
    """One to learn on and one to score on: every other prompt of those with equal answers and labels, so that
    both halves have all of them, in whatever order the file is."""

    def kind(row: int) -> tuple[str, str]:
        prompt = prompts.prompts[row]
        return str(prompt.answers), str(sorted(prompt.labels.items()))

    order = sorted(range(len(prompts)), key=kind)
    even, odd = (tuple(prompts.prompts[row] for row in sorted(half)) for half in (order[::2], order[1::2]))
    if not odd:
        raise ClaimlintError(
            f"prompt set {prompts.id!r}: one prompt",
            "What is learned on a prompt is not scored on the same one.",
            "Add prompts.",
        )
    return replace(prompts, prompts=even), replace(prompts, prompts=odd)
