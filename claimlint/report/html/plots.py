"""What the manifest's numbers look like: effects with their intervals, probes against controls, agreement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from claimlint.checks.phrases import METHODS
from claimlint.evidence import Experiment, Manifest, evidence_level, parts_of
from claimlint.evidence.model import Effect
from claimlint.evidence.table import target_text
from claimlint.svg import drawing, element, heat_map, ticks, words

WIDTH, ROW, LEFT, RIGHT, FOOT = 460, 34, 180, 52, 28
#: Characters of a label that fit before the plot.
LABEL = 25
#: A list of rows says more than a heat map up to here; of a longer one the strongest are listed beside it.
MOST_ROWS = 16
CONTROLS = {
    "control_task": "control task",
    "label_permutation": "shuffled labels",
    "majority": "commonest answer",
    "random_init": "untrained model",
    "random_features": "random features",
    "input_embedding": "input embeddings",
}
#: One shape a control, around the origin, so that no reader depends on colour.
SHAPES = {
    "control_task": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
    "label_permutation": "M0 -5L5 0L0 5L-5 0Z",
    "majority": "M0 -6V6",
    "random_init": "M-4 -4H4V4H-4Z",
    "random_features": "M0 -5L5 4H-5Z",
    "input_embedding": "M-4 -4L4 4M-4 4L4 -4",
}
SHARES = ("percent", "fraction")
LEGEND_COLUMNS, LEGEND_ROW = 3, 18
STATISTICS = ("jaccard", "spearman", "pearson")


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure of the page; ``svg`` is markup, all words of which are escaped."""

    title: str
    caption: str
    svg: str


def plots(manifest: Manifest) -> tuple[Plot, ...]:
    """All that can be drawn from what the manifest holds."""
    done = [experiment for experiment in manifest.experiments if experiment.status == "done"]
    return (*_effects(done), *_probes(done), *_agreement(done))


@dataclass(frozen=True, slots=True)
class _Row:
    """A value with its interval, and the controls on the same line."""

    label: str
    under: str
    value: float
    said: str
    interval: tuple[float, float] | None = None
    controls: tuple[tuple[str, float], ...] = ()


def _effects(done: Sequence[Experiment]) -> Iterator[Plot]:
    """What edits did, one plot for each metric, unit and model."""
    groups: dict[tuple[str, str, str], list[tuple[Experiment, Effect]]] = {}
    for experiment in done:
        effect = experiment.effect
        if effect is not None and evidence_level(experiment) >= 2:
            key = (effect.metric, effect.unit, experiment.model or "")
            groups.setdefault(key, []).append((experiment, effect))
    several = len({model for _, _, model in groups}) > 1
    for (metric, unit, model), members in groups.items():
        title = f"Effect on {metric.replace('_', ' ')}" + (f" in {model}" if several and model else "")
        if len(members) > MOST_ROWS:
            yield from _grids(title, unit, members)
        strongest = sorted(members, key=lambda member: -abs(member[1].value))[:MOST_ROWS]
        rows = [_row(*member) for member in sorted(strongest, key=lambda member: _place(member[0]))]
        more = len(members) - len(rows)
        caption = f"{unit or 'value'}, with intervals where they were recorded"
        caption += f"; the {len(rows)} strongest of {len(members)}" if more else ""
        yield Plot(title, caption, _rows_plot(rows, title, unit, (0.0,)))


def _grids(title: str, unit: str, members: Sequence[tuple[Experiment, Effect]]) -> Iterator[Plot]:
    """Sweeps over layers and heads, as heat maps."""
    by_method: dict[str, dict[tuple[int, int], float]] = {}
    for experiment, effect in members:
        parts = parts_of(experiment.target)
        if len(parts) == 1 and parts[0].kind == "head":
            layer, head = parts[0].layer, parts[0].index
            if layer is not None and head is not None:
                by_method.setdefault(experiment.method, {}).setdefault((layer, head), effect.value)
    for method, cells in by_method.items():
        rows, columns = sorted({layer for layer, _ in cells}), sorted({head for _, head in cells})
        if len(rows) > 1 and len(columns) > 1:
            values = [[cells.get((layer, head)) for head in columns] for layer in rows]
            caption = f"mean effect in {unit or 'its own unit'}"
            drawn = heat_map(METHODS[method], caption, ("layer", rows), ("head", columns), values)
            yield Plot(f"{title}, by layer and head", METHODS[method], drawn)


def _place(experiment: Experiment) -> tuple[int, int, str]:
    part = next(iter(parts_of(experiment.target)), None)
    if part is None:
        return (1_000_000, 0, experiment.id)
    return (part.layer or 0, -1 if part.index is None else part.index, experiment.id)


def _row(experiment: Experiment, effect: Effect) -> _Row:
    return _Row(
        target_text(experiment.target),
        METHODS[experiment.method],
        effect.value,
        _signed(effect.value),
        effect.ci,
    )


def _probes(done: Sequence[Experiment]) -> Iterator[Plot]:
    """Each probe's score with the scores of its controls on one line."""
    rows, drawn = [], set[str]()
    for experiment in done:
        effect = experiment.effect
        if experiment.method != "linear_probe" or effect is None or effect.unit not in SHARES:
            continue
        scale = 1.0 if effect.unit == "percent" else 100.0
        controls = tuple(_controls(experiment))
        drawn |= {kind for kind, _ in controls}
        interval = (effect.ci[0] * scale, effect.ci[1] * scale) if effect.ci else None
        under = experiment.behaviour if controls else "no control"
        score = effect.value * scale
        rows.append(_Row(target_text(experiment.target), under, score, f"{score:g}%", interval, controls))
    if rows:
        legend = [kind for kind in CONTROLS if kind in drawn]
        title = "Probe accuracy against controls"
        caption = "percent; a probe without a control says little about the model"
        yield Plot(title, caption, _rows_plot(rows, title, "percent", (0.0, 100.0), legend))


def _controls(experiment: Experiment) -> Iterator[tuple[str, float]]:
    """Controls that have a number, in percent; they may be written as fractions beside a score in percent."""
    for kind in CONTROLS:
        value = getattr(experiment.controls, kind)
        if isinstance(value, float | int) and not isinstance(value, bool):
            yield kind, value * 100.0 if value <= 1 else float(value)


def _agreement(done: Sequence[Experiment]) -> Iterator[Plot]:
    """How far the same components come out under other prompts, seeds and models."""
    rows = []
    for experiment in done:
        found = experiment.robustness
        if found is None:
            continue
        for statistic in STATISTICS:
            value = getattr(found, statistic)
            if value is not None:
                rows.append(_Row(statistic.capitalize(), experiment.id, value, _signed(round(value, 2))))
    if rows:
        title = "Agreement between prompt sets, seeds and models"
        caption = "mean over all pairs; 1 is the same order or the same set, 0 is none"
        low = 0.0 if all(row.value >= 0 for row in rows) else -1.0
        yield Plot(title, caption, _rows_plot(rows, title, "", (low, 1.0)))


def _rows_plot(
    rows: Sequence[_Row],
    title: str,
    unit: str,
    within: tuple[float, ...],
    legend: Sequence[str] = (),
) -> str:
    """A line a row: its label, a point with its interval, and the number in words at the end.

    Args:
        within: values that the axis has to reach; ``legend`` names the controls that occur.
    """
    values = [*within, *(value for row in rows for value in _values(row))]
    low, high = min(values), max(values)
    foot = ROW * len(rows)

    def across(value: float) -> float:
        return LEFT + (value - low) / ((high - low) or 1.0) * (WIDTH - LEFT - RIGHT)

    parts = []
    for tick in ticks(low, high):
        parts.append(_line(across(tick), 0, across(tick), foot, "zero" if tick == 0 else "grid"))
        parts.append(words(across(tick), foot + 15, _signed(tick), class_="tick", text_anchor="middle"))
    for number, row in enumerate(rows):
        parts += _row_parts(row, ROW * (number + 0.5), across)
    for number, kind in enumerate(legend):
        line, column = divmod(number, LEGEND_COLUMNS)
        x, y = 24 + WIDTH / LEGEND_COLUMNS * column, foot + FOOT + LEGEND_ROW * line + 8
        parts += [_shape(kind, x, y), words(x + 10, y + 4, CONTROLS[kind], class_="tick")]
    height = foot + FOOT + LEGEND_ROW * -(-len(legend) // LEGEND_COLUMNS)
    told = "; ".join(f"{row.label}, {row.under}: {row.said}{_controls_said(row)}" for row in rows)
    return drawing(WIDTH, height, parts, f"{title}{f' ({unit})' if unit else ''}. {told}")


def _values(row: _Row) -> Iterator[float]:
    yield row.value
    yield from row.interval or ()
    yield from (value for _, value in row.controls)


def _row_parts(row: _Row, y: float, across: Callable[[float], float]) -> Iterator[str]:
    yield words(LEFT - 14, y - 2, _fitting(row.label), text_anchor="end")
    yield words(LEFT - 14, y + 11, _fitting(row.under), class_="tick", text_anchor="end")
    if row.controls:
        reach = min(across(value) for _, value in row.controls)
        yield _line(reach, y, across(row.value), y, "reach")
    for kind, value in row.controls:
        yield _shape(kind, across(value), y)
    if row.interval:
        yield _line(across(row.interval[0]), y, across(row.interval[1]), y, "interval")
    yield element("circle", class_="point", cx=across(row.value), cy=y, r=4.5)
    yield words(WIDTH, y + 4, row.said, class_="value", text_anchor="end")


def _controls_said(row: _Row) -> str:
    told = ", ".join(f"{CONTROLS[kind]} {value:g}%" for kind, value in row.controls)
    return f" ({told})" if told else ""


def _fitting(label: str) -> str:
    return label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "\u2212")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return element("line", class_=kind, x1=x1, y1=y1, x2=x2, y2=y2)


def _shape(kind: str, x: float, y: float) -> str:
    return element("path", class_="control", d=SHAPES[kind], transform=f"translate({x:.2f} {y:.2f})")
