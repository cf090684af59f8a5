"""What came out of a run as plain SVG beside the manifest, in the form in which the field draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from claimlint.backend.attention_statistics import AttentionStatisticsResult
from claimlint.backend.attribution_patching import AttributionResult
from claimlint.backend.causal_mediation import MediationResult
from claimlint.backend.circuit_evaluation import CircuitResult
from claimlint.backend.distribution_shift import USUAL, Distances
from claimlint.backend.grids import Axes, Cells
from claimlint.backend.interchange_intervention import InterchangeResult, RotationResult
from claimlint.backend.linear_probe import LinearProbeResult
from claimlint.backend.metrics import METRICS
from claimlint.backend.robustness import Configuration, RobustnessResult
from claimlint.backend.runs import InterventionResult
from claimlint.backend.steering import SteeringResult
from claimlint.evidence.effects import EffectSummary, Recovery
from claimlint.evidence.result_files import PICTURES, write_whole
from claimlint.evidence.statistics import FloatArray
from claimlint.svg import CONTROLS, Curve, Row, as_file, curves_plot, heat_map, number, rows_plot

MOST_PAIRS = 8
"""More pairs than a picture has room for: then those that agree least are drawn."""
MOST_ROWS = 24
FILLED = 0.75
"""Share of a grid that single sites have to fill to be drawn as one."""
NATURAL = 0.5
"""Share of prompts within their natural range from which a dose is drawn as a usual one."""


def write_picture(folder: Path, id: str, svg: str | None) -> Path | None:
    """Writes a drawing below the manifest's folder, where there is one."""
    if svg is None:
        return None
    path = folder / PICTURES / f"{id.replace('/', '-')}.svg"
    write_whole(path, as_file(svg).encode())
    return path


def effects_picture(title: str, result: InterventionResult) -> str | None:
    """The mean effect of every cell of a sweep."""
    caption = f"mean effect in {_unit(result.main_metric)}, n = {len(result.prompt_ids)}"
    means = result.effects().mean(axis=1)
    return _swept(title, caption, result.cells, result.axes, means, lambda cell: _row(result.summary(cell)))


def attribution_picture(title: str, result: AttributionResult) -> str | None:
    """The estimated effect of every cell."""
    caption = f"effect estimated from gradients, in {_unit(result.metric)}, n = {len(result.prompt_ids)}"
    means = result.estimates.mean(axis=1)
    return _swept(title, caption, result.cells, result.axes, means, lambda cell: _row(result.summary(cell)))


def path_picture(title: str, result: InterventionResult, receiver: int) -> str | None:
    """What arrives at one receiver, by its number, from every sender."""
    receivers, senders = (labels for _, labels in result.axes)
    first = receiver * len(senders)
    return _swept(
        f"{title}, to {receivers[receiver]}",
        f"mean effect in {_unit(result.main_metric)}, n = {len(result.prompt_ids)}",
        result.cells[: len(senders)],
        (("sender", senders),),
        result.mean_effects()[receiver],
        lambda sender: _row(result.summary(first + sender)),
    )


def mediation_picture(title: str, result: MediationResult) -> str | None:
    """The pure indirect effect through every mediator, beside the other effects where there is room."""
    into = result.into_control

    def row(cell: int) -> Row:
        found = result.decomposition(cell)
        others = {"total_indirect": found.tnie, "pure_direct": found.pnde, "total_effect": found.te}
        return _row(found.pnie, *((name, summary.mean) for name, summary in others.items()))

    caption = f"pure indirect effect in {_unit(into.main_metric)}, n = {len(into.prompt_ids)}"
    means = np.array([result.effects(cell)["pnie"].mean() for cell in range(len(into.cells))])
    return _swept(title, caption, into.cells, into.axes, means, row)


def interchange_picture(title: str, result: InterchangeResult) -> str | None:
    """Interchange accuracy at every site, beside what doing nothing would score."""
    runs, untouched = result.runs, result.untouched.accuracy

    def row(cell: int) -> Row:
        score = result.score(cell)
        marks = {"cause": score.cause, "isolation": score.isolation, "untouched": untouched}
        return _accuracy_row("", score.accuracy, marks)

    caption = (
        f"interchange accuracy, n = {len(runs.prompt_ids)} pairs; {number(untouched)} without interchange"
    )
    accuracies = np.array([result.score(cell).accuracy for cell in range(len(runs.cells))])
    return _swept(title, caption, runs.cells, runs.axes, accuracies, row, within=(0.0, 1.0))


def circuit_picture(title: str, result: CircuitResult) -> str | None:
    """What circuit and rest keep of the model's metric, and what circuit and model keep without each part.

    How far a part's removal moves the circuit is minimality; how far circuit and model are then apart is
    completeness. Nothing where the model has no metric to keep.
    """
    alone = result.faithfulness
    if alone.share is None:
        return None
    rows = [
        _kept("the circuit alone", "all else ablated", alone, whole_model=1.0),
        _kept("the rest", "the circuit ablated", result.left_without_circuit),
    ]
    # Every single part, and of the sets of several those without which circuit and model differ most.
    every = result.left()
    several = sorted((left for left in every if len(left.removed) > 1), key=lambda left: -abs(left.apart))
    without = [*(left for left in every if len(left.removed) == 1), *several]
    for left in without[: MOST_ROWS - len(rows)]:
        label = " + ".join(map(str, left.removed))
        rows.append(_kept(label, "removed", left.circuit, without=left.model.share))
    runs = result.runs
    caption = (
        f"share of the model's {runs.main_metric.replace('_', ' ')} that is kept, n = {len(runs.prompt_ids)}"
    )
    return rows_plot(rows, title, "", (0.0, 1.0), _legend(rows), caption)


def _kept(label: str, under: str, found: Recovery, **marks: float | None) -> Row:
    """Of a total effect that is there: where it is not, no run of the circuit has a share."""
    share, ends = found.share or 0.0, found.interval
    known = tuple((kind, value) for kind, value in marks.items() if value is not None)
    interval = None if ends is None else (ends.low, ends.high)
    # A share of 1e-5 is rounding, and zero has no sign.
    return Row(label, under, share, number(round(share, 3) + 0.0), interval, known)


def rotation_picture(title: str, results: Sequence[RotationResult]) -> str:
    """Accuracy in the learned subspace of every site, beside its baselines."""
    rows = [
        _accuracy_row(
            str(result.site),
            result.test.accuracy,
            {
                "random_init": result.random_model.accuracy,
                "full_component": result.full_component.accuracy,
            },
        )
        for result in results
    ]
    caption = f"interchange accuracy in the learned subspace, n = {results[0].test.n} other pairs"
    return rows_plot(rows, title, "", (0.0, 1.0), _legend(rows), caption)


def dose_curve(title: str, result: SteeringResult) -> str:
    """The mean effect of every dose with its interval, before those of random directions; none has none."""
    doses = sorted({0.0, *result.doses})
    found = {dose: (result.summary(i), result.random_effects(i)) for i, dose in enumerate(result.doses)}
    usual = {0.0: 1.0, **dict(zip(result.doses, result.within_natural_range, strict=True))}
    controls = [
        Curve(
            "" if number else "random directions of the same length",
            "control",
            [(dose, float(found[dose][1][number]) if dose in found else 0.0) for dose in doses],
        )
        for number in range(len(result.random[result.main_metric]))
    ]
    ends = {dose: (summary.interval.low, summary.interval.high) for dose, (summary, _) in found.items()}
    steered = Curve(
        "the direction, with its interval",
        "curve",
        [(dose, found[dose][0].mean if dose in found else 0.0) for dose in doses],
        [ends.get(dose, (0.0, 0.0)) for dose in doses],
        [usual[dose] < NATURAL for dose in doses],
    )
    return curves_plot(
        [*controls, steered],
        title,
        f"steering at {result.site}, n = {len(result.prompt_ids)}",
        ("dose, in lengths of the direction", f"mean effect in {_unit(result.main_metric)}"),
        "takes most prompts out of the range that they have by themselves" if any(steered.hollow) else "",
    )


def distance_curve(title: str, distances: Distances) -> str:
    """Which share of patched and of held-out clean activations lies how far from the reference."""
    usual = float(np.percentile(distances.held_out, USUAL))
    curves = [
        Curve("held-out clean activations", "control", _cumulative(distances.held_out)),
        Curve("patched activations", "curve", _cumulative(distances.patched)),
        Curve(f"{USUAL:g} % of the clean ones lie below", "limit", [(usual, 0.0), (usual, 1.0)]),
    ]
    caption = (
        f"{number(100 * distances.outside)} % of {len(distances.patched)} patched activations lie beyond"
    )
    named = {"knn": "mean distance to the nearest clean neighbours", "mahalanobis": "Mahalanobis distance"}
    return curves_plot(curves, title, caption, (named[distances.metric], "share of activations"))


def _cumulative(values: FloatArray) -> list[tuple[float, float]]:
    """The empirical distribution at a hundred of its quantiles, from zero on."""
    shares = np.linspace(0, 1, 101)
    return list(zip(np.quantile(values, shares).tolist(), shares.tolist(), strict=True))


def head_map(title: str, caption: str, values: FloatArray) -> str:
    """One number for every head, ``[layers, heads]``; NaN where there is none."""
    layers, heads = (range(size) for size in values.shape)
    cells = [[None if np.isnan(value) else value for value in row] for row in values.tolist()]
    return heat_map(title, caption, ("layer", layers), ("head", heads), cells)


def attention_pictures(title: str, result: AttentionStatisticsResult) -> Iterator[tuple[str, str]]:
    """Id and drawing: how spread out every head attends, and how that goes with the metric."""
    n, layers, heads = result.entropy.nats.shape
    shape = (layers, heads)
    spread = np.array([head.relative_entropy for head in result.heads]).reshape(shape)
    caption = f"entropy as a share of the largest possible, mean over n = {n} prompts"
    yield title, head_map(title, caption, spread)
    if result.performance is not None:
        found = [np.nan if head.correlation is None else head.correlation.spearman for head in result.heads]
        caption = f"Spearman correlation of entropy with the metric, over n = {n} prompts"
        id = f"{title}-correlation"
        yield id, head_map(id, caption, np.array(found).reshape(shape))


def _swept(
    title: str,
    caption: str,
    cells: Cells,
    axes: Axes,
    means: FloatArray,
    row: Callable[[int], Row],
    *,
    within: tuple[float, ...] = (0.0,),
) -> str | None:
    """A heat map where the cells span two axes, else a row for each; nothing for a single number.

    Args:
        means: ``[cells]``.
        row: makes the row of one cell; its label is the cell's own.
    """
    table = _table(cells, axes, means)
    if table is not None:
        return heat_map(title, caption, *table)
    strongest = sorted(np.argsort(-np.abs(means), kind="stable")[:MOST_ROWS].tolist())
    if len(strongest) < len(cells):
        caption += f"; the {len(strongest)} strongest of {len(cells)}"
    rows = [replace(row(cell), label=" + ".join(map(str, cells[cell]))) for cell in strongest]
    if len(rows) == 1 and not rows[0].marks:
        return None
    if axes[0][0] == "layer" and len(rows) == len(axes[0][1]):
        rows = [rows[0], *(replace(row, joined=True) for row in rows[1:])]
    return rows_plot(rows, title, "", within, _legend(rows), caption)


Axis = tuple[str, Sequence[int | str]]


def _table(cells: Cells, axes: Axes, means: FloatArray) -> tuple[Axis, Axis, list[list[float | None]]] | None:
    """Rows, columns and values: of two axes as they are, of single sites by layer and head or position."""
    wide = [axis for axis in axes if len(axis[1]) > 1]
    if len(wide) == 2:
        rows, columns = wide
        values = [list[float | None](row) for row in means.reshape(len(rows[1]), -1).tolist()]
        return rows, columns, values
    sites = [site for cell in cells for site in cell]
    if len(wide) > 2 or len(sites) > len(cells) or len({site.kind for site in sites}) > 1:
        return None
    layers = sorted({site.layer for site in sites})
    for name in ("head", "position"):
        along = list(dict.fromkeys(getattr(site, name) for site in sites))
        found = {(s.layer, getattr(s, name)): mean for s, mean in zip(sites, means.tolist(), strict=True)}
        spans = len(layers) > 1 and len(along) > 1 and None not in along
        if spans and len(found) == len(cells) >= FILLED * len(layers) * len(along):
            return ("layer", layers), (name, along), [[found.get((i, j)) for j in along] for i in layers]
    return None


def _row(summary: EffectSummary, *marks: tuple[str, float]) -> Row:
    ends = summary.interval
    return Row("", "", summary.mean, number(summary.mean), (ends.low, ends.high), marks)


def _accuracy_row(label: str, accuracy: float, marks: Mapping[str, float | None]) -> Row:
    known = tuple((kind, value) for kind, value in marks.items() if value is not None)
    return Row(label, "", accuracy, number(accuracy), marks=known)


def _legend(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(kind for row in rows for kind, _ in row.marks))


def _unit(metric: str) -> str:
    return METRICS[metric].says if metric in METRICS else metric


def probe_curve(title: str, result: LinearProbeResult) -> str:
    """Accuracy at every site, and where the folds chose, with the controls of each."""
    rows = [*_probed_sites(result), _chosen_site(result)]
    legend = [kind for kind, _ in rows[-1].marks]
    caption = f"probe accuracy in percent, n = {result.n}"
    if result.control is not None and not result.control.own_folds:
        caption += "; the control task on other folds, that share words"
    return rows_plot(rows, title, "percent", (0.0, 100.0), legend, caption)


def _probed_sites(result: LinearProbeResult) -> Iterator[Row]:
    control = result.control
    for i, (site, accuracy) in enumerate(zip(result.sites, 100 * result.site_accuracy, strict=True)):
        times = result.chosen.count(site)
        under = f"chosen by {times} of {result.folds} folds" if times else ""
        marks = () if control is None else (("control_task", 100 * float(control.control_accuracy[i])),)
        yield Row(site, under, float(accuracy), f"{number(accuracy)}%", marks=marks, joined=i > 0)


def _chosen_site(result: LinearProbeResult) -> Row:
    """The score that counts: of the site that each fold chose, on prompts that it did not choose it by."""
    score, ends = 100 * result.accuracy, result.interval
    controls = result.manifest_fields()["controls"]
    measured = [(kind, getattr(controls, kind)) for kind in CONTROLS]
    return Row(
        "chosen site",
        "scored on other prompts",
        score,
        f"{number(score)}%",
        (100 * ends.low, 100 * ends.high),
        tuple((kind, 100 * value) for kind, value in measured if value is not None),
    )


def agreement_plot(title: str, result: RobustnessResult) -> str | None:
    """Spearman of every pair with its interval, beside Jaccard and Pearson; nothing where no pair has one."""
    rows = sorted(_compared_pairs(result), key=lambda row: row.value)[:MOST_PAIRS]
    if not rows:
        return None
    caption = f"Spearman, with its interval; {result.strength} agreement"
    if len(rows) < len(result.pairs):
        caption += f"; the {len(rows)} lowest of {len(result.pairs)} pairs"
    return rows_plot(rows, title, "", (0.0, 1.0), ["jaccard", "pearson"], caption)


def _compared_pairs(result: RobustnessResult) -> Iterator[Row]:
    for pair in result.pairs:
        if pair.spearman is None:
            continue
        marks = (("jaccard", pair.jaccard_mean), ("pearson", pair.pearson))
        ends = pair.spearman_interval
        yield Row(
            _told_apart(pair.first, result),
            f"and {_told_apart(pair.second, result)}",
            pair.spearman,
            number(round(pair.spearman, 2)),
            None if ends is None else (ends.low, ends.high),
            tuple((kind, value) for kind, value in marks if value is not None),
        )


def _told_apart(one: Configuration, result: RobustnessResult) -> str:
    """What this configuration does not share with all others."""
    parts = {"prompt_set": one.prompt_set, "seed": f"seed {one.seed}", "model": one.model}
    return " ".join(
        told for name, told in parts.items() if len({getattr(other, name) for other in result.effects}) > 1
    )
