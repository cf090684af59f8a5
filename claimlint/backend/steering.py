"""Steering: a direction added to an activation, with the doses, controls and single prompts that it takes.

A mean effect hides that many prompts move the other way, and any direction of enough length moves
something: so the share of opposite prompts, random directions of the same length and the natural range
belong to every result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from claimlint.backend.capture import collect
from claimlint.backend.interventions import Edit
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import Batch, PromptSet
from claimlint.backend.runs import Collected, Outcomes, RunOptions, ids_of, over_batches, templates
from claimlint.backend.sites import Site
from claimlint.backend.sweep import SweepEngine
from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import EffectSummary, resample_weights, resampled_unit, rounding, summarise
from claimlint.evidence.statistics import FloatArray

DEFAULT_OPTIONS = RunOptions()
DOSES = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)

CANCELLED = 1e-5
"""Of the mean distance within pairs: up to there a mean difference is rounding."""


@dataclass(frozen=True, eq=False)
class SteeringResult:
    """The dose curve of one direction.

    Args:
        doses: multiples of the direction that were added.
        base: outcomes ``[prompts]`` without steering.
        steered: outcomes ``[doses, prompts]``.
        random: outcomes ``[random directions, doses, prompts]``, each of the direction's own length.
        within_natural_range: per dose the share of prompts whose activation, along the direction, stays
            between the smallest and the largest one that the prompt set has without steering.
    """

    site: Site
    doses: tuple[float, ...]
    base: Outcomes
    steered: Outcomes
    random: Outcomes
    within_natural_range: tuple[float, ...]
    prompt_ids: tuple[str, ...]
    groups: tuple[str | None, ...]
    options: RunOptions

    @property
    def main_metric(self) -> str:
        return self.options.metrics[0].name

    def summary(self, dose: int) -> EffectSummary:
        """Effect of one dose over the prompts."""
        weights = resample_weights(len(self.prompt_ids), self.options.draws, self.options.seed, self.groups)
        name = self.main_metric
        return summarise(self.base[name], self.steered[name][dose], weights, resampled_unit(self.groups))

    def share_opposite(self, dose: int) -> float:
        """Share of prompts that move against the mean effect."""
        name = self.main_metric
        change = self.steered[name][dose] - self.base[name]
        against = -np.sign(change.mean()) * change
        return float((against > rounding(self.base[name], self.steered[name][dose])).mean())

    def random_effects(self, dose: int) -> FloatArray:
        """Mean effect of each random direction ``[random directions]``."""
        name = self.main_metric
        means: FloatArray = (self.random[name][:, dose] - self.base[name]).mean(axis=-1)
        return means


def steering(
    language_model: LanguageModel,
    prompts: PromptSet,
    site: Site,
    direction: Tensor,
    *,
    doses: Sequence[float] = DOSES,
    random_directions: int = 8,
    options: RunOptions = DEFAULT_OPTIONS,
) -> SteeringResult:
    """Adds ``dose * direction`` at the site in the clean run.

    Args:
        direction: ``[features]``; see ``difference_of_means``.
    """
    language_model.sites.require([site])
    vector = _checked(language_model, site, direction)
    others = _random_like(vector, random_directions, options.seed)

    def work(engine: SweepEngine, batch: Batch, collected: Collected) -> None:
        base = engine.base_run(batch.clean)
        cells = [(Edit(site, dose * v, how="add"),) for v in (vector, *others) for dose in doses]
        collected.add("base", engine.score(base.logits, base.logits))
        collected.add("steered", engine.sweep(base, cells).metrics)

    collected = over_batches(language_model, prompts, options, work)
    n = len(doses)
    found = collected.outcomes("steered")
    return SteeringResult(
        site=site,
        doses=tuple(doses),
        base=collected.outcomes("base"),
        steered={name: values[:n] for name, values in found.items()},
        random={
            name: values[n:].reshape(random_directions, n, len(prompts)) for name, values in found.items()
        },
        within_natural_range=_within_range(language_model, prompts, site, vector, doses, options),
        prompt_ids=ids_of(prompts),
        groups=templates(prompts),
        options=options,
    )


def difference_of_means(language_model: LanguageModel, prompts: PromptSet, site: Site) -> Tensor:
    """Mean activation of the clean prompts minus that of the corrupted ones, ``[features]``.

    Raises:
        ClaimlintError: the two are equal but for rounding.
    """
    clean = collect(language_model, prompts, [site])[site]
    corrupted = collect(language_model, prompts, [site], source="corrupted")[site]
    apart = (clean - corrupted).reshape(-1, clean.shape[-1])
    difference: Tensor = apart.mean(0)
    if difference.norm() <= CANCELLED * apart.norm(dim=1).mean():
        raise ClaimlintError(
            f"prompt set {prompts.id!r}: clean and corrupted prompts have the same mean at {site}",
            "Their difference is the direction that is added, and it points nowhere: pairs that stand there "
            "both ways round cancel, and before the first token that differs all pairs are equal.",
            "Use prompts whose clean side is of one kind, or another site.",
        )
    return difference


def _checked(language_model: LanguageModel, site: Site, direction: Tensor) -> Tensor:
    width = language_model.sites.width(site)
    vector = direction.to(device=language_model.device, dtype=language_model.dtype)
    if vector.shape != (width,) or not bool(torch.isfinite(vector).all()) or not bool(vector.any()):
        raise ClaimlintError(
            f"steering direction of shape {tuple(vector.shape)} at {site}",
            f"It is added to {width} features, so it has to be as many finite numbers, not all zero.",
            "Take it from the same site, for instance with difference_of_means.",
        )
    return vector


def _random_like(vector: Tensor, count: int, seed: int) -> list[Tensor]:
    """Directions drawn evenly from the sphere, as long as the vector."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(count, len(vector), generator=generator, dtype=torch.float64)
    scaled = drawn / drawn.norm(dim=1, keepdim=True) * float(vector.double().norm())
    return list(scaled.to(device=vector.device, dtype=vector.dtype))


def _within_range(
    language_model: LanguageModel,
    prompts: PromptSet,
    site: Site,
    vector: Tensor,
    doses: Sequence[float],
    options: RunOptions,
) -> tuple[float, ...]:
    activations = collect(language_model, prompts, [site], batch_size=options.batch_size, pad=options.pad)[
        site
    ]
    along = (activations @ vector) / vector.norm()
    low, high = along.min(), along.max()
    moved = [along + dose * vector.norm() for dose in doses]
    return tuple(float(((m >= low) & (m <= high)).double().mean()) for m in moved)
