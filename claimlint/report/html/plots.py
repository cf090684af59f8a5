"""What the manifest's numbers look like: effects with their intervals, probes against controls, agreement."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from claimlint.checks.phrases import METHOD_NAMES
from claimlint.evidence import Experiment, Manifest, method_level, parts_of
from claimlint.evidence.model import Effect
from claimlint.evidence.table import target_text
from claimlint.svg import CONTROLS, Row, heat_map, number, rows_plot

#: A list of rows says more than a heat map up to here; of a longer one the strongest are listed beside it.
MOST_ROWS = 16
SHARES = ("percent", "fraction")
STATISTICS = ("jaccard", "spearman", "pearson")
#: How the backend names what steering did at one strength.
_DOSE = re.compile(r"(?P<metric>.+) \(dose (?P<dose>[^)]+)\)")


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure of the page; ``svg`` is markup, all words of which are escaped."""

    title: str
    caption: str
    svg: str


def plots(manifest: Manifest, drawn: Collection[str] = ()) -> tuple[Plot, ...]:
    """All that can be drawn from what the manifest holds.

    Args:
        drawn: names of the pictures that a run left of a sweep or an experiment, which need no other.
    """
    done = manifest.done
    undrawn = [experiment for experiment in done if experiment.id not in drawn]
    return (*_effects(done, drawn), *_doses(undrawn), *_probes(done), *_agreement(done))


Member = tuple[Experiment, Effect]


def _effects(done: Sequence[Experiment], drawn: Collection[str]) -> Iterator[Plot]:
    """What edits did, one plot for each metric, unit and model."""
    groups: dict[tuple[str, str, str], list[Member]] = {}
    for experiment in done:
        effect = experiment.effect
        if effect is not None and method_level(experiment) >= 2 and not _DOSE.fullmatch(effect.metric):
            key = (effect.metric, effect.unit, experiment.model or "")
            groups.setdefault(key, []).append((experiment, effect))
    several = len({model for _, _, model in groups}) > 1
    for (metric, unit, model), members in groups.items():
        title = f"Effect on {_plain(metric)}" + (f" in {model}" if several and model else "")
        if len(members) > MOST_ROWS:
            yield from _grids(title, unit, members, drawn)
        strongest = sorted(members, key=lambda member: -abs(member[1].value))[:MOST_ROWS]
        rows = _effect_rows(sorted(strongest, key=lambda member: _place(member[0])))
        caption = f"{unit or 'value'}, with intervals where they were recorded"
        caption += f"; the {len(rows)} strongest of {len(members)}" if len(rows) < len(members) else ""
        yield Plot(title, caption, rows_plot(rows, title, unit, (0.0,)))


def _effect_rows(members: Sequence[Member]) -> list[Row]:
    """Named by target and method, or by target and prompts where those two do not tell rows apart."""
    names = [(target_text(experiment.target), METHOD_NAMES[experiment.method]) for experiment, _ in members]
    same = Counter(names)
    return [
        Row(
            target,
            method if same[target, method] == 1 else experiment.prompts or experiment.id,
            effect.value,
            number(effect.value),
            effect.ci,
        )
        for (target, method), (experiment, effect) in zip(names, members, strict=True)
    ]


def _grids(title: str, unit: str, members: Sequence[Member], drawn: Collection[str]) -> Iterator[Plot]:
    """Sweeps over layers and heads as heat maps; a sweep's cells share the first part of their ids."""
    sweeps: dict[tuple[str, str], dict[tuple[int, int], float]] = {}
    for experiment, effect in members:
        parts = parts_of(experiment.target)
        if len(parts) == 1 and parts[0].kind == "head":
            layer, head = parts[0].layer, parts[0].index
            if layer is not None and head is not None:
                sweep = (experiment.id.rpartition("/")[0], METHOD_NAMES[experiment.method])
                sweeps.setdefault(sweep, {})[layer, head] = effect.value
    for (name, method), cells in sweeps.items():
        rows, columns = sorted({layer for layer, _ in cells}), sorted({head for _, head in cells})
        if len(rows) > 1 and len(columns) > 1 and name.replace("/", "-") not in drawn:
            values = [[cells.get((layer, head)) for head in columns] for layer in rows]
            caption = f"mean effect in {unit}" if unit else "mean effect"
            svg = heat_map(name, caption, ("layer", rows), ("head", columns), values)
            yield Plot(f"{title}, by layer and head", method, svg)


def _place(experiment: Experiment) -> tuple[int, int, str]:
    part = next(iter(parts_of(experiment.target)), None)
    if part is None:
        return (1_000_000, 0, experiment.id)
    return (part.layer or 0, -1 if part.index is None else part.index, experiment.id)


def _doses(done: Sequence[Experiment]) -> Iterator[Plot]:
    """Steering, strength by strength."""
    for experiment in done:
        effects = [experiment.effect, *experiment.further_effects]
        named = [(_DOSE.fullmatch(effect.metric), effect) for effect in effects if effect]
        doses = {float(match["dose"]): (match["metric"], effect) for match, effect in named if match}
        if doses:
            metric, main = doses[max(doses)]
            title = f"Steering {target_text(experiment.target)}: {_plain(metric)} by strength"
            rows = [
                Row(f"strength {number(dose)}", experiment.id, effect.value, number(effect.value), effect.ci)
                for dose, (_, effect) in sorted(doses.items())
            ]
            yield Plot(title, main.unit or "value", rows_plot(rows, title, main.unit, (0.0,)))


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
        rows.append(
            Row(target_text(experiment.target), under, score, f"{number(score)}%", interval, controls)
        )
    if rows:
        legend = [kind for kind in CONTROLS if kind in drawn]
        title = "Probe accuracy against controls"
        caption = "percent; a probe without a control says little about the model"
        yield Plot(title, caption, rows_plot(rows, title, "percent", (0.0, 100.0), legend))


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
                rows.append(Row(statistic.capitalize(), experiment.id, value, number(round(value, 2))))
    if rows:
        title = "Agreement between prompt sets, seeds and models"
        caption = "mean over all pairs; 1 is the same order or the same set, 0 is none"
        low = 0.0 if all(row.value >= 0 for row in rows) else -1.0
        yield Plot(title, caption, rows_plot(rows, title, "", (low, 1.0)))


def _plain(metric: str) -> str:
    return metric.replace("_", " ")
