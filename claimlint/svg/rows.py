"""A plot of rows: each a point with its interval, its controls, and the number in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from claimlint.svg.drawing import drawing, element, ticks, words

WIDTH, ROW, LEFT, RIGHT, FOOT, HEAD = 460, 34, 180, 52, 28, 46
#: At the right of a drawing that stands alone, and the width of a letter of its caption, about.
MARGIN, LETTER = 12, 5.9
#: Characters of a label that fit before the plot.
LABEL = 25
LEGEND_COLUMNS, LEGEND_ROW = 3, 18
CONTROLS = (
    "control_task",
    "label_permutation",
    "majority",
    "random_init",
    "random_features",
    "input_embedding",
)
#: Words and shape of what may stand beside a value, around the origin; no reader depends on colour.
MARKS = {
    "control_task": ("control task", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0"),
    "label_permutation": ("shuffled labels", "M0 -5L5 0L0 5L-5 0Z"),
    "majority": ("commonest answer", "M0 -6V6"),
    "random_init": ("untrained model", "M-4 -4H4V4H-4Z"),
    "random_features": ("random features", "M0 -5L5 4H-5Z"),
    "input_embedding": ("input embeddings", "M-4 -4L4 4M-4 4L4 -4"),
    "total_indirect": ("total indirect effect", "M-4 -4H4V4H-4Z"),
    "pure_direct": ("pure direct effect", "M0 -5L5 4H-5Z"),
    "total_effect": ("total effect", "M0 -6V6"),
    "cause": ("answer should change", "M0 -5L5 4H-5Z"),
    "isolation": ("answer should stay", "M-4 -4H4V4H-4Z"),
    "untouched": ("no interchange", "M0 -6V6"),
    "whole_model": ("all of the model", "M0 -6V6"),
    "without": ("the model without it", "M-4 -4H4V4H-4Z"),
    "full_component": ("whole activation", "M0 -5L5 0L0 5L-5 0Z"),
    "jaccard": ("Jaccard", "M0 -5L5 0L0 5L-5 0Z"),
    "pearson": ("Pearson", "M-4 -4H4V4H-4Z"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A value with its interval, and what it is compared with on the same line, by the names of `MARKS`.

    ``joined`` rows go on from the one before: a curve.
    """

    label: str
    under: str
    value: float
    said: str
    interval: tuple[float, float] | None = None
    marks: tuple[tuple[str, float], ...] = ()
    joined: bool = False


def number(value: float) -> str:
    """To three figures, as a page prints it."""
    rounded = f"{value:.0f}" if abs(value) >= 100 else f"{float(f'{value:.3g}'):g}"
    return rounded.replace("-", "\u2212")


def rows_plot(
    rows: Sequence[Row],
    title: str,
    unit: str,
    within: tuple[float, ...],
    legend: Sequence[str] = (),
    caption: str | None = None,
) -> str:
    """A line a row: its label, a point with its interval, and the number in words at the end.

    Args:
        within: values that the axis has to reach; ``legend`` names the marks that occur.
        caption: drawn above with the title, where no page says them.
    """
    values = [*within, *(value for row in rows for value in _values(row))]
    low, high = min(values), max(values)
    foot = ROW * len(rows)

    def across(value: float) -> float:
        return LEFT + (value - low) / ((high - low) or 1.0) * (WIDTH - LEFT - RIGHT)

    parts = []
    for tick in ticks(low, high):
        parts.append(_line(across(tick), 0, across(tick), foot, "zero" if tick == 0 else "grid"))
        parts.append(words(across(tick), foot + 15, number(tick), class_="tick", text_anchor="middle"))
    for at, (before, row) in enumerate(pairwise(rows)):
        if row.joined:
            middle = ROW * (at + 0.5)
            parts.append(_line(across(before.value), middle, across(row.value), middle + ROW, "joined"))
    for at, row in enumerate(rows):
        parts += _row_parts(row, ROW * (at + 0.5), across)
    for at, kind in enumerate(legend):
        line, column = divmod(at, LEGEND_COLUMNS)
        x, y = 24 + WIDTH / LEGEND_COLUMNS * column, foot + FOOT + LEGEND_ROW * line + 8
        parts += [_shape(kind, x, y), words(x + 10, y + 4, MARKS[kind][0], class_="tick")]
    if caption is not None:
        parts = [
            words(8, 18, title, class_="heading"),
            words(8, 34, caption, class_="tick"),
            element("g", "".join(parts), transform=f"translate(0 {HEAD})"),
        ]
    height = (0 if caption is None else HEAD) + foot + FOOT + LEGEND_ROW * -(-len(legend) // LEGEND_COLUMNS)
    told = "; ".join(_said(row, "%" if unit == "percent" else "") for row in rows)
    width = WIDTH if caption is None else max(WIDTH, LETTER * len(caption)) + MARGIN
    return drawing(width, height, parts, f"{title}{f' ({unit})' if unit else ''}. {told}")


def _values(row: Row) -> Iterator[float]:
    yield row.value
    yield from row.interval or ()
    yield from (value for _, value in row.marks)


def _row_parts(row: Row, y: float, across: Callable[[float], float]) -> Iterator[str]:
    yield words(LEFT - 14, y - 2 if row.under else y + 4, _fitting(row.label), text_anchor="end")
    yield words(LEFT - 14, y + 11, _fitting(row.under), class_="tick", text_anchor="end")
    if row.marks:
        reach = min(across(value) for _, value in row.marks)
        yield _line(reach, y, across(row.value), y, "reach")
    for kind, value in row.marks:
        yield _shape(kind, across(value), y)
    if row.interval:
        yield _line(across(row.interval[0]), y, across(row.interval[1]), y, "interval")
    yield element("circle", class_="point", cx=across(row.value), cy=y, r=4.5)
    yield words(WIDTH, y + 4, row.said, class_="value", text_anchor="end")


def _said(row: Row, sign: str) -> str:
    named = ", ".join(filter(None, (row.label, row.under)))
    marks = ", ".join(f"{MARKS[kind][0]} {value:g}{sign}" for kind, value in row.marks)
    return f"{named}: {row.said}" + (f" ({marks})" if marks else "")


def _fitting(label: str) -> str:
    return label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return element("line", class_=kind, x1=x1, y1=y1, x2=x2, y2=y2)


def _shape(kind: str, x: float, y: float) -> str:
    return element("path", class_="mark", d=MARKS[kind][1], transform=f"translate({x:.2f} {y:.2f})")
