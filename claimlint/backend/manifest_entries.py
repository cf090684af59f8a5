"""From results to manifest entries: one entry per intervention, with its numbers and its single prompts.

What an entry licenses is nowhere written down: the linter derives it from these fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from claimlint.backend.attribution_patching import AttributionResult
from claimlint.backend.causal_mediation import MediationResult
from claimlint.backend.circuit_evaluation import CircuitResult
from claimlint.backend.interchange_intervention import InterchangeResult, InterchangeScore, RotationResult
from claimlint.backend.metrics import METRICS
from claimlint.backend.provenance import Provenance
from claimlint.backend.runs import InterventionResult
from claimlint.backend.sites import Site
from claimlint.backend.steering import SteeringResult
from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import EffectSummary, Recovery
from claimlint.evidence.model import (
    Alignment,
    Array,
    Circuit,
    Controls,
    Decomposition,
    Effect,
    Experiment,
    Instance,
    InstanceFile,
    Target,
    UnitLevel,
)
from claimlint.evidence.result_files import write_arrays, write_instances
from claimlint.evidence.statistics import LEVEL, FloatArray, given

LISTED = 8
"""Cells of a sweep, strongest first, whose single outcomes are listed too; the arrays hold all of them."""


def intervention_entries(
    id: str, results: Sequence[InterventionResult], provenance: Provenance, *, listed: int = LISTED
) -> tuple[Experiment, ...]:
    """One entry per cell of activation patching, path patching or ablation.

    Args:
        results: the same grid under one or more replacements; the first gives the main effect.
    """
    first = results[0]
    arrays = _written(_outcomes(results), first.main_metric, _notes(first), provenance)
    strength = np.abs(first.effects().mean(axis=1))
    strongest = set(np.argsort(-strength, kind="stable")[:listed].tolist())
    return tuple(
        _cell_entry(id, results, cell, provenance, arrays, listed=cell in strongest)
        for cell in range(len(first.cells))
    )


def _cell_entry(
    id: str,
    results: Sequence[InterventionResult],
    cell: int,
    provenance: Provenance,
    arrays: Array,
    *,
    listed: bool,
) -> Experiment:
    first = results[0]
    metric = first.main_metric
    summary = first.summary(cell)
    return provenance.experiment(
        cell_id(id, first, cell),
        first.method,
        first.options,
        arrays,
        target=_cell_target(first, cell),
        direction=None if first.method == "ablation" else first.direction,
        replacement=tuple(dict.fromkeys(kind for result in results for kind in result.replacement)),
        effect=_effect(metric, summary, recovery=None if first.donor is None else first.recovery(cell)),
        further_effects=_further_effects(results, cell),
        unit=_unit_level(first, cell, summary),
        instances=_instances(first, cell, provenance) if listed else None,
        backup_check=True if first.direct is not None else None,
        note=_content_note(results, cell),
    )


def _content_note(results: Sequence[InterventionResult], cell: int) -> str:
    """Says when an ablation moves the metric although nothing tells the prompts apart by what it removes.

    Two things can then be felt: what the write has in common over the prompts, such as a bias, and its share
    in the size of the stream, by which the next normalisation rescales all the rest. The outcomes do not tell
    which.
    """
    by_kind = {result.replacement[0]: result.summary(cell) for result in results}
    resampled = by_kind.get("resample")
    moved = [kind for kind in ("zero", "mean") if kind in by_kind and by_kind[kind].unchanged < 1]
    if resampled is None or resampled.unchanged < 1 or not moved:
        return ""
    return (
        f"{' and '.join(moved)} ablation moves the metric, and another prompt's activation does not: what is "
        "felt is nothing that tells the prompts apart, but a constant part of the write, or its missing size "
        "in a later normalisation"
    )


def _further_effects(results: Sequence[InterventionResult], cell: int) -> tuple[Effect, ...]:
    first = results[0]
    effects = [
        _effect(name, result.summary(cell, name), note="" if result is first else result.replacement[0])
        for result in results
        for name in result.patched
        if result is not first or name != first.main_metric
    ]
    if first.direct is not None:
        direct, _ = first.self_repair(cell)
        effects.append(_effect(first.main_metric, direct, note="direct effect"))
    return tuple(effects)


def _unit_level(result: InterventionResult, cell: int, summary: EffectSummary) -> UnitLevel:
    share = result.flips(cell).share
    removal = result.direction == "noising"
    return UnitLevel(
        helped=summary.helped,
        harmed=summary.harmed,
        unchanged=summary.unchanged,
        **given(pn=share if removal else None, ps=None if removal else share),
    )


def _instances(result: InterventionResult, cell: int, provenance: Provenance) -> InstanceFile:
    metric = result.main_metric
    before, after = result.base[metric], result.patched[metric][cell]
    return write_instances(
        provenance.folder,
        (
            Instance(
                prompt_id=id,
                before=_as_measured(before[i]),
                after=_as_measured(after[i]),
                **given(donor=result.donors[i] if result.donors else None),
            )
            for i, id in enumerate(result.prompt_ids)
        ),
    )


def _as_measured(outcome: np.float64) -> float:
    """All digits that a float32 has and no more."""
    return float(f"{outcome:.9g}")


def attribution_entries(
    id: str, result: AttributionResult, provenance: Provenance, *, verified_by: str = ""
) -> tuple[Experiment, ...]:
    """One entry per cell of an attribution; the number is an estimate, and is called that.

    Args:
        verified_by: id of the experiment that patched the same cells exactly.
    """
    notes = {"axes": "cells, prompts", "prompts": "; ".join(result.prompt_ids)}
    outcomes = {f"estimated/{result.metric}": result.estimates}
    arrays = _written(outcomes, result.metric, notes, provenance)
    return tuple(
        provenance.experiment(
            cell_id(id, result, index),
            "attribution_patching",
            result.options,
            arrays,
            target=target_of(cell, window=result.window),
            direction=result.direction,
            replacement=("donor",),
            metrics=(result.metric,),
            effect=_effect(result.metric, result.summary(index), note="first-order estimate"),
            verified_by=(cell_id(verified_by, result, index),) if verified_by else (),
        )
        for index, cell in enumerate(result.cells)
    )


def mediation_entries(id: str, result: MediationResult, provenance: Provenance) -> tuple[Experiment, ...]:
    """One entry per mediator; the main effect is the pure natural indirect one, and is called that."""
    into = result.into_control
    outcomes = {
        **{f"into control/{name}": values for name, values in _outcomes([into]).items()},
        **{f"into treated/{name}": values for name, values in _outcomes([result.into_treated]).items()},
    }
    arrays = _written(outcomes, into.main_metric, _notes(into), provenance)
    return tuple(
        _mediator_entry(cell_id(id, into, cell), result, cell, provenance, arrays)
        for cell in range(len(into.cells))
    )


def _mediator_entry(
    id: str, result: MediationResult, cell: int, provenance: Provenance, arrays: Array
) -> Experiment:
    into = result.into_control
    natural = result.decomposition(cell)
    named = {
        "pure natural indirect effect": natural.pnie,
        "total natural indirect effect": natural.tnie,
        "pure natural direct effect": natural.pnde,
        "total natural direct effect": natural.tnde,
        "total effect": natural.te,
        "interaction": natural.interaction,
    }
    effects = [_effect(into.main_metric, summary, note=name) for name, summary in named.items()]
    return provenance.experiment(
        id,
        "causal_mediation",
        into.options,
        arrays,
        target=_cell_target(into, cell),
        replacement=("donor",),
        effect=effects[0],
        further_effects=tuple(effects[1:]),
        decomposition=Decomposition(
            te=natural.te.mean,
            pnde=natural.pnde.mean,
            tnde=natural.tnde.mean,
            pnie=natural.pnie.mean,
            tnie=natural.tnie.mean,
        ),
    )


def circuit_entry(id: str, result: CircuitResult, provenance: Provenance) -> Experiment:
    """All tests of one circuit; the main effect is its faithfulness."""
    runs = result.runs
    faithfulness = result.faithfulness
    whole = faithfulness.total_effect.mean

    def share(change: float) -> float | bool:
        """Of what the model does; only that it was tested where the model does nothing."""
        return True if faithfulness.share is None else change / whole

    return provenance.experiment(
        id,
        "circuit_evaluation",
        runs.options,
        _written(_outcomes([runs]), runs.main_metric, _notes(runs), provenance),
        target=target_of(result.circuit),
        replacement=runs.replacement,
        effect=_recovered("faithfulness", faithfulness),
        further_effects=tuple(
            effect
            for effect in (_recovered("share left without the circuit", result.left_without_circuit),)
            if effect is not None
        ),
        circuit=Circuit(
            alone=share((result.alone - result.nothing).mean()),
            complement=share((result.complement - result.nothing).mean()),
            parts=share(min((summary.mean for _, summary in result.parts()), key=abs)),
            completeness=share(max((gone.difference.mean for gone in result.completeness()), key=abs)),
            minimality=share(min((summary.mean for _, summary in result.minimality()), key=abs)),
        ),
        note=f"circuit: shares of the {runs.main_metric} that the model has above the run with everything "
        "ablated; for parts and minimality the smallest change when one part is removed from the model and "
        "from the circuit; for completeness the largest difference of circuit and model under one removal",
    )


def interchange_entries(id: str, result: InterchangeResult, provenance: Provenance) -> tuple[Experiment, ...]:
    """One entry per site of interchange interventions on whole activations."""
    runs = result.runs
    arrays = _written(_outcomes([runs]), runs.main_metric, _notes(runs), provenance)
    scores = [result.score(cell) for cell in range(len(runs.cells))]
    return tuple(
        provenance.experiment(
            cell_id(id, runs, cell),
            "interchange_intervention",
            runs.options,
            arrays,
            target=_cell_target(runs, cell),
            replacement=("donor",),
            effect=_accuracy(score),
            alignment=Alignment(map="identity", **given(cause=score.cause, isolation=score.isolation)),
        )
        for cell, score in enumerate(scores)
    )


def rotation_entry(id: str, result: RotationResult, provenance: Provenance) -> Experiment:
    """A learned subspace with its baselines, all on pairs that it was not learned on."""
    outcomes = {**_outcomes([result.runs]), "basis": result.basis.cpu().double().numpy()}
    random_model, test = result.random_model.accuracy, result.test
    return provenance.experiment(
        id,
        "interchange_intervention",
        result.runs.options,
        _written(outcomes, result.runs.main_metric, _notes(result.runs), provenance),
        target=target_of((result.site,)),
        replacement=("donor",),
        effect=_accuracy(test),
        alignment=Alignment(
            map="linear", random_model=random_model, **given(cause=test.cause, isolation=test.isolation)
        ),
        controls=Controls(random_init=random_model, full_component=result.full_component.accuracy),
        note=f"subspace of {result.basis.shape[1]} dimensions, learned on {result.train.n} other pairs",
    )


def steering_entry(
    id: str, result: SteeringResult, provenance: Provenance, *, learned_on: int | None = None
) -> Experiment:
    """The dose curve; the main effect is that of the largest dose, along the direction where two tie.

    Args:
        learned_on: how many prompts the direction comes from, none of them among the scored ones.
    """
    metric, doses = result.main_metric, result.doses
    scale = METRICS[metric].scale if metric in METRICS else 1.0
    largest = max(range(len(doses)), key=lambda i: (abs(doses[i]), doses[i]))
    effects = [_effect(metric, result.summary(i), note=f"dose {dose:g}") for i, dose in enumerate(doses)]
    opposite, unchanged = result.share_opposite(largest), result.summary(largest).unchanged
    outcomes = {
        f"{metric}/base": result.base[metric],
        f"{metric}/steered": result.steered[metric],
        f"{metric}/random": result.random[metric],
    }
    notes = {"doses": ", ".join(f"{dose:g}" for dose in doses), "axes": "random directions, doses, prompts"}
    return provenance.experiment(
        id,
        "steering",
        result.options,
        _written(outcomes, metric, notes, provenance),
        target=target_of((result.site,)),
        effect=effects[largest],
        further_effects=tuple(effect for i, effect in enumerate(effects) if i != largest),
        dose=doses,
        natural_range=result.within_natural_range[largest],
        controls=Controls(random_direction=float(np.abs(result.random_effects(largest)).max()) * scale),
        unit=UnitLevel(helped=1 - opposite - unchanged, harmed=opposite, unchanged=unchanged),
        note=""
        if learned_on is None
        else f"direction learned on {learned_on} other prompts; random_direction is the largest of "
        f"{len(result.random[metric])} random ones",
    )


def target_of(sites: Sequence[Site], *, window: int = 1, path: tuple[str, ...] = ()) -> Target:
    """The sites of one intervention as a manifest names them."""
    kinds = {"attn_out" if site.kind == "z" and site.head is None else site.kind for site in sites}
    heads = tuple(f"{site.layer}.{site.head}" for site in sites if site.head is not None)
    positions = tuple(dict.fromkeys(site.position for site in sites if site.position is not None))
    return Target(
        layer=tuple(sorted({site.layer for site in sites})),
        **given(
            head=heads,
            site=kinds.pop() if len(kinds) == 1 else None,
            position=positions,
            window=window if window > 1 else None,
            joint=True if len(sites) > 1 else None,
            path=path,
        ),
    )


def _cell_target(result: InterventionResult, cell: int) -> Target:
    sites = result.cells[cell]
    path: tuple[str, ...] = ()
    if result.method == "path_patching":
        receiver = result.axes[0][1][cell // len(result.axes[1][1])]
        path = (str(sites[0]), str(receiver))
    return target_of(sites, window=result.window, path=path)


def cell_id(id: str, result: InterventionResult | AttributionResult, cell: int) -> str:
    """The id itself for a single intervention, else with the place behind it: ``patch/L8H3.z@-1``."""
    if len(result.cells) == 1:
        return id
    if isinstance(result, InterventionResult) and result.method == "path_patching":
        return f"{id}/{'->'.join(_cell_target(result, cell).path)}"
    if result.window > 1:
        place = np.unravel_index(cell, [len(labels) for _, labels in result.axes])
        labels = [f"{name}={of[int(i)]}" for (name, of), i in zip(result.axes, place, strict=True)]
        return f"{id}/window={result.window}/" + "/".join(labels)
    return f"{id}/{_label(result.cells[cell])}"


def _label(cell: Sequence[Site]) -> str:
    return "+".join(str(site) for site in cell)


def _effect(
    metric: str, summary: EffectSummary, *, note: str = "", recovery: Recovery | None = None
) -> Effect:
    known = METRICS.get(metric)
    scale = known.scale if known else 1.0
    return Effect(
        metric=f"{metric} ({note})" if note else metric,
        value=scale * summary.mean,
        ci=(scale * summary.interval.low, scale * summary.interval.high),
        ci_level=LEVEL,
        ci_unit=summary.interval.unit,
        n=summary.n,
        **given(unit=known.unit if known else None, share=None if recovery is None else recovery.share),
    )


def _recovered(metric: str, recovery: Recovery) -> Effect | None:
    if recovery.share is None or recovery.interval is None:
        return None
    return Effect(
        metric=metric,
        value=recovery.share,
        unit="fraction",
        ci=(recovery.interval.low, recovery.interval.high),
        ci_level=LEVEL,
        ci_unit=recovery.interval.unit,
        n=recovery.total_effect.n,
    )


def _accuracy(score: InterchangeScore) -> Effect:
    return Effect(metric="interchange_accuracy", value=score.accuracy, unit="fraction", n=score.n)


def _written(
    outcomes: Mapping[str, FloatArray], metric: str, notes: Mapping[str, str], provenance: Provenance
) -> Array:
    """The outcomes as a file, where there is anything to see in them."""
    measured = np.concatenate(
        [values.ravel() for name, values in outcomes.items() if metric in name.split("/")]
    )
    if (measured == measured[0]).all():
        raise ClaimlintError(
            f"{metric}: {measured[0]:g} for every prompt in every run",
            "A metric that cannot move would give the same effects of zero as parts that do nothing.",
            "Use a graded metric such as the logit difference, other prompts, or add a part that moves it.",
        )
    return write_arrays(provenance.folder, outcomes, notes)


def _outcomes(results: Sequence[InterventionResult]) -> dict[str, FloatArray]:
    """Every outcome of every run, named ``replacement/metric/run``."""
    found: dict[str, FloatArray] = {}
    for result in results:
        runs: Mapping[str, Mapping[str, FloatArray] | None] = {
            "base": result.base,
            "donor": result.donor,
            "patched": result.patched,
            "direct": result.direct,
        }
        for run, outcomes in runs.items():
            for metric, values in (outcomes or {}).items():
                found[f"{result.replacement[0]}/{metric}/{run}"] = values
    return found


def _notes(result: InterventionResult) -> dict[str, str]:
    return {
        "axes": "cells, prompts",
        "cells": "; ".join(" + ".join(str(site) for site in cell) for cell in result.cells),
        "prompts": "; ".join(result.prompt_ids),
        **{name: ", ".join(map(str, labels)) for name, labels in result.axes},
    }
