"""Activation patching against hand-written hooks, cell by cell and prompt by prompt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from claimlint.backend.activation_patching import activation_patching, patch_cells, patched_activations
from claimlint.backend.grids import joint_sets
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.metrics import METRICS
from claimlint.backend.prompts import Prompt, PromptSet, prompt_set
from claimlint.backend.runs import RunOptions
from claimlint.backend.sites import Site
from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import Direction
from claimlint.evidence.statistics import FloatArray
from tests.backend.naive import naive_cache, naive_logits, token_ids
from tests.backend.tiny import HEADS, LAYERS, random_pairs, tiny_model


def gpt2() -> LanguageModel:
    return load_model(tiny_model("gpt2", torch.float64))


def naive_effects(
    model: LanguageModel, prompts: PromptSet, direction: Direction, cells: list[list[tuple[str, int, Any]]]
) -> FloatArray:
    """Logit difference of every cell ``[cells, prompts]``, one prompt at a time."""
    rows = []
    for prompt in prompts.prompts:
        clean, corrupted = torch.tensor([prompt.clean]), torch.tensor([prompt.corrupted])
        base, donor = (corrupted, clean) if direction == "denoising" else (clean, corrupted)
        cache = naive_cache(model.sites, donor)
        right, wrong = prompt.answers or (0, 0)
        row = []
        for cell in cells:
            patches = [(kind, layer, index, cache[kind, layer][index]) for kind, layer, index in cell]
            logits = naive_logits(model.sites, base, patches)[0]
            row.append(float(logits[right] - logits[wrong]))
        rows.append(row)
    return np.array(rows).T


@pytest.mark.parametrize("direction", ["denoising", "noising"])
def test_residual_by_layer_and_position(direction: Direction) -> None:
    model, prompts = gpt2(), random_pairs()
    found = activation_patching(model, prompts, positions="each", direction=direction)
    cells: list[Any] = [
        [("resid_pre", layer, (slice(None), position))] for layer in range(LAYERS) for position in range(9)
    ]
    expected = naive_effects(model, prompts, direction, cells)
    np.testing.assert_allclose(found.patched["logit_difference"], expected, rtol=0, atol=1e-12)
    assert found.shape == (LAYERS, 9)
    assert found.axes[1] == ("position", tuple(range(9)))


def test_heads_and_windows_of_mlps() -> None:
    model, prompts = gpt2(), random_pairs()
    heads = activation_patching(model, prompts, kind="z", heads="each")
    expected = naive_effects(
        model,
        prompts,
        "denoising",
        [
            [("z", layer, (slice(None), slice(None), slice(8 * head, 8 * head + 8)))]
            for layer in range(LAYERS)
            for head in range(HEADS)
        ],
    )
    np.testing.assert_allclose(heads.patched["logit_difference"], expected, rtol=0, atol=1e-12)
    windows = activation_patching(model, prompts, kind="mlp_out", positions=[2], window=3)
    index = (slice(None), 2)
    expected = naive_effects(
        model,
        prompts,
        "denoising",
        [[("mlp_out", at, index) for at in layers] for layers in ((0, 1), (0, 1, 2), (1, 2))],
    )
    np.testing.assert_allclose(windows.patched["logit_difference"], expected, rtol=0, atol=1e-12)


def test_the_whole_first_stream_restores_everything() -> None:
    result = activation_patching(gpt2(), random_pairs(n=12), layers=[0])
    recovery = result.recovery(0)
    assert recovery.share == pytest.approx(1)
    assert result.donor is not None
    np.testing.assert_allclose(
        result.patched["logit_difference"][0], result.donor["logit_difference"], atol=1e-12
    )


def test_pairs_that_do_not_differ_recover_nothing_and_cost_nothing() -> None:
    prompts = prompt_set(
        Prompt(id=p.id, clean=p.clean, corrupted=p.clean, answers=p.answers) for p in random_pairs().prompts
    )
    result = activation_patching(gpt2(), prompts, positions="each")
    assert result.recovery(5).share is None
    assert result.pruned == LAYERS * 9
    assert result.summary(5).unchanged == 1


def mixed_lengths() -> PromptSet:
    return prompt_set(
        Prompt(
            id=p.id,
            clean=p.clean[: 9 - i % 3],
            corrupted=(p.corrupted or ())[: 9 - i % 3],
            answers=p.answers,
            positions={"changed": 2},
        )
        for i, p in enumerate(random_pairs(n=7).prompts)
    )


@pytest.mark.parametrize("pad", [False, True])
def test_prompts_of_different_length_keep_their_order(pad: bool) -> None:
    model, prompts = gpt2(), mixed_lengths()
    found = activation_patching(
        model, prompts, positions=["changed", -1], options=RunOptions(batch_size=2, pad=pad)
    )
    cells: list[Any] = [
        [("resid_pre", layer, (slice(None), position))] for layer in range(LAYERS) for position in (2, -1)
    ]
    expected = naive_effects(model, prompts, "denoising", cells)
    np.testing.assert_allclose(found.patched["logit_difference"], expected, rtol=0, atol=1e-12)
    assert found.prompt_ids == tuple(f"p{i}" for i in range(7))


def test_every_position_of_different_lengths_is_refused() -> None:
    with pytest.raises(ClaimlintError, match="every position, over 7 to 9 tokens"):
        activation_patching(gpt2(), mixed_lengths(), positions="each")


def test_joint_sets_are_one_intervention() -> None:
    model, prompts = gpt2(), random_pairs()
    pair = [Site(0, "z", 1), Site(1, "z", 2)]
    result = patch_cells(model, prompts, joint_sets(model.sites, [pair, pair[:1]]))
    expected = naive_effects(
        model,
        prompts,
        "denoising",
        [
            [
                ("z", 0, (slice(None), slice(None), slice(8, 16))),
                ("z", 1, (slice(None), slice(None), slice(16, 24))),
            ],
            [("z", 0, (slice(None), slice(None), slice(8, 16)))],
        ],
    )
    np.testing.assert_allclose(result.patched["logit_difference"], expected, rtol=0, atol=1e-12)
    assert result.axes == (("set", ("L0H1.z + L1H2.z", "L0H1.z")),)


def test_several_metrics_come_from_one_run() -> None:
    prompts = random_pairs()
    options = RunOptions(metrics=(METRICS["kl_divergence"], METRICS["probability"]))
    result = activation_patching(gpt2(), prompts, layers=[0], options=options)
    assert set(result.patched) == {"kl_divergence", "probability", "logit_difference"}
    np.testing.assert_allclose(result.patched["kl_divergence"][0], 0, atol=1e-12)
    assert (result.base["kl_divergence"] > 0).all()
    assert result.main_metric == "kl_divergence"
    assert result.summary(0).mean < 0
    assert result.summary(0).helped == 1  # coming nearer to the clean run is what helps


def test_a_patched_run_can_be_read_downstream() -> None:
    model, prompts = gpt2(), random_pairs()
    found = patched_activations(model, prompts, [Site(0, "z", 1)], Site(2, "resid_post", position=-1))
    donor = naive_cache(model.sites, token_ids(prompts, "corrupted"))["z", 0]
    index = (slice(None), slice(None), slice(8, 16))
    patched = naive_cache(model.sites, token_ids(prompts), [("z", 0, index, donor[index])])
    np.testing.assert_allclose(found, patched["resid_post", 2][:, -1], rtol=0, atol=1e-12)
    with pytest.raises(ClaimlintError, match="no position"):
        patched_activations(model, prompts, [Site(0, "z", 1)], Site(2, "resid_post"))


def test_numbers_that_are_not_finite_name_the_prompt() -> None:
    model = load_model(tiny_model("llama", torch.float64))
    weight = model.sites.unembedding.weight
    token = (random_pairs().prompts[2].answers or (0, 0))[0]
    kept = weight[token].clone()
    weight[token] = float("nan")
    try:
        with pytest.raises(ClaimlintError, match="not a finite number for") as error:
            activation_patching(model, random_pairs(), layers=[0])
    finally:
        weight[token] = kept
    assert "'p2'" in error.value.what


def test_a_window_of_no_layers_is_refused() -> None:
    with pytest.raises(ClaimlintError, match="window 0"):
        activation_patching(gpt2(), random_pairs(), window=0)
