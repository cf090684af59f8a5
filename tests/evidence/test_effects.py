"""Effects from paired outcomes: what is a share of what, and when there is no share to give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.evidence.effects import (
    flips,
    recovered,
    resample_weights,
    resampled_unit,
    summarise,
    tian_pearl_bounds,
)
from claimlint.evidence.statistics import FloatArray

BEFORE = np.array([1.0, 2.0, 3.0, 4.0])


def weights(n: int = 4) -> FloatArray:
    return resample_weights(n, 500, seed=0)


def test_a_summary_counts_prompts_and_not_only_the_mean() -> None:
    after = BEFORE + np.array([5.0, -1.0, 0.0, 1e-7])
    summary = summarise(BEFORE, after, weights())
    assert summary.mean == pytest.approx(1.0)
    assert (summary.helped, summary.harmed, summary.unchanged) == (0.25, 0.25, 0.5)
    assert summary.interval.low < summary.mean < summary.interval.high


def test_a_constant_effect_has_an_interval_of_no_width() -> None:
    summary = summarise(BEFORE, BEFORE - 2, weights())
    assert summary.interval.low == pytest.approx(-2)
    assert summary.interval.high == pytest.approx(-2)


def test_half_way_to_the_donor_is_a_recovery_of_one_half() -> None:
    recovery = recovered(BEFORE, BEFORE + 4, BEFORE + 2, weights())
    assert recovery.share == pytest.approx(0.5)
    assert recovery.interval is not None
    assert recovery.interval.low == pytest.approx(0.5)


@pytest.mark.parametrize("total", [np.zeros(4), np.array([3.0, -3.0, 2.0, -2.0]), np.full(4, 1e-7)])
def test_without_a_total_effect_there_is_no_share(total: FloatArray) -> None:
    """Zero, of either sign over prompts, or of rounding size: a ratio would be noise."""
    recovery = recovered(BEFORE, BEFORE + total, BEFORE + 1, weights())
    assert recovery.share is None
    assert recovery.interval is None


def test_recovery_may_leave_zero_to_one() -> None:
    """Overshooting and harming are findings; they are not clipped."""
    assert recovered(BEFORE, BEFORE + 1, BEFORE + 3, weights()).share == pytest.approx(3)
    assert recovered(BEFORE, BEFORE + 1, BEFORE - 1, weights()).share == pytest.approx(-1)


def test_removal_flips_right_prompts_and_insertion_wrong_ones() -> None:
    before = np.array([True, True, True, False, False])
    after = np.array([False, True, False, True, False])
    removal, insertion = flips(before, after, "noising"), flips(before, after, "denoising")
    assert (removal.flipped, removal.eligible) == (2, 3)
    assert (insertion.flipped, insertion.eligible) == (1, 2)
    assert removal.share == pytest.approx(2 / 3)
    assert flips(~before & before, after, "noising").share is None


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_the_rates_bound_what_the_pairs_show(outcomes: list[tuple[bool, bool]]) -> None:
    """PNS is the share of prompts that are right with the cause and wrong without it."""
    pairs = np.array(outcomes)
    low, high = tian_pearl_bounds(pairs[:, 0].mean(), pairs[:, 1].mean())
    pns = (pairs[:, 0] & ~pairs[:, 1]).mean()
    assert low - 1e-12 <= pns <= high + 1e-12


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=20))
def test_shares_add_up_to_one(change: list[float]) -> None:
    before = np.linspace(-1, 1, len(change))
    summary = summarise(before, before + np.array(change), weights(len(change)))
    assert summary.helped + summary.harmed + summary.unchanged == pytest.approx(1)


def test_templates_are_resampled_whole() -> None:
    """Prompts of one template stand or fall together, so the interval is wider than by prompts."""
    change = np.repeat([0.0, 4.0], 50)
    groups = ["a"] * 50 + ["b"] * 50
    by_template = summarise(np.zeros(100), change, resample_weights(100, 500, 0, groups))
    by_prompt = summarise(np.zeros(100), change, resample_weights(100, 500, 0))
    assert by_template.interval.low == pytest.approx(0)
    assert by_template.interval.high == pytest.approx(4)
    assert by_prompt.interval.low > 1
    assert resampled_unit(groups) == "template"
    assert resampled_unit(["a", None]) == "prompt"
