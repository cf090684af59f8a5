"""What units do on which tokens.

Nothing here intervenes: these numbers license an association at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from claimlint.evidence.statistics import (
    FloatArray,
    IntArray,
    categories,
    effect,
    finite_array,
    given,
    is_constant,
    same_length,
)


@dataclass(frozen=True, slots=True, eq=False)
class ActivationStatisticsResult:
    """What units do on each token; arrays are tokens x units.

    Args:
        active: share of the token's prompts on which the unit exceeds the threshold.
        explained: per unit, share of variance that the token explains (epsilon squared, which corrects
            for the number of tokens and may be slightly negative); None where every prompt has a token of
            its own or the unit is constant.
    """

    tokens: tuple[str, ...]
    counts: IntArray
    mean: FloatArray
    deviation: FloatArray
    maximum: FloatArray
    active: FloatArray
    explained: tuple[float | None, ...]
    activations: FloatArray

    def top_tokens(self, unit: int, k: int = 5) -> tuple[str, ...]:
        """The tokens with the largest mean activation, the commoner one first where two tie."""
        order = np.lexsort((-self.counts, -self.mean[:, unit]))[:k]
        return tuple(self.tokens[i] for i in order)

    def arrays(self) -> dict[str, FloatArray]:
        """Per-prompt activations, to lie beside the manifest."""
        return {"activations": self.activations}

    def manifest_fields(self) -> dict[str, Any]:
        """Fields of a manifest's ``Experiment``; the effect is the mean over units of the variance
        explained."""
        defined = [value for value in self.explained if value is not None]
        n = int(self.counts.sum())
        explained = effect("variance_explained_by_token", float(np.mean(defined)), n) if defined else None
        return given(
            method="activation_statistics",
            dim=self.mean.shape[1],
            effect=explained,
            note=f"{len(self.tokens)} tokens on {n} prompts",
        )


def activation_statistics(
    activations: npt.ArrayLike, tokens: Sequence[Any], *, threshold: float = 0.0
) -> ActivationStatisticsResult:
    """Mean, spread, maximum and activity of every unit by token.

    Args:
        activations: prompts x units, at one position.
        tokens: the token there, one per prompt.
        threshold: above it a unit counts as active.
    """
    values = finite_array("activations", activations, ("prompts", "units"))
    same_length(len(values), tokens=tokens)
    names, ids = np.unique(categories("tokens", tokens), return_inverse=True)
    by_token = [values[ids == i] for i in range(len(names))]
    return ActivationStatisticsResult(
        tokens=tuple(str(name) for name in names),
        counts=np.bincount(ids),
        mean=np.stack([rows.mean(axis=0) for rows in by_token]),
        deviation=np.stack([rows.std(axis=0) for rows in by_token]),
        maximum=np.stack([rows.max(axis=0) for rows in by_token]),
        active=np.stack([(rows > threshold).mean(axis=0) for rows in by_token]),
        explained=tuple(_explained(column, ids, len(names)) for column in values.T),
        activations=values,
    )


def _explained(unit: FloatArray, ids: IntArray, n_tokens: int) -> float | None:
    n = len(unit)
    if n_tokens == n or is_constant(unit):
        return None
    means = np.bincount(ids, unit) / np.bincount(ids)
    total = float(((unit - unit.mean()) ** 2).sum())
    within = float(((unit - means[ids]) ** 2).sum())
    return float((total - within - (n_tokens - 1) * within / (n - n_tokens)) / total)
