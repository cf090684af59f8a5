"""A heat map: one square a cell, and a key to its colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from claimlint.svg.drawing import drawing, element, words
from claimlint.svg.rows import number

CELL, HEAD, FOOT, EDGE = 24, 50, 44, 16
LETTER = 6.3
"""Width of one letter, about."""
NARROW = 3
"""Letters of a column's label that fit above it; longer ones are slanted."""
STEPS, STEP = 11, 14
"""Squares of the key, and their width."""
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
    measured = [value for row in values for value in row if value is not None]
    scale = max(map(abs, measured), default=0.0)
    longest = max(len(str(at)) for at in columns[1])
    slanted = longest > NARROW
    left = EDGE + LETTER * max(len(str(at)) for at in (rows[0], *rows[1])) + 8
    top = HEAD + 22 + (LETTER * longest * math.sin(math.pi / 4) if slanted else 8)
    below = top + CELL * len(rows[1])
    parts = [
        words(8, 18, title, class_="heading"),
        words(8, 34, caption, class_="tick"),
        words(left, HEAD + 10, columns[0]),
        words(left - 8, top - 8, rows[0], text_anchor="end"),
        *(_column_label(left + CELL * (j + 0.5), top - 8, at, slanted) for j, at in enumerate(columns[1])),
        *(words(left - 8, top + CELL * i + 16, at, text_anchor="end") for i, at in enumerate(rows[1])),
        *(
            _cell(
                left + CELL * j, top + CELL * i, value, scale, f"{rows[1][i]}, {columns[1][j]}: {value:.4g}"
            )
            for i, row in enumerate(values)
            for j, value in enumerate(row)
            if value is not None
        ),
        *_key(left, below + 12, min(measured, default=0.0), max(measured, default=0.0), scale),
    ]
    slant = LETTER * longest * math.cos(math.pi / 4) if slanted else 0
    width = max(left + CELL * len(columns[1]) + slant + EDGE, 420, EDGE + LETTER * len(caption))
    return drawing(width, below + FOOT, parts, f"{title}. {caption}")


def _column_label(x: float, y: float, label: int | str, slanted: bool) -> str:
    if not slanted:
        return words(x, y, label, text_anchor="middle")
    return element("g", words(0, 0, label), transform=f"translate({x + 3:g} {y:g}) rotate(-45)")


def _cell(x: float, y: float, value: float, scale: float, told: str) -> str:
    title = element("title", escape(told))
    return element("rect", title, x=x, y=y, width=CELL - 1, height=CELL - 1, fill=_colour(value, scale))


def _key(x: float, y: float, low: float, high: float, scale: float) -> Iterator[str]:
    """The colours between the ends that occur, with their numbers."""
    if not scale:
        return
    first, last = (-scale if low < 0 else 0.0), (scale if high > 0 else 0.0)
    for step in range(STEPS):
        value = first + (last - first) * step / (STEPS - 1)
        yield element("rect", x=x + STEP * step, y=y, width=STEP, height=10, fill=_colour(value, scale))
    for value in dict.fromkeys((first, 0.0, last)):
        at = x + STEP * (0.5 + (STEPS - 1) * (value - first) / (last - first))
        yield words(at, y + 23, number(value), class_="tick", text_anchor="middle")


def _colour(value: float, scale: float) -> str:
    share = abs(value) / scale if scale else 0.0
    end = ABOVE if value > 0 else BELOW
    mixed = (round(none + share * (full - none)) for none, full in zip(NONE, end, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
