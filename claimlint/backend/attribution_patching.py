"""Attribution patching: a first-order estimate of activation patching, for all places from one backward pass.

The estimate is ``gradient of the metric at the base run . (donor - base)``. It ranks candidates and shows
nothing by itself: it errs wherever the network bends between the two runs, and where an answer is saturated
its ranking can be reversed. Patch what it points at (``verified_by``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor

from claimlint.backend.capture import attach, padding_arguments
from claimlint.backend.grids import Axes, Cells, Grid
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.metrics import Metric, Scorer
from claimlint.backend.prompts import Batch, PromptSet
from claimlint.backend.runs import Collected, RunOptions, ids_of, over_batches, paired_runs, templates
from claimlint.backend.shared_forward import predicted_logits
from claimlint.backend.sites import Kind
from claimlint.backend.sweep import SweepEngine
from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import Direction, EffectSummary, resample_weights, resampled_unit, summarise
from claimlint.evidence.statistics import FloatArray

DEFAULT_OPTIONS = RunOptions()
STEPS = ("accuracy", "choice_accuracy")


@dataclass(frozen=True, eq=False)
class AttributionResult:
    """Estimated effects, prompt by prompt.

    Args:
        estimates: ``[cells, prompts]``, of the first metric.
    """

    direction: Direction
    metric: str
    cells: Cells
    axes: Axes
    prompt_ids: tuple[str, ...]
    groups: tuple[str | None, ...]
    estimates: FloatArray
    options: RunOptions
    window: int = 1

    def summary(self, cell: int) -> EffectSummary:
        """Of the estimates; their interval covers the prompts, not the error of the approximation."""
        weights = resample_weights(len(self.prompt_ids), self.options.draws, self.options.seed, self.groups)
        estimate = self.estimates[cell]
        return summarise(0 * estimate, estimate, weights, resampled_unit(self.groups))


def attribution_patching(
    language_model: LanguageModel,
    prompts: PromptSet,
    grid: Grid,
    *,
    direction: Direction = "denoising",
    options: RunOptions = DEFAULT_OPTIONS,
) -> AttributionResult:
    """Estimates the effect of patching every cell; a cell of several sites gets the sum of its parts."""
    metric = options.metrics[0]
    if metric.name in STEPS:
        raise ClaimlintError(
            f"attribution patching with {metric.name}",
            "The estimate needs the metric's gradient, and a right-or-wrong metric has none.",
            "Use logit_difference, probability or kl_divergence.",
        )
    sites = language_model.sites
    kinds: list[Kind] = sorted({site.kind for cell in grid.cells for site in cell})
    wanted = {(site.kind, site.layer) for cell in grid.cells for site in cell}

    def work(engine: SweepEngine, batch: Batch, collected: Collected) -> None:
        base, donor, clean = paired_runs(engine, batch, kinds, direction)
        scorer = Scorer((metric,), batch.answers)
        slopes = _gradients(language_model, batch, base.ids, wanted, scorer, metric, clean.logits.clone())
        rows = []
        for cell in grid.cells:
            total = torch.zeros(len(batch.rows), dtype=base.logits.dtype, device=base.logits.device)
            for site in cell:
                features, columns = sites.features(site), batch.locate(site.position)
                change = (donor.at(site) - base.at(site))[..., features]
                product = (slopes[site.kind, site.layer][..., features] * change).sum(-1)
                here = torch.arange(len(product), device=product.device)
                total = total + (product.sum(1) if columns is None else product[here, columns])
            rows.append(total)
        collected.add("estimated", {metric.name: torch.stack(rows)})

    collected = over_batches(language_model, prompts, options, work, pairs=True)
    return AttributionResult(
        direction=direction,
        metric=metric.name,
        cells=grid.cells,
        axes=grid.axes,
        prompt_ids=ids_of(prompts),
        groups=templates(prompts),
        estimates=collected.outcomes("estimated")[metric.name],
        options=options,
        window=grid.window,
    )


def _gradients(
    language_model: LanguageModel,
    batch: Batch,
    ids: Tensor,
    wanted: set[tuple[Kind, int]],
    scorer: Scorer,
    metric: Metric,
    reference: Tensor,
) -> dict[tuple[Kind, int], Tensor]:
    """The metric's gradient at the wanted activations ``[batch, positions, features]``."""
    seen: dict[tuple[Kind, int], Tensor] = {}

    def start(hidden: Tensor) -> Tensor:
        # The weights are frozen, so the graph begins at the first stream.
        return hidden.detach().requires_grad_(True)

    def keep(key: tuple[Kind, int]) -> Callable[[Tensor], None]:
        def see(activation: Tensor) -> None:
            seen[key] = activation

        return see

    with ExitStack() as stack:
        stack.callback(attach(language_model.sites, "resid_pre", 0, start).remove)
        for kind, layer in sorted(wanted):
            stack.callback(attach(language_model.sites, kind, layer, keep((kind, layer))).remove)
        logits = predicted_logits(
            language_model,
            batch,
            ids,
            columns=None,
            only_last=True,
            use_cache=False,
            **padding_arguments(batch),
        )
    narrowed = scorer.columns is not None
    if narrowed:
        logits = logits.gather(1, scorer.columns)
    value = scorer.score(logits, reference, narrowed=narrowed)[metric.name].sum()
    keys = sorted(seen)
    slopes = torch.autograd.grad(value, [seen[key] for key in keys], allow_unused=True)
    return {
        key: (torch.zeros_like(seen[key]) if slope is None else slope).reshape(*ids.shape, -1)
        for key, slope in zip(keys, slopes, strict=True)
    }
