"""Per-prompt outcomes of a script, as the numbers that a manifest holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import (
    Direction,
    EffectSummary,
    flips,
    recovered,
    resample_weights,
    resampled_unit,
    summarise,
    tian_pearl_bounds,
)
from claimlint.evidence.metrics import unit_of_metric
from claimlint.evidence.model import Effect, Instance, UnitLevel
from claimlint.evidence.statistics import (
    LEVEL,
    BoolArray,
    FloatArray,
    Interval,
    finite_array,
    given,
    percentile_interval,
    same_length,
)
from claimlint.recording.arrays import as_array

#: Outcomes whose sign says whether the prompt was answered rightly.
_RIGHT_ABOVE_ZERO = "logit_difference"


@dataclass(frozen=True)
class Sampling:
    """How intervals are drawn: over prompts, or over the groups (templates) that the prompts come from."""

    draws: int
    seed: int
    groups: Sequence[str | None] | None = None

    def weights(self, n: int) -> FloatArray:
        return resample_weights(n, self.draws, self.seed, self.groups)

    @property
    def unit(self) -> str:
        return resampled_unit(self.groups)


@dataclass(frozen=True)
class Change:
    """One metric of the same prompts before and after an edit; all arrays are ``[prompts]``.

    Right-or-wrong outcomes (booleans) are counted in percent, and their change in points.
    """

    metric: str
    unit: str
    before: FloatArray
    after: FloatArray
    reference: FloatArray | None
    binary: bool

    @classmethod
    def read(cls, metric: str, before: Any, after: Any, reference: Any, unit: str) -> Change:
        """Checks and converts the arrays.

        Raises:
            ClaimlintError: one is no array of finite numbers, they differ in length, or the unit is unknown.
        """
        raw = as_array(f"{metric} before", before)
        first = finite_array(f"{metric} before", raw, ("prompts",))
        second = finite_array(f"{metric} after", as_array(f"{metric} after", after), ("prompts",))
        same_length(len(first), after=second)
        third = None
        if reference is not None:
            name = f"{metric} reference"
            third = finite_array(name, as_array(name, reference), ("prompts",))
            same_length(len(first), reference=third)
        binary = raw.dtype == np.bool_
        return cls(metric, unit_for(metric, unit, binary=binary), first, second, third, bool(binary))

    def effects(self, sampling: Sampling) -> tuple[Effect, tuple[Effect, ...]]:
        """The mean change with its interval; then the means before and after."""
        weights = sampling.weights(len(self.before))
        summary = summarise(self.before, self.after, weights, sampling.unit)
        unit = "points" if self.binary else self.unit
        share = None
        if self.reference is not None:
            share = recovered(self.before, self.reference, self.after, weights, sampling.unit).share
        main = _effect(
            self.metric, summary.mean, summary.interval, summary.n, unit, scale=self._scale, share=share
        )
        means = tuple(
            _mean(f"{self.metric} {when}", values, weights, sampling, self.unit, self._scale)
            for when, values in (("before", self.before), ("after", self.after))
        )
        return main, means

    @property
    def _scale(self) -> float:
        return 100.0 if self.binary else 1.0

    def shares(
        self, direction: Direction | None, better: Literal["higher", "lower"], sampling: Sampling
    ) -> UnitLevel:
        """Shares of the prompts that were helped, harmed and left alone, and of those that flipped."""
        summary: EffectSummary = summarise(self.before, self.after, sampling.weights(len(self.before)))
        helped, harmed = summary.helped, summary.harmed
        if better == "lower":
            helped, harmed = harmed, helped
        flipped = None
        if direction and (self.binary or self.metric == _RIGHT_ABOVE_ZERO):
            flipped = flips(self._right(self.before), self._right(self.after), direction).share
        removal = direction == "noising"
        return UnitLevel(
            helped=helped,
            harmed=harmed,
            unchanged=summary.unchanged,
            **given(pn=flipped if removal else None, ps=None if removal else flipped),
        )

    def _right(self, outcomes: FloatArray) -> BoolArray:
        right: BoolArray = outcomes > 0
        return right

    def instances(self, ids: Sequence[str], donors: Sequence[str]) -> Iterator[Instance]:
        """Every prompt's own pair of outcomes."""
        kind = bool if self.binary else float
        for number, id in enumerate(ids):
            donor = given(donor=donors[number] if donors else None)
            before, after = kind(self.before[number]), kind(self.after[number])
            yield Instance(prompt_id=id, before=before, after=after, **donor)

    def arrays(self) -> dict[str, FloatArray]:
        """The outcomes as they are kept, by metric and run."""
        runs = {"before": self.before, "after": self.after, "reference": self.reference}
        return {f"{self.metric}/{run}": values for run, values in runs.items() if values is not None}


@dataclass(frozen=True)
class Rates:
    """Shares of right answers, 0 to 1, before and after an edit, where no prompt's own pair is known."""

    metric: str
    before: float
    after: float
    n: int | None

    @classmethod
    def read(cls, metric: str, before: float, after: float, n: int | None) -> Rates:
        """Checks the two rates.

        Raises:
            ClaimlintError: one does not lie between 0 and 1.
        """
        for when, rate in (("before", before), ("after", after)):
            if not 0 <= rate <= 1:
                raise ClaimlintError(
                    f"{metric} {when}: {rate:g} is no rate",
                    "Bounds follow from shares of right answers alone.",
                    "Give the share from 0 to 1; outcomes of single prompts go to run.outcomes(...).",
                )
        return cls(metric, float(before), float(after), n)

    def effects(self) -> tuple[Effect, tuple[Effect, ...]]:
        """The change in points; then the two rates in percent."""
        more = given(n=self.n)
        main = Effect(metric=self.metric, value=100 * (self.after - self.before), unit="points", **more)
        rates = (("before", self.before), ("after", self.after))
        means = (Effect(metric=f"{self.metric} {w}", value=100 * r, unit="percent", **more) for w, r in rates)
        return main, tuple(means)

    def bounds(self, direction: Direction | None) -> UnitLevel | None:
        """How many prompts the edit may have turned around; None where it is not known what it did.

        The cause is there before an edit that takes it away, and after one that puts it in.
        """
        if direction is None:
            return None
        present = (self.before, self.after) if direction == "noising" else (self.after, self.before)
        return UnitLevel(bounds=tian_pearl_bounds(*present))


def score(metric: str, values: Any, unit: str, sampling: Sampling) -> tuple[Effect, FloatArray | None]:
    """A number that was read off: as it is, or as the mean of one value per prompt with its interval."""
    raw = as_array(metric, values)
    binary = bool(raw.dtype == np.bool_)
    unit = unit_for(metric, unit, binary=binary)
    if raw.ndim == 0:
        value = finite_array(metric, [raw], ("values",))[0]
        return Effect(metric=metric, value=float(value), unit=unit), None
    array = finite_array(metric, raw, ("prompts",))
    scale = 100.0 if binary else 1.0
    return _mean(metric, array, sampling.weights(len(array)), sampling, unit, scale), array


def unit_for(metric: str, unit: str, *, binary: bool = False) -> str:
    """The unit that was given, else the metric's own.

    Raises:
        ClaimlintError: neither is known. A number without a unit could be compared with nothing.
    """
    found = unit or ("percent" if binary else unit_of_metric(metric))
    if not found:
        raise ClaimlintError(
            f"{metric}: no unit",
            "A number without its unit cannot be held against the numbers of the paper.",
            "Pass unit=, such as percent, points, fraction, logits, nats or count; a correlation has "
            'unit="correlation".',
        )
    return found


def _mean(
    metric: str, values: FloatArray, weights: FloatArray, sampling: Sampling, unit: str, scale: float
) -> Effect:
    interval = percentile_interval(weights @ values, sampling.unit)
    return _effect(metric, float(values.mean()), interval, len(values), unit, scale=scale)


def _effect(
    metric: str,
    value: float,
    interval: Interval,
    n: int,
    unit: str,
    *,
    scale: float,
    share: float | None = None,
) -> Effect:
    return Effect(
        metric=metric,
        value=scale * value,
        ci=(scale * interval.low, scale * interval.high),
        ci_level=LEVEL,
        ci_unit=interval.unit,
        n=n,
        unit=unit,
        **given(share=share),
    )
