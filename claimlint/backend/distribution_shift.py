"""How far do patched activations lie from those that the model produces by itself?

Distances are to one half of the clean activations, and read as percentiles of the other half's distances:
50 is an ordinary activation, and 100 lies farther out than every held-out clean one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.covariance import LedoitWolf
from sklearn.neighbors import NearestNeighbors

from claimlint.errors import ClaimlintError
from claimlint.evidence.model import DistributionShift
from claimlint.evidence.statistics import (
    FloatArray,
    Interval,
    at_least,
    effect,
    finite_array,
    group_ids,
    mean_interval,
    same_length,
)

USUAL = 95.0
"""Percentile up to which a patched activation counts as usual; 5 % of the clean ones lie beyond it too."""

MIN_CLEAN = 40
"""Clean activations: a 95th percentile needs twenty in the held-out half."""

Metric = Literal["knn", "mahalanobis"]


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """One distance, prompt by prompt.

    Args:
        held_out: of the held-out clean activations, the reference distribution.
        patched: of the patched activations.
        percentile: of each patched one among the held-out ones, ties counted half.
        outside: share of patched activations beyond the ``USUAL`` percentile; 0.05 is expected of clean ones.
    """

    metric: Metric
    held_out: FloatArray
    patched: FloatArray
    percentile: FloatArray
    outside: float
    outside_interval: Interval

    @property
    def median_percentile(self) -> float:
        return float(np.median(self.percentile))


@dataclass(frozen=True, slots=True, eq=False)
class DistributionShiftResult:
    """Both distances, and how they were taken.

    Args:
        shrinkage: weight of the sphere in the shrunk covariance (Ledoit and Wolf 2004), 1 where it is
            nothing else.
        reference: number of clean activations that distances are taken to.
    """

    knn: Distances
    mahalanobis: Distances
    neighbours: int
    shrinkage: float
    reference: int
    dimension: int
    seed: int

    @property
    def farther(self) -> Distances:
        """The distance by which the patched activations look less usual."""
        return max(self.knn, self.mahalanobis, key=lambda d: (d.median_percentile, d.outside))

    def arrays(self) -> dict[str, FloatArray]:
        """Per-prompt distances and percentiles, to lie beside the manifest."""
        return {
            f"{distances.metric}_{name}": getattr(distances, name)
            for distances in (self.knn, self.mahalanobis)
            for name in ("held_out", "patched", "percentile")
        }

    def manifest_fields(self) -> dict[str, Any]:
        """Fields of a manifest's ``Experiment``; another experiment may take ``distribution_shift`` alone."""
        worse = self.farther
        n = len(worse.patched)
        outside = [
            effect(f"outside_{d.metric}", d.outside, n, d.outside_interval, unit="fraction")
            for d in (self.knn, self.mahalanobis)
        ]
        return {
            "method": "distribution_shift",
            "seeds": (self.seed,),
            "dim": self.dimension,
            "metrics": ("knn", "mahalanobis"),
            "effect": outside[0],
            "further_effects": (outside[1],),
            "distribution_shift": DistributionShift(
                metric=f"median {worse.metric} percentile among held-out clean activations",
                value=worse.median_percentile,
                reference=USUAL,
            ),
            "note": f"{self.reference} clean activations as reference, {len(worse.held_out)} held out; "
            f"{self.neighbours} neighbours, shrinkage {self.shrinkage:.3f}",
        }


def distribution_shift(
    patched: npt.ArrayLike,
    clean: npt.ArrayLike,
    *,
    groups: Sequence[Any] | None = None,
    neighbours: int = 5,
    bootstrap: int = 1000,
    seed: int = 0,
) -> DistributionShiftResult:
    """Compare patched with clean activations at one site.

    Args:
        patched: prompts x dimensions, read at the site or at one downstream of the edit.
        clean: prompts x dimensions, from unedited runs of prompts that gave no donor: a donor's own
            activation would lie at distance zero from what was patched in.
        groups: template or lemma per clean prompt; the held-out half is made of whole groups.
        neighbours: the kNN distance is the mean distance to that many nearest clean activations.
    """
    edited = finite_array("patched", patched, ("prompts", "dimensions"))
    usual = finite_array("clean", clean, ("prompts", "dimensions"))
    _check(edited, usual, neighbours)
    same_length(len(usual), groups=groups)
    at_least(1, bootstrap=bootstrap)
    rng = np.random.default_rng(seed)
    reference, held_out = _halves(usual, groups, rng)
    nearest = NearestNeighbors(n_neighbors=neighbours).fit(reference)
    covariance = LedoitWolf().fit(reference)

    def knn(points: FloatArray) -> FloatArray:
        distances: FloatArray = nearest.kneighbors(points)[0].mean(axis=1)
        return distances

    def mahalanobis(points: FloatArray) -> FloatArray:
        distances: FloatArray = np.sqrt(covariance.mahalanobis(points))
        return distances

    return DistributionShiftResult(
        knn=_distances("knn", knn(held_out), knn(edited), bootstrap, rng),
        mahalanobis=_distances("mahalanobis", mahalanobis(held_out), mahalanobis(edited), bootstrap, rng),
        neighbours=neighbours,
        shrinkage=float(covariance.shrinkage_),
        reference=len(reference),
        dimension=usual.shape[1],
        seed=seed,
    )


def _check(patched: FloatArray, clean: FloatArray, neighbours: int) -> None:
    if patched.shape[1] != clean.shape[1]:
        raise ClaimlintError(
            f"patched: {patched.shape[1]} dimensions, clean: {clean.shape[1]}",
            "A distance is between activations of one site.",
            "Read both at the same site.",
        )
    if len(clean) < MIN_CLEAN:
        raise ClaimlintError(
            f"clean: {len(clean)} activations",
            f"Half of them are the reference and half say what is usual; that takes {MIN_CLEAN}.",
            "Run more clean prompts that gave no donor.",
        )
    if not 1 <= neighbours <= len(clean) // 2:
        raise ClaimlintError(
            f"{neighbours} neighbours among {len(clean) // 2} reference activations",
            "The kNN distance is a mean over that many of them.",
            f"Ask for 1 to {len(clean) // 2} neighbours.",
        )
    if not np.ptp(clean, axis=0).any():
        raise ClaimlintError(
            f"clean: all {len(clean)} activations are equal",
            "What is usual has no spread to measure a distance by.",
            "Use prompts that differ before the site.",
        )


def _halves(
    clean: FloatArray, groups: Sequence[Any] | None, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    ids = group_ids(len(clean), groups)
    order = rng.permutation(int(ids.max()) + 1)
    half = int(np.searchsorted(np.bincount(ids)[order].cumsum(), len(clean) / 2)) + 1
    held_out = np.isin(ids, order[:half])
    fewer = int(min(held_out.sum(), (~held_out).sum()))
    if fewer < MIN_CLEAN // 2:
        raise ClaimlintError(
            f"groups: whole groups leave {fewer} activations in one half",
            f"Reference and held-out half need {MIN_CLEAN // 2} each.",
            "Use more and smaller groups.",
        )
    return clean[~held_out], clean[held_out]


def _distances(
    metric: Metric, held_out: FloatArray, patched: FloatArray, bootstrap: int, rng: np.random.Generator
) -> Distances:
    below = (held_out < patched[:, None]).mean(axis=1)
    ties = (held_out == patched[:, None]).mean(axis=1)
    percentile = 100 * (below + ties / 2)
    outside = percentile > USUAL
    return Distances(
        metric, held_out, patched, percentile, float(outside.mean()), mean_interval(outside, bootstrap, rng)
    )
