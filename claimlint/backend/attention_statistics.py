"""How spread out heads attend, and whether that goes with performance.

Nothing here intervenes: these numbers license an association at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import entr
from scipy.stats import rankdata
from torch import Tensor

from claimlint.backend.attention_patterns import collect_attention
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import PromptSet, batches, prompt_set
from claimlint.errors import ClaimlintError
from claimlint.evidence.statistics import (
    BoolArray,
    FloatArray,
    Interval,
    at_least,
    categories,
    defined_interval,
    effect,
    finite_array,
    is_constant,
    or_none,
    permutation_p,
    rank_correlations,
    resamples,
    resampling_groups,
    same_length,
)

TOLERANCE = 1e-3
"""By which attention weights may miss a sum of one; half precision needs it."""

RESOLUTION = 1e-6
"""Entropies, in nats, closer than this rank as ties: at float32 their order is rounding."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's rank correlation of a head's entropy with performance, over prompts.

    Args:
        p_value: two-sided, by permuting performance over prompts.
        p_corrected: the same against the largest absolute correlation of any head, since the best head of
            many is looked at.
    """

    spearman: float
    interval: Interval | None
    p_value: float
    p_corrected: float


@dataclass(frozen=True, slots=True)
class Head:
    """One head, averaged over prompts.

    Args:
        entropy, relative_entropy: see ``HeadEntropy``.
        correlation: None where no performance was given or the head's entropy is the same for all prompts.
    """

    layer: int
    head: int
    entropy: float
    relative_entropy: float
    correlation: Correlation | None

    def __str__(self) -> str:
        return f"L{self.layer}H{self.head}"


@dataclass(frozen=True, slots=True, eq=False)
class HeadEntropy:
    """Entropy of every head on every prompt, ``prompts x layers x heads``.

    Args:
        nats: mean over the queries that see more than one key.
        relative: each query's entropy as a share of the largest that its visible keys allow.
    """

    nats: FloatArray
    relative: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class AttentionStatisticsResult:
    """Every head, and the per-prompt entropies that they were computed from."""

    heads: tuple[Head, ...]
    entropy: HeadEntropy
    performance: FloatArray | None
    seed: int

    @property
    def strongest(self) -> Head | None:
        """The head whose entropy goes with performance most closely."""
        return max(
            (head for head in self.heads if head.correlation),
            key=lambda head: abs(head.correlation.spearman) if head.correlation else 0.0,
            default=None,
        )

    def arrays(self) -> dict[str, FloatArray]:
        """Per-prompt entropies, to lie beside the manifest."""
        found = {"entropy": self.entropy.nats, "relative_entropy": self.entropy.relative}
        return found if self.performance is None else {**found, "performance": self.performance}

    def manifest_fields(self) -> dict[str, Any]:
        """Fields of a manifest's ``Experiment``; the effect is the strongest head's, the note corrects for
        that."""
        n = len(self.entropy.nats)
        fields: dict[str, Any] = {"method": "attention_statistics", "seeds": (self.seed,)}
        head = self.strongest
        if head is None or head.correlation is None:
            mean = float(np.mean([h.entropy for h in self.heads]))
            return {**fields, "metrics": ("entropy",), "effect": effect("entropy", mean, n, unit="nats")}
        found = head.correlation
        return {
            **fields,
            "metrics": ("entropy", "spearman"),
            "effect": effect("spearman", found.spearman, n, found.interval),
            "further_effects": (effect("entropy", head.entropy, n, unit="nats"),),
            "note": f"of {len(self.heads)} heads, the entropy of {head} goes with performance most closely; "
            f"permutation p = {found.p_value:.4f}, corrected for the choice {found.p_corrected:.4f}",
        }


def attention_statistics(
    entropy: HeadEntropy,
    performance: npt.ArrayLike | None = None,
    *,
    groups: Sequence[Any] | None = None,
    permutations: int = 1000,
    bootstrap: int = 1000,
    seed: int = 0,
) -> AttentionStatisticsResult:
    """Mean entropy of every head, and its rank correlation with ``performance``.

    Args:
        entropy: from ``collect_entropy`` for a model, or from ``entropy_of`` for attention weights.
        performance: one number per prompt, such as the logit difference, or 0 and 1.
        groups: template or lemma per prompt; where there are several, intervals resample whole groups.
    """
    n, layers, heads = entropy.nats.shape
    same_length(n, performance=performance, groups=groups)
    at_least(1, permutations=permutations, bootstrap=bootstrap)
    rng = np.random.default_rng(seed)
    correlations: list[Correlation | None] = [None] * (layers * heads)
    measured = None
    if performance is not None:
        measured = _performance(performance)
        flat = np.round(entropy.nats.reshape(n, -1) / RESOLUTION)
        correlations = _correlate(flat, measured, groups, permutations, bootstrap, rng)
    means, relative = entropy.nats.mean(axis=0), entropy.relative.mean(axis=0)
    return AttentionStatisticsResult(
        heads=tuple(
            Head(layer, head, float(means[layer, head]), float(relative[layer, head]), correlation)
            for (layer, head), correlation in zip(np.ndindex(layers, heads), correlations, strict=True)
        ),
        entropy=entropy,
        performance=measured,
        seed=seed,
    )


def entropy_of(attention: npt.ArrayLike, visible: npt.ArrayLike | None = None) -> HeadEntropy:
    """Entropy of attention weights.

    Args:
        attention: prompts x layers x heads x queries x keys.
        visible: prompts x queries x keys, which keys a query may attend to; causal by default, the last query
            seeing all keys. A query that sees none is padding.
    """
    weights = finite_array("attention", attention, ("prompts", "layers", "heads", "queries", "keys"))
    seen = _visible(weights, visible)
    _check_weights(weights, seen)
    return _entropies(weights, seen)


def collect_entropy(
    language_model: LanguageModel,
    prompts: PromptSet,
    *,
    position: int | str | None = None,
    batch_size: int = 32,
) -> HeadEntropy:
    """Entropy of every head of a model on the clean prompts, batch by batch: no more weights are held.

    Args:
        position: of the query, such as -1 for the last token; by default the mean over all queries.
    """
    parts: list[HeadEntropy] = []
    rows: list[int] = []
    for batch in batches(prompts, batch_size):
        weights = collect_attention(language_model, prompt_set(batch.prompts), batch_size=batch_size)
        causal = language_model.sites.causal
        parts.append(_entropy_at(weights.float().cpu(), batch.locate(position), causal=causal))
        rows.extend(batch.rows)
    order = np.argsort(rows)
    return HeadEntropy(
        np.concatenate([part.nats for part in parts])[order],
        np.concatenate([part.relative for part in parts])[order],
    )


def _entropy_at(weights: Tensor, columns: Tensor | None, *, causal: bool) -> HeadEntropy:
    """Of the query in each row's column; of all queries without columns."""
    keys = torch.arange(weights.shape[-1])
    queries = keys.expand(len(weights), -1) if columns is None else columns.cpu()[:, None]
    rows = torch.arange(len(weights))[:, None]
    at_queries = weights.movedim(3, 1)[rows, queries].movedim(1, 3)
    visible = keys <= (queries[..., None] if causal else keys.max())
    return entropy_of(at_queries.numpy(), visible.expand(*queries.shape, -1).numpy())


def _visible(weights: FloatArray, given: npt.ArrayLike | None) -> BoolArray:
    n, _, _, queries, keys = weights.shape
    if given is None:
        causal = np.tri(queries, keys, k=keys - queries, dtype=bool)
        return np.broadcast_to(causal, (n, queries, keys))
    seen = np.asarray(given, dtype=bool)
    if seen.shape != (n, queries, keys):
        raise ClaimlintError(
            f"visible: shape {seen.shape}",
            f"Attention has {n} prompts, {queries} queries and {keys} keys.",
            "Pass one mask of queries x keys per prompt.",
        )
    return seen


def _check_weights(weights: FloatArray, seen: BoolArray) -> None:
    if (weights < 0).any():
        raise ClaimlintError(
            f"attention: {int((weights < 0).sum())} weights are negative",
            "Entropy is of the weights after the softmax.",
            "Pass attention patterns, not scores.",
        )
    sees_any: BoolArray = np.any(seen, axis=-1)
    real = weights * sees_any[:, None, None, :, None]
    hidden = float((real * ~seen[:, None, None]).max())
    if hidden > TOLERANCE:
        raise ClaimlintError(
            f"attention: a weight of {hidden:.3g} on a key that its query cannot see",
            "The default mask is causal and without padding.",
            "Pass `visible`, the model's own mask.",
        )
    sums = weights.sum(axis=-1)
    wrong = (np.abs(sums - 1) > TOLERANCE) & sees_any[:, None, None]
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ClaimlintError(
            f"attention: the weights at (prompt, layer, head, query) {place} sum to {sums[place]:.4f}",
            "Entropy is of a distribution over keys.",
            "Pass attention patterns after the softmax, without dropout.",
        )


def _entropies(weights: FloatArray, seen: BoolArray) -> HeadEntropy:
    n_keys = seen.sum(axis=-1)
    counted = n_keys > 1
    usable: BoolArray = np.any(counted, axis=1)
    if not usable.all():
        prompt = int(np.argmin(usable))
        raise ClaimlintError(
            f"attention: no query of prompt {prompt} sees more than one key",
            "Its entropy is zero whatever the head does.",
            "Leave out prompts of one token.",
        )
    entropy = np.maximum(entr(weights).sum(axis=-1), 0)
    most = np.where(counted, np.log(np.maximum(n_keys, 2)), 1)
    share = counted / counted.sum(axis=1, keepdims=True)
    nats: FloatArray = np.einsum("nlhq,nq->nlh", entropy, share)
    relative: FloatArray = np.einsum("nlhq,nq->nlh", entropy, share / most)
    return HeadEntropy(nats, relative)


def _performance(values: npt.ArrayLike) -> FloatArray:
    performance = finite_array("performance", values, ("prompts",))
    if is_constant(performance):
        raise ClaimlintError(
            f"performance: all {len(performance)} prompts score {performance[0]:g}",
            "Nothing can be correlated with a constant.",
            "Use a graded metric such as the logit difference, or harder prompts.",
        )
    return performance


def _correlate(
    entropy: FloatArray,
    performance: FloatArray,
    groups: Sequence[Any] | None,
    permutations: int,
    bootstrap: int,
    rng: np.random.Generator,
) -> list[Correlation | None]:
    """For every column of ``entropy``; None where it is the same for all prompts."""

    def against(columns: FloatArray, scores: FloatArray) -> FloatArray:
        return rank_correlations(columns.T, np.broadcast_to(scores, columns.T.shape))

    observed = against(entropy, performance)
    varies = ~np.isnan(observed)
    if not varies.any():
        return [None] * len(observed)
    null = np.abs(_permuted(entropy[:, varies], performance, permutations, rng))
    largest = null.max(axis=1)
    names = None if groups is None else resampling_groups(categories("groups", groups).tolist())
    draws = np.stack(
        [against(entropy[s], performance[s]) for s in resamples(len(entropy), bootstrap, rng, names)]
    )
    column = np.cumsum(varies) - 1
    return [
        Correlation(
            spearman=value,
            interval=defined_interval(draws[:, i], "prompt" if names is None else "group"),
            p_value=permutation_p(abs(value), null[:, column[i]]),
            p_corrected=permutation_p(abs(value), largest),
        )
        if (value := or_none(rho)) is not None
        else None
        for i, rho in enumerate(observed)
    ]


def _permuted(
    entropy: FloatArray, performance: FloatArray, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Rank correlations, draws x columns; ranks are taken once, since permuting does not change them."""
    ranks = _standardised(rankdata(entropy, axis=0))
    scores = _standardised(rankdata(performance)[:, None])[:, 0]
    shuffled = np.stack([rng.permutation(scores) for _ in range(draws)])
    correlation: FloatArray = shuffled @ ranks
    return correlation


def _standardised(columns: FloatArray) -> FloatArray:
    centred = columns - columns.mean(axis=0)
    standardised: FloatArray = centred / np.linalg.norm(centred, axis=0)
    return standardised
