"""What came out of a run as plain SVG beside the manifest: sweeps, probes against controls, agreement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from claimlint.backend.linear_probe import LinearProbeResult
from claimlint.backend.metrics import METRICS
from claimlint.backend.robustness import Configuration, RobustnessResult
from claimlint.backend.runs import InterventionResult
from claimlint.evidence.result_files import write_whole
from claimlint.svg import CONTROLS, Row, as_file, number, rows_plot
from claimlint.svg import heat_map as draw_heat_map

FOLDER = "pictures"
MOST_PAIRS = 8
"""More pairs than a picture has room for: then those that agree least are drawn."""


def write_picture(folder: Path, id: str, svg: str | None) -> Path | None:
    """Writes a drawing below the manifest's folder, where there is one."""
    if svg is None:
        return None
    path = folder / FOLDER / f"{id.replace('/', '-')}.svg"
    write_whole(path, as_file(svg).encode())
    return path


def heat_map(title: str, result: InterventionResult) -> str | None:
    """The mean effect of every cell of a two-way sweep; nothing for other shapes."""
    if len(result.shape) != 2:
        return None
    values = result.mean_effects()
    unit = METRICS[result.main_metric].says if result.main_metric in METRICS else result.main_metric
    scale = float(np.abs(values).max(initial=0))
    caption = f"mean effect in {unit}; darkest {scale:.3g}, n = {len(result.prompt_ids)}"
    rows, columns = result.axes
    return draw_heat_map(title, caption, rows, columns, values.tolist())


def probe_curve(title: str, result: LinearProbeResult) -> str:
    """Accuracy at every site, and where the folds chose, with the controls of each."""
    rows = [*_probed_sites(result), _chosen_site(result)]
    legend = [kind for kind, _ in rows[-1].marks]
    caption = f"probe accuracy in percent, n = {result.n}"
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
