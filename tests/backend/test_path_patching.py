"""A path carries what algebra says: the sender's change, through the named nodes and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.path_patching import path_patching
from claimlint.backend.prompts import PromptSet
from claimlint.backend.sites import Site
from claimlint.errors import ClaimlintError
from tests.backend.naive import Patch, difference, naive_cache, naive_logits, token_ids
from tests.backend.tiny import HEADS, LAYERS, random_pairs, tiny_model

SENDER = Site(0, "z", 1)


def gpt2() -> LanguageModel:
    return load_model(tiny_model("gpt2", torch.float64))


def sender_change(model: LanguageModel, prompts: PromptSet) -> Tensor:
    """What head 0.1 writes into the stream in the clean run, minus in the corrupted one."""
    clean = naive_cache(model.sites, token_ids(prompts))["z", 0]
    corrupted = naive_cache(model.sites, token_ids(prompts, "corrupted"))["z", 0]
    patched = corrupted.clone()
    patched[..., 8:16] = clean[..., 8:16]
    project = model.sites.output_projection[0]
    return project(patched) - project(corrupted)


def test_the_direct_path_to_the_logits() -> None:
    model, prompts = gpt2(), random_pairs()
    found = path_patching(model, prompts, [SENDER])
    stream = naive_cache(model.sites, token_ids(prompts, "corrupted"))["resid_post", LAYERS - 1]
    logits = model.sites.unembedding(model.sites.final_norm(stream + sender_change(model, prompts)))[:, -1]
    np.testing.assert_allclose(
        found.patched["logit_difference"][0], difference(logits, prompts), rtol=0, atol=1e-12
    )
    assert found.axes == (("receiver", ("logits",)), ("sender", ("L0H1.z",)))


def test_the_direct_path_to_an_mlp_and_to_a_head() -> None:
    model, prompts = gpt2(), random_pairs()
    mlp, head = Site(2, "mlp_out"), Site(2, "z", 3)
    found = path_patching(model, prompts, [SENDER, Site(1, "mlp_out")], [mlp, head])
    ids = token_ids(prompts, "corrupted")
    base = naive_cache(model.sites, ids)
    stream = base["resid_pre", 2] + sender_change(model, prompts)
    block = model.sites.blocks[2]
    written = block.mlp(block.ln_2(stream + base["attn_out", 2]))
    arrived = naive_cache(model.sites, ids, [("resid_pre", 2, slice(None), stream)])["z", 2]
    index = (slice(None), slice(None), slice(24, 32))
    second: list[Patch] = [("mlp_out", 2, slice(None), written), ("z", 2, index, arrived[index])]
    for receiver, patch in enumerate(second):
        expected = difference(naive_logits(model.sites, ids, [patch]), prompts)
        np.testing.assert_allclose(
            found.patched["logit_difference"][2 * receiver], expected, rtol=0, atol=1e-12
        )
    assert found.shape == (2, 2)


def test_through_chosen_nodes_the_change_goes_on() -> None:
    """With every MLP free only the heads are held, as in the original recipe."""
    model, prompts = gpt2(), random_pairs()
    mlps = [Site(layer, "mlp_out") for layer in range(LAYERS)]
    found = path_patching(model, prompts, [SENDER], through=[*mlps, Site(2, "z", 0)])
    ids = token_ids(prompts, "corrupted")
    base, clean = naive_cache(model.sites, ids), naive_cache(model.sites, token_ids(prompts))
    held: list[Patch] = []
    for layer in range(LAYERS):
        for head in range(HEADS):
            index = (slice(None), slice(None), slice(8 * head, 8 * head + 8))
            source = clean if (layer, head) == (0, 1) else base
            if (layer, head) != (2, 0):
                held.append(("z", layer, index, source["z", layer][index]))
    expected = difference(naive_logits(model.sites, ids, held), prompts)
    np.testing.assert_allclose(found.patched["logit_difference"][0], expected, rtol=0, atol=1e-12)


def test_with_everything_free_a_path_is_plain_patching() -> None:
    model, prompts = gpt2(), random_pairs()
    everything = [Site(layer, kind) for layer in range(LAYERS) for kind in ("z", "mlp_out")]
    found = path_patching(model, prompts, [SENDER], through=everything, direction="noising")
    corrupted = naive_cache(model.sites, token_ids(prompts, "corrupted"))["z", 0]
    index = (slice(None), slice(None), slice(8, 16))
    # The sender's own layer is free too, so its other heads are left to the run.
    expected = difference(
        naive_logits(model.sites, token_ids(prompts), [("z", 0, index, corrupted[index])]), prompts
    )
    np.testing.assert_allclose(found.patched["logit_difference"][0], expected, rtol=0, atol=1e-12)


def test_a_receiver_before_its_sender_is_refused() -> None:
    with pytest.raises(ClaimlintError, match="does not come after the sender"):
        path_patching(gpt2(), random_pairs(), [Site(1, "mlp_out")], [Site(1, "z", 0)])


def test_a_stream_is_no_node_of_a_path() -> None:
    with pytest.raises(ClaimlintError, match="kind 'resid_pre'"):
        path_patching(gpt2(), random_pairs(), [SENDER], [Site(1, "resid_pre")])
