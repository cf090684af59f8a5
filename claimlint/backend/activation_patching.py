"""Activation patching: activations of one run put into another, place by place.

Denoising puts clean activations into the corrupted run and shows what suffices to restore the behaviour;
noising puts corrupted ones into the clean run and shows what the behaviour needs. Neither implies the
other. Terms after Heimersheim and Nanda (2404.15255).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from claimlint.backend.capture import pick
from claimlint.backend.grids import Each, Grid, site_grid
from claimlint.backend.interventions import Edit
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import Batch, PromptSet
from claimlint.backend.runs import (
    Collected,
    InterventionResult,
    RunOptions,
    ids_of,
    over_batches,
    paired_donors,
    paired_runs,
    templates,
)
from claimlint.backend.sites import Kind, Site, require_position
from claimlint.backend.sweep import SweepEngine
from claimlint.evidence.effects import Direction
from claimlint.evidence.statistics import FloatArray

DEFAULT_OPTIONS = RunOptions()


def activation_patching(
    language_model: LanguageModel,
    prompts: PromptSet,
    *,
    kind: Kind = "resid_pre",
    direction: Direction = "denoising",
    layers: Sequence[int] | None = None,
    heads: Each | Sequence[int] | None = None,
    positions: Each | Sequence[int | str] | None = None,
    window: int = 1,
    options: RunOptions = DEFAULT_OPTIONS,
) -> InterventionResult:
    """Patches every cell of layer x head x position, as far as asked for.

    Args:
        kind: where in the block; with ``heads``, ``z``.
        positions: ``"each"`` sweeps over positions; ``None`` patches all positions at once.
        window: adjacent layers patched at once. A window is one joint intervention: its effect is not that of
            its middle layer.
    """
    grid = site_grid(
        language_model.sites,
        prompts,
        kind,
        layers=layers,
        heads=heads,
        positions=positions,
        window=window,
    )
    return patch_cells(language_model, prompts, grid, direction=direction, options=options)


def patched_activations(
    language_model: LanguageModel,
    prompts: PromptSet,
    cell: Sequence[Site],
    at: Site,
    *,
    direction: Direction = "noising",
    options: RunOptions = DEFAULT_OPTIONS,
) -> FloatArray:
    """What a patched run looks like at another place, ``[prompts, features]``; ``at`` names a position."""
    sites = language_model.sites
    sites.require((*cell, at))
    require_position(at)
    kinds = sorted({site.kind for site in (*cell, at)})

    def work(engine: SweepEngine, batch: Batch, collected: Collected) -> None:
        base, donor, _ = paired_runs(engine, batch, kinds, direction)
        edits = tuple(Edit(site, pick(donor.at(site), site, batch, sites)) for site in cell)
        (read,) = engine.sweep(base, [edits], reads=[at]).reads[at]
        collected.add("patched", {str(at): read.T})

    collected = over_batches(language_model, prompts, options, work, pairs=True)
    return collected.outcomes("patched")[str(at)].T


def patch_cells(
    language_model: LanguageModel,
    prompts: PromptSet,
    grid: Grid,
    *,
    direction: Direction = "denoising",
    basis: Tensor | None = None,
    options: RunOptions = DEFAULT_OPTIONS,
) -> InterventionResult:
    """Patches the cells of any grid, joint sets too.

    Args:
        basis: ``[features, k]`` orthonormal columns; then only that subspace's component is patched.
    """
    kinds = sorted({site.kind for cell in grid.cells for site in cell})
    sites = language_model.sites

    def work(engine: SweepEngine, batch: Batch, collected: Collected) -> None:
        base, donor, clean = paired_runs(engine, batch, kinds, direction)
        interventions = [
            tuple(Edit(site, pick(donor.at(site), site, batch, sites), basis=basis) for site in cell)
            for cell in grid.cells
        ]
        outcome = engine.sweep(base, interventions, reference=clean.logits)
        collected.add("base", engine.score(base.logits, clean.logits))
        collected.add("donor", engine.score(donor.logits, clean.logits))
        collected.add("patched", outcome.metrics)

    collected = over_batches(language_model, prompts, options, work, pairs=True)
    return InterventionResult(
        method="activation_patching",
        direction=direction,
        replacement=("donor",),
        cells=grid.cells,
        axes=grid.axes,
        prompt_ids=ids_of(prompts),
        base=collected.outcomes("base"),
        donor=collected.outcomes("donor"),
        patched=collected.outcomes("patched"),
        donors=paired_donors(prompts, direction),
        groups=templates(prompts),
        options=options,
        forwards=collected.forwards,
        pruned=collected.pruned,
        window=grid.window,
    )
