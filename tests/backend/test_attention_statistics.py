"""Head entropies, and their correlation with performance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy as scipy_entropy
from scipy.stats import permutation_test, spearmanr

from claimlint.backend.attention_patterns import collect_attention
from claimlint.backend.attention_statistics import (
    attention_statistics,
    collect_entropy,
    entropy_of,
)
from claimlint.backend.language_model import load_model
from claimlint.backend.prompts import Prompt, prompt_set
from claimlint.errors import ClaimlintError
from claimlint.evidence import Experiment
from tests.backend.tiny import random_pairs, tiny_model

N, LAYERS, HEADS, LENGTH = 40, 2, 3, 5
FAST: dict[str, Any] = {"permutations": 200, "bootstrap": 100}


def patterns(seed: int = 0, sharpness: Any = 1.0) -> Any:
    """Causal softmax attention on random scores; ``sharpness`` multiplies them, prompt by prompt."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((N, LAYERS, HEADS, LENGTH, LENGTH))
    scores *= np.reshape(sharpness, (-1, 1, 1, 1, 1))
    return softmax(np.where(np.tri(LENGTH, dtype=bool), scores, -np.inf), axis=-1)


def test_entropy_equals_scipy_over_the_queries_with_a_choice() -> None:
    attention = patterns()
    result = attention_statistics(entropy_of(attention))
    expected = np.mean([scipy_entropy(attention[..., q, : q + 1], axis=-1) for q in range(1, LENGTH)], axis=0)
    assert result.entropy.nats == pytest.approx(expected)
    assert result.arrays()["entropy"].shape == (N, LAYERS, HEADS)
    assert [str(head) for head in result.heads] == ["L0H0", "L0H1", "L0H2", "L1H0", "L1H1", "L1H2"]
    assert result.heads[4].entropy == pytest.approx(expected[:, 1, 1].mean())
    assert all(head.correlation is None for head in result.heads)


def test_relative_entropy_is_one_for_uniform_and_zero_for_one_key() -> None:
    uniform = np.tri(LENGTH) / np.arange(1, LENGTH + 1)[:, None]
    first = np.zeros((LENGTH, LENGTH))
    first[:, 0] = 1
    both = np.broadcast_to(np.stack([uniform, first]), (N, 1, 2, LENGTH, LENGTH))
    heads = attention_statistics(entropy_of(both)).heads
    assert heads[0].relative_entropy == pytest.approx(1)
    assert heads[1].relative_entropy == heads[1].entropy == 0


def test_last_query_alone_sees_all_keys() -> None:
    attention = patterns()
    last = entropy_of(attention[:, :, :, -1:])
    assert last.nats == pytest.approx(scipy_entropy(attention[:, :, :, -1], axis=-1))


def test_left_padding_is_left_out() -> None:
    attention = patterns()
    padded = np.zeros((N, LAYERS, HEADS, LENGTH + 2, LENGTH + 2))
    padded[..., 2:, 2:] = attention
    padded[..., :2, :] = 1 / (LENGTH + 2)
    visible = np.zeros((N, LENGTH + 2, LENGTH + 2), dtype=bool)
    visible[:, 2:, 2:] = np.tri(LENGTH, dtype=bool)
    result = entropy_of(padded, visible)
    plain = entropy_of(attention)
    assert result.nats == pytest.approx(plain.nats)
    assert result.relative == pytest.approx(plain.relative)


def test_correlation_equals_scipy() -> None:
    performance = np.random.default_rng(1).integers(0, 6, N).astype(float)
    result = attention_statistics(entropy_of(patterns()), performance, permutations=2000, bootstrap=100)
    for head in result.heads:
        values = result.entropy.nats[:, head.layer, head.head]
        assert head.correlation is not None
        assert head.correlation.spearman == pytest.approx(spearmanr(values, performance).statistic, abs=1e-9)
        assert head.correlation.interval is not None
        assert head.correlation.interval.low < head.correlation.spearman < head.correlation.interval.high
    expected = permutation_test(
        (result.entropy.nats[:, 0, 0],),
        lambda x: abs(spearmanr(x, performance).statistic),
        permutation_type="pairings",
        n_resamples=500,
        alternative="greater",
        rng=0,
    ).pvalue
    assert result.heads[0].correlation is not None
    assert result.heads[0].correlation.p_value == pytest.approx(expected, abs=0.08)


def test_a_head_that_follows_performance_is_found_and_the_correction_is_for_all_heads() -> None:
    performance = np.linspace(0.5, 3, N)
    result = attention_statistics(entropy_of(patterns(sharpness=performance)), performance, **FAST)
    strongest = result.strongest
    assert strongest is not None
    assert strongest.correlation is not None
    assert strongest.correlation.spearman < -0.7
    assert strongest.correlation.p_corrected < 0.02
    noise = attention_statistics(entropy_of(patterns()), performance, **FAST)
    assert all(h.correlation and h.correlation.p_corrected >= h.correlation.p_value for h in noise.heads)
    assert noise.strongest is not None
    assert noise.strongest.correlation is not None
    assert noise.strongest.correlation.p_corrected > 0.05


def test_one_group_is_no_unit_to_resample() -> None:
    performance = np.linspace(0.5, 3, N)
    result = attention_statistics(entropy_of(patterns()), performance, groups=["a"] * N, **FAST)
    assert result.heads[0].correlation is not None
    interval = result.heads[0].correlation.interval
    assert interval is not None
    assert interval.unit == "prompt"
    assert interval.high - interval.low > 0.1


def test_a_head_that_never_changes_has_no_correlation() -> None:
    attention = patterns()
    attention[:, 0, 1] = np.tri(LENGTH) / np.arange(1, LENGTH + 1)[:, None]
    result = attention_statistics(entropy_of(attention), np.arange(N), **FAST)
    assert result.heads[1].correlation is None
    assert result.heads[2].correlation is not None
    constant = np.repeat(attention[:1], N, axis=0)
    assert attention_statistics(entropy_of(constant), np.arange(N), **FAST).strongest is None


def test_rounding_is_no_variation_of_a_head() -> None:
    uniform = np.tri(LENGTH) / np.arange(1, LENGTH + 1)[:, None]
    jitter = 1 + 1e-9 * np.random.default_rng(0).standard_normal((N, 1, 1, LENGTH, LENGTH))
    result = attention_statistics(entropy_of(uniform * jitter), np.arange(N), **FAST)
    assert result.heads[0].correlation is None


def test_intervals_resample_groups_where_there_are_any() -> None:
    performance = np.arange(N, dtype=float)
    grouped = attention_statistics(entropy_of(patterns()), performance, groups=np.arange(N) // 10, **FAST)
    correlation = grouped.heads[0].correlation
    assert correlation is not None
    assert correlation.interval is not None
    assert correlation.interval.unit == "group"


def test_manifest_entry_names_the_head_and_corrects_for_choosing_it() -> None:
    performance = np.linspace(0.5, 3, N)
    result = attention_statistics(entropy_of(patterns(sharpness=performance)), performance, **FAST)
    experiment = Experiment(id="entropy", **result.manifest_fields())
    assert experiment.effect is not None
    assert experiment.effect.metric == "spearman"
    assert experiment.effect.n == N
    assert str(result.strongest) in experiment.note
    assert "corrected for the choice" in experiment.note
    plain = Experiment(id="entropy", **attention_statistics(entropy_of(patterns())).manifest_fields())
    assert plain.effect is not None
    assert plain.effect.unit == "nats"


SCORES = np.random.default_rng(0).standard_normal((N, LAYERS, HEADS, LENGTH, LENGTH))
ONE_KEY = np.ones((N, 1, 1, 1, 1))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"attention": SCORES}, "weights are negative"),
        ({"attention": np.abs(SCORES) * np.tri(LENGTH)}, "the weights at (prompt, layer, head, query)"),
        ({"attention": softmax(SCORES, axis=-1)}, "on a key that its query cannot see"),
        ({"attention": patterns() * np.nan}, "NaN"),
        ({"attention": ONE_KEY}, "no query of prompt 0 sees more than one key"),
        ({"attention": patterns(), "visible": np.ones((2, 2))}, "visible: shape (2, 2)"),
    ],
)
def test_bad_attention_is_told_apart(arguments: dict[str, Any], what: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        entropy_of(**arguments)
    assert what in error.value.what


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"performance": np.ones(N)}, "all 40 prompts score 1"),
        ({"performance": [1, 2]}, "performance: 2 entries for 40 prompts"),
        ({"performance": range(N), "groups": [None] * N}, "groups: 40 of 40 prompts have none"),
        ({"performance": range(N), "permutations": 0}, "permutations = 0"),
    ],
)
def test_bad_performance_is_told_apart(arguments: dict[str, Any], what: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        attention_statistics(entropy_of(patterns()), **arguments)
    assert what in error.value.what


def test_entropy_of_a_model_equals_that_of_its_own_weights() -> None:
    model, prompts = load_model(tiny_model("llama")), random_pairs(n=3)
    weights = collect_attention(model, prompts).numpy()
    expected = [scipy_entropy(weights[..., q, : q + 1], axis=-1) for q in range(1, weights.shape[-1])]
    found = collect_entropy(model, prompts, batch_size=2)
    assert found.nats == pytest.approx(np.mean(expected, axis=0), abs=1e-5)
    assert collect_entropy(model, prompts, position=-1).nats == pytest.approx(expected[-1], abs=1e-5)
    at_name = collect_entropy(model, prompts, position="changed")
    assert at_name.nats == pytest.approx(expected[1], abs=1e-5)
    assert at_name.relative == pytest.approx(expected[1] / np.log(3), abs=1e-5)


def test_prompts_of_different_length_keep_their_order() -> None:
    model = load_model(tiny_model("gpt2"))
    mixed = [
        Prompt(f"{length}-{i}", prompt.clean)
        for length in (9, 5, 7)
        for i, prompt in enumerate(random_pairs(n=2, length=length, changed=(2,)).prompts)
    ]
    together = collect_entropy(model, prompt_set(mixed))
    for row, prompt in enumerate(mixed):
        alone = collect_entropy(model, prompt_set([prompt]))
        assert together.nats[row] == pytest.approx(alone.nats[0], abs=1e-5)


def test_attention_to_a_sink_is_no_distribution_over_keys() -> None:
    with pytest.raises(ClaimlintError, match="sum to"):
        collect_entropy(load_model(tiny_model("gpt_oss")), random_pairs())
