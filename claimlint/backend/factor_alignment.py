"""Do single components line up with known factors, and better than components rotated at random?

A component is chosen for each factor on the training prompts and scored on the test prompts; random rotations
of the same whitened subspace go through the same choice and score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression, Ridge

from claimlint.errors import ClaimlintError
from claimlint.evidence.statistics import (
    BoolArray,
    FloatArray,
    IntArray,
    categories,
    finite_array,
    permutation_p,
)

ROTATION_NOTE = (
    "An L2-regularised regression on all whitened components gives the same predictions after any rotation "
    "of them, so its score cannot see whether single components align with a factor."
)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How well single components follow known factors, on prompts that had no part in choosing them.

    Args:
        metric: ``auc`` for one binary factor, ``mcc`` (mean correlation coefficient, one component per
            factor) for all factors together.
        components: chosen on the training prompts, one per factor.
        value: on the test prompts.
        rotations: the same choice and score on random rotations of the same whitened subspace.
        p_value: share of rotations that do as well, the real components counted among them.
        regression: L2-regularised regression on all components; ``ROTATION_NOTE`` says what it cannot see.
    """

    metric: Literal["auc", "mcc"]
    factors: tuple[str, ...]
    components: tuple[int, ...]
    value: float
    rotations: FloatArray
    p_value: float
    regression: float


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Known values per prompt, by name."""

    binary: dict[str, BoolArray]
    continuous: dict[str, FloatArray]


def known_factors(factors: Mapping[str, Sequence[Any]], train: IntArray, test: IntArray) -> Factors:
    """The factors by kind; each has to vary among training and among test prompts."""
    known = Factors({}, {})
    for name, given in factors.items():
        values = categories(f"factor {name!r}", given)
        for part, prompts in (("training", train), ("test", test)):
            if len(np.unique(values[prompts])) < 2:
                raise ClaimlintError(
                    f"factor {name!r}: one value among the {part} prompts",
                    "Nothing can line up with what does not vary.",
                    "Add prompts with other values, or let each group have several.",
                )
        levels = np.unique(values)
        if len(levels) == 2:
            known.binary[name] = values == levels[1]
        else:
            known.continuous[name] = _numeric(name, values)
    return known


def _numeric(name: str, values: npt.NDArray[Any]) -> FloatArray:
    try:
        numbers = values.astype(np.float64)
    except ValueError as error:
        raise ClaimlintError(
            f"factor {name!r}: {len(np.unique(values))} values that are not numbers",
            "A factor is binary or numeric; categories have no order to correlate with.",
            "Pass one binary factor per category.",
        ) from error
    return finite_array(f"factor {name!r}", numbers, ("prompts",))


class Aligner:
    """Chooses components on training prompts and scores them on test prompts; the same for random rotations.

    Args:
        scores, whitened: prompts x components.
    """

    def __init__(
        self,
        scores: FloatArray,
        whitened: FloatArray,
        train: IntArray,
        test: IntArray,
        rotations: int,
        rng: np.random.Generator,
    ) -> None:
        self.scores = scores
        self.train = train
        self.test = test
        components = scores.shape[1]
        self.whitened = whitened
        self.rotated = [whitened @ _rotation(components, rng) for _ in range(rotations)]

    def all(self, known: Factors) -> Iterator[Alignment]:
        """Each binary factor by itself, and where there are continuous or several ones, all together."""
        for name, values in known.binary.items():
            yield self._binary(name, values)
        together = {**known.binary, **known.continuous}
        components = self.scores.shape[1]
        if known.continuous and len(together) > components:
            raise ClaimlintError(
                f"identifiability: {len(together)} factors for {components} components",
                "The mean correlation coefficient gives every factor a component of its own.",
                "Ask for more components, or pass fewer factors.",
            )
        if known.continuous or 1 < len(together) <= components:
            yield self._together({name: values.astype(np.float64) for name, values in together.items()})

    def _binary(self, name: str, values: BoolArray) -> Alignment:
        def best(scores: FloatArray) -> tuple[int, float]:
            signed = areas(scores[self.train], values[self.train]) - 0.5
            component = int(np.abs(signed).argmax())
            area = areas(scores[self.test][:, [component]], values[self.test])[0]
            return component, float(area if signed[component] >= 0 else 1 - area)

        component, value = best(self.scores)
        null = np.array([best(rotated)[1] for rotated in self.rotated])
        model = LogisticRegression(max_iter=1000).fit(self.whitened[self.train], values[self.train])
        decision = model.decision_function(self.whitened[self.test])
        regression = float(areas(decision[:, None], values[self.test])[0])
        return Alignment("auc", (name,), (component,), value, null, permutation_p(value, null), regression)

    def _together(self, factors: dict[str, FloatArray]) -> Alignment:
        names = tuple(factors)
        truth = np.stack([factors[name] for name in names], axis=1)

        def best(scores: FloatArray) -> tuple[IntArray, float]:
            signed = _cross_correlation(scores[self.train], truth[self.train])
            rows, columns = linear_sum_assignment(-np.abs(signed))
            chosen = rows[np.argsort(columns)]
            tested = _cross_correlation(scores[self.test][:, chosen], truth[self.test]).diagonal()
            signs = np.sign(signed[chosen, np.arange(len(names))])
            return chosen, float((signs * tested).mean())

        chosen, value = best(self.scores)
        null = np.array([best(rotated)[1] for rotated in self.rotated])
        model = Ridge().fit(self.whitened[self.train], truth[self.train])
        predicted = model.predict(self.whitened[self.test]).reshape(len(self.test), -1)
        regression = float(_cross_correlation(predicted, truth[self.test]).diagonal().mean())
        components = tuple(int(c) for c in chosen)
        return Alignment("mcc", names, components, value, null, permutation_p(value, null), regression)


def areas(scores: FloatArray, positive: BoolArray) -> FloatArray:
    """Area under the ROC curve of every column, ties counted half."""
    n_positive = int(positive.sum())
    ranks = rankdata(scores, axis=0)[positive].sum(axis=0)
    area: FloatArray = (ranks - n_positive * (n_positive + 1) / 2) / (
        n_positive * (len(positive) - n_positive)
    )
    return area


def _cross_correlation(a: FloatArray, b: FloatArray) -> FloatArray:
    """Of every column of ``a`` with every column of ``b``; 0 with a column that does not vary."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    norms = np.outer(np.linalg.norm(a, axis=0), np.linalg.norm(b, axis=0))
    correlation: FloatArray = np.divide(a.T @ b, norms, out=np.zeros_like(norms), where=norms > 0)
    return correlation


def _rotation(size: int, rng: np.random.Generator) -> FloatArray:
    """Uniform over all rotations and reflections (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    rotation: FloatArray = q * np.sign(np.diag(r))
    return rotation
