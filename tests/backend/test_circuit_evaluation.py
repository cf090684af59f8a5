"""A circuit's tests are the joint ablations that they claim to be."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from claimlint.backend.circuit_evaluation import circuit_evaluation
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.prompts import Prompt, PromptSet, prompt_set
from claimlint.backend.sites import Site
from claimlint.errors import ClaimlintError
from tests.backend.naive import Patch, difference, naive_logits, token_ids
from tests.backend.tiny import HEADS, LAYERS, random_pairs, tiny_model

CIRCUIT = [Site(0, "z", 1), Site(1, "z", 0), Site(2, "z", 3)]


def gpt2() -> LanguageModel:
    return load_model(tiny_model("gpt2", torch.float64))


def without(model: LanguageModel, removed: list[tuple[int, int]]) -> torch.Tensor:
    """Logit differences with these heads at zero."""
    prompts = random_pairs()
    patches: list[Patch] = [
        ("z", layer, (slice(None), slice(None), slice(8 * head, 8 * head + 8)), 0.0)
        for layer, head in removed
    ]
    return difference(naive_logits(model.sites, token_ids(prompts), patches), prompts)


def test_each_run_removes_what_it_says() -> None:
    model = gpt2()
    found = circuit_evaluation(model, random_pairs(), CIRCUIT, replacement="zero")
    everything = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]
    inside = [(0, 1), (1, 0), (2, 3)]
    outside = [head for head in everything if head not in inside]
    np.testing.assert_allclose(found.alone, without(model, outside), rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.complement, without(model, inside), rtol=0, atol=1e-12)
    alone = float(without(model, outside).mean())
    for (site, effect), head in zip(found.minimality(), inside, strict=True):
        expected = float(without(model, [*outside, head]).mean()) - alone
        assert (site.layer, site.head) == head
        assert effect.mean == pytest.approx(expected, abs=1e-12)
    for removal in found.completeness():
        part = [(site.layer, site.head or 0) for site in removal.removed]
        expected = float((without(model, [*outside, *part]) - without(model, part)).mean())
        assert removal.difference.mean == pytest.approx(expected, abs=1e-12)
    assert len(found.completeness()) > len(CIRCUIT)


def test_the_whole_model_is_faithful_complete_and_leaves_nothing() -> None:
    model = gpt2()
    everything = [Site(layer, "z", head) for layer in range(LAYERS) for head in range(HEADS)]
    everything += [Site(layer, "mlp_out") for layer in range(LAYERS)]
    found = circuit_evaluation(
        model, decided(model), everything, replacement="zero", with_mlps=True, subsets=3
    )
    assert all(removal.difference.unchanged == 1 for removal in found.completeness())
    full = found.runs.base["logit_difference"]
    np.testing.assert_allclose(found.alone, full, rtol=0, atol=1e-12)
    assert found.faithfulness.share == pytest.approx(1)
    assert found.left_without_circuit.share == pytest.approx(0)


def decided(model: LanguageModel) -> PromptSet:
    """Prompts whose right answer is the token that all components together favour most."""
    prompts = random_pairs(n=12)
    ids = token_ids(prompts)
    everything: list[Patch] = [
        (kind, layer, slice(None), 0.0) for layer in range(LAYERS) for kind in ("z", "mlp_out")
    ]
    logits = naive_logits(model.sites, ids, []) - naive_logits(model.sites, ids, everything)
    best, worst = logits.argmax(-1).tolist(), logits.argmin(-1).tolist()
    return prompt_set(
        Prompt(id=p.id, clean=p.clean, answers=(best[i], worst[i])) for i, p in enumerate(prompts.prompts)
    )


@pytest.mark.parametrize("circuit", [[], [Site(0, "mlp_out")], [Site(0, "z")]])
def test_a_circuit_outside_the_universe_is_refused(circuit: list[Site]) -> None:
    with pytest.raises(ClaimlintError, match="circuit"):
        circuit_evaluation(gpt2(), random_pairs(), circuit)
