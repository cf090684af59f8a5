"""Before a run, the savings are checked on the model itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from claimlint.backend import shared_forward
from claimlint.backend.activation_patching import activation_patching
from claimlint.backend.exactness import require_exact
from claimlint.backend.kernels import prepare
from claimlint.backend.language_model import load_model
from claimlint.backend.runs import RunOptions
from claimlint.backend.sites import LAYOUTS
from claimlint.backend.sweep import ALL_SAVINGS, NO_SAVINGS
from claimlint.errors import ClaimlintError
from tests.backend.tiny import random_pairs, tiny_model


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    require_exact.cache_clear()
    yield
    require_exact.cache_clear()


@pytest.mark.parametrize("architecture", sorted(LAYOUTS))
def test_every_architecture_passes_with_packed_kernels(architecture: str) -> None:
    model = load_model(tiny_model(architecture))
    require_exact(model, ALL_SAVINGS, prepare(model, "packed"))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_pass(dtype: torch.dtype) -> None:
    require_exact(load_model(tiny_model("gpt2", dtype)), ALL_SAVINGS)


def test_a_saving_that_does_not_hold_stops_the_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and values of the first positions lost: what an architecture that shares them would amount to."""
    right = shared_forward._behind

    def forgets(prefix: Any, new: Any) -> Any:
        return right(torch.zeros_like(prefix), new)

    monkeypatch.setattr(shared_forward, "_behind", forgets)
    model = load_model(tiny_model("gpt2"))
    with pytest.raises(ClaimlintError, match="sped-up interventions differ"):
        activation_patching(model, random_pairs(), layers=[1])
    whole_passes = activation_patching(
        model, random_pairs(), layers=[1], options=RunOptions(savings=NO_SAVINGS)
    )
    assert whole_passes.pruned == 0
