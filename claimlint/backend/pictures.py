"""Heat maps of sweeps as plain SVG: layer by position, layer by head."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from claimlint.backend.metrics import METRICS
from claimlint.backend.runs import InterventionResult
from claimlint.evidence.result_files import write_whole
from claimlint.svg import heat_map as draw_heat_map

FOLDER = "pictures"


def write_heat_map(folder: Path, id: str, result: InterventionResult) -> Path | None:
    """Draws the mean effects of a two-way sweep below the manifest's folder; nothing for other shapes."""
    if len(result.shape) != 2:
        return None
    path = folder / FOLDER / f"{id.replace('/', '-')}.svg"
    write_whole(path, heat_map(id, result).encode())
    return path


def heat_map(title: str, result: InterventionResult) -> str:
    """The mean effect of every cell."""
    values = result.mean_effects()
    unit = METRICS[result.main_metric].says if result.main_metric in METRICS else result.main_metric
    scale = float(np.abs(values).max(initial=0))
    caption = f"mean effect in {unit}; darkest {scale:.3g}, n = {len(result.prompt_ids)}"
    rows, columns = result.axes
    return draw_heat_map(title, caption, rows, columns, values.tolist()) + "\n"
