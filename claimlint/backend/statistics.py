"""What the experiments share: checked arrays, resampling, and correlations that never leak a NaN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from claimlint.errors import ClaimlintError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

LEVEL = 0.95
"""Of every interval."""

CONSTANT = 1e-12
"""A vector whose range is below this share of its largest value is constant but for float rounding."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile bootstrap interval and the unit that was resampled (``prompt`` or ``group``)."""

    low: float
    high: float
    unit: str


def finite_array(name: str, values: Any, axes: tuple[str, ...]) -> FloatArray:
    """``values`` as float64, or an error that says which axis or which entries are wrong."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != len(axes) or 0 in array.shape:
        raise ClaimlintError(
            f"{name}: shape {array.shape}",
            f"it has to be ({', '.join(axes)}), with at least one entry along each axis",
            "pass the array in that layout",
        )
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ClaimlintError(
            f"{name}: {bad} of {array.size} values are NaN or infinite, the first at {first}",
            "one such value would spread to every statistic taken over it",
            "run the model in float32, and look for overflow or an empty prompt",
        )
    return array


def same_length(n: int, **others: Any) -> None:
    """Every array in ``others`` has one entry per prompt."""
    for name, values in others.items():
        if values is not None and len(values) != n:
            raise ClaimlintError(
                f"{name}: {len(values)} entries for {n} prompts",
                "entries are matched to prompts by their order",
                f"pass one entry of {name} per prompt",
            )


def resamples(
    n: int, draws: int, rng: np.random.Generator, groups: npt.NDArray[Any] | None = None
) -> Iterator[IntArray]:
    """Bootstrap samples of prompt indices; with groups, whole groups are drawn."""
    if groups is None:
        for _ in range(draws):
            yield rng.integers(0, n, n)
        return
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    for _ in range(draws):
        yield np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])


def mean_interval(
    values: npt.ArrayLike, draws: int, rng: np.random.Generator, groups: npt.NDArray[Any] | None = None
) -> Interval:
    """Of the mean over prompts."""
    array = np.asarray(values, dtype=np.float64)
    means = np.array([array[sample].mean() for sample in resamples(len(array), draws, rng, groups)])
    return percentile_interval(means, "prompt" if groups is None else "group")


def percentile_interval(draws: FloatArray, unit: str) -> Interval:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high), unit)


def is_constant(vector: FloatArray) -> bool:
    return bool(np.ptp(vector) <= CONSTANT * np.abs(vector).max())


def pearson(a: FloatArray, b: FloatArray) -> float | None:
    """Pearson's r; None where it does not exist because one of the two does not vary."""
    if is_constant(a) or is_constant(b):
        return None
    a, b = a - a.mean(), b - b.mean()
    r = float(a @ b / np.sqrt((a @ a) * (b @ b)))
    return max(-1.0, min(1.0, r))


def spearman(a: FloatArray, b: FloatArray) -> float | None:
    """Spearman's rho, ties at their mean rank; None where one of the two does not vary."""
    if is_constant(a) or is_constant(b):
        return None
    return pearson(rankdata(a), rankdata(b))


def permutation_p(observed: float, null: npt.ArrayLike) -> float:
    """Share of draws at least as large, the observed one counted among them, so never zero."""
    draws = np.asarray(null, dtype=np.float64)
    # Equal statistics may differ in the last bit when sums run in another order.
    return float((1 + np.count_nonzero(draws >= observed - 1e-12)) / (1 + len(draws)))
