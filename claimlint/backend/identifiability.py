"""Are the components that ICA or PCA finds the same in every run, and do single ones line up with known
factors?

Stability (Icasso: Himberg & Hyvarinen 2003) says that the runs agree, not that they are right. ICA is
identified up to order, sign and scale where the activations mix independent sources linearly, at most one
of them Gaussian; on correlated factors its runs agree on independent components that are not the factors.
Alignment with labelled interventions is therefore measured separately, one component at a time, and
compared with rotations drawn at random.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.stats import kurtosis, normaltest, rankdata
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from claimlint.backend.statistics import (
    BoolArray,
    FloatArray,
    IntArray,
    at_least,
    categories,
    effect,
    finite_array,
    group_ids,
    permutation_p,
    same_length,
)
from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Assumption, Controls, Identifiability

Method = Literal["fastica", "pca"]

ROTATION_NOTE = (
    "An L2-regularised regression on all whitened components gives the same predictions after any rotation "
    "of them, so its score cannot see whether single components align with a factor."
)

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
class Alignment:
    """How well single components follow known factors, on prompts that had no part in choosing them.

    Args:
        metric: ``auc`` for one binary factor, ``mcc`` (mean correlation coefficient, one component per
            factor) for all continuous ones together.
        components: chosen on the training prompts, one per factor.
        value: on the test prompts.
        rotations: the same choice and score on random rotations of the same whitened subspace.
        p_value: share of rotations that do as well.
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
            "components that depend on where the iteration was stopped are not components",
            "allow more iterations, ask for fewer components, or add prompts",
        )
    similarity = _similarity(np.concatenate([fit.directions for fit in fits]), data[train])
    members, iq = _clusters(similarity, components)
    directions = np.concatenate([fit.directions for fit in fits])[members]
    scores = (data - subspace.centre) @ directions.T
    directions, scores = directions / scores[train].std(axis=0)[:, None], scores / scores[train].std(axis=0)
    known = _factors(factors or {}, train, test)
    aligned = _Aligner(scores, subspace.whiten(data), train, test, rotations, rng)
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
            f"components are fitted on the one and judged on the other, at least {MIN_PROMPTS} prompts each",
            "add prompts, or groups of prompts",
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
                "whitening needs variance along every component",
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


@dataclass(frozen=True, slots=True, eq=False)
class _Factors:
    binary: dict[str, BoolArray]
    continuous: dict[str, FloatArray]


def _factors(factors: Mapping[str, Sequence[Any]], train: IntArray, test: IntArray) -> _Factors:
    known = _Factors({}, {})
    for name, given in factors.items():
        values = categories(f"factor {name!r}", given)
        for part, prompts in (("training", train), ("test", test)):
            if len(np.unique(values[prompts])) < 2:
                raise ClaimlintError(
                    f"factor {name!r}: one value among the {part} prompts",
                    "nothing can line up with what does not vary",
                    "add prompts with other values, or let each group have several",
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
            "a factor is binary or numeric; categories have no order to correlate with",
            "pass one binary factor per category",
        ) from error
    return finite_array(f"factor {name!r}", numbers, ("prompts",))


class _Aligner:
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

    def all(self, known: _Factors) -> Iterator[Alignment]:
        for name, values in known.binary.items():
            yield self._binary(name, values)
        together = {**known.binary, **known.continuous}
        components = self.scores.shape[1]
        if known.continuous and len(together) > components:
            raise ClaimlintError(
                f"identifiability: {len(together)} factors for {components} components",
                "the mean correlation coefficient gives every factor a component of its own",
                "ask for more components, or pass fewer factors",
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
