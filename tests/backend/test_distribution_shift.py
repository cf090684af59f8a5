"""Patched activations against held-out clean ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import percentileofscore

from claimlint.backend.distribution_shift import distribution_shift
from claimlint.errors import ClaimlintError
from claimlint.evidence import Experiment


def normal(n: int, seed: int, scale: Any = 1.0, dimension: int = 6) -> Any:
    return np.random.default_rng(seed).standard_normal((n, dimension)) * scale


def test_fresh_clean_activations_look_usual() -> None:
    result = distribution_shift(normal(400, 1), normal(800, 0), bootstrap=200)
    for distances in (result.knn, result.mahalanobis):
        assert 42 < distances.median_percentile < 58
        assert distances.outside < 0.1
        assert distances.outside_interval.low <= distances.outside <= distances.outside_interval.high


def test_shifted_activations_lie_outside() -> None:
    result = distribution_shift(normal(50, 1) + 6, normal(400, 0), bootstrap=50)
    assert result.knn.median_percentile == 100
    assert result.mahalanobis.outside == 1


def test_mahalanobis_sees_a_small_step_in_a_direction_that_never_varies() -> None:
    scale = np.array([10, 10, 10, 10, 10, 0.01])
    step = np.array([0, 0, 0, 0, 0, 3.0])
    result = distribution_shift(normal(60, 1, scale) + step, normal(2000, 0, scale), bootstrap=50)
    assert result.knn.median_percentile < 90
    assert result.mahalanobis.median_percentile > result.knn.median_percentile
    assert result.farther is result.mahalanobis


def test_an_average_of_two_clusters_is_near_the_mean_and_far_from_every_activation() -> None:
    centres = np.repeat([[-5.0], [5.0]], 200, axis=0)
    result = distribution_shift(0.1 * normal(40, 1), centres + 0.5 * normal(400, 0), bootstrap=50)
    assert result.mahalanobis.median_percentile < 5
    assert result.knn.median_percentile == 100
    assert result.farther is result.knn


def test_distances_equal_independent_formulas() -> None:
    # Two groups of exchangeable halves: with groups given, the halves can be told from outside.
    clean, patched = normal(80, 0), normal(10, 1)
    groups = np.repeat([0, 1], 40)
    result = distribution_shift(patched, clean, groups=groups, neighbours=3, bootstrap=10)
    expected = []
    for reference, held_out in ((clean[:40], clean[40:]), (clean[40:], clean[:40])):
        knn = np.sort(cdist(patched, reference), axis=1)[:, :3].mean(axis=1)
        centred = reference - reference.mean(axis=0)
        covariance = centred.T @ centred / 40
        sphere = np.trace(covariance) / 6 * np.eye(6)
        shrunk = (1 - result.shrinkage) * covariance + result.shrinkage * sphere
        away = patched - reference.mean(axis=0)
        mahalanobis = np.sqrt(np.einsum("ij,jk,ik->i", away, np.linalg.inv(shrunk), away))
        usual = np.sort(cdist(held_out, reference), axis=1)[:, :3].mean(axis=1)
        percentile = [percentileofscore(usual, value, kind="mean") for value in knn]
        expected.append((knn, mahalanobis, percentile))
    knn, mahalanobis, percentile = next(e for e in expected if np.allclose(e[0], result.knn.patched))
    assert result.mahalanobis.patched == pytest.approx(mahalanobis)
    assert result.knn.percentile == pytest.approx(percentile)


def test_ties_count_half() -> None:
    clean = np.tile([[0.0, 0.0], [1.0, 1.0]], (40, 1))
    result = distribution_shift(clean[:2], clean, bootstrap=10)
    assert result.knn.percentile.tolist() == [50.0, 50.0]


def test_per_prompt_values_and_manifest_entry() -> None:
    result = distribution_shift(normal(30, 1) + 6, normal(100, 0), bootstrap=50)
    arrays = result.arrays()
    assert arrays["knn_percentile"].shape == (30,)
    assert arrays["mahalanobis_held_out"].shape == (50,)
    experiment = Experiment(id="shift", **result.manifest_fields())
    assert experiment.distribution_shift is not None
    assert experiment.distribution_shift.value == 100
    assert experiment.distribution_shift.reference == 95
    assert experiment.effect is not None
    assert experiment.effect.value == 1


NAN = normal(100, 0)
NAN[2, 2] = np.nan


@pytest.mark.parametrize(
    ("patched", "clean", "options", "what"),
    [
        (normal(5, 1), normal(100, 0)[:, :4], {}, "patched: 6 dimensions, clean: 4"),
        (normal(5, 1), normal(30, 0), {}, "clean: 30 activations"),
        (normal(5, 1), normal(100, 0), {"neighbours": 51}, "51 neighbours among 50"),
        (normal(5, 1), np.ones((100, 6)), {}, "all 100 activations are equal"),
        (normal(5, 1), NAN, {}, "clean: 1 of 600 values are NaN"),
        (normal(5, 1), normal(100, 0), {"groups": [0] * 95 + [1] * 5}, "5 activations in one half"),
    ],
)
def test_bad_input_is_told_apart(patched: Any, clean: Any, options: Any, what: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        distribution_shift(patched, clean, **options)
    assert what in error.value.what
