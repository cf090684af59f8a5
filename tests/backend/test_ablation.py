"""Ablation by each replacement against hand-written hooks, and the direct effect against plain algebra."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from claimlint.backend.ablation import AblationKind, ablation, resample_donors
from claimlint.backend.grids import Component, components, joint_sets
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.prompts import Prompt, prompt_set
from claimlint.backend.runs import RunOptions
from claimlint.backend.sites import Site
from claimlint.backend.sweep import NO_SAVINGS
from claimlint.errors import ClaimlintError
from tests.backend.naive import Patch, difference, naive_cache, naive_logits, token_ids
from tests.backend.tiny import HEADS, LAYERS, random_pairs, tiny_model


def model_of(architecture: str = "gpt2") -> LanguageModel:
    return load_model(tiny_model(architecture, torch.float64))


@pytest.mark.parametrize("replacement", ["zero", "mean", "resample"])
def test_every_head_by_every_replacement(replacement: AblationKind) -> None:
    model, prompts = model_of(), random_pairs(n=5)
    found = ablation(model, prompts, components(model.sites, "heads"), replacement=replacement)
    cache = naive_cache(model.sites, token_ids(prompts))
    row_of = {prompt.id: i for i, prompt in enumerate(prompts.prompts)}
    for layer in range(LAYERS):
        for head in range(HEADS):
            features = slice(8 * head, 8 * head + 8)
            z = cache["z", layer][..., features]
            values = {
                "zero": 0.0,
                "mean": z.mean((0, 1)),
                "resample": z[[row_of[id] for id in found.donors]] if found.donors else None,
            }
            index = (slice(None), slice(None), features)
            patch: list[Patch] = [("z", layer, index, values[replacement])]
            expected = difference(naive_logits(model.sites, token_ids(prompts), patch), prompts)
            np.testing.assert_allclose(
                found.patched["logit_difference"][layer * HEADS + head], expected, rtol=0, atol=1e-12
            )
    assert found.shape == (LAYERS, HEADS)
    assert found.replacement == (replacement,)


def test_a_mean_per_position() -> None:
    model, prompts = model_of(), random_pairs(n=5)
    found = ablation(model, prompts, components(model.sites, "mlps"), mean_over="prompts")
    cache = naive_cache(model.sites, token_ids(prompts))
    for layer in range(LAYERS):
        patch: list[Patch] = [("mlp_out", layer, slice(None), cache["mlp_out", layer].mean(0))]
        expected = difference(naive_logits(model.sites, token_ids(prompts), patch), prompts)
        np.testing.assert_allclose(found.patched["logit_difference"][layer], expected, rtol=0, atol=1e-12)


def test_the_mean_is_over_all_prompts_whatever_the_batches() -> None:
    model = model_of("llama")
    prompts = prompt_set(
        Prompt(id=p.id, clean=p.clean[: 9 - i % 3], answers=p.answers)
        for i, p in enumerate(random_pairs(n=6).prompts)
    )
    grid = components(model.sites, "layers")
    results = [
        ablation(model, prompts, grid, options=RunOptions(batch_size=size, pad=pad))
        for size, pad in ((1, False), (32, False), (4, True))
    ]
    for other in results[1:]:
        np.testing.assert_allclose(
            other.patched["logit_difference"], results[0].patched["logit_difference"], rtol=0, atol=1e-12
        )


def test_means_over_one_batch_take_no_pass_of_their_own() -> None:
    model, prompts = model_of(), random_pairs(n=5)
    passes: list[int] = []
    handle = model.sites.blocks[0].register_forward_pre_hook(
        lambda _module, args: passes.append(len(args[0]))
    )

    def made(replacement: AblationKind, batch_size: int) -> int:
        passes.clear()
        options = RunOptions(batch_size=batch_size, savings=NO_SAVINGS)
        ablation(
            model,
            prompts,
            joint_sets(model.sites, [[Site(0, "z", 1)]]),
            replacement=replacement,
            options=options,
        )
        return len(passes)

    made("zero", 5)  # the check of the model's savings has passes of its own
    assert made("zero", 3) + 2 == made("mean", 3)
    assert made("zero", 5) == made("mean", 5)
    handle.remove()


def test_joint_ablation_differs_from_the_sum_of_single_ones() -> None:
    model, prompts = model_of(), random_pairs()
    first, second = Site(0, "z", 1), Site(1, "mlp_out")
    grid = joint_sets(model.sites, [[first], [second], [first, second]])
    found = ablation(model, prompts, grid, replacement="zero")
    patches: list[Patch] = [
        ("z", 0, (slice(None), slice(None), slice(8, 16)), 0.0),
        ("mlp_out", 1, slice(None), 0.0),
    ]
    expected = difference(naive_logits(model.sites, token_ids(prompts), patches), prompts)
    np.testing.assert_allclose(found.patched["logit_difference"][2], expected, rtol=0, atol=1e-12)
    effects = found.mean_effects()
    assert abs(effects[2] - effects[0] - effects[1]) > 1e-3


@pytest.mark.parametrize("architecture", ["gpt2", "gpt_neox", "gemma2"])
@pytest.mark.parametrize("what", ["heads", "mlps", "attentions"])
def test_the_direct_effect_is_the_missing_write_alone(architecture: str, what: Component) -> None:
    """With everything later held, the last stream lacks exactly the ablated write, and only that."""
    model, prompts = model_of(architecture), random_pairs()
    sites = model.sites
    grid = components(sites, what)
    found = ablation(model, prompts, grid, replacement="zero", direct=True)
    assert found.direct is not None
    cache = naive_cache(sites, token_ids(prompts))
    for cell, (site,) in enumerate(grid.cells):
        writes = {}
        kind = "mlp_out" if what == "mlps" else "attn_out"
        writes["before"] = cache[kind, site.layer]
        if what == "mlps":
            writes["after"] = torch.zeros_like(writes["before"])
        else:
            z = cache["z", site.layer].clone()
            z[..., sites.features(site)] = 0
            after = sites.output_projection[site.layer](z)
            norm = sites.attention_write[site.layer]
            writes["after"] = after if norm is sites.output_projection[site.layer] else norm(after)
        stream = cache["resid_post", LAYERS - 1] + writes["after"] - writes["before"]
        logits = sites.unembedding(sites.final_norm(stream))[:, -1]
        if architecture == "gemma2":
            cap = model.model.config.final_logit_softcapping
            logits = torch.tanh(logits / cap) * cap
        np.testing.assert_allclose(
            found.direct["logit_difference"][cell], difference(logits, prompts), rtol=0, atol=1e-12
        )


def test_in_the_last_layer_nothing_is_left_to_repair() -> None:
    model, prompts = model_of(), random_pairs()
    found = ablation(model, prompts, components(model.sites, "mlps"), replacement="zero", direct=True)
    direct, total = found.self_repair(LAYERS - 1)
    assert direct.mean == pytest.approx(total.mean, abs=1e-12)
    direct, total = found.self_repair(0)
    assert abs(direct.mean - total.mean) > 1e-3


def test_donors_are_others_of_the_same_length_and_each_serves_once() -> None:
    prompts = prompt_set(Prompt(str(i), tuple(range(3 + i % 2))) for i in range(12))
    donors = resample_donors(prompts, seed=3)
    lengths = {prompt.id: len(prompt.clean) for prompt in prompts.prompts}
    assert all(id != donor.id and lengths[id] == lengths[donor.id] for id, donor in donors.items())
    assert len({donor.id for donor in donors.values()}) == 12
    assert donors != resample_donors(prompts, seed=4)


def test_the_donor_gives_what_it_has_at_its_own_position_of_that_name() -> None:
    model = model_of()
    prompts = prompt_set(
        Prompt(p.id, p.clean, answers=p.answers, positions={"subject": 1 + i % 3})
        for i, p in enumerate(random_pairs(n=5).prompts)
    )
    where = torch.tensor([prompt.positions["subject"] for prompt in prompts.prompts])
    found = ablation(
        model,
        prompts,
        joint_sets(model.sites, [[Site(1, "mlp_out", None, "subject")]]),
        replacement="resample",
    )
    rows = torch.arange(5)
    donors = torch.tensor([[p.id for p in prompts.prompts].index(id) for id in found.donors])
    value = naive_cache(model.sites, token_ids(prompts))["mlp_out", 1][donors, where[donors]]
    patch: list[Patch] = [("mlp_out", 1, (rows, where), value)]
    expected = difference(naive_logits(model.sites, token_ids(prompts), patch), prompts)
    np.testing.assert_allclose(found.patched["logit_difference"][0], expected, rtol=0, atol=1e-12)


def test_a_prompt_without_a_donor_is_named() -> None:
    prompts = prompt_set([Prompt("a", (5, 6), answers=(1, 2)), Prompt("b", (5,), answers=(1, 2))])
    model = model_of()
    with pytest.raises(ClaimlintError, match="prompt 'a': no other prompt has its 2 tokens"):
        ablation(model, prompts, components(model.sites, "mlps"), replacement="resample")


def test_a_mean_per_position_needs_one_length() -> None:
    prompts = prompt_set([Prompt("a", (5, 6), answers=(1, 2)), Prompt("b", (5,), answers=(1, 2))])
    model = model_of()
    with pytest.raises(ClaimlintError, match="a mean per position"):
        ablation(model, prompts, components(model.sites, "mlps"), mean_over="prompts")
