"""What every experiment on interventions shares: options, the walk over batches, and the paired outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from claimlint.backend.capture import require_fits
from claimlint.backend.exactness import require_exact
from claimlint.backend.kernels import PLAIN, Kernels
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.metrics import DEFAULT_METRICS, METRICS, Metric, require_finite
from claimlint.backend.progress import Progress, silent
from claimlint.backend.prompts import Batch, PromptSet, batches, require_answers, require_pairs
from claimlint.backend.shared_forward import BaseRun
from claimlint.backend.sites import Kind, Site
from claimlint.backend.sweep import ALL_SAVINGS, TOKENS_PER_FORWARD, Savings, SweepEngine
from claimlint.evidence.effects import (
    Direction,
    EffectSummary,
    Flips,
    Recovery,
    flips,
    recovered,
    resample_weights,
    resampled_unit,
    summarise,
)
from claimlint.evidence.model import Method, Replacement
from claimlint.evidence.statistics import FloatArray


@dataclass(frozen=True)
class RunOptions:
    """How interventions are run; none of it changes a number beyond rounding, but for ``seed`` and ``draws``.

    Args:
        metrics: the first is the main one.
        batch_size: prompts whose caches are held at a time.
        pad: let prompts of different length share a batch, padded at the left.
        kernels: see ``kernels.fast_kernels``; made for one model, and only of use with it.
        draws: bootstrap samples behind each interval.
        progress: told how many cells are done, those of every batch counted.
    """

    metrics: tuple[Metric, ...] = DEFAULT_METRICS
    batch_size: int = 32
    pad: bool = False
    savings: Savings = ALL_SAVINGS
    tokens_per_forward: int = TOKENS_PER_FORWARD
    kernels: Kernels = PLAIN
    seed: int = 0
    draws: int = 2000
    progress: Progress = silent


Outcomes = dict[str, FloatArray]
"""Metric name -> outcomes; the last axis is the prompts."""


@dataclass(frozen=True, eq=False)
class InterventionResult:
    """Paired outcomes, prompt by prompt, of a grid of interventions.

    Args:
        cells: per cell the sites that are edited together, in the grid's row-major order.
        axes: name and labels of each axis of the grid.
        base: outcomes ``[prompts]`` of the run that is edited.
        donor: outcomes ``[prompts]`` of the run that replacements come from, where there is one.
        patched: outcomes ``[cells, prompts]``.
        direct: the same with everything downstream held at the base run, where that was asked for.
        donors: id of the prompt that each prompt's replacement came from; empty where it is not one prompt.
        groups: each prompt's template.
        forwards, pruned: passes made, and cells that were the base run by themselves.
    """

    method: Method
    direction: Direction
    replacement: tuple[Replacement, ...]
    cells: tuple[tuple[Site, ...], ...]
    axes: tuple[tuple[str, tuple[int | str, ...]], ...]
    prompt_ids: tuple[str, ...]
    base: Outcomes
    patched: Outcomes
    options: RunOptions
    donor: Outcomes | None = None
    direct: Outcomes | None = None
    donors: tuple[str, ...] = ()
    groups: tuple[str | None, ...] = ()
    forwards: int = 0
    pruned: int = 0
    window: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(labels) for _, labels in self.axes)

    @property
    def main_metric(self) -> str:
        return self.options.metrics[0].name

    def effects(self, metric: str | None = None) -> FloatArray:
        """Patched minus base outcome, ``[cells, prompts]``."""
        name = metric or self.main_metric
        change: FloatArray = self.patched[name] - self.base[name]
        return change

    def mean_effects(self, metric: str | None = None) -> FloatArray:
        """Mean effect in the grid's shape."""
        means: FloatArray = self.effects(metric).mean(axis=1).reshape(self.shape)
        return means

    def summary(self, cell: int, metric: str | None = None) -> EffectSummary:
        """The effect of one cell with its interval and its shares of prompts."""
        name = metric or self.main_metric
        return self._summary(name, self.patched[name][cell])

    def recovery(self, cell: int, metric: str | None = None) -> Recovery:
        """The cell's share of the total effect; only where there is a donor run."""
        if self.donor is None:
            raise ValueError("an ablation has no donor run, so no total effect to be a share of")
        name = metric or self.main_metric
        return recovered(
            self.base[name], self.donor[name], self.patched[name][cell], self.weights, self.resampled
        )

    def self_repair(self, cell: int, metric: str | None = None) -> tuple[EffectSummary, EffectSummary]:
        """(direct, total) effect of a cell: where the total is smaller, later components made up for it."""
        if self.direct is None:
            raise ValueError("the direct effects were not asked for")
        name = metric or self.main_metric
        return self._summary(name, self.direct[name][cell]), self.summary(cell, name)

    def _summary(self, metric: str, after: FloatArray) -> EffectSummary:
        found = summarise(self.base[metric], after, self.weights, self.resampled)
        better = {known.name: known.better for known in measured(self.options)}[metric]
        return found if better == "higher" else replace(found, helped=found.harmed, harmed=found.helped)

    def flips(self, cell: int) -> Flips:
        """Prompts whose answer (right above wrong) the cell turns around."""
        name = "logit_difference"
        return flips(self.base[name] > 0, self.patched[name][cell] > 0, self.direction)

    @property
    def resampled(self) -> str:
        """What the intervals' draws were."""
        return resampled_unit(self.groups)

    @cached_property
    def weights(self) -> FloatArray:
        """Bootstrap weights of the prompts; the same draws for every cell."""
        return resample_weights(
            len(self.prompt_ids), self.options.draws, self.options.seed, self.groups or None
        )


@dataclass(eq=False)
class Collected:
    """Outcomes gathered batch by batch, handed out in the order of the prompts."""

    prompts: PromptSet
    rows: list[int] = field(default_factory=list)
    parts: dict[str, list[dict[str, Tensor]]] = field(default_factory=dict)
    forwards: int = 0
    pruned: int = 0

    def add(self, name: str, outcomes: dict[str, Tensor]) -> None:
        """One batch's outcomes, ``[..., batch]`` per metric."""
        self.parts.setdefault(name, []).append(outcomes)

    def outcomes(self, name: str) -> Outcomes:
        """``[..., prompts]`` per metric, checked to be finite."""
        order = torch.tensor(self.rows).argsort()
        ids = [prompt.id for prompt in self.prompts.prompts]
        found = {}
        for metric in self.parts[name][0]:
            whole = torch.cat([part[metric].cpu().double() for part in self.parts[name]], dim=-1)[..., order]
            require_finite(whole, f"{metric} ({name} run)", ids)
            found[metric] = np.asarray(whole.numpy(), dtype=np.float64)
        return found

    @staticmethod
    def stacked(parts: Sequence[Outcomes]) -> Outcomes:
        """Sweeps one behind the other along the cells."""
        return {metric: np.concatenate([part[metric] for part in parts]) for metric in parts[0]}


def over_batches(
    language_model: LanguageModel,
    prompts: PromptSet,
    options: RunOptions,
    work: Callable[[SweepEngine, Batch, Collected], None],
    *,
    pairs: bool = False,
    sweeps: int = 1,
) -> Collected:
    """Runs ``work`` on each batch with an engine of its own, so only one batch's caches are held.

    Args:
        pairs: the experiment needs corrupted prompts.
        sweeps: that ``work`` makes of each batch.
    """
    require_answers(prompts.prompts)
    require_fits(language_model, prompts, pad=options.pad)
    require_exact(language_model, options.savings, options.kernels)
    if pairs:
        require_pairs(prompts.prompts)
    collected = Collected(prompts)
    walk = list(batches(prompts, options.batch_size, pad=options.pad, device=language_model.device))
    done = 0

    def told(cells: int, of: int) -> None:
        nonlocal done
        done += cells
        options.progress(done, of * sweeps * len(walk))

    for batch in walk:
        engine = SweepEngine(
            language_model,
            batch,
            measured(options),
            options.savings,
            options.tokens_per_forward,
            options.kernels,
            told,
        )
        work(engine, batch, collected)
        collected.rows.extend(batch.rows)
        collected.forwards += engine.forwards
        collected.pruned += engine.pruned
    return collected


def paired_runs(
    engine: SweepEngine, batch: Batch, kinds: Sequence[Kind], direction: Direction
) -> tuple[BaseRun, BaseRun, BaseRun]:
    """(base, donor, clean): the run that is edited, the one that replacements come from, the clean one."""
    clean, corrupted = engine.base_run(batch.clean, kinds), engine.base_run(batch.corrupted, kinds)
    base, donor = (corrupted, clean) if direction == "denoising" else (clean, corrupted)
    return base, donor, clean


def paired_donors(prompts: PromptSet, direction: Direction) -> tuple[str, ...]:
    """Each prompt's replacement comes from its own other run."""
    run = "clean" if direction == "denoising" else "corrupted"
    return tuple(f"{id} ({run})" for id in ids_of(prompts))


def baseline_outcomes(language_model: LanguageModel, prompts: PromptSet, options: RunOptions) -> Outcomes:
    """The metrics of the clean prompts as the model is."""

    def work(engine: SweepEngine, batch: Batch, collected: Collected) -> None:
        run = engine.base_run(batch.clean)
        collected.add("clean", engine.score(run.logits, run.logits))

    return over_batches(language_model, prompts, options, work).outcomes("clean")


def measured(options: RunOptions) -> tuple[Metric, ...]:
    """The logit difference costs nothing beside the others, and its sign says which answer won."""
    return tuple(dict.fromkeys((*options.metrics, METRICS["logit_difference"])))


def templates(prompts: PromptSet) -> tuple[str | None, ...]:
    """Each prompt's template, for resampling by template."""
    return tuple(prompt.template for prompt in prompts.prompts)


def ids_of(prompts: PromptSet) -> tuple[str, ...]:
    return tuple(prompt.id for prompt in prompts.prompts)
