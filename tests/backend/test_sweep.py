"""The engine gives what naive hooks give, on every architecture and with every saving on or off."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from claimlint.backend.interventions import Edit, Intervention
from claimlint.backend.language_model import load_model
from claimlint.backend.metrics import METRICS, metric_named
from claimlint.backend.prompts import Batch, Prompt, make_batch, prompt_set
from claimlint.backend.sites import KINDS, LAYOUTS, Kind, Site, SiteMap
from claimlint.backend.sweep import NO_SAVINGS, Savings, SweepEngine
from claimlint.errors import ClaimlintError
from tests.backend.naive import Patch, naive_cache, naive_logits
from tests.backend.tiny import ENCODERS, HEADS, LAYERS, MASKED, random_pairs, tiny_model

LENGTH = 9


def design(
    sites: SiteMap, donor: dict[tuple[str, int], Tensor]
) -> tuple[list[Intervention], list[list[Patch]]]:
    """A bit of everything, as the engine's interventions and as naive patches."""
    interventions: list[Intervention] = []
    patches: list[list[Patch]] = []

    def add(*edits: tuple[Site, Tensor, Patch]) -> None:
        interventions.append(tuple(Edit(site, value) for site, value, _ in edits))
        patches.append([patch for _, _, patch in edits])

    def at(kind: Kind, layer: int, position: int | None, head: int | None) -> tuple[Site, Tensor, Patch]:
        features = slice(None) if head is None else slice(head * sites.head_dim, (head + 1) * sites.head_dim)
        columns = slice(None) if position is None else position
        value = donor[kind, layer][:, columns, features]
        return (
            Site(layer, kind, head, position),
            value,
            (kind, layer, (slice(None), columns, features), value),
        )

    for layer in range(LAYERS):
        for position in (0, 4, LENGTH - 1):
            add(at("resid_pre", layer, position, None))
            add(at("mlp_out", layer, position, None))
        add(at("attn_out", layer, None, None))
        add(at("resid_post", layer, 6, None))
        for head in range(HEADS):
            add(at("z", layer, None, head))
        zero = torch.zeros((), dtype=donor["z", 0].dtype)
        whole = (slice(None), slice(None), slice(0, sites.head_dim))
        add((Site(layer, "z", 0), zero, ("z", layer, whole, 0.0)))
    add(at("z", 0, None, 1), at("mlp_out", 1, 4, None), at("z", 2, LENGTH - 1, 3))
    return interventions, patches


def batch_of_pairs(**kwargs: Any) -> Batch:
    prompts = random_pairs(**kwargs)
    return make_batch(prompts, range(len(prompts)))


def logit_difference(logits: Tensor, batch: Batch) -> Tensor:
    assert batch.answers is not None
    picked = logits.gather(1, batch.answers)
    return picked[:, 0] - picked[:, 1]


@cache
def naive(architecture: str, dtype: torch.dtype, n: int) -> tuple[list[Intervention], Tensor]:
    """The design's interventions and what hand-written hooks give ``[cells, prompts]``."""
    model = load_model(tiny_model(architecture, dtype))
    batch = batch_of_pairs(n=n, length=LENGTH)
    assert batch.corrupted is not None
    interventions, patches = design(model.sites, naive_cache(model.sites, batch.clean))
    at = MASKED if architecture in ENCODERS else -1
    logits = [naive_logits(model.sites, batch.corrupted, patch, at) for patch in patches]
    return interventions, torch.stack([logit_difference(one, batch) for one in logits])


def both(architecture: str, savings: Savings, dtype: torch.dtype, n: int = 3) -> tuple[Tensor, Tensor]:
    """(engine, naive), each ``[cells, prompts]``."""
    interventions, expected = naive(architecture, dtype, n)
    model = load_model(tiny_model(architecture, dtype))
    batch = batch_of_pairs(n=n, length=LENGTH)
    assert batch.corrupted is not None
    engine = SweepEngine(model, batch, [METRICS["logit_difference"]], savings, tokens_per_forward=200)
    base = engine.base_run(batch.corrupted, KINDS)
    return engine.sweep(base, interventions).metrics["logit_difference"], expected


@pytest.mark.parametrize("architecture", sorted(LAYOUTS))
def test_every_architecture_equals_naive_hooks(architecture: str) -> None:
    # Whatever the model's precision, GPT-Neo and GPT-J multiply queries and keys in float32.
    allowed = 1e-6 if architecture in {"gpt_neo", "gptj"} else 1e-12
    found, expected = both(architecture, Savings(), torch.float64)
    assert float(expected.std()) > 0.05
    torch.testing.assert_close(found, expected, rtol=0, atol=allowed * float(expected.abs().max()))


@pytest.mark.parametrize("architecture", sorted(LAYOUTS))
def test_no_example_is_off_by_twice_what_float32_is_off_by(architecture: str) -> None:
    """The largest distance from float64, over prompts and cells, of plain hooks in float32 is the measure."""
    _, truth = naive(architecture, torch.float64, 3)
    found, plain = both(architecture, Savings(), torch.float32)
    assert float((found - truth).abs().max()) <= 2 * float((plain - truth).abs().max())


@pytest.mark.parametrize("saving", [field.name for field in dataclasses.fields(Savings)])
@pytest.mark.parametrize("architecture", ["gpt2", "bloom", "gemma2", "bert"])
def test_each_saving_alone_and_all_but_it_give_the_same_numbers(architecture: str, saving: str) -> None:
    alone = dataclasses.replace(NO_SAVINGS, **{saving: True})
    without = dataclasses.replace(Savings(), **{saving: False})
    for savings in (alone, without):
        found, expected = both(architecture, savings, torch.float64)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "gpt_neox"])
def test_float32_means_are_within_2e_6(architecture: str) -> None:
    found, expected = both(architecture, Savings(), torch.float32)
    assert float((found.mean(1) - expected.mean(1)).abs().max()) < 2e-6


@pytest.mark.parametrize("n", [1, HEADS, LENGTH])
def test_batch_sizes_that_equal_other_axes_are_not_confused_with_them(n: int) -> None:
    for architecture in ("gpt2", "bloom", "llama"):
        found, expected = both(architecture, Savings(), torch.float64, n=n)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("architecture", ["gpt2", "gpt_neox", "llama", "gemma2", "bloom", "opt"])
def test_padded_prompts_give_what_each_gives_alone(architecture: str) -> None:
    # Gemma 2 and BLOOM turn a float64 mask into -inf in their float32 softmax: padding needs float32 there.
    double = architecture not in {"gemma2", "bloom"}
    model = load_model(tiny_model(architecture, torch.float64 if double else torch.float32))
    drawn = random_pairs(n=3, changed=(2, 3)).prompts
    prompts = prompt_set(
        Prompt(
            id=p.id,
            clean=p.clean[: 9 - 2 * i],
            corrupted=(p.corrupted or ())[: 9 - 2 * i],
            answers=p.answers,
        )
        for i, p in enumerate(drawn)
    )
    sites = [Site(0, "resid_pre", position=2), Site(1, "z", 2), Site(2, "mlp_out", position=-1)]

    def effects(rows: list[int]) -> Tensor:
        batch = make_batch(prompts, rows)
        assert batch.corrupted is not None
        engine = SweepEngine(model, batch, [METRICS["logit_difference"]])
        donor = engine.base_run(batch.clean, KINDS).activations
        interventions = []
        for site in sites:
            value = donor[site.kind, site.layer][..., model.sites.features(site)]
            columns = batch.locate(site.position)
            picked = value if columns is None else value[torch.arange(len(rows)), columns]
            interventions.append((Edit(site, picked),))
        return engine.sweep(engine.base_run(batch.corrupted, KINDS), interventions).metrics[
            "logit_difference"
        ]

    together = effects([0, 1, 2])
    alone = torch.cat([effects([i]) for i in range(3)], dim=1)
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-12 if double else 1e-5)


def test_cells_that_change_nothing_are_not_run() -> None:
    model = load_model(tiny_model("gpt2"))
    batch = batch_of_pairs()
    engine = SweepEngine(model, batch, [METRICS["logit_difference"]])
    base = engine.base_run(batch.clean, ["z"])
    forwards = engine.forwards
    same = [(Edit(Site(layer, "z"), base.activations["z", layer]),) for layer in range(LAYERS)]
    found = engine.sweep(base, same).metrics["logit_difference"]
    assert engine.forwards == forwards
    assert engine.pruned == LAYERS
    assert torch.equal(found, engine.score(base.logits, base.logits)["logit_difference"].expand_as(found))


def test_many_cells_share_a_forward_pass() -> None:
    model = load_model(tiny_model("gpt2"))
    batch = batch_of_pairs(n=2, length=8)
    cells = [(Edit(Site(layer, "z", head), torch.zeros(())),) for layer in range(3) for head in range(4)]
    engine = SweepEngine(model, batch, [METRICS["logit_difference"]], tokens_per_forward=64)
    base = engine.base_run(batch.clean)
    engine.sweep(base, cells)
    assert engine.forwards == 1 + 3


@pytest.mark.parametrize("kind", ["z", "attn_out", "mlp_out"])
def test_cells_that_leave_the_stream_alone_skip_the_attention_of_their_layer(kind: Kind) -> None:
    model = load_model(tiny_model("gpt2"))
    batch = batch_of_pairs(n=2, length=8)
    cells = [(Edit(Site(1, kind, position=at), torch.zeros(())),) for at in range(4)]
    rows: list[list[int]] = [[], []]
    handles = [
        model.sites.blocks[layer].attn.c_attn.register_forward_pre_hook(
            lambda _module, args, seen=seen: seen.append(len(args[0]))
        )
        for layer, seen in zip((1, 2), rows, strict=True)
    ]

    def attending(savings: Savings) -> list[int]:
        engine = SweepEngine(model, batch, [METRICS["logit_difference"]], savings)
        base = engine.base_run(batch.clean, [kind])
        for seen in rows:
            seen.clear()
        engine.sweep(base, cells)
        return [sum(seen) for seen in rows]

    # One cell's rows are run in vain: not every attention can do with none.
    assert attending(Savings()) == [2, 8]
    assert attending(Savings(attention_reuse=False)) == [8, 8]
    for handle in handles:
        handle.remove()


@pytest.mark.parametrize("savings", [Savings(), NO_SAVINGS])
def test_reads_are_the_activations_under_the_intervention(savings: Savings) -> None:
    model = load_model(tiny_model("gpt_neox", torch.float64))
    batch = batch_of_pairs()
    assert batch.corrupted is not None
    engine = SweepEngine(model, batch, [METRICS["logit_difference"]], savings)
    donor = naive_cache(model.sites, batch.clean)
    base = engine.base_run(batch.corrupted, KINDS)
    reads = [Site(0, "z", 1), Site(1, "z", 2), Site(2, "resid_post"), Site(2, "mlp_out", position=-1)]
    cells: list[Intervention] = [
        (Edit(Site(1, "resid_pre", position=5), donor["resid_pre", 1][:, 5]),),
        (Edit(Site(2, "attn_out"), donor["attn_out", 2]),),
    ]
    found = engine.sweep(base, cells, reads=reads).reads
    patches: list[list[Patch]] = [
        [("resid_pre", 1, (slice(None), 5), donor["resid_pre", 1][:, 5])],
        [("attn_out", 2, slice(None), donor["attn_out", 2])],
    ]
    for cell, patch in enumerate(patches):
        expected = naive_cache(model.sites, batch.corrupted, patch)
        width = model.sites.head_dim
        torch.testing.assert_close(found[reads[0]][cell], expected["z", 0][..., width : 2 * width])
        torch.testing.assert_close(found[reads[1]][cell], expected["z", 1][..., 2 * width : 3 * width])
        torch.testing.assert_close(found[reads[2]][cell], expected["resid_post", 2])
        torch.testing.assert_close(found[reads[3]][cell], expected["mlp_out", 2][:, -1])


def test_adding_and_subspace_edits() -> None:
    model = load_model(tiny_model("gpt2", torch.float64))
    batch = batch_of_pairs()
    assert batch.corrupted is not None
    engine = SweepEngine(model, batch, [METRICS["logit_difference"]])
    base = engine.base_run(batch.corrupted)
    stream = base.activations["resid_pre", 1]
    generator = torch.Generator().manual_seed(0)
    direction = torch.randn(stream.shape[-1], generator=generator, dtype=stream.dtype)
    basis = torch.linalg.qr(torch.randn(stream.shape[-1], 3, generator=generator, dtype=stream.dtype)).Q
    donor = naive_cache(model.sites, batch.clean)["resid_pre", 1]
    site = Site(1, "resid_pre", position=5)
    found = engine.sweep(
        base, [(Edit(site, direction, how="add"),), (Edit(site, donor[:, 5], basis=basis),)]
    ).metrics["logit_difference"]
    swapped = stream[:, 5] + (donor[:, 5] - stream[:, 5]) @ basis @ basis.T
    for cell, value in enumerate((stream[:, 5] + direction, swapped)):
        patch: list[Patch] = [("resid_pre", 1, (slice(None), 5), value)]
        expected = logit_difference(naive_logits(model.sites, batch.corrupted, patch), batch)
        torch.testing.assert_close(found[cell], expected, rtol=0, atol=1e-12)


def test_every_metric_agrees_with_its_definition() -> None:
    model = load_model(tiny_model("gpt2", torch.float64))
    batch = batch_of_pairs()
    assert batch.answers is not None
    engine = SweepEngine(model, batch, list(METRICS.values()))
    base = engine.base_run(batch.clean)
    found = engine.sweep(base, [(Edit(Site(0, "z", 2), torch.zeros(())),)]).metrics
    everything = (slice(None), slice(None), slice(2 * model.sites.head_dim, 3 * model.sites.head_dim))
    patched = naive_logits(model.sites, batch.clean, [("z", 0, everything, 0.0)])
    plain = naive_logits(model.sites, batch.clean, [])
    right = batch.answers[:, 0]
    rows = torch.arange(len(right))
    expected = {
        "logit_difference": patched[rows, right] - patched[rows, batch.answers[:, 1]],
        "probability": patched.exp()[rows, right] / patched.exp().sum(-1),
        "kl_divergence": torch.nn.functional.kl_div(
            patched.log_softmax(-1), plain.log_softmax(-1), log_target=True, reduction="none"
        ).sum(-1),
        "accuracy": (patched.argmax(-1) == right).double(),
        "choice_accuracy": (patched[rows, right] > patched[rows, batch.answers[:, 1]]).double(),
    }
    assert set(expected) == set(METRICS)
    for name, value in expected.items():
        torch.testing.assert_close(found[name][0], value, rtol=0, atol=1e-12)


def test_an_unknown_metric_suggests_the_near_name() -> None:
    with pytest.raises(ClaimlintError, match="Did you mean 'logit_difference'"):
        metric_named("logit_diff")


def test_prompts_without_answers_cannot_be_measured() -> None:
    batch = make_batch(prompt_set([Prompt("a", (5, 6))]), [0])
    with pytest.raises(ClaimlintError, match="have no 'answers'"):
        SweepEngine(load_model(tiny_model("gpt2")), batch, [METRICS["logit_difference"]])


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_set_of_edits_equals_naive_hooks(data: st.DataObject) -> None:
    """Sites of any kind, head and position, single or joint, of donor values, zeros or nothing new."""
    model = load_model(tiny_model("gpt_neox", torch.float64))
    batch = batch_of_pairs(n=2, length=5, changed=(1, 3))
    assert batch.corrupted is not None
    donor, plain = naive_cache(model.sites, batch.clean), naive_cache(model.sites, batch.corrupted)
    sites = st.builds(
        Site,
        layer=st.integers(0, LAYERS - 1),
        kind=st.sampled_from(KINDS),
        head=st.none() | st.integers(0, HEADS - 1),
        position=st.none() | st.integers(0, 4),
    ).filter(lambda site: site.head is None or site.kind == "z")
    cells = data.draw(st.lists(st.lists(sites, min_size=1, max_size=3, unique=True), min_size=1, max_size=6))
    order = {"resid_pre": 0, "z": 1, "attn_out": 2, "mlp_out": 3, "resid_post": 4}
    interventions: list[Intervention] = []
    expected = []
    for cell in cells:
        edits, patches = [], []
        # Hooks run in the order of the network, so overlapping edits are drawn in that order too.
        for site in sorted(
            cell, key=lambda s: (s.layer, order[s.kind], s.head is not None, s.position is not None)
        ):
            source = data.draw(st.sampled_from(["donor", "zero", "same"]))
            columns = slice(None) if site.position is None else site.position
            index = (slice(None), columns, model.sites.features(site))
            cache = plain if source == "same" else donor
            value = torch.zeros_like(cache[site.kind, site.layer][index]) if source == "zero" else None
            value = cache[site.kind, site.layer][index] if value is None else value
            edits.append(Edit(site, value))
            patches.append((site.kind, site.layer, index, value))
        interventions.append(tuple(edits))
        expected.append(logit_difference(naive_logits(model.sites, batch.corrupted, patches), batch))
    engine = SweepEngine(model, batch, [METRICS["logit_difference"]], tokens_per_forward=30)
    base = engine.base_run(batch.corrupted, KINDS)
    found = engine.sweep(base, interventions).metrics["logit_difference"]
    torch.testing.assert_close(found, torch.stack(expected), rtol=0, atol=1e-12)
