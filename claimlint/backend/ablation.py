"""Ablation: a component's activation replaced by zero, by a mean, or by another prompt's.

Zero has no neutral meaning inside a network: later normalisation sees the missing write even where nothing
reads it. Compare at least two replacements before calling a component needed, and look at the direct
effect: where it exceeds the total one, later components made up for the loss (self-repair).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor

from claimlint.backend.capture import Activations, capture, pick
from claimlint.backend.freezing import frozen
from claimlint.backend.grids import Grid
from claimlint.backend.interventions import Edit
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import Batch, Prompt, PromptSet, batches, make_batch
from claimlint.backend.runs import (
    Collected,
    InterventionResult,
    RunOptions,
    ids_of,
    over_batches,
    templates,
)
from claimlint.backend.shared_forward import BaseRun
from claimlint.backend.sites import Kind, Site
from claimlint.backend.sweep import SweepEngine
from claimlint.errors import ClaimlintError

AblationKind = Literal["zero", "mean", "resample"]
MeanOver = Literal["prompts", "prompts_and_positions"]

Sums = tuple[Activations, int]
"""Per kind and layer a double-precision sum, ``[features]`` or ``[positions, features]``; of how many."""

DEFAULT_OPTIONS = RunOptions()


def ablation(
    language_model: LanguageModel,
    prompts: PromptSet,
    grid: Grid,
    *,
    replacement: AblationKind = "mean",
    mean_over: MeanOver = "prompts_and_positions",
    direct: bool = False,
    options: RunOptions = DEFAULT_OPTIONS,
) -> InterventionResult:
    """Ablates every cell of the grid in the clean run (see ``grids.components`` and ``grids.joint_sets``).

    Args:
        mean_over: ``prompts`` keeps one mean per position and needs prompts of one length.
        direct: also measure each cell with everything downstream of it held at the clean run.
    """
    source = _Replacements(language_model, prompts, grid, replacement, mean_over, options)

    def work(engine: SweepEngine, batch: Batch, collected: Collected) -> None:
        base = engine.base_run(batch.clean, ["z", "mlp_out", *source.kinds])
        source.see(batch, base)
        donor = source.donor_run(engine, batch)
        interventions = [
            tuple(Edit(site, source.value(site, batch, donor)) for site in cell) for cell in grid.cells
        ]
        collected.add("base", engine.score(base.logits, base.logits))
        collected.add("patched", engine.sweep(base, interventions).metrics)
        if direct:
            held = [(*frozen(base, language_model.sites, edits), *edits) for edits in interventions]
            collected.add("direct", engine.sweep(base, held).metrics)

    collected = over_batches(language_model, prompts, options, work, sweeps=1 + direct)
    return InterventionResult(
        method="ablation",
        direction="noising",
        replacement=(replacement,),
        cells=grid.cells,
        axes=grid.axes,
        prompt_ids=ids_of(prompts),
        base=collected.outcomes("base"),
        patched=collected.outcomes("patched"),
        direct=collected.outcomes("direct") if direct else None,
        donors=source.donor_ids,
        groups=templates(prompts),
        options=options,
        forwards=collected.forwards,
        pruned=collected.pruned,
    )


class _Replacements:
    """What stands in for an activation, worked out over the whole prompt set."""

    def __init__(
        self,
        language_model: LanguageModel,
        prompts: PromptSet,
        grid: Grid,
        replacement: AblationKind,
        mean_over: MeanOver,
        options: RunOptions,
    ) -> None:
        self.language_model, self.sites, self.options = language_model, language_model.sites, options
        self.mean_over = mean_over
        self.wanted = {(site.kind, site.layer) for cell in grid.cells for site in cell}
        self.kinds: list[Kind] = sorted({kind for kind, _ in self.wanted})
        self.zero = torch.zeros((), device=language_model.device, dtype=language_model.dtype)
        self.averaging = replacement == "mean"
        self.means: Activations = {}
        self.donors: dict[str, Prompt] = {}
        if replacement == "mean":
            if mean_over == "prompts":
                _require_one_length(prompts)
            walk = list(batches(prompts, options.batch_size, pad=options.pad, device=language_model.device))
            if len(walk) > 1:
                self.means = mean_activations(self._summed(batch) for batch in walk)
        elif replacement == "resample":
            self.donors = resample_donors(prompts, options.seed)
        self.donor_ids = tuple(self.donors[id].id for id in ids_of(prompts)) if self.donors else ()

    def _summed(self, batch: Batch) -> Sums:
        with self.options.kernels.active():
            activations = capture(self.language_model, batch, batch.clean, self.wanted)
        return summed(batch, activations, self.mean_over)

    def see(self, batch: Batch, base: BaseRun) -> None:
        """Where one batch is the whole set, its base run has everything that the means are over."""
        if self.averaging and not self.means:
            activations = {(kind, layer): base.at(Site(layer, kind)) for kind, layer in self.wanted}
            self.means = mean_activations([summed(batch, activations, self.mean_over)])

    def donor_run(self, engine: SweepEngine, batch: Batch) -> tuple[Batch, BaseRun] | None:
        """The donors and their activations, row by row beside the batch."""
        if not self.donors:
            return None
        donors = [self.donors[prompt.id] for prompt in batch.prompts]
        made = make_batch(PromptSet("donors", tuple(donors), ""), range(len(donors)), batch.clean.device)
        return made, engine.base_run(made.clean, self.kinds)

    def value(self, site: Site, batch: Batch, donor: tuple[Batch, BaseRun] | None) -> Tensor:
        if donor is not None:
            # A named position is where the donor has it, which need not be where this prompt does.
            donors, run = donor
            return pick(run.at(site), site, donors, self.sites)
        if not self.means:
            return self.zero
        mean = self.means[site.kind, site.layer].to(self.zero.dtype)[..., self.sites.features(site)]
        columns = batch.locate(site.position)
        return mean if columns is None or mean.dim() == 1 else mean[columns]


def summed(batch: Batch, activations: Activations, over: MeanOver) -> Sums:
    """Sums over the batch's prompts, padding left out."""
    real = torch.arange(batch.length, device=batch.clean.device) >= batch.padding[:, None]
    sums = {key: torch.where(real[..., None], one, 0).double().sum(0) for key, one in activations.items()}
    if over == "prompts":
        return sums, len(batch.rows)
    return {key: one.sum(0) for key, one in sums.items()}, int(real.sum())


def mean_activations(parts: Iterable[Sums]) -> Activations:
    """The mean over all batches, from their sums."""
    totals: Activations = {}
    count = 0
    for sums, number in parts:
        totals = {key: totals[key] + one if totals else one for key, one in sums.items()}
        count += number
    return {key: total / count for key, total in totals.items()}


def _require_one_length(prompts: PromptSet) -> None:
    lengths = {len(prompt.clean) for prompt in prompts.prompts}
    if len(lengths) > 1:
        raise ClaimlintError(
            f"prompt set {prompts.id!r}: a mean per position, over {min(lengths)} to {max(lengths)} tokens",
            "Positions of prompts of different length do not correspond.",
            'Take the mean over "prompts_and_positions", or use prompts of one length.',
        )


def resample_donors(prompts: PromptSet, seed: int) -> dict[str, Prompt]:
    """For each prompt another one of its length, each used once: a seeded round trip through each length."""
    generator = torch.Generator().manual_seed(seed)
    by_length: dict[int, list[Prompt]] = {}
    for prompt in prompts.prompts:
        by_length.setdefault(len(prompt.clean), []).append(prompt)
    donors = {}
    for length, group in by_length.items():
        if len(group) < 2:
            raise ClaimlintError(
                f"prompt {group[0].id!r}: no other prompt has its {length} tokens",
                "Resample ablation takes the activation of another prompt, position by position.",
                "Add prompts of that length, leave this one out, or use mean ablation.",
            )
        order = torch.randperm(len(group), generator=generator).tolist()
        for here, there in zip(order, order[1:] + order[:1], strict=True):
            donors[group[here].id] = group[there]
    return donors
