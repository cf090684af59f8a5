"""The natural effects are the crossed runs that their names say, and add up as they must."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from claimlint.backend.causal_mediation import causal_mediation
from claimlint.backend.grids import components, joint_sets
from claimlint.backend.language_model import load_model
from claimlint.backend.sites import Site
from tests.backend.naive import difference, naive_cache, naive_logits, token_ids
from tests.backend.tiny import HEADS, LAYERS, random_pairs, tiny_model


def test_the_effects_are_the_crossed_runs_and_add_up() -> None:
    model, prompts = load_model(tiny_model("gpt2", torch.float64)), random_pairs(n=6)
    found = causal_mediation(model, prompts, components(model.sites, "heads"))
    clean, corrupted = token_ids(prompts), token_ids(prompts, "corrupted")
    states = {"clean": naive_cache(model.sites, clean), "corrupted": naive_cache(model.sites, corrupted)}
    treated = difference(naive_logits(model.sites, clean, []), prompts).numpy()
    control = difference(naive_logits(model.sites, corrupted, []), prompts).numpy()
    for cell in (0, 5, LAYERS * HEADS - 1):
        layer, head = divmod(cell, HEADS)
        index = (slice(None), slice(None), slice(8 * head, 8 * head + 8))
        crossed = {
            (name, other): difference(
                naive_logits(model.sites, ids, [("z", layer, index, states[other]["z", layer][index])]),
                prompts,
            ).numpy()
            for name, ids, other in (("control", corrupted, "clean"), ("treated", clean, "corrupted"))
        }
        effects = found.effects(cell)
        expected = {
            "te": treated - control,
            "pnie": crossed["control", "clean"] - control,
            "tnde": treated - crossed["control", "clean"],
            "pnde": crossed["treated", "corrupted"] - control,
            "tnie": treated - crossed["treated", "corrupted"],
        }
        for name, value in expected.items():
            np.testing.assert_allclose(effects[name], value, rtol=0, atol=1e-12)
        np.testing.assert_allclose(effects["te"], effects["pnde"] + effects["tnie"], atol=1e-12)
        np.testing.assert_allclose(effects["te"], effects["tnde"] + effects["pnie"], atol=1e-12)
        np.testing.assert_allclose(
            effects["interaction"], effects["te"] - effects["pnde"] - effects["pnie"], atol=1e-12
        )
        assert found.decomposition(cell).te.mean == pytest.approx((treated - control).mean())


def test_a_mediator_that_carries_everything_leaves_no_direct_effect() -> None:
    model, prompts = load_model(tiny_model("llama", torch.float64)), random_pairs()
    everything = joint_sets(model.sites, [[Site(1, "resid_pre")]])
    decomposition = causal_mediation(model, prompts, everything).decomposition(0)
    assert decomposition.pnde.mean == pytest.approx(0, abs=1e-12)
    assert decomposition.pnde.unchanged == 1
    assert decomposition.tnie.mean == pytest.approx(decomposition.te.mean)
    assert decomposition.interaction.unchanged == 1
