"""What the experiments share: checked arrays, resampling, and correlations that never leak a NaN."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Effect

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
            f"It has to be ({', '.join(axes)}), with at least one entry along each axis.",
            "Pass the array in that layout.",
        )
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ClaimlintError(
            f"{name}: {bad} of {array.size} values are NaN or infinite, the first at {first}",
            "One such value would spread to every statistic taken over it.",
            "Run the model in float32, and look for overflow or an empty prompt.",
        )
    return array


def same_length(n: int, **others: Any) -> None:
    """Every array in ``others`` has one entry per prompt."""
    for name, values in others.items():
        if values is not None and len(values) != n:
            raise ClaimlintError(
                f"{name}: {len(values)} entries for {n} prompts",
                "Entries are matched to prompts by their order.",
                f"Pass one entry of {name} per prompt.",
            )


def at_least(minimum: int, **settings: int) -> None:
    """Each setting reaches the smallest number that makes sense."""
    for name, value in settings.items():
        if value < minimum:
            raise ClaimlintError(
                f"{name} = {value}",
                "With fewer there is nothing to count, fit or draw from.",
                f"Give {minimum} or more.",
            )


def categories(name: str, values: Sequence[Any]) -> npt.NDArray[Any]:
    """One value per prompt as an array; a prompt without one is an error."""
    missing = [index for index, value in enumerate(values) if value is None]
    if missing:
        raise ClaimlintError(
            f"{name}: {len(missing)} of {len(values)} prompts have none, the first is number {missing[0]}",
            "Every prompt has to belong to one class or group.",
            f"Give these prompts {name}, or leave them out.",
        )
    return np.asarray(values)


def group_ids(n: int, groups: Sequence[Any] | None) -> IntArray:
    """0, 1, ... by group; without groups every prompt is its own."""
    if groups is None:
        return np.arange(n)
    ids: IntArray = np.unique(categories("groups", groups), return_inverse=True)[1]
    return ids


def resampling_groups(groups: Sequence[Any] | None) -> npt.NDArray[Any] | None:
    """The groups where whole ones can be drawn: every prompt has one, and there are several."""
    if groups is None or any(group is None for group in groups) or len(set(groups)) < 2:
        return None
    return np.asarray(groups)


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


def defined_interval(draws: FloatArray, unit: str) -> Interval | None:
    """Of the draws that are not NaN; None where the statistic did not exist in more than a tenth of them."""
    defined = draws[~np.isnan(draws)]
    if len(defined) < 0.9 * len(draws):
        return None
    return percentile_interval(defined, unit)


def given(**values: Any) -> dict[str, Any]:
    """The values without those that say nothing: a manifest leaves out what was not measured."""
    return {name: value for name, value in values.items() if value is not None and value not in ("", ())}


def effect(metric: str, value: float, n: int, interval: Interval | None = None, unit: str = "") -> Effect:
    """The number as a manifest holds it."""
    optional: dict[str, Any] = {"unit": unit} if unit else {}
    if interval is not None:
        optional |= {"ci": (interval.low, interval.high), "ci_level": LEVEL, "ci_unit": interval.unit}
    return Effect(metric=metric, value=value, n=n, **optional)


def correlations(a: FloatArray, b: FloatArray) -> FloatArray:
    """Pearson's r of each row of ``a`` with the same row of ``b``; NaN where one of the two does not vary."""
    flat = _constant_rows(a) | _constant_rows(b)
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        r: FloatArray = (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    r[flat] = np.nan
    return np.clip(r, -1, 1)


def rank_correlations(a: FloatArray, b: FloatArray) -> FloatArray:
    """Spearman's rho, ties at their mean rank, row by row; NaN where one of the two does not vary."""
    from scipy.stats import rankdata  # noqa: PLC0415  (only the backend ranks)

    ranks = correlations(rankdata(a, axis=1), rankdata(b, axis=1))
    ranks[_constant_rows(a) | _constant_rows(b)] = np.nan
    return ranks


def is_constant(vector: FloatArray) -> bool:
    return bool(_constant_rows(vector[None])[0])


def _constant_rows(rows: FloatArray) -> BoolArray:
    constant: BoolArray = np.ptp(rows, axis=1) <= CONSTANT * np.abs(rows).max(axis=1)
    return constant


def or_none(value: float) -> float | None:
    """NaN, which stands for "does not exist" inside arrays only, becomes None."""
    return None if np.isnan(value) else float(value)


def permutation_p(observed: float, null: npt.ArrayLike) -> float:
    """Share of draws at least as large, the observed one counted among them, so never zero."""
    draws = np.asarray(null, dtype=np.float64)
    # Equal statistics may differ in the last bit when sums run in another order.
    return float((1 + np.count_nonzero(draws >= observed - 1e-12)) / (1 + len(draws)))
