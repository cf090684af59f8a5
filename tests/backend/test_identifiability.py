"""Stability, convergence and alignment of ICA and PCA components on data whose sources are known."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from claimlint.backend.factor_alignment import ROTATION_NOTE, areas
from claimlint.backend.identifiability import identifiability
from claimlint.errors import ClaimlintError
from claimlint.evidence import Experiment

FAST: dict[str, Any] = {"runs": 6, "rotations": 40}


def mixed(sources: Any, dimension: int = 12, seed: int = 1) -> Any:
    """Sources mixed linearly into more dimensions, with a little noise."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((sources.shape[1], dimension))
    return sources @ mixing + 0.01 * rng.standard_normal((len(sources), dimension))


def laplace(n: int = 1200, k: int = 4, seed: int = 0) -> Any:
    return np.random.default_rng(seed).laplace(size=(n, k))


def named(sources: Any) -> dict[str, Any]:
    return {f"source {i}": column for i, column in enumerate(sources.T)}


def test_independent_sources_are_found_in_every_run_and_line_up() -> None:
    sources = laplace()
    result = identifiability(mixed(sources), 4, factors=named(sources), **FAST)
    assert result.converged == 6
    assert result.iq.min() > 0.85
    assert result.match_rate > 0.9
    assert not result.gaussian.any()
    assert result.excess_kurtosis.min() > 1
    assert result.variance_explained > 0.99
    (alignment,) = result.alignments
    assert alignment.metric == "mcc"
    assert sorted(alignment.components) == [0, 1, 2, 3]
    assert alignment.value > 0.97
    assert alignment.rotations.mean() < 0.9
    assert alignment.p_value == pytest.approx(1 / 41)
    assert result.warnings == ()


def test_mean_correlation_coefficient_equals_an_independent_one() -> None:
    sources = laplace()
    result = identifiability(mixed(sources), 4, factors=named(sources), **FAST)
    found, true = result.scores[result.test], sources[result.test]
    correlation = np.abs(np.corrcoef(found.T, true.T)[:4, 4:])
    best = correlation[linear_sum_assignment(-correlation)].mean()
    assert result.alignments[0].value == pytest.approx(best, abs=1e-9)


def test_gaussian_sources_have_no_stable_components() -> None:
    sources = np.random.default_rng(0).standard_normal((600, 4))
    result = identifiability(mixed(sources), 4, factors=named(sources), **FAST)
    assert result.iq.min() < 0.6
    assert result.match_rate < 0.5
    assert result.gaussian.sum() > 1
    assert any("cannot be told from a Gaussian" in warning for warning in result.warnings)


def test_stable_and_wrong_on_correlated_sources() -> None:
    independent = laplace(k=2)
    sources = independent @ np.array([[1, 0.8], [0, 0.6]])
    result = identifiability(mixed(sources), 2, factors=named(sources), **FAST)
    assert result.iq.min() > 0.9
    assert result.match_rate == 1
    assert result.alignments[0].value < 0.85
    # What every run agrees on are the independent sources underneath.
    underneath = identifiability(mixed(sources), 2, factors=named(independent), **FAST)
    assert underneath.alignments[0].value > 0.97


def test_pca_is_stable_where_variances_differ_and_not_where_they_are_equal() -> None:
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    data = rng.standard_normal((800, 3))
    distinct = identifiability(data * [9, 3, 1] @ rotation, 3, method="pca", **FAST)
    equal = identifiability(data @ rotation, 3, method="pca", **FAST)
    assert distinct.iq.min() > 0.9
    assert equal.iq.min() < 0.6
    assert distinct.resampled
    assert np.allclose(np.abs(distinct.scores.std(axis=0)), 1, atol=0.1)


def test_single_component_alignment_of_a_binary_factor() -> None:
    rng = np.random.default_rng(0)
    sources = rng.choice([-1.0, 1.0], size=(800, 8))
    factor = np.where(sources[:, 1] > 0, "plural", "singular")
    result = identifiability(mixed(sources), 8, factors={"number": factor}, **FAST)
    (alignment,) = result.alignments
    assert alignment.metric == "auc"
    assert alignment.value > 0.99
    assert alignment.rotations.mean() < 0.95
    assert alignment.p_value < 0.2
    component = result.scores[result.test, alignment.components[0]]
    area = roc_auc_score(factor[result.test] == "singular", component)
    assert alignment.value == pytest.approx(max(area, 1 - area), abs=1e-12)


def test_correlated_binary_factors_share_the_best_component_and_the_matching_shows_it() -> None:
    rng = np.random.default_rng(0)
    number = rng.choice([-1.0, 1.0], 1000)
    colour = np.where(rng.random(1000) < 0.95, number, -number)
    factors = {"number": number, "colour": colour}
    data = mixed(np.stack([number, colour], axis=1))
    by_number, by_colour, together = identifiability(data, 2, factors=factors, **FAST).alignments
    assert by_number.components == by_colour.components
    assert min(by_number.value, by_colour.value) > 0.95
    assert together.metric == "mcc"
    assert together.factors == ("number", "colour")
    assert together.value < 0.8


def test_more_binary_factors_than_components_are_scored_one_by_one() -> None:
    sources = laplace(n=200, k=2)
    factors = {f"factor {i}": sources[:, i % 2] > i - 1 for i in range(3)}
    result = identifiability(mixed(sources), 2, factors=factors, **FAST)
    assert [a.metric for a in result.alignments] == ["auc"] * 3


def test_regression_sees_a_factor_that_no_single_component_follows() -> None:
    sources = laplace(k=6)
    factor = sources @ np.ones(6) > 0
    result = identifiability(mixed(sources), 6, factors={"sum": factor}, **FAST)
    (alignment,) = result.alignments
    assert alignment.regression > 0.97
    assert alignment.value < 0.85
    assert alignment.p_value > 0.1
    assert ROTATION_NOTE in result.manifest_fields()["note"]


def test_the_note_on_rotations_is_true() -> None:
    rng = np.random.default_rng(0)
    whitened = rng.standard_normal((300, 5))
    labels = whitened[:, 0] + rng.standard_normal(300) > 0
    rotation = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    plain, rotated = (
        LogisticRegression(max_iter=1000, tol=1e-10).fit(x, labels).decision_function(x)
        for x in (whitened, whitened @ rotation)
    )
    assert np.allclose(plain, rotated, atol=1e-6)


def test_choosing_the_best_of_many_components_gains_nothing_on_noise() -> None:
    draw = np.random.default_rng(5)
    noise = {f"noise {i}": draw.random(300) > 0.5 for i in range(8)}
    alignments = identifiability(mixed(laplace(n=300, k=8)), 8, factors=noise, **FAST).alignments[:8]
    assert abs(np.mean([a.value for a in alignments]) - 0.5) < 0.06
    assert abs(np.mean([a.rotations.mean() for a in alignments]) - 0.5) < 0.06
    assert np.mean([a.p_value for a in alignments]) > 0.25


def test_areas_equal_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 4, (50, 3)).astype(float), rng.random(50) > 0.4
    expected = [roc_auc_score(positive, column) for column in scores.T]
    assert areas(scores, positive) == pytest.approx(expected, abs=1e-12)


def test_test_prompts_are_whole_groups() -> None:
    groups = np.arange(400) % 16
    result = identifiability(mixed(laplace(400)), 4, groups=groups, **FAST)
    assert not set(groups[result.train]) & set(groups[result.test])
    assert len(result.train) + len(result.test) == 400
    assert len(result.test) == 125  # five groups of sixteen are the first to reach 30 %
    other = identifiability(mixed(laplace(400)), 4, groups=groups, **{**FAST, "seed": 1})
    assert set(groups[result.test]) != set(groups[other.test])


def test_runs_without_resampling_differ_in_their_start_only() -> None:
    result = identifiability(mixed(laplace()), 4, resample=False, **FAST)
    assert result.iq.min() > 0.99
    assert not result.resampled


def test_convergence_is_counted_and_its_absence_is_an_error() -> None:
    data = mixed(laplace(400))
    with pytest.raises(ClaimlintError) as error:
        identifiability(data, 4, max_iterations=1, **FAST)
    assert "none of 6 runs converged" in error.value.what
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        partly = identifiability(data, 4, max_iterations=6, **FAST)
    assert 0 < partly.converged < 6
    assert f"{6 - partly.converged} of 6 FastICA runs did not converge" in partly.warnings[0]
    assert not partly.manifest_fields()["identifiability"].converged


def test_same_seed_same_result() -> None:
    data = mixed(laplace(300))
    one, two = (identifiability(data, 4, seed=3, **FAST) for _ in range(2))
    assert np.array_equal(one.scores, two.scores)
    assert np.array_equal(one.iq, two.iq)


def test_scores_can_be_computed_from_the_arrays() -> None:
    data = mixed(laplace(300))
    arrays = identifiability(data, 4, **FAST).arrays()
    assert np.allclose((data - arrays["centre"]) @ arrays["directions"].T, arrays["scores"])


def test_manifest_entry() -> None:
    sources = laplace()
    factors = {**named(sources[:, :3]), "sign": sources[:, 3] > 0}
    result = identifiability(mixed(sources), 4, factors=factors, **FAST)
    experiment = Experiment(id="ica", **result.manifest_fields())
    assert experiment.effect is not None
    assert experiment.effect.metric == "mcc"
    assert [e.metric for e in experiment.further_effects] == ["auc", "auc_l2_regression", "mcc_l2_regression"]
    entry = experiment.identifiability
    assert entry is not None
    assert entry.n_runs == 6
    assert entry.iq == result.iq.min()
    assert entry.converged
    assert "independence" in entry.assumptions
    assert entry.metric == "mcc"
    assert entry.ground_truth == experiment.effect.value
    assert experiment.dim == 12
    without_factors = Experiment(id="ica", **identifiability(mixed(sources), 4, **FAST).manifest_fields())
    assert without_factors.effect is None
    assert "null" not in without_factors.model_dump_json(exclude_unset=True)


DATA = mixed(laplace(200))
BAD = DATA.copy()
BAD[0, 0] = np.inf


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"activations": BAD, "components": 2}, "1 of 2400 values are NaN or infinite"),
        ({"activations": DATA, "components": 13}, "13 components, and the activations vary along 12"),
        ({"activations": np.ones((200, 3)), "components": 2}, "vary along 0 dimensions"),
        ({"activations": DATA[:30], "components": 2}, "21 training and 9 test prompts"),
        ({"activations": DATA, "components": 2, "runs": 1}, "runs = 1"),
        ({"activations": DATA, "components": 2, "factors": {"f": [1] * 200}}, "one value among the training"),
        ({"activations": DATA, "components": 2, "factors": {"f": ["a", "b", "c", "d"] * 50}}, "not numbers"),
        ({"activations": DATA, "components": 2, "factors": {"f": [1, 2]}}, "f: 2 entries for 200 prompts"),
        (
            {"activations": DATA, "components": 2, "factors": named(DATA[:, :3])},
            "3 factors for 2 components",
        ),
    ],
)
def test_bad_input_is_told_apart(arguments: dict[str, Any], what: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        identifiability(**{**FAST, **arguments})
    assert what in error.value.what
