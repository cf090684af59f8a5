"""Heat maps of sweeps as plain SVG: layer by position, layer by head."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from claimlint.backend.metrics import METRICS
from claimlint.backend.runs import InterventionResult
from claimlint.evidence.result_files import write_whole
from claimlint.evidence.statistics import FloatArray

FOLDER = "pictures"
CELL, LEFT, TOP, FOOT = 24, 64, 56, 40

# Ends of a diverging scale that colour-blind readers can tell apart (ColorBrewer's RdBu).
BELOW, NONE, ABOVE = (33, 102, 172), (247, 247, 247), (178, 24, 43)


def write_heat_map(folder: Path, id: str, result: InterventionResult) -> Path | None:
    """Draws the mean effects of a two-way sweep below the manifest's folder; nothing for other shapes."""
    if len(result.shape) != 2:
        return None
    path = folder / FOLDER / f"{id.replace('/', '-')}.svg"
    write_whole(path, heat_map(id, result).encode())
    return path


def heat_map(title: str, result: InterventionResult) -> str:
    """The mean effect of every cell; white is none, and both directions have the same scale."""
    values = result.mean_effects()
    (row_name, rows), (column_name, columns) = result.axes
    height, width = TOP + CELL * len(rows) + FOOT, LEFT + CELL * len(columns) + 24
    unit = METRICS[result.main_metric].says if result.main_metric in METRICS else result.main_metric
    scale = float(np.abs(values).max(initial=0))
    caption = f"mean effect in {unit}; darkest {scale:.3g}, n = {len(result.prompt_ids)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{max(width, 420)}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        f'<text x="8" y="18" font-size="13">{escape(title)}</text>',
        f'<text x="8" y="{height - 10}">{escape(caption)}</text>',
        f'<text x="{LEFT}" y="{TOP - 22}">{escape(column_name)}</text>',
        f'<text x="8" y="{TOP - 8}">{escape(row_name)}</text>',
        *(_label(LEFT + CELL * j + CELL / 2, TOP - 8, label, "middle") for j, label in enumerate(columns)),
        *(_label(LEFT - 8, TOP + CELL * i + 16, label, "end") for i, label in enumerate(rows)),
        *_cells(values, scale, rows, columns),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _cells(
    values: FloatArray, scale: float, rows: tuple[int | str, ...], columns: tuple[int | str, ...]
) -> list[str]:
    """One square a cell; its number shows when it is pointed at."""
    return [
        f'<rect x="{LEFT + CELL * j}" y="{TOP + CELL * i}" width="{CELL - 1}" height="{CELL - 1}" '
        f'fill="{_colour(float(values[i, j]), scale)}">'
        f"<title>{escape(f'{row}, {column}: {values[i, j]:.4g}')}</title></rect>"
        for i, row in enumerate(rows)
        for j, column in enumerate(columns)
    ]


def _colour(value: float, scale: float) -> str:
    share = abs(value) / scale if scale else 0.0
    end = ABOVE if value > 0 else BELOW
    mixed = (round(none + share * (full - none)) for none, full in zip(NONE, end, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _label(x: float, y: float, label: int | str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(str(label))}</text>'
