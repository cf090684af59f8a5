"""Other kernels, same numbers; and only where they are known to be safe."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from claimlint.backend import kernels
from claimlint.backend.activation_patching import activation_patching
from claimlint.backend.kernels import PLAIN, Choice, Kernels, available, fast_kernels, prepare
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.runs import RunOptions
from claimlint.evidence.statistics import FloatArray
from tests.backend.tiny import random_pairs, tiny_model


@pytest.mark.parametrize("choice", ["packed", "public"])
@pytest.mark.parametrize("architecture", ["gpt2", "gpt_neox", "llama", "opt"])
def test_a_sweep_gives_the_same_numbers(architecture: str, choice: Choice) -> None:
    """Means within 2e-6; no single outcome off by twice what the model's own kernels are off by."""
    model, exact = (load_model(tiny_model(architecture, dtype)) for dtype in (torch.float32, torch.float64))

    def sweep(model: LanguageModel, kernels: Kernels = PLAIN) -> FloatArray:
        options = RunOptions(kernels=kernels)
        swept = activation_patching(model, random_pairs(n=6), positions="each", options=options)
        return swept.patched["logit_difference"]

    plain, fast, truth = sweep(model), sweep(model, prepare(model, choice)), sweep(exact)
    assert truth.std() > 0.1
    assert np.abs(fast.mean(axis=1) - plain.mean(axis=1)).max() < 2e-6
    assert np.abs(fast - truth).max() <= 2 * np.abs(plain - truth).max()


def test_the_activation_is_fused_into_the_product_before_it() -> None:
    """GPT-2 has four products a block, and one activation between two of them."""
    model = load_model(tiny_model("gpt2"))
    replaced = prepare(model, "packed").replaced
    names = [type(module).__name__ for module, _ in replaced]
    assert names.count("Conv1D") == 4 * model.sites.n_layers
    assert names.count("NewGELUActivation") == model.sites.n_layers


def test_the_model_is_as_before_afterwards() -> None:
    model = load_model(tiny_model("gpt2"))
    with prepare(model, "packed").active():
        assert "forward" in vars(model.sites.blocks[0].mlp.c_fc)
    assert "forward" not in vars(model.sites.blocks[0].mlp.c_fc)


def test_other_precisions_keep_their_own_kernels() -> None:
    assert available(load_model(tiny_model("gpt2", torch.float64))) == "plain"
    assert fast_kernels(load_model(tiny_model("gpt2", torch.float64))).name == "plain"


def test_the_private_operator_is_used_with_its_own_version_only(monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(tiny_model("gpt2"))
    assert available(model) == "packed"
    monkeypatch.setattr(torch, "__version__", "2.14.0")
    assert available(model) == "public"


@pytest.mark.parametrize(("ratio", "name"), [(2.0, "packed"), (1.0, "plain")])
def test_without_a_gain_nothing_is_packed(monkeypatch: pytest.MonkeyPatch, ratio: float, name: str) -> None:
    monkeypatch.setattr(kernels, "speed_ratio", lambda model, choice: ratio)
    assert fast_kernels(load_model(tiny_model("gpt2"))).name == name
