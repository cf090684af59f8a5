"""Can a concept be read linearly from the activations, and better than from what was there anyway?

A probe licenses an association only. Its accuracy means something next to baselines alone: the majority
class, permuted labels, the input embeddings, the same architecture with random weights, and a control
task whose labels are random by token type (Hewitt & Liang, arXiv:1909.03368).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler

from claimlint.backend.capture import collect
from claimlint.backend.language_model import LanguageModel, random_initialised
from claimlint.backend.prompts import PromptSet, labels_of, make_batch
from claimlint.backend.sites import Kind, Site
from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Controls
from claimlint.evidence.statistics import (
    BoolArray,
    FloatArray,
    IntArray,
    Interval,
    at_least,
    categories,
    effect,
    finite_array,
    given,
    group_ids,
    mean_interval,
    permutation_p,
    same_length,
)

FEW_PROMPTS = 100
CONTROL_DRAWS = 5

Split = tuple[IntArray, IntArray]


@dataclass(frozen=True, slots=True, eq=False)
class ControlTask:
    """The control task and the real one, by site, on the same split: prompts whose token type was trained on.

    A probe cannot have memorised the random label of a type that it never saw. Where the probe's own folds
    hold types out, as those grouped by lemma may, any control would look weak on them, so that both tasks are
    scored on others that share types: ``own_folds`` is then false.
    """

    task_accuracy: FloatArray
    control_accuracy: FloatArray
    prompts: int
    own_folds: bool

    @property
    def selectivity(self) -> FloatArray:
        return self.task_accuracy - self.control_accuracy


@dataclass(frozen=True, slots=True, eq=False)
class Permutation:
    """The same procedure, choice of site included, on permuted labels."""

    accuracies: FloatArray
    p_value: float
    unit: str

    @property
    def mean(self) -> float:
        return float(self.accuracies.mean())


@dataclass(frozen=True, slots=True, eq=False)
class LinearProbeResult:
    """What a probe read from each site, and from the best one as chosen without looking at the scored
    prompts.

    Args:
        accuracy: of the chosen sites on the held-out folds; ``correct`` holds its outcome per prompt.
        chosen: the site that each fold chose on its own training prompts.
        site_accuracy: of every site on the same folds; its maximum is biased upwards, ``accuracy`` is not.
        site_correct: prompts x sites, held-out outcomes.
        permutation: None where no permutations were asked for.
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
    permutation: Permutation | None
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

    def manifest_fields(self) -> dict[str, Any]:
        """Fields of a manifest's ``Experiment``."""
        at_best = self.sites.index(self.best_site)
        control = None if self.control is None else float(self.control.control_accuracy[at_best])
        notes = [f"site chosen by each fold: {', '.join(self.chosen)}"]
        if self.control is None:
            notes.append(f"control task {self.control_note}")
        elif not self.control.own_folds:
            notes.append(
                f"control task and selectivity: on folds that share token types, n = {self.control.prompts}, "
                f"where the probe itself scores {self.control.task_accuracy[at_best]:.3g}"
            )
        return {
            "method": "linear_probe",
            "seeds": (self.seed,),
            "dim": self.dimension,
            "metrics": ("accuracy",),
            "effect": effect("accuracy", self.accuracy, self.n, self.interval, unit="fraction"),
            "controls": Controls(
                **given(
                    control_task=control,
                    selectivity=self.selectivity,
                    label_permutation=self.permutation.mean if self.permutation else None,
                    majority=self.majority,
                    random_init=self.random_init,
                    input_embedding=self.input_embedding,
                )
            ),
            "note": "; ".join([*notes, *self.warnings]),
        }


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
    at_least(2, folds=folds, inner_folds=inner_folds)
    at_least(1, bootstrap=bootstrap)
    at_least(0, permutations=permutations)
    names = _site_names(sites, n_sites)
    classes, targets = np.unique(categories("labels", labels), return_inverse=True)
    by_group = group_ids(n, groups)
    _check_sizes(classes, targets, by_group, folds)

    probe = _Probe(regularisation)
    splits = _grouped_splits(targets, by_group, folds, seed)
    _check_splits(splits, targets, by_group, needs_choice=n_sites > 1)
    nested = _Nested(probe, splits, by_group, inner_folds, seed)
    correct, chosen = nested.score(features, targets)
    site_correct = np.stack([probe.correct(features[:, i], targets, splits) for i in range(n_sites)], axis=1)
    rng = np.random.default_rng(seed)
    control, control_note = _control_task(probe, features, targets, token_types, splits, seed)
    return LinearProbeResult(
        sites=names,
        classes=tuple(str(c) for c in classes),
        n=n,
        dimension=dimension,
        folds=folds,
        seed=seed,
        accuracy=float(correct.mean()),
        interval=mean_interval(correct, bootstrap, rng, by_group),
        correct=correct,
        chosen=tuple(names[i] for i in chosen),
        site_accuracy=site_correct.mean(axis=0),
        site_correct=site_correct,
        majority=_majority(targets, splits),
        permutation=_permutation(
            nested, features, targets, by_group, float(correct.mean()), permutations, rng
        ),
        input_embedding=_embedding_baseline(nested, input_embeddings, targets),
        random_init=_random_init_baseline(nested, random_init, targets),
        control=control,
        control_note=control_note,
        warnings=_warnings(n, dimension, probe),
    )


def probe_model(
    language_model: LanguageModel,
    prompts: PromptSet,
    label: str,
    *,
    layers: Sequence[int] | None = None,
    kind: Kind = "resid_post",
    head: int | None = None,
    position: int | str = -1,
    batch_size: int = 32,
    seed: int = 0,
    **settings: Any,
) -> LinearProbeResult:
    """Probe every layer of a model for a label of its prompts, at one position, with every baseline.

    Args:
        label: key of the prompts' ``labels``; their ``template`` is the group.
        settings: of ``linear_probe``.
    """
    labels = labels_of(prompts, label)
    chosen = range(language_model.sites.n_layers) if layers is None else layers
    sites = [Site(layer, kind, head, position) for layer in chosen]

    def read(model: LanguageModel) -> FloatArray:
        found = collect(model, prompts, sites, batch_size=batch_size)
        values: FloatArray = torch.stack([found[site] for site in sites], dim=1).double().cpu().numpy()
        return values

    tokens = make_batch(prompts, range(len(prompts)), language_model.device).tokens_at(position)
    result = linear_probe(
        read(language_model),
        labels,
        [prompt.template or prompt.id for prompt in prompts.prompts],
        sites=[str(site) for site in sites],
        token_types=tokens.tolist(),
        input_embeddings=language_model.model.get_input_embeddings()(tokens).double().cpu().numpy(),
        random_init=read(random_initialised(language_model, seed)),
        seed=seed,
        **settings,
    )
    if all(prompt.template for prompt in prompts.prompts):
        return result
    ungrouped = "prompts without a template count as a group each, so folds may share their words"
    return replace(result, warnings=(*result.warnings, ungrouped))


def _site_names(sites: Sequence[str] | None, n_sites: int) -> tuple[str, ...]:
    if sites is None:
        return tuple(f"layer {i}" for i in range(n_sites))
    if len(sites) != n_sites:
        raise ClaimlintError(
            f"sites: {len(sites)} names for {n_sites} sites",
            "Each slice along the second axis of the activations is one site.",
            "Pass one name per slice.",
        )
    return tuple(sites)


def _check_sizes(classes: npt.NDArray[Any], targets: IntArray, groups: IntArray, folds: int) -> None:
    n, n_groups = len(targets), int(groups.max()) + 1
    if len(classes) < 2:
        raise ClaimlintError(
            f"labels: all {n} prompts have the label {str(classes[0])!r}",
            "A probe needs at least two classes to tell apart.",
            "Add prompts with the other value of the concept.",
        )
    if n < folds:
        raise ClaimlintError(
            f"{n} prompts for {folds} folds",
            "Every fold needs prompts of its own to be scored on.",
            f"Add prompts, or use at most {n} folds.",
        )
    if n_groups < folds:
        raise ClaimlintError(
            f"{n_groups} groups for {folds} folds",
            "A group is kept whole so that its words are never in both training and test.",
            f"Add templates or lemmas, or use at most {n_groups} folds.",
        )
    counts = np.bincount(targets)
    if counts.min() < folds:
        rare = int(counts.argmin())
        raise ClaimlintError(
            f"labels: {str(classes[rare])!r} has {counts[rare]} prompts for {folds} folds",
            "Some fold would have none of them to be scored on.",
            "Add prompts of that class, or use fewer folds.",
        )


def _check_splits(splits: list[Split], targets: IntArray, groups: IntArray, *, needs_choice: bool) -> None:
    for number, (train, _) in enumerate(splits, start=1):
        if len(np.unique(targets[train])) < 2:
            raise ClaimlintError(
                f"fold {number} of {len(splits)} trains on one class",
                "The label follows the group so closely that holding groups out removes a class.",
                "Let each template or lemma occur with every value of the concept, or add groups.",
            )
        if needs_choice and len(np.unique(groups[train])) < 2:
            raise ClaimlintError(
                f"fold {number} of {len(splits)} trains on one group, and a best site is to be chosen",
                "The choice is made on two groups at least, and scored on another.",
                "Add templates or lemmas, use more folds, or pass one site.",
            )


def _grouped_splits(targets: IntArray, groups: IntArray, folds: int, seed: int) -> list[Split]:
    with warnings.catch_warnings():
        # It warns of classes rarer than the folds, which the outer folds refuse and the inner ones can bear.
        warnings.simplefilter("ignore", UserWarning)
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        splits = splitter.split(np.zeros(len(targets)), targets, groups)
        return [(train, test) for train, test in splits if len(train) and len(test)]


class _Probe:
    """Standardised logistic regression; remembers how many of its fits did not converge."""

    def __init__(self, regularisation: float) -> None:
        self.regularisation = regularisation
        self.fits = 0
        self.unconverged = 0

    def predict(self, train: FloatArray, targets: IntArray, test: FloatArray) -> IntArray:
        if (targets == targets[0]).all():
            return np.full(len(test), targets[0])
        scaler = StandardScaler().fit(train)
        model = LogisticRegression(C=self.regularisation, max_iter=1000)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(scaler.transform(train), targets)
        self.fits += 1
        self.unconverged += any(issubclass(w.category, ConvergenceWarning) for w in caught)
        predicted: IntArray = model.predict(scaler.transform(test))
        return predicted

    def correct(self, features: FloatArray, targets: IntArray, splits: list[Split]) -> BoolArray:
        """Held-out outcome per prompt; every prompt is in one test fold."""
        outcome = np.zeros(len(targets), dtype=bool)
        for train, test in splits:
            outcome[test] = self.predict(features[train], targets[train], features[test]) == targets[test]
        return outcome


@dataclass(frozen=True, slots=True, eq=False)
class _Nested:
    """Choose a site by cross-validation inside each training fold, then score it on the fold held out."""

    probe: _Probe
    splits: list[Split]
    groups: IntArray
    inner_folds: int
    seed: int

    def score(self, features: FloatArray, targets: IntArray) -> tuple[BoolArray, list[int]]:
        correct = np.zeros(len(targets), dtype=bool)
        chosen = []
        for train, test in self.splits:
            site = self._best_site(features[train], targets[train], self.groups[train])
            predicted = self.probe.predict(features[train, site], targets[train], features[test, site])
            correct[test] = predicted == targets[test]
            chosen.append(site)
        return correct, chosen

    def _best_site(self, features: FloatArray, targets: IntArray, groups: IntArray) -> int:
        n_sites = features.shape[1]
        if n_sites == 1:
            return 0
        folds = min(self.inner_folds, len(np.unique(groups)))
        splits = _grouped_splits(targets, groups, folds, self.seed)
        scores = [self.probe.correct(features[:, i], targets, splits).mean() for i in range(n_sites)]
        return int(np.argmax(scores))


def _majority(targets: IntArray, splits: list[Split]) -> float:
    hits = [targets[test] == np.bincount(targets[train]).argmax() for train, test in splits]
    return float(np.concatenate(hits).mean())


def _permutation(
    nested: _Nested,
    features: FloatArray,
    targets: IntArray,
    groups: IntArray,
    accuracy: float,
    draws: int,
    rng: np.random.Generator,
) -> Permutation | None:
    """Labels that follow the group are permuted among groups, others within their group.

    Either way the permuted labels stay as entangled with the groups as the real ones.
    """
    if draws == 0:
        return None
    by_group = all(len(np.unique(targets[groups == g])) == 1 for g in range(int(groups.max()) + 1))
    shuffle = _shuffle_among_groups if by_group else _shuffle_within_groups
    null = [nested.score(features, shuffle(targets, groups, rng))[0].mean() for _ in range(draws)]
    accuracies = np.array(null, dtype=np.float64)
    return Permutation(accuracies, permutation_p(accuracy, accuracies), "group" if by_group else "prompt")


def _shuffle_among_groups(targets: IntArray, groups: IntArray, rng: np.random.Generator) -> IntArray:
    _, first = np.unique(groups, return_index=True)
    shuffled: IntArray = rng.permutation(targets[first])[groups]
    return shuffled


def _shuffle_within_groups(targets: IntArray, groups: IntArray, rng: np.random.Generator) -> IntArray:
    shuffled = targets.copy()
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        shuffled[members] = rng.permutation(targets[members])
    return shuffled


def _embedding_baseline(nested: _Nested, values: npt.ArrayLike | None, targets: IntArray) -> float | None:
    if values is None:
        return None
    embeddings = finite_array("input_embeddings", values, ("prompts", "dimensions"))
    same_length(len(targets), input_embeddings=embeddings)
    return float(nested.score(embeddings[:, None], targets)[0].mean())


def _random_init_baseline(nested: _Nested, values: npt.ArrayLike | None, targets: IntArray) -> float | None:
    if values is None:
        return None
    features = finite_array("random_init", values, ("prompts", "sites", "dimensions"))
    same_length(len(targets), random_init=features)
    return float(nested.score(features, targets)[0].mean())


def _control_task(
    probe: _Probe,
    features: FloatArray,
    targets: IntArray,
    token_types: Sequence[Any] | None,
    splits: list[Split],
    seed: int,
) -> tuple[ControlTask | None, str]:
    if token_types is None:
        return None, "not run: no token types were given"
    names, types = np.unique(categories("token_types", token_types), return_inverse=True)
    if len(names) == len(types):
        return None, "not applicable: every prompt is a token type of its own, so no label can be memorised"
    if len(names) == 1:
        return None, "not applicable: all prompts share one token type, so its label is a constant"
    seen = _trained_on(types, splits)
    own_folds = bool(seen.all())
    if not own_folds:
        splits = list(KFold(len(splits), shuffle=True, random_state=seed).split(features))
        seen = _trained_on(types, splits)
    if not seen.any():
        return None, "not applicable: no fold holds out a token type that it also trains on"

    def accuracy(labels: IntArray) -> FloatArray:
        columns = [
            probe.correct(features[:, i], labels, splits)[seen].mean() for i in range(features.shape[1])
        ]
        return np.array(columns, dtype=np.float64)

    rng = np.random.default_rng(seed)
    controls = [accuracy(_random_labels(len(names), targets, rng)[types]) for _ in range(CONTROL_DRAWS)]
    return ControlTask(accuracy(targets), np.mean(controls, axis=0), int(seen.sum()), own_folds), ""


def _trained_on(types: IntArray, splits: list[Split]) -> BoolArray:
    """Per prompt whether the probe that scores it has seen its token type."""
    seen = np.zeros(len(types), dtype=bool)
    for train, test in splits:
        seen[test] = np.isin(types[test], types[train])
    return seen


def _random_labels(n_types: int, targets: IntArray, rng: np.random.Generator) -> IntArray:
    """One label per token type, drawn as often as the real labels occur; redrawn until two differ."""
    while True:
        labels: IntArray = rng.choice(targets, n_types)
        if len(np.unique(labels)) > 1:
            return labels


def _warnings(n: int, dimension: int, probe: _Probe) -> tuple[str, ...]:
    found = []
    if n < 2 * dimension:
        found.append(
            f"{n} prompts for {dimension} dimensions: below twice the dimensions a linear probe can separate "
            "noise in training, and its held-out accuracy is unsteady"
        )
    if n < FEW_PROMPTS:
        found.append(f"{n} prompts: below {FEW_PROMPTS}, an accuracy far from chance is often chance")
    if probe.unconverged:
        found.append(f"{probe.unconverged} of {probe.fits} logistic regressions did not converge")
    return tuple(found)
