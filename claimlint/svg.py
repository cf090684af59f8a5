"""Drawings as plain SVG text, for files beside a manifest and for the report page.

Sizes are in pixels. Whatever words are drawn are escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

CELL, LEFT, TOP, FOOT = 24, 64, 56, 40
# Ends of a diverging scale that colour-blind readers can tell apart (ColorBrewer's RdBu).
BELOW, NONE, ABOVE = (33, 102, 172), (247, 247, 247), (178, 24, 43)


def element(name: str, /, content: str = "", **attributes: object) -> str:
    """``<name class="..." x1="...">``: ``content`` is SVG, names take ``_`` for ``-``, None is left out."""
    told = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_number(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{content}</{name}>"


def words(x: float, y: float, text: object, **attributes: object) -> str:
    """Text at a place."""
    return element("text", escape(str(text)), x=x, y=y, **attributes)


def drawing(width: float, height: float, parts: Iterable[str], label: str) -> str:
    """A whole drawing that scales with its place; ``label`` is what a screen reader says."""
    box = f"0 0 {_number(width)} {_number(height)}"
    return element(
        "svg", "".join(parts), viewBox=box, width=width, height=height, role="img", aria_label=label
    )


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers over a range, at most a few more than ``about``."""
    if high <= low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * number, 12) for number in range(first, last + 1)]


def heat_map(
    title: str,
    caption: str,
    rows: tuple[str, Sequence[int | str]],
    columns: tuple[str, Sequence[int | str]],
    values: Sequence[Sequence[float | None]],
) -> str:
    """One square a cell, whose number shows when it is pointed at; white is none, both signs share a scale.

    Args:
        rows: the axis's name and its labels; so are ``columns``.
        values: row by row; None is a cell that was not measured, which stays empty.
    """
    height, width = TOP + CELL * len(rows[1]) + FOOT, LEFT + CELL * len(columns[1]) + 24
    scale = max((abs(value) for row in values for value in row if value is not None), default=0.0)
    parts = [
        words(8, 18, title, font_size=13),
        words(8, height - 10, caption),
        words(LEFT, TOP - 22, columns[0]),
        words(8, TOP - 8, rows[0]),
        *(
            words(LEFT + CELL * (j + 0.5), TOP - 8, at, text_anchor="middle")
            for j, at in enumerate(columns[1])
        ),
        *(words(LEFT - 8, TOP + CELL * i + 16, at, text_anchor="end") for i, at in enumerate(rows[1])),
        *(
            _cell(i, j, value, scale, f"{rows[1][i]}, {columns[1][j]}: {value:.4g}")
            for i, row in enumerate(values)
            for j, value in enumerate(row)
            if value is not None
        ),
    ]
    whole = drawing(max(width, 420), height, parts, f"{title}. {caption}")
    return whole.replace(
        "<svg", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="11"', 1
    )


def _cell(row: int, column: int, value: float, scale: float, told: str) -> str:
    return element(
        "rect",
        element("title", escape(told)),
        x=LEFT + CELL * column,
        y=TOP + CELL * row,
        width=CELL - 1,
        height=CELL - 1,
        fill=_colour(value, scale),
    )


def _colour(value: float, scale: float) -> str:
    share = abs(value) / scale if scale else 0.0
    end = ABOVE if value > 0 else BELOW
    mixed = (round(none + share * (full - none)) for none, full in zip(NONE, end, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _number(value: object) -> str:
    return f"{round(value, 2):g}" if isinstance(value, float) else str(value)
