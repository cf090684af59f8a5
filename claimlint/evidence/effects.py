"""From paired outcomes to effects: means with intervals over prompts, shares of prompts, bounds from rates.

An *outcome* is a metric of one prompt. Every function takes the outcomes of the same prompts before and
after one fixed intervention, so that a prompt's own change is known and not only the average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from claimlint.evidence.statistics import (
    BoolArray,
    FloatArray,
    Interval,
    percentile_interval,
    resamples,
    resampling_groups,
    same_length,
)

Direction = Literal["denoising", "noising"]

NEGLIGIBLE = 1e-5
"""Changes below this share of the largest outcome are float32 rounding, not effects."""


@dataclass(frozen=True)
class EffectSummary:
    """One intervention's effect over the prompts.

    Args:
        mean: mean of after minus before, in the metric's unit.
        interval: percentile bootstrap over prompts, or over templates where prompts have them.
        helped, harmed, unchanged: shares of prompts whose outcome rose, fell, or moved by rounding only;
            the other way round for a metric that is better when lower.
    """

    mean: float
    interval: Interval
    helped: float
    harmed: float
    unchanged: float
    n: int


@dataclass(frozen=True)
class Recovery:
    """Effect as a share of the total effect; ``None`` where the total effect cannot be told from zero.

    A ratio of means: single prompts with a total effect near zero would dominate a mean of ratios.
    """

    share: float | None
    interval: Interval | None
    total_effect: EffectSummary


@dataclass(frozen=True)
class Flips:
    """Paired binary outcomes of one design: one site, one replacement, one direction.

    Args:
        eligible: prompts that could flip: right ones under removal, wrong ones under insertion.
        flipped: how many of them did.
        share: flipped / eligible; estimates the probability of necessity under removal (noising, ablation),
            of sufficiency under insertion (denoising). ``None`` without eligible prompts.
    """

    direction: Direction
    eligible: int
    flipped: int
    share: float | None


def resample_weights(n: int, draws: int, seed: int, groups: Sequence[str | None] | None = None) -> FloatArray:
    """``[draws, n]``: how much each prompt counts in each bootstrap sample; rows sum to one.

    Groups are used only when every prompt has one and there are at least two.
    """
    rng = np.random.default_rng(seed)
    units = resampling_groups(groups)
    weights = [np.bincount(sample, minlength=n) for sample in resamples(n, draws, rng, units)]
    counts = np.asarray(weights, dtype=np.float64)
    normed: FloatArray = counts / counts.sum(axis=1, keepdims=True)
    return normed


def resampled_unit(groups: Sequence[str | None] | None) -> str:
    """What an interval's draws were: ``prompt`` or ``template``."""
    return "prompt" if resampling_groups(groups) is None else "template"


def summarise(
    before: FloatArray, after: FloatArray, weights: FloatArray, unit: str = "prompt"
) -> EffectSummary:
    """The effect of one intervention.

    Args:
        before, after: ``[prompts]``.
        weights: of ``resample_weights``.
    """
    same_length(len(before), after=after)
    change = after - before
    tolerance = rounding(before, after)
    helped, harmed = change > tolerance, change < -tolerance
    return EffectSummary(
        mean=float(change.mean()),
        interval=percentile_interval(weights @ change, unit),
        helped=float(helped.mean()),
        harmed=float(harmed.mean()),
        unchanged=float((~helped & ~harmed).mean()),
        n=len(change),
    )


def rounding(*outcomes: FloatArray) -> float:
    """Size of change that floating point alone can make."""
    return NEGLIGIBLE * max(float(np.abs(values).max(initial=0)) for values in outcomes)


def recovered(
    base: FloatArray, donor: FloatArray, patched: FloatArray, weights: FloatArray, unit: str = "prompt"
) -> Recovery:
    """``(patched - base) / (donor - base)``, both as means over prompts.

    The share is given only where the interval of the total effect excludes zero and the effect exceeds
    rounding: otherwise there is nothing to recover, and the ratio would be noise of any size.
    """
    total = summarise(base, donor, weights, unit)
    low, high = total.interval.low, total.interval.high
    if low <= 0 <= high or abs(total.mean) <= rounding(base, donor):
        return Recovery(None, None, total)
    ratios = (weights @ (patched - base)) / (weights @ (donor - base))
    share = float((patched - base).mean() / total.mean)
    return Recovery(share, percentile_interval(ratios, unit), total)


def flips(before_right: BoolArray, after_right: BoolArray, direction: Direction) -> Flips:
    """Counts the prompts that one intervention turns around.

    Args:
        direction: ``noising`` for removals (ablation too), ``denoising`` for insertions.
    """
    eligible = before_right if direction == "noising" else ~before_right
    flipped = eligible & (before_right != after_right)
    n = int(eligible.sum())
    return Flips(direction, n, int(flipped.sum()), float(flipped.sum() / n) if n else None)


def tian_pearl_bounds(rate_with: float, rate_without: float) -> tuple[float, float]:
    """Bounds on the probability of necessity and sufficiency where only two rates are known.

    Tian and Pearl (2000): ``max(0, p1 - p0) <= PNS <= min(p1, 1 - p0)``, with ``p1`` and ``p0`` the rates of
    the outcome with and without the cause.
    """
    return max(0.0, rate_with - rate_without), min(rate_with, 1 - rate_without)
