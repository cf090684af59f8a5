"""Can a concept be read linearly from the activations, and better than from what was there anyway?

A probe licenses an association only. Its accuracy means something next to baselines alone: the majority class,
permuted labels, the input embeddings, the same architecture with random weights, and a control task whose labels
are random by token type (Hewitt & Liang, arXiv:1909.03368).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler

from claimlint.backend.statistics import (
    LEVEL,
    BoolArray,
    FloatArray,
    IntArray,
    Interval,
    finite_array,
    mean_interval,
    permutation_p,
    same_length,
)
from claimlint.errors import ClaimlintError

FEW_PROMPTS = 100
CONTROL_DRAWS = 5

Split = tuple[IntArray, IntArray]


@dataclass(frozen=True, slots=True)
class ControlTask:
    """The control task and the real one, by site, on the same split: prompts whose token type was trained on.

    The real task is scored again here because folds grouped by lemma hold every token type out, and a probe
    cannot have memorised the random label of a type that it never saw: against that split any control looks weak.
    """

    task_accuracy: FloatArray
    control_accuracy: FloatArray
    prompts: int

    @property
    def selectivity(self) -> FloatArray:
        return self.task_accuracy - self.control_accuracy


@dataclass(frozen=True, slots=True)
class Permutation:
    """The same procedure, choice of site included, on permuted labels."""

    accuracies: FloatArray
    p_value: float
    unit: str

    @property
    def mean(self) -> float:
        return float(self.accuracies.mean())


@dataclass(frozen=True, slots=True)
class LinearProbeResult:
    """What a probe read from each site, and from the best one as chosen without looking at the scored prompts.

    Args:
        accuracy: of the chosen sites on the held-out folds; ``correct`` holds its outcome per prompt.
        chosen: the site that each fold chose on its own training prompts.
        site_accuracy: of every site on the same folds; its maximum is biased upwards, ``accuracy`` is not.
        site_correct: prompts x sites, held-out outcomes.
        control: None where a control task does not apply; ``control_note`` then says why.
    """

    sites: tuple[str, ...]
    classes: tuple[str, ...]
    n: int
    dimension: int
    folds: int
    seed: int
    accuracy: float
    interval: Interval
    correct: BoolArray
    chosen: tuple[str, ...]
    site_accuracy: FloatArray
    site_correct: BoolArray
    majority: float
    permutation: Permutation
    input_embedding: float | None
    random_init: float | None
    control: ControlTask | None
    control_note: str
    warnings: tuple[str, ...]

    @property
    def best_site(self) -> str:
        """The site that most folds chose; the earlier one where two tie."""
        return max(self.sites, key=self.chosen.count)

    @property
    def selectivity(self) -> float | None:
        if self.control is None:
            return None
        return float(self.control.selectivity[self.sites.index(self.best_site)])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Per-prompt outcomes, to lie beside the manifest."""
        return {"correct": self.correct, "site_correct": self.site_correct}


def linear_probe(
    activations: npt.ArrayLike,
    labels: Sequence[Any],
    groups: Sequence[Any],
    *,
    sites: Sequence[str] | None = None,
    token_types: Sequence[Any] | None = None,
    input_embeddings: npt.ArrayLike | None = None,
    random_init: npt.ArrayLike | None = None,
    folds: int = 5,
    inner_folds: int = 3,
    regularisation: float = 1.0,
    permutations: int = 20,
    bootstrap: int = 1000,
    seed: int = 0,
) -> LinearProbeResult:
    """Probe every site for ``labels`` and score the best one on prompts that had no part in choosing it.

    Args:
        activations: prompts x sites x dimensions; a site is a layer, or a layer at a position.
        labels: the concept's value, one per prompt.
        groups: template or lemma, one per prompt; a group is never in both training and test folds.
        sites: names for the second axis, ``layer 0`` and so on by default.
        token_types: the token probed, one per prompt, for the control task.
        input_embeddings: prompts x dimensions, the embeddings of the probed tokens.
        random_init: like ``activations``, from the same architecture with random weights.
        regularisation: scikit-learn's ``C`` on standardised features.
    """
    features = finite_array("activations", activations, ("prompts", "sites", "dimensions"))
    n, n_sites, dimension = features.shape
    same_length(n, labels=labels, groups=groups, token_types=token_types)
    names = tuple(sites) if sites is not None else tuple(f"layer {i}" for i in range(n_sites))
    same_length(n_sites, sites=names) if len(names) != n_sites else None
    classes, targets = np.unique(np.asarray(labels), return_inverse=True)
    _, group_ids = np.unique(np.asarray(groups), return_inverse=True)
    _check_sizes(classes, targets, group_ids, folds, needs_choice=n_sites > 1)

    probe = _Probe(regularisation)
    splits = _grouped_splits(targets, group_ids, folds, seed)
    _check_splits(splits, targets)
    nested = _Nested(probe, splits, group_ids, inner_folds, seed)
    correct, chosen = nested.score(features, targets)
    site_correct = np.stack([probe.correct(features[:, i], targets, splits) for i in range(n_sites)], axis=1)
    rng = np.random.default_rng(seed)
    control, control_note = _control_task(probe, features, targets, token_types, folds, seed)
    return LinearProbeResult(
        sites=names,
        classes=tuple(str(c) for c in classes),
        n=n,
        dimension=dimension,
        folds=folds,
        seed=seed,
        accuracy=float(correct.mean()),
        interval=mean_interval(correct, bootstrap, rng, group_ids),
        correct=correct,
        chosen=tuple(names[i] for i in chosen),
        site_accuracy=site_correct.mean(axis=0),
        site_correct=site_correct,
        majority=_majority(targets, splits),
        permutation=_permutation(nested, features, targets, group_ids, float(correct.mean()), permutations, rng),
        input_embedding=_baseline(nested, "input_embeddings", input_embeddings, targets),
        random_init=_baseline(nested, "random_init", random_init, targets),
        control=control,
        control_note=control_note,
        warnings=_warnings(n, dimension, probe),
    )
