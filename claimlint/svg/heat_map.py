"""A heat map: one square a cell."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from claimlint.svg.drawing import drawing, element, words

CELL, LEFT, TOP, FOOT = 24, 64, 56, 40
LETTER = 6.3
"""Width of one letter of the caption, about."""
# Ends of a diverging scale that colour-blind readers can tell apart (ColorBrewer's RdBu).
BELOW, NONE, ABOVE = (33, 102, 172), (247, 247, 247), (178, 24, 43)


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
        words(8, 18, title, class_="heading"),
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
    return drawing(max(width, 420, 16 + LETTER * len(caption)), height, parts, f"{title}. {caption}")


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
