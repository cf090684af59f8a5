"""Collected activations are the model's own, in the order of the prompts."""

from __future__ import annotations

import pytest
import torch

from claimlint.backend.capture import collect
from claimlint.backend.language_model import load_model, random_initialised
from claimlint.backend.prompts import Prompt, prompt_set
from claimlint.backend.sites import KINDS, LAYOUTS, Site
from claimlint.errors import ClaimlintError
from tests.backend.tiny import ENCODERS, HEADS, LAYERS, WIDTH, random_pairs, tiny_model


@pytest.mark.parametrize("architecture", sorted(set(LAYOUTS) - set(ENCODERS)))
def test_the_stream_plus_the_writes_is_the_next_stream(architecture: str) -> None:
    model = load_model(tiny_model(architecture))
    sites = [Site(layer, kind) for layer in range(LAYERS) for kind in KINDS]
    found = collect(model, random_pairs(), sites, batch_size=3)
    for layer in range(LAYERS):
        stream, out, attention, mlp = (
            found[Site(layer, kind)] for kind in ("resid_pre", "resid_post", "attn_out", "mlp_out")
        )
        torch.testing.assert_close(out, stream + attention + mlp, rtol=1e-4, atol=1e-4)
        if layer:
            assert torch.equal(stream, found[Site(layer - 1, "resid_post")])
        assert found[Site(layer, "z")].shape == (4, 9, HEADS * model.sites.head_dim)


@pytest.mark.parametrize("architecture", ["bert", "roberta"])
def test_an_encoder_normalises_the_stream_after_each_write(architecture: str) -> None:
    model = load_model(tiny_model(architecture))
    sites = [Site(layer, kind) for layer in range(LAYERS) for kind in KINDS]
    found = collect(model, random_pairs(), sites, batch_size=3)
    for layer, block in enumerate(model.sites.blocks):
        stream, out, attention, mlp = (
            found[Site(layer, kind)] for kind in ("resid_pre", "resid_post", "attn_out", "mlp_out")
        )
        middle = block.attention.output.LayerNorm(stream + attention)
        torch.testing.assert_close(out, block.output.LayerNorm(middle + mlp), rtol=1e-4, atol=1e-4)


def test_gpt2_streams_equal_the_models_own_hidden_states() -> None:
    model = load_model(tiny_model("gpt2"))
    prompts = random_pairs()
    ids = torch.tensor([prompt.clean for prompt in prompts.prompts])
    hidden = model.model(ids, output_hidden_states=True).hidden_states
    found = collect(model, prompts, [Site(layer, "resid_pre") for layer in range(LAYERS)])
    for layer in range(LAYERS):
        assert torch.equal(found[Site(layer, "resid_pre")], hidden[layer])


@pytest.mark.parametrize("architecture", ["gpt2", "gpt_neox", "llama", "gemma2", "opt", "bloom"])
def test_padding_does_not_change_what_is_read(architecture: str) -> None:
    """Prompts of different length, padded into one batch, give what each gives alone, in the given order."""
    model = load_model(tiny_model(architecture))
    drawn = random_pairs().prompts
    prompts = prompt_set(Prompt(id=p.id, clean=p.clean[: 9 - 2 * i]) for i, p in enumerate(drawn[:3]))
    sites = [Site(2, "resid_post", position=-1), Site(1, "z", head=2, position=1)]
    padded = collect(model, prompts, sites, pad=True)
    alone = collect(model, prompts, sites, batch_size=1)
    for site in sites:
        torch.testing.assert_close(padded[site], alone[site], rtol=1e-4, atol=1e-5)


def test_encoders_are_not_padded() -> None:
    prompts = prompt_set([Prompt("a", (5, 6)), Prompt("b", (5, 6, 7))])
    model, site = load_model(tiny_model("roberta")), Site(0, "z", position=-1)
    with pytest.raises(ClaimlintError, match="padded at the left"):
        collect(model, prompts, [site], pad=True)
    assert len(collect(model, prompts, [site])[site]) == 2


def test_all_positions_of_prompts_of_different_length_are_refused() -> None:
    prompts = prompt_set([Prompt("a", (5, 6)), Prompt("b", (5, 6, 7))])
    with pytest.raises(ClaimlintError, match="all positions of prompts with 2 to 3 tokens"):
        collect(load_model(tiny_model("gpt2")), prompts, [Site(0, "z")])


def test_the_corrupted_prompts_can_be_read_too() -> None:
    model = load_model(tiny_model("gpt2"))
    site = Site(0, "resid_pre")
    difference = (
        collect(model, random_pairs(), [site])[site]
        - collect(model, random_pairs(), [site], source="corrupted")[site]
    )
    assert difference.abs().sum((0, 2)).nonzero().flatten().tolist() == [2, 6]


def test_a_random_initialised_model_is_reproducible_and_another() -> None:
    model = load_model(tiny_model("gpt2"))
    first, again, other = (random_initialised(model, seed) for seed in (0, 0, 1))
    assert first.digest == again.digest
    assert len({model.digest, first.digest, other.digest}) == 3
    assert first.sites.d_model == WIDTH


def test_a_model_is_read_from_a_folder(tmp_path: object) -> None:
    model = load_model(tiny_model("gpt2"))
    model.model.save_pretrained(tmp_path)
    assert load_model(tmp_path).digest == model.digest


def test_a_folder_without_weights_is_refused(tmp_path: object) -> None:
    tiny_model("gpt2").config.save_pretrained(tmp_path)
    with pytest.raises(ClaimlintError, match="model"):
        load_model(tmp_path)


@pytest.mark.parametrize("device", ["cuda", "abacus"])
def test_a_device_that_is_not_there_is_named(device: str) -> None:
    if device == "cuda" and torch.cuda.is_available():
        device = "cuda:99"
    with pytest.raises(ClaimlintError, match=f"device '{device}'"):
        load_model(tiny_model("gpt2"), device=device)


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (Prompt("a", tuple(range(3, 68))), "has 65 tokens, and the model has 64 positions"),
        (Prompt("a", (5, 97)), "token id 97 is not among the model's 97"),
        (Prompt("a", (5, 6), answers=(3, 500)), "token id 500"),
    ],
)
def test_a_prompt_that_the_model_cannot_read_is_named(prompt: Prompt, message: str) -> None:
    with pytest.raises(ClaimlintError, match=message):
        collect(load_model(tiny_model("gpt2")), prompt_set([prompt]), [Site(0, "z", position=-1)])
