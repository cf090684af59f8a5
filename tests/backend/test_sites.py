"""The sites of every architecture are the right modules: their writes add up to what the block adds."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import transformers
from torch import nn

from claimlint.backend.sites import LAYOUTS, Site, identity_residue, parse_site, resolve
from claimlint.errors import ClaimlintError
from tests.backend.tiny import ENCODERS, HEADS, LAYERS, WIDTH, tiny_model


@pytest.mark.parametrize("architecture", sorted(LAYOUTS))
def test_every_architecture_satisfies_the_residual_identity(architecture: str) -> None:
    sites = resolve(tiny_model(architecture))
    assert sites.n_layers == LAYERS
    assert identity_residue(sites) < 1e-5


@pytest.mark.parametrize("architecture", sorted(LAYOUTS))
def test_z_is_what_the_output_projection_reads(architecture: str) -> None:
    """A head's slice has the head's width: 16 where the config sets head_dim, else width / heads."""
    sites = resolve(tiny_model(architecture))
    expected = 16 if architecture in {"qwen3", "gemma", "gemma2", "gemma3_text"} else WIDTH // HEADS
    assert sites.head_dim == expected
    assert sites.width(Site(0, "z")) == HEADS * expected
    assert sites.features(Site(0, "z", head=1)) == slice(expected, 2 * expected)


def test_a_wrong_module_is_refused() -> None:
    """Gemma 2 writes through a post-norm, so the bare projections are not its writes."""
    sites = resolve(tiny_model("gemma2"))
    wrong = dataclasses.replace(sites, attention_write=sites.output_projection)
    assert identity_residue(wrong) > 0.01


def test_an_unlisted_type_with_a_known_layout_is_recognised() -> None:
    model = tiny_model("llama")
    model.config.model_type = "new_llama_relative"
    try:
        assert resolve(model).layout == LAYOUTS["llama"]
    finally:
        model.config.model_type = "llama"


def test_an_unknown_architecture_says_what_was_looked_for() -> None:
    class Config:
        model_type = "oddity"

        def get_text_config(self) -> Config:
            return self

    model = nn.Linear(2, 2)
    model.config = Config()
    model.dtype = torch.float32
    with pytest.raises(ClaimlintError) as error:
        resolve(model)
    assert "oddity" in error.value.what
    assert "model.layers" in error.value.why
    assert "gpt2" in error.value.fix


@pytest.mark.parametrize("architecture", sorted(LAYOUTS))
def test_encoders_are_known_by_what_they_see(architecture: str) -> None:
    """Measured, not looked up: one class of transformers serves as encoder and as decoder."""
    assert resolve(tiny_model(architecture)).causal == (architecture not in ENCODERS)


def test_a_bert_that_sees_no_later_tokens_predicts_the_next_one() -> None:
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    config.is_decoder = True
    assert resolve(transformers.BertLMHeadModel(config).eval()).causal


@pytest.mark.parametrize(
    ("site", "message"),
    [
        (Site(9, "z"), "layer 9"),
        (Site(0, "z", head=7), "head 7"),
        (Site(0, "mlp_out", head=1), "head 1"),
        (Site(0, "mlp"), "unknown kind 'mlp'. Did you mean 'mlp_out'?"),  # type: ignore[arg-type]
    ],
)
def test_a_site_that_does_not_exist_is_named(site: Site, message: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        resolve(tiny_model("gpt2")).require([site])
    assert message in error.value.what


def test_sites_print_in_the_usual_notation() -> None:
    assert str(Site(8, "z", head=3, position=-1)) == "L8H3.z@-1"
    assert str(Site(0, "resid_pre")) == "L0.resid_pre"


@pytest.mark.parametrize(
    "site",
    [
        Site(8, "z", 3, -1),
        Site(0, "resid_pre"),
        Site(11, "mlp_out", position="subject"),
        Site(2, "z", position=4),
    ],
)
def test_a_site_is_read_back_from_its_notation(site: Site) -> None:
    assert parse_site(str(site)) == site


@pytest.mark.parametrize("text", ["8.3", "L8H3", "L8.mlp", "l8.z", "L8H3.z@"])
def test_other_notations_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        parse_site(text)
    assert "L8H3.z@-1" in error.value.why


def test_half_precision_passes_its_own_self_check() -> None:
    assert resolve(tiny_model("gpt2", torch.bfloat16)).n_layers == LAYERS
