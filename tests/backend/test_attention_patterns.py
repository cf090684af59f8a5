"""Attention patterns are the weights with which a head mixes its values."""

from __future__ import annotations

import pytest
import torch

from claimlint.backend.attention_patterns import collect_attention
from claimlint.backend.language_model import load_model
from claimlint.backend.prompts import Prompt, prompt_set
from claimlint.backend.sites import LAYOUTS
from claimlint.errors import ClaimlintError
from tests.backend.naive import naive_cache, token_ids
from tests.backend.tiny import ENCODERS, HEADS, LAYERS, random_pairs, tiny_model


@pytest.mark.parametrize("architecture", sorted(set(LAYOUTS) - {"falcon"}))
def test_every_architecture_gives_its_weights(architecture: str) -> None:
    model = load_model(tiny_model(architecture))
    before = model.model.config._attn_implementation
    found = collect_attention(model, random_pairs(), batch_size=3)
    assert found.shape == (4, LAYERS, HEADS, 9, 9)
    total = found.sum(-1)
    if architecture == "gpt_oss":  # its sinks take a share of the attention
        assert bool((total < 1).all())
    else:
        torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=1e-5)
    assert bool(found.triu(1).any()) == (architecture in ENCODERS)
    assert model.model.config._attn_implementation == before


def test_weights_that_the_model_does_not_predict_with_are_refused() -> None:
    with pytest.raises(ClaimlintError, match="look at later tokens"):
        collect_attention(load_model(tiny_model("falcon")), random_pairs())


def test_the_pattern_times_the_values_is_z() -> None:
    model, prompts = load_model(tiny_model("gpt2", torch.float64)), random_pairs()
    block = model.sites.blocks[1]
    cache = naive_cache(model.sites, token_ids(prompts))
    values = block.attn.c_attn(block.ln_1(cache["resid_pre", 1])).chunk(3, dim=-1)[2]
    per_head = values.view(4, 9, HEADS, -1).transpose(1, 2)
    mixed = collect_attention(model, prompts)[:, 1] @ per_head
    torch.testing.assert_close(mixed.transpose(1, 2).reshape(4, 9, -1), cache["z", 1])


def test_prompts_of_different_length_are_refused() -> None:
    prompts = prompt_set([Prompt("a", (5, 6)), Prompt("b", (5, 6, 7))])
    with pytest.raises(ClaimlintError, match="attention patterns over 2 to 3 tokens"):
        collect_attention(load_model(tiny_model("gpt2")), prompts)
