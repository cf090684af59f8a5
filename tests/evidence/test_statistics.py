"""Resampling and correlations against scipy, and NaN that never gets out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import bootstrap, pearsonr, spearmanr

from claimlint.errors import ClaimlintError
from claimlint.evidence.statistics import (
    correlations,
    defined_interval,
    effect,
    finite_array,
    mean_interval,
    or_none,
    permutation_p,
    rank_correlations,
    resamples,
)

NUMBERS = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])


@given(arrays(np.float64, (2, 3, 8), elements=NUMBERS))
def test_correlations_equal_scipy_or_do_not_exist(rows: Any) -> None:
    for ours, theirs in ((correlations, pearsonr), (rank_correlations, spearmanr)):
        for r, a, b in zip(ours(rows[0], rows[1]), *rows, strict=True):
            if len(set(a)) == 1 or len(set(b)) == 1:
                assert or_none(r) is None
            else:
                assert r == pytest.approx(theirs(a, b).statistic, abs=1e-9)


def test_interval_of_a_mean_equals_scipy() -> None:
    values = np.random.default_rng(0).exponential(size=60)
    ours = mean_interval(values, 4000, np.random.default_rng(1))
    theirs = bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=2).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.high, abs=0.02)
    assert ours.unit == "prompt"


def test_intervals_over_groups_are_wider_where_groups_differ() -> None:
    groups = np.repeat(np.arange(6), 20)
    values = groups + 0.1 * np.random.default_rng(0).standard_normal(120)
    by_prompt = mean_interval(values, 500, np.random.default_rng(0))
    by_group = mean_interval(values, 500, np.random.default_rng(0), groups)
    assert by_group.unit == "group"
    assert by_group.high - by_group.low > 2 * (by_prompt.high - by_prompt.low)


def test_groups_are_drawn_whole() -> None:
    groups = np.array(["a", "b", "b", "c", "c", "c"])
    for sample in resamples(6, 20, np.random.default_rng(0), groups):
        for name, size in (("a", 1), ("b", 2), ("c", 3)):
            assert np.count_nonzero(groups[sample] == name) % size == 0


def test_permutation_p_counts_ties_and_the_observed_draw() -> None:
    assert permutation_p(0.5, [0.1, 0.5, 0.7, 0.2]) == pytest.approx(3 / 5)
    assert permutation_p(1.0, np.zeros(99)) == pytest.approx(1 / 100)


def test_an_interval_needs_the_statistic_in_nearly_all_draws() -> None:
    draws = np.linspace(0, 1, 101)
    draws[:5] = np.nan
    found = defined_interval(draws, "prompt")
    assert found is not None
    assert found.low == pytest.approx(0.05 + 0.95 * 0.025)
    draws[:20] = np.nan
    assert defined_interval(draws, "prompt") is None


def test_an_effect_without_interval_or_unit_leaves_both_out() -> None:
    assert effect("auc", 0.5, 10).model_dump(exclude_unset=True) == {"metric": "auc", "value": 0.5, "n": 10}


@pytest.mark.parametrize("values", [np.zeros((0, 3)), np.zeros(3), [[1.0, np.inf]]])
def test_arrays_that_cannot_be_used(values: Any) -> None:
    with pytest.raises(ClaimlintError, match="activations"):
        finite_array("activations", values, ("prompts", "dimensions"))
