"""Are the components of ICA or PCA the same in every run, and do single ones line up with known factors?

Stability (Icasso: Himberg & Hyvarinen 2003) says that the runs agree, not that they are right. ICA is
identified up to order, sign and scale where the activations mix independent sources linearly, at most one
of them Gaussian; on correlated factors its runs agree on independent components that are not the factors.
Alignment with labelled interventions is therefore measured separately, one component at a time, and
compared with rotations drawn at random.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.stats import kurtosis, normaltest
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning

from claimlint.backend.factor_alignment import ROTATION_NOTE, Aligner, Alignment, known_factors
from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Assumption, Controls, Identifiability
from claimlint.evidence.statistics import (
    BoolArray,
    FloatArray,
    IntArray,
    at_least,
    effect,
    finite_array,
    group_ids,
    same_length,
)

Method = Literal["fastica", "pca"]

MATCH = 0.9
"""Two runs share a component when the best one-to-one matching correlates it at least this much."""

GAUSSIAN_P = 0.05

MIN_PROMPTS = 20
"""In each of the training and the test set; the test of normality needs as many."""

RANK_TOLERANCE = 1e-6
"""Of singular values, against the largest: below it, float32 activations do not really vary."""

_ASSUMPTIONS: dict[Method, tuple[Assumption, ...]] = {
    "fastica": ("linear_mixing", "independence", "at_most_one_gaussian"),
    "pca": (),
}


@dataclass(frozen=True, slots=True, eq=False)
class IdentifiabilityResult:
    """Components with their stability, most stable first.

    Args:
        directions: components x dimensions; a prompt's score is ``(activation - centre) @ direction``.
        scores: prompts x components, for all prompts.
        iq: Icasso's cluster index, 1 for a component that every run finds alike.
        match_rate: share of components that two runs have in common, averaged over all pairs of runs.
        converged: number of runs that did.
        excess_kurtosis: on the test prompts, 0 for a Gaussian.
        gaussian: components whose test scores cannot be told from a Gaussian (D'Agostino and Pearson).
        variance_explained: by the subspace that the components span, on the training prompts.
    """

    method: Method
    directions: FloatArray
    centre: FloatArray
    scores: FloatArray
    train: IntArray
    test: IntArray
    runs: int
    resampled: bool
    seed: int
    converged: int
    iq: FloatArray
    match_rate: float
    excess_kurtosis: FloatArray
    gaussian: BoolArray
    variance_explained: float
    alignments: tuple[Alignment, ...]
    warnings: tuple[str, ...]

    @property
    def stability(self) -> float:
        return float(self.iq.mean())

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Per-prompt scores and what they were computed with, to lie beside the manifest."""
        return {
            "scores": self.scores,
            "directions": self.directions,
            "centre": self.centre,
            "test": self.test,
            "iq": self.iq,
        }

    @property
    def headline(self) -> Alignment | None:
        """All factors together where they were matched, else the first one."""
        matched = [alignment for alignment in self.alignments if alignment.metric == "mcc"]
        return next(iter([*matched, *self.alignments]), None)

    def manifest_fields(self) -> dict[str, Any]:
        """Fields of a manifest's ``Experiment``."""
        fields = {
            "method": "identifiability",
            "seeds": (self.seed,),
            "dim": len(self.centre),
            "identifiability": self._entry(),
            "note": "; ".join(self.warnings),
        }
        headline = self.headline
        if headline is None:
            return fields
        n = len(self.test)
        others = [effect(a.metric, a.value, n) for a in self.alignments if a is not headline]
        regressions = [effect(f"{a.metric}_l2_regression", a.regression, n) for a in self.alignments]
        notes = [
            f"{', '.join(a.factors)}: {a.metric} {a.value:.3f}, random rotations {a.rotations.mean():.3f}, "
            f"p = {a.p_value:.3f}"
            for a in self.alignments
        ]
        return {
            **fields,
            "metrics": tuple(dict.fromkeys(a.metric for a in self.alignments)),
            "effect": effect(headline.metric, headline.value, n),
            "further_effects": (*others, *regressions),
            "controls": Controls(random_features=float(headline.rotations.mean())),
            "note": "; ".join([*notes, *self.warnings]) + ". " + ROTATION_NOTE,
        }

    def _entry(self) -> Identifiability:
        headline = self.headline
        truth: dict[str, Any] = {}
        if headline is not None:
            truth = {"metric": headline.metric, "ground_truth": headline.value}
        return Identifiability(
            assumptions=_ASSUMPTIONS[self.method],
            n_runs=self.runs,
            stability=self.stability,
            iq=float(self.iq.min()),
            match_rate=self.match_rate,
            converged=self.converged == self.runs,
            non_gaussianity=float(1 - self.gaussian.mean()),
            loss=self.variance_explained,
            **truth,
        )


def identifiability(
    activations: npt.ArrayLike,
    components: int,
    *,
    method: Method = "fastica",
    factors: Mapping[str, Sequence[Any]] | None = None,
    groups: Sequence[Any] | None = None,
    runs: int = 20,
    resample: bool = True,
    rotations: int = 200,
    test_share: float = 0.3,
    max_iterations: int = 1000,
    seed: int = 0,
) -> IdentifiabilityResult:
    """Fit the components many times on training prompts, and see on test prompts what they line up with.

    Args:
        activations: prompts x dimensions.
        components: how many to fit.
        factors: known values per prompt, best those that an intervention set; two values make a binary
            factor.
        groups: template or lemma per prompt; the test prompts are whole groups.
        runs: fits, each from another random start.
        resample: each run also sees a bootstrap sample of the training prompts. PCA has no random start and
            is always resampled.
        rotations: random rotations of the same subspace that every alignment is compared with.
        test_share: of the prompts.
    """
    data = finite_array("activations", activations, ("prompts", "dimensions"))
    same_length(len(data), groups=groups, **dict(factors or {}))
    at_least(2, runs=runs)
    at_least(1, rotations=rotations, max_iterations=max_iterations)
    rng = np.random.default_rng(seed)
    train, test = _split(len(data), groups, test_share, rng)
    subspace = _Subspace.of(data[train], components)
    resampled = resample or method == "pca"
    fits = [_fit(method, data[train], subspace, resampled, max_iterations, rng) for _ in range(runs)]
    converged = sum(fit.converged for fit in fits)
    if converged == 0:
        raise ClaimlintError(
            f"FastICA: none of {runs} runs converged within {max_iterations} iterations",
            "Components that depend on where the iteration was stopped are not components.",
            "Allow more iterations (max_iterations), ask for fewer components, or add prompts.",
        )
    similarity = _similarity(np.concatenate([fit.directions for fit in fits]), data[train])
    members, iq = _clusters(similarity, components)
    directions = np.concatenate([fit.directions for fit in fits])[members]
    scores = (data - subspace.centre) @ directions.T
    directions, scores = directions / scores[train].std(axis=0)[:, None], scores / scores[train].std(axis=0)
    known = known_factors(factors or {}, train, test)
    aligned = Aligner(scores, subspace.whiten(data), train, test, rotations, rng)
    gaussian = np.array([normaltest(column).pvalue > GAUSSIAN_P for column in scores[test].T])
    return IdentifiabilityResult(
        method=method,
        directions=directions,
        centre=subspace.centre,
        scores=scores,
        train=train,
        test=test,
        runs=runs,
        resampled=resampled,
        seed=seed,
        converged=converged,
        iq=iq,
        match_rate=_match_rate(similarity, runs, components),
        excess_kurtosis=np.asarray(kurtosis(scores[test], axis=0)),
        gaussian=gaussian,
        variance_explained=subspace.variance_explained,
        alignments=tuple(aligned.all(known)),
        warnings=_warnings(method, runs, converged, gaussian),
    )


def _split(
    n: int, groups: Sequence[Any] | None, test_share: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Training and test prompts; whole groups go to the test set until it holds its share."""
    ids = group_ids(n, groups)
    order = rng.permutation(int(ids.max()) + 1)
    sizes = np.bincount(ids)[order].cumsum()
    held_out = order[: int(np.searchsorted(sizes, test_share * n)) + 1]
    in_test = np.isin(ids, held_out)
    train, test = np.flatnonzero(~in_test), np.flatnonzero(in_test)
    if len(train) < MIN_PROMPTS or len(test) < MIN_PROMPTS:
        raise ClaimlintError(
            f"identifiability: {len(train)} training and {len(test)} test prompts",
            f"Components are fitted on the one and judged on the other, at least {MIN_PROMPTS} prompts each.",
            "Add prompts, or groups of prompts.",
        )
    return train, test


@dataclass(frozen=True, slots=True, eq=False)
class _Subspace:
    """The leading principal components of the training prompts; ``project`` whitens them."""

    centre: FloatArray
    project: FloatArray
    variance_explained: float

    @classmethod
    def of(cls, train: FloatArray, components: int) -> _Subspace:
        centre = train.mean(axis=0)
        _, singular, axes = np.linalg.svd(train - centre, full_matrices=False)
        rank = int(np.count_nonzero(singular > RANK_TOLERANCE * singular[0])) if singular[0] > 0 else 0
        if not 1 <= components <= rank:
            raise ClaimlintError(
                f"identifiability: {components} components, and the activations vary along {rank} dimensions",
                "Whitening needs variance along every component.",
                f"ask for 1 to {rank} components" if rank else "pass activations that vary between prompts",
            )
        scale = singular[:components] / np.sqrt(len(train))
        share = float((singular[:components] ** 2).sum() / (singular**2).sum())
        return cls(centre, axes[:components] / scale[:, None], share)

    def whiten(self, data: FloatArray) -> FloatArray:
        return (data - self.centre) @ self.project.T


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    directions: FloatArray
    converged: bool


def _fit(
    method: Method,
    train: FloatArray,
    subspace: _Subspace,
    resampled: bool,
    max_iterations: int,
    rng: np.random.Generator,
) -> _Fit:
    sample = train[rng.integers(0, len(train), len(train))] if resampled else train
    components = len(subspace.project)
    if method == "pca":
        _, _, axes = np.linalg.svd(sample - sample.mean(axis=0), full_matrices=False)
        return _Fit(axes[:components], True)
    model = FastICA(
        whiten="unit-variance", max_iter=max_iterations, random_state=int(rng.integers(2**31)), tol=1e-4
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(subspace.whiten(sample))
    converged = not any(issubclass(w.category, ConvergenceWarning) for w in caught)
    return _Fit(model.components_ @ subspace.project, converged)


def _similarity(directions: FloatArray, train: FloatArray) -> FloatArray:
    """Absolute correlation of the training scores of all components of all runs."""
    scores = (train - train.mean(axis=0)) @ directions.T
    scores /= np.linalg.norm(scores, axis=0)
    similarity: FloatArray = np.minimum(np.abs(scores.T @ scores), 1)
    return similarity


def _clusters(similarity: FloatArray, components: int) -> tuple[IntArray, FloatArray]:
    """The estimate nearest to all others of its cluster, and the cluster's index Iq, by falling Iq."""
    clustering = AgglomerativeClustering(components, metric="precomputed", linkage="average")
    cluster = clustering.fit_predict(1 - similarity)
    centres, quality = [], []
    for label in range(components):
        inside = np.flatnonzero(cluster == label)
        outside = np.flatnonzero(cluster != label)
        within = similarity[np.ix_(inside, inside)]
        between = similarity[np.ix_(inside, outside)].mean() if len(outside) else 0.0
        centres.append(inside[within.sum(axis=1).argmax()])
        quality.append(within.mean() - between)
    order = np.argsort(quality)[::-1]
    return np.array(centres)[order], np.array(quality)[order]


def _match_rate(similarity: FloatArray, runs: int, components: int) -> float:
    blocks = similarity.reshape(runs, components, runs, components)
    rates = []
    for first, second in combinations(range(runs), 2):
        block = blocks[first, :, second]
        rates.append((block[linear_sum_assignment(-block)] >= MATCH).mean())
    return float(np.mean(rates))


def _warnings(method: Method, runs: int, converged: int, gaussian: BoolArray) -> tuple[str, ...]:
    found = []
    if converged < runs:
        found.append(
            f"{runs - converged} of {runs} FastICA runs did not converge; they count in the stability"
        )
    if method == "fastica" and gaussian.sum() > 1:
        found.append(
            f"{int(gaussian.sum())} of {len(gaussian)} components cannot be told from a Gaussian on the test "
            "prompts; ICA can tell at most one apart, and any rotation among these fits as well"
        )
    return tuple(found)
