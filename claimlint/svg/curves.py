"""A plot of curves over two axes, with bands around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from claimlint.svg.drawing import drawing, element, ticks, words
from claimlint.svg.rows import number

WIDTH, HEIGHT, LEFT, RIGHT, HEAD, FOOT = 520, 330, 60, 24, 70, 46
LEGEND_ROW, SAMPLE = 18, 26
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line.

    Args:
        name: in the legend; '' where the curve before speaks for it too.
        kind: its class in the style sheet.
        band: low and high at each point.
        hollow: for each point, whether it is drawn open; empty where points are not drawn.
    """

    name: str
    kind: Literal["curve", "control", "limit"]
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float]] = ()
    hollow: Sequence[bool] = ()


def curves_plot(
    curves: Sequence[Curve], title: str, caption: str, axes: tuple[str, str], hollow: str = ""
) -> str:
    """All curves over one pair of axes, zero among the values; later ones lie above earlier ones.

    Args:
        axes: names, with units, of what lies across and what goes up.
        hollow: what an open point stands for, where there are any.
    """
    places = [x for curve in curves for x, _ in curve.points]
    ends = [end for curve in curves for band in curve.band for end in band]
    values = [0.0, *ends, *(y for curve in curves for _, y in curve.points)]
    right, foot = WIDTH - RIGHT, HEIGHT - FOOT
    across, up = _scale(places, LEFT, right), _scale(values, foot, HEAD)
    entries = [(curve.name, _sample(curve)) for curve in curves if curve.name]
    if hollow:
        entries.append((hollow, element("circle", class_="mark", cx=SAMPLE / 2, cy=0, r=4)))
    parts = [
        words(8, 18, title, class_="heading"),
        words(8, 34, caption, class_="tick"),
        *_grid(places, values, across, up),
        words((LEFT + right) / 2, HEIGHT - 12, axes[0], text_anchor="middle"),
        words(8, HEAD - 10, axes[1]),
        *(part for curve in curves for part in _drawn(curve, across, up)),
        *(part for at, entry in enumerate(entries) for part in _legend_row(at, *entry)),
    ]
    told = "; ".join(_said(curve) for curve in curves if curve.name)
    return drawing(WIDTH, HEIGHT + LEGEND_ROW * len(entries), parts, f"{title}. {caption}. {told}")


def _scale(values: Sequence[float], first: float, last: float) -> Scale:
    low, high = min(values), max(values)
    return lambda value: first + (value - low) / ((high - low) or 1.0) * (last - first)


def _grid(places: Sequence[float], values: Sequence[float], across: Scale, up: Scale) -> Iterator[str]:
    right, foot = WIDTH - RIGHT, HEIGHT - FOOT
    for tick in ticks(min(places), max(places)):
        yield _line(across(tick), HEAD, across(tick), foot, "zero" if tick == 0 else "grid")
        yield words(across(tick), foot + 15, number(tick), class_="tick", text_anchor="middle")
    for tick in ticks(min(values), max(values)):
        yield _line(LEFT, up(tick), right, up(tick), "zero" if tick == 0 else "grid")
        yield words(LEFT - 6, up(tick) + 4, number(tick), class_="tick", text_anchor="end")


def _drawn(curve: Curve, across: Scale, up: Scale) -> Iterator[str]:
    at = [(across(x), up(y)) for x, y in curve.points]
    if curve.band:
        below, above = (
            [(x, up(ends[i])) for (x, _), ends in zip(at, curve.band, strict=True)] for i in (0, 1)
        )
        yield element("polygon", class_="band", points=_joined([*below, *reversed(above)]))
    yield element("polyline", class_=curve.kind, points=_joined(at))
    for (x, y), open_ in zip(at, curve.hollow, strict=False):
        yield element("circle", class_="mark" if open_ else "point", cx=x, cy=y, r=4)


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _sample(curve: Curve) -> str:
    return element("polyline", class_=curve.kind, points=_joined([(0, 0), (SAMPLE, 0)]))


def _legend_row(at: int, name: str, sample: str) -> Iterator[str]:
    y = HEIGHT + LEGEND_ROW * at
    yield element("g", sample, transform=f"translate({LEFT} {y})")
    yield words(LEFT + SAMPLE + 8, y + 4, name, class_="tick")


def _said(curve: Curve) -> str:
    return f"{curve.name}: " + ", ".join(f"{number(y)} at {number(x)}" for x, y in curve.points)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return element("line", class_=kind, x1=x1, y1=y1, x2=x2, y2=y2)
