"""Arrays are told by what they can do, not by the library that they come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from claimlint.errors import ClaimlintError
from claimlint.recording.arrays import as_array, weights_digest


class LikeJax:
    """What jax's arrays are to numpy: something that it can ask for an array."""

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self._values


class Saved:
    """A proxy that holds its tensor, as nnsight hands them out."""

    def __init__(self, value: Any) -> None:
        self.value = value


@pytest.mark.parametrize(
    "values",
    [
        [1.5, 2.0],
        np.array([1.5, 2.0]),
        torch.tensor([1.5, 2.0]),
        torch.tensor([1.5, 2.0], requires_grad=True),
        torch.tensor([1.5, 2.0], dtype=torch.bfloat16),
        [torch.tensor(1.5), torch.tensor(2.0)],
        (np.float32(1.5), LikeJax(2.0)),
        LikeJax([1.5, 2.0]),
        Saved(torch.tensor([1.5, 2.0])),
        [Saved(torch.tensor(1.5)), 2.0],
    ],
    ids=lambda values: type(values).__name__,
)
def test_arrays_of_any_library(values: Any) -> None:
    array = as_array("it", values)
    assert type(array) is np.ndarray
    assert array.tolist() == [1.5, 2.0]


@pytest.mark.parametrize("values", ["text", None, {"a": 1}, [[1], [1, 2]], ["a"], object()])
def test_what_is_no_array_is_refused(values: Any) -> None:
    with pytest.raises(ClaimlintError, match="it: no array of numbers"):
        as_array("it", values)


def test_the_digest_of_weights_knows_names_shapes_types_and_values() -> None:
    weights = {"a": np.arange(6.0), "b": np.ones(2, dtype=np.float32)}
    others = [
        {**weights, "a": np.arange(6.0) + 1e-9},
        {**weights, "a": np.arange(6.0).reshape(2, 3)},
        {**weights, "b": np.ones(2)},
        {"c": weights["a"], "b": weights["b"]},
    ]
    assert weights_digest(dict(reversed(weights.items()))) == weights_digest(weights)
    assert len({weights_digest(each) for each in (weights, *others)}) == 5
