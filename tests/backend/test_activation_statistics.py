"""What units do by token, and how much of it the token explains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from claimlint.backend.activation_statistics import activation_statistics
from claimlint.errors import ClaimlintError
from claimlint.evidence import Experiment


def by_token() -> Any:
    rng = np.random.default_rng(0)
    tokens = np.array(["cat", "dog", "the"])[np.arange(90) % 3]
    activations = rng.standard_normal((90, 3)) * 0.1
    activations[tokens == "dog", 0] += 2
    activations[:, 2] = 1
    return activations, tokens


def test_activation_statistics_by_token() -> None:
    activations, tokens = by_token()
    result = activation_statistics(activations, tokens, threshold=1.0)
    dogs = activations[tokens == "dog"]
    row = result.tokens.index("dog")
    assert result.counts.tolist() == [30, 30, 30]
    assert result.mean[row] == pytest.approx(dogs.mean(axis=0))
    assert result.deviation[row] == pytest.approx(dogs.std(axis=0))
    assert result.maximum[row] == pytest.approx(dogs.max(axis=0))
    assert result.active[row, 0] == 1
    assert result.active[:, 1].max() == 0
    assert result.top_tokens(0, k=1) == ("dog",)


def test_variance_explained_by_the_token_does_not_grow_with_the_number_of_tokens() -> None:
    activations, tokens = by_token()
    result = activation_statistics(activations, tokens)
    assert result.explained[0] is not None
    assert result.explained[0] > 0.98
    assert result.explained[2] is None
    rng = np.random.default_rng(0)
    many = activation_statistics(rng.standard_normal((90, 40)), np.arange(90) % 45)
    assert abs(np.mean([value for value in many.explained if value is not None])) < 0.05
    singletons = activation_statistics(activations, np.arange(90))
    assert singletons.explained == (None, None, None)
    experiment = Experiment(id="tokens", **singletons.manifest_fields())
    assert experiment.effect is None
    assert Experiment(id="tokens", **result.manifest_fields()).effect is not None


def test_a_token_missing_is_told() -> None:
    with pytest.raises(ClaimlintError, match="tokens: 2 entries for 90 prompts"):
        activation_statistics(by_token()[0], ["a", "b"])
