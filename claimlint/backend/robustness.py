"""Do the same components come out important under other prompts, seeds and models?

Every pair of configurations is compared, by the overlap of their important components and by the
correlation of all effects. Agreement licenses nothing by itself: it is a condition of sentences that say
"consistently" or "robustly".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Robustness
from claimlint.evidence.statistics import (
    FloatArray,
    IntArray,
    Interval,
    at_least,
    correlations,
    defined_interval,
    finite_array,
    given,
    or_none,
    rank_correlations,
)

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Of absolute mean effects given as shares of the total effect; other units need thresholds of their own."""

RESOLUTION = 1e-6
"""Effects closer than this rank as ties: at float32 their order is rounding."""

Strength = Literal["strong", "moderate", "weak", "undefined", "nothing found"]

STRENGTH_RULE = (
    "strong: Spearman at least 0.8 and mean Jaccard at least 0.7; moderate: Spearman at least 0.5 and mean "
    "Jaccard at least 0.4; weak: anything less, so a negative rank correlation is always weak; nothing "
    "found: no component passes any threshold in either configuration; undefined: important components are "
    "shared, but one configuration gives every component the same effect, so there is no ranking to compare. "
    "The result is as strong as its weakest pair"
)

_ORDER: tuple[Strength, ...] = ("weak", "undefined", "nothing found", "moderate", "strong")


@dataclass(frozen=True, slots=True, order=True)
class Configuration:
    """One run of an experiment: which prompts, which seed, which model."""

    prompt_set: str
    seed: int
    model: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two configurations compared.

    Args:
        jaccard: by threshold, of the sets of (component, sign of its effect); None where both sets are empty.
        jaccard_mean: over the thresholds where it exists.
        spearman: rank correlation of the mean effects; None where a configuration's effects are all equal.
        pearson: linear correlation of the same.
    """

    first: Configuration
    second: Configuration
    jaccard: tuple[float | None, ...]
    jaccard_mean: float | None
    spearman: float | None
    pearson: float | None
    jaccard_interval: Interval | None
    spearman_interval: Interval | None
    pearson_interval: Interval | None
    strength: Strength


@dataclass(frozen=True, slots=True, eq=False)
class RobustnessResult:
    """All pairs, the weakest first decision, and the effects that they were computed from."""

    components: tuple[str, ...]
    thresholds: tuple[float, ...]
    pairs: tuple[Agreement, ...]
    strength: Strength
    rule: str
    effects: Mapping[Configuration, FloatArray]

    def mean(self, statistic: Literal["jaccard_mean", "spearman", "pearson"]) -> float | None:
        """Over the pairs for which it exists."""
        values = [value for pair in self.pairs if (value := getattr(pair, statistic)) is not None]
        return float(np.mean(values)) if values else None

    def important(self, configuration: Configuration, threshold: float) -> tuple[str, ...]:
        """Names of the components whose mean effect reaches the threshold, in either direction."""
        signs = _important(self.effects[configuration].mean(axis=0), threshold)
        return tuple(name for name, sign in zip(self.components, signs, strict=True) if sign)

    def arrays(self) -> dict[str, FloatArray]:
        """Per-prompt effects by configuration, to lie beside the manifest."""
        return {f"{c.prompt_set}/{c.model}/seed {c.seed}": values for c, values in self.effects.items()}

    def manifest_fields(self) -> dict[str, Any]:
        """Fields of a manifest's ``Experiment``; the correlations are means over all pairs."""
        strengths: dict[Strength, Literal["strong", "moderate", "weak", "none"]] = {
            "strong": "strong",
            "moderate": "moderate",
            "weak": "weak",
            "nothing found": "none",
        }
        return {
            "method": "robustness",
            "seeds": tuple(sorted({c.seed for c in self.effects})),
            "robustness": Robustness(
                prompt_sets=tuple(dict.fromkeys(c.prompt_set for c in self.effects)),
                seeds=tuple(sorted({c.seed for c in self.effects})),
                models=tuple(dict.fromkeys(c.model for c in self.effects)),
                **given(
                    jaccard=self.mean("jaccard_mean"),
                    spearman=self.mean("spearman"),
                    pearson=self.mean("pearson"),
                    strength=strengths.get(self.strength),
                ),
            ),
            "note": f"{self.strength} agreement over {len(self.pairs)} pairs ({self.rule})",
        }


def robustness(
    effects: Mapping[Configuration, npt.ArrayLike],
    components: Sequence[str],
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    bootstrap: int = 1000,
    seed: int = 0,
) -> RobustnessResult:
    """Compare every pair of configurations.

    Args:
        effects: prompts x components by configuration, the components in the same order in all of them; in
            one unit, best as shares of the total effect.
        components: their names.
    """
    at_least(1, bootstrap=bootstrap)
    checked = _check(effects, components, thresholds)
    draws = _bootstrap_means(checked, bootstrap, np.random.default_rng(seed))
    levels = np.asarray(thresholds, dtype=np.float64)
    pairs = tuple(_compare(a, b, checked, draws, levels) for a, b in combinations(checked, 2))
    return RobustnessResult(
        components=tuple(components),
        thresholds=tuple(thresholds),
        pairs=pairs,
        strength=min((pair.strength for pair in pairs), key=_ORDER.index),
        rule=STRENGTH_RULE,
        effects=checked,
    )


def _check(
    effects: Mapping[Configuration, npt.ArrayLike], components: Sequence[str], thresholds: Sequence[float]
) -> dict[Configuration, FloatArray]:
    if len(effects) < 2:
        raise ClaimlintError(
            f"robustness: {len(effects)} configuration",
            "Agreement is between at least two.",
            "Run the experiment on another prompt set, seed or model.",
        )
    if not thresholds or min(thresholds) <= 0:
        raise ClaimlintError(
            f"robustness: thresholds {list(thresholds)}",
            "A component is important when its absolute mean effect reaches one of them, and all reach 0.",
            "Give thresholds above 0.",
        )
    checked = {}
    for configuration, values in effects.items():
        name = f"effects of {configuration.prompt_set}, seed {configuration.seed}, {configuration.model}"
        array = finite_array(name, values, ("prompts", "components"))
        if array.shape[1] != len(components):
            raise ClaimlintError(
                f"{name}: {array.shape[1]} components, not {len(components)}",
                "Components are compared by their order, which has to be the same everywhere.",
                "Compare models of one shape, or map their components onto each other first.",
            )
        checked[configuration] = array
    return checked


def _bootstrap_means(
    effects: Mapping[Configuration, FloatArray], draws: int, rng: np.random.Generator
) -> dict[Configuration, FloatArray]:
    """Mean effects, draws x components. Configurations on one prompt set are resampled together: they share
    it."""
    samples: dict[tuple[str, int], IntArray] = {}
    means = {}
    for configuration, values in effects.items():
        n = len(values)
        sample = samples.setdefault((configuration.prompt_set, n), rng.integers(0, n, (draws, n)))
        weights = np.stack([np.bincount(row, minlength=n) for row in sample]) / n
        means[configuration] = weights @ values
    return means


def _compare(
    first: Configuration,
    second: Configuration,
    effects: Mapping[Configuration, FloatArray],
    draws: Mapping[Configuration, FloatArray],
    thresholds: FloatArray,
) -> Agreement:
    observed = _Statistics.of(
        effects[first].mean(axis=0, keepdims=True), effects[second].mean(axis=0, keepdims=True), thresholds
    )
    resampled = _Statistics.of(draws[first], draws[second], thresholds)
    jaccard_mean, rank = or_none(observed.jaccard_mean[0]), or_none(observed.spearman[0])
    return Agreement(
        first=first,
        second=second,
        jaccard=tuple(or_none(value) for value in observed.jaccard[0]),
        jaccard_mean=jaccard_mean,
        spearman=rank,
        pearson=or_none(observed.pearson[0]),
        jaccard_interval=defined_interval(resampled.jaccard_mean, "prompt"),
        spearman_interval=defined_interval(resampled.spearman, "prompt"),
        pearson_interval=defined_interval(resampled.pearson, "prompt"),
        strength=_strength(jaccard_mean, rank),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Statistics:
    """Of two sets of mean effects, one row a draw; NaN where one does not exist."""

    jaccard: FloatArray
    jaccard_mean: FloatArray
    spearman: FloatArray
    pearson: FloatArray

    @classmethod
    def of(cls, a: FloatArray, b: FloatArray, thresholds: FloatArray) -> _Statistics:
        jaccard = np.stack([_jaccard(a, b, threshold) for threshold in thresholds], axis=1)
        exists = ~np.isnan(jaccard)
        with np.errstate(invalid="ignore"):
            jaccard_mean = np.where(exists, jaccard, 0).sum(axis=1) / exists.sum(axis=1)
        a, b = np.round(a / RESOLUTION), np.round(b / RESOLUTION)
        return cls(jaccard, jaccard_mean, rank_correlations(a, b), correlations(a, b))


def _jaccard(a: FloatArray, b: FloatArray, threshold: float) -> FloatArray:
    """A component that helps in one configuration and harms in the other is in both sets and not shared."""
    signs_a, signs_b = _important(a, threshold), _important(b, threshold)
    shared = np.count_nonzero((signs_a == signs_b) & (signs_a != 0), axis=1)
    total = np.count_nonzero(signs_a, axis=1) + np.count_nonzero(signs_b, axis=1) - shared
    with np.errstate(invalid="ignore"):
        overlap: FloatArray = shared / total
    return overlap


def _important(effects: FloatArray, threshold: float) -> FloatArray:
    """Sign of each effect that reaches the threshold, 0 elsewhere; the resolution forgives its rounding."""
    signs: FloatArray = np.sign(effects) * (np.abs(effects) >= threshold - RESOLUTION)
    return signs


def _strength(jaccard: float | None, rank: float | None) -> Strength:
    if jaccard is None:
        return "nothing found"
    if rank is None:
        return "undefined" if jaccard > 0 else "weak"
    if rank >= 0.8 and jaccard >= 0.7:
        return "strong"
    if rank >= 0.5 and jaccard >= 0.4:
        return "moderate"
    return "weak"
