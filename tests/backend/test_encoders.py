"""BERT-like encoders are studied where they predict: at the masked token, which sees both sides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from claimlint.backend.ablation import ablation
from claimlint.backend.activation_patching import activation_patching, patched_activations
from claimlint.backend.attention_statistics import collect_entropy
from claimlint.backend.capture import collect
from claimlint.backend.causal_mediation import causal_mediation
from claimlint.backend.circuit_evaluation import circuit_evaluation
from claimlint.backend.grids import components, joint_sets
from claimlint.backend.interchange_intervention import (
    CausalModel,
    RotationOptions,
    interchange_intervention,
    interchange_pairs,
    learn_rotation,
)
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.path_patching import path_patching
from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import Prompt, PromptSet, prompt_set
from claimlint.backend.runner import run_specs
from claimlint.backend.sites import Site
from claimlint.backend.steering import difference_of_means, steering
from claimlint.errors import ClaimlintError
from claimlint.evidence import load_manifest
from tests.backend.naive import Patch, difference, naive_cache, naive_logits, token_ids
from tests.backend.tiny import ENCODERS, HEADS, LAYERS, MASKED, random_pairs, tiny_model

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "key", "keys", "is", "are", "here", "near"]
SPEC = """
[[model]]
id = "bert"
path = "bert"

[[prompts]]
id = "number"
path = "number.jsonl"

[[experiment]]
id = "patch"
method = "activation_patching"
positions = "each"

[[experiment]]
id = "ablate"
method = "ablation"
replacements = ["zero", "mean"]

[[experiment]]
id = "probe"
method = "linear_probe"
label = "number"
position = "mask"
folds = 3
permutations = 2
draws = 10

[[experiment]]
id = "attention"
method = "attention_statistics"
position = "mask"

[[experiment]]
id = "units"
method = "activation_statistics"
layer = 1
position = "noun"

[[experiment]]
id = "estimate"
method = "attribution_patching"
positions = "each"
verified_by = "patch"

[[experiment]]
id = "path"
method = "path_patching"
senders = ["L0H0.z", "L0.mlp_out"]

[[experiment]]
id = "circuit"
method = "circuit_evaluation"
circuit = ["L0H0.z", "L1H1.z"]

[[experiment]]
id = "mediate"
method = "causal_mediation"
kind = "z"
positions = ["noun", "mask"]

[[experiment]]
id = "swap"
method = "interchange_intervention"
variable = "number"
answers = {key = "is", keys = "are"}
sites = ["L0.resid_pre@noun", "L1.resid_post@mask"]
rotation = {steps = 2}
"""


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    """A folder as one gets it from a hub: a small BERT with its tokenizer, which adds [CLS] and [SEP]."""
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, mask_token="[MASK]", pad_token="[PAD]"
    )
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        initializer_range=0.3,
    )
    fast.save_pretrained(tmp_path / "bert")
    transformers.BertForMaskedLM(config).save_pretrained(tmp_path / "bert")
    return tmp_path


def lines(folder: Path, corrupted: str = "the {other} [MASK] near the {noun}") -> Path:
    path = folder / "number.jsonl"
    nouns = [("key", "keys"), ("keys", "key")]
    path.write_text(
        "\n".join(
            json.dumps(
                {
                    "id": f"{noun} {tail}",
                    "clean": f"the {noun} [MASK] near the {tail}",
                    "corrupted": corrupted.format(other=other, noun=tail),
                    "answers": ["is", "are"] if noun == "key" else ["are", "is"],
                    "labels": {"number": noun},
                    "positions": {"noun": 2},
                    "template": tail,
                }
            )
            for noun, other in nouns
            for tail in ("key", "keys", "here")
        )
    )
    return path


def test_a_spec_runs_on_a_masked_language_model(bert: Path) -> None:
    lines(bert)
    spec = bert / "spec.toml"
    spec.write_text(SPEC)
    run_specs([spec])
    entries = {entry.id: entry for entry in load_manifest(bert / "manifest.json").experiments}
    assert {id.partition("/")[0] for id in entries} == {
        *("patch", "ablate", "probe", "attention", "units", "estimate", "path", "circuit", "mediate", "swap"),
    }
    assert all(entry.status == "done" for entry in entries.values())
    model = load_model(str(bert / "bert"))
    assert isinstance(model.model, transformers.BertForMaskedLM)
    prompts = read_prompts(bert / "number.jsonl", model.tokenizer)
    # [CLS] the noun [MASK]: all of the noun's effect is at the noun before the first layer.
    with torch.no_grad():
        clean, corrupted = (
            difference(model.model(token_ids(prompts, which)).logits[:, 3], prompts)
            for which in ("clean", "corrupted")
        )
    effect = entries["patch/L0.resid_pre@2"].effect
    assert effect is not None
    assert effect.value == pytest.approx(float((clean - corrupted).mean()), abs=1e-5)
    assert entries["patch/L0.resid_pre@3"].effect.value == 0  # type: ignore[union-attr]


def test_another_masked_token_in_the_corrupted_prompt_is_refused(bert: Path) -> None:
    path = lines(bert, corrupted="the [MASK] {other} near the {noun}")
    with pytest.raises(ClaimlintError) as error:
        read_prompts(path, load_model(str(bert / "bert")).tokenizer)
    assert "clean has the mask token at position 3, and corrupted has not" in error.value.what
    assert "[CLS]|the|[MASK]|keys" in error.value.what


def test_a_prompt_without_a_mask_is_refused() -> None:
    pairs = prompt_set(Prompt(p.id, p.clean, p.corrupted, p.answers) for p in random_pairs().prompts)
    with pytest.raises(ClaimlintError, match="no position named 'mask'"):
        activation_patching(load_model(tiny_model("bert")), pairs)


@pytest.mark.parametrize(("architecture", "longest"), [("bert", 64), ("roberta", 63)])
def test_a_prompt_that_is_too_long_is_refused_and_the_longest_is_read(
    architecture: str, longest: int
) -> None:
    """RoBERTa's first position has the number behind the padding token's, here 1."""
    model, site = load_model(tiny_model(architecture)), Site(0, "z", position=-1)
    fits, too_long = (prompt_set([Prompt("p", (5,) * n)]) for n in (longest, longest + 1))
    assert collect(model, fits, [site])[site].shape == (1, 32)
    with pytest.raises(ClaimlintError, match=f"the model has {longest} positions"):
        collect(model, too_long, [site])


@pytest.mark.parametrize("architecture", ["bert", "roberta", "distilbert"])
def test_zero_ablation_of_every_head_equals_naive_hooks(architecture: str) -> None:
    model, prompts = load_model(tiny_model(architecture, torch.float64)), random_pairs()
    found = ablation(model, prompts, components(model.sites, "heads"), replacement="zero")
    ids = token_ids(prompts)
    for cell, ((layer, head), outcome) in enumerate(
        zip(np.ndindex(LAYERS, HEADS), found.patched["logit_difference"], strict=True)
    ):
        features = slice(head * 8, head * 8 + 8)
        patch = ("z", layer, (slice(None), slice(None), features), 0.0)
        expected = difference(naive_logits(model.sites, ids, [patch], MASKED), prompts)
        np.testing.assert_allclose(outcome, expected, rtol=0, atol=1e-12, err_msg=str(cell))


ALL = slice(None)
HEAD = (ALL, ALL, slice(8, 16))
"""The features of head 1."""


@pytest.fixture(params=ENCODERS)
def encoder(request: pytest.FixtureRequest) -> LanguageModel:
    return load_model(tiny_model(request.param, torch.float64))


class Hooked:
    """Both runs of an encoder's prompts, and what the masked token's metric is under hand-written hooks."""

    def __init__(self, model: LanguageModel, prompts: PromptSet) -> None:
        self.sites, self.prompts = model.sites, prompts
        self.ids = {which: token_ids(prompts, which) for which in ("clean", "corrupted")}
        self.clean, self.corrupted = (naive_cache(self.sites, ids) for ids in self.ids.values())

    def metric(self, which: str, patches: Sequence[Patch]) -> npt.NDArray[np.float64]:
        logits = naive_logits(self.sites, self.ids[which], patches, MASKED)
        return difference(logits, self.prompts).numpy()


def equal(found: object, expected: object) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)  # type: ignore[arg-type]


def test_a_path_in_an_encoder_runs_through_the_normalised_stream(encoder: LanguageModel) -> None:
    """Straight to the masked token, and by way of an MLP: all other heads and MLPs stay as they were."""
    hooked, prompts = Hooked(encoder, random_pairs()), random_pairs()
    found = path_patching(encoder, prompts, [Site(0, "z", 1)], [None, Site(2, "mlp_out")])
    base = hooked.corrupted
    held: list[Patch] = [
        (kind, layer, ALL, base[kind, layer]) for layer in range(LAYERS) for kind in ("z", "mlp_out")
    ]
    sender: Patch = ("z", 0, HEAD, hooked.clean["z", 0][HEAD])
    equal(found.patched["logit_difference"][0], hooked.metric("corrupted", [*held, sender]))
    free = [patch for patch in held if patch[:2] != ("mlp_out", 2)]
    arrived = naive_cache(encoder.sites, hooked.ids["corrupted"], [*free, sender])["mlp_out", 2]
    second = hooked.metric("corrupted", [("mlp_out", 2, ALL, arrived)])
    equal(found.patched["logit_difference"][1], second)
    assert abs(second - found.base["logit_difference"]).max() > 1e-4


def test_a_circuit_of_an_encoder_alone_and_its_complement(encoder: LanguageModel) -> None:
    hooked = Hooked(encoder, random_pairs())
    found = circuit_evaluation(
        encoder, hooked.prompts, [Site(1, "z", 1), Site(0, "mlp_out")], replacement="zero", with_mlps=True
    )
    everything: list[Patch] = [
        (kind, layer, ALL, 0.0) for layer in range(LAYERS) for kind in ("z", "mlp_out")
    ]
    others = [(ALL, ALL, slice(0, 8)), (ALL, ALL, slice(16, None))]
    outside = [patch for patch in everything if patch[:2] not in (("z", 1), ("mlp_out", 0))]
    equal(found.alone, hooked.metric("clean", [*outside, *(("z", 1, other, 0.0) for other in others)]))
    equal(found.complement, hooked.metric("clean", [("z", 1, HEAD, 0.0), ("mlp_out", 0, ALL, 0.0)]))
    equal(found.nothing, hooked.metric("clean", everything))


def test_the_mediated_share_of_the_masked_token_adds_up(encoder: LanguageModel) -> None:
    hooked = Hooked(encoder, random_pairs())
    found = causal_mediation(encoder, hooked.prompts, joint_sets(encoder.sites, [[Site(1, "z", 1)]]))
    clean, corrupted = hooked.clean["z", 1][HEAD], hooked.corrupted["z", 1][HEAD]
    into, out = (
        hooked.metric(which, [("z", 1, HEAD, value)])
        for which, value in (("corrupted", clean), ("clean", corrupted))
    )
    effects = found.effects(0)
    equal(effects["pnie"], into - hooked.metric("corrupted", []))
    equal(effects["tnie"], hooked.metric("clean", []) - out)
    equal(effects["te"], effects["pnde"] + effects["tnie"])


def test_an_encoder_is_steered_at_the_masked_token(encoder: LanguageModel) -> None:
    hooked, site = Hooked(encoder, random_pairs()), Site(1, "resid_post", position="mask")
    direction = difference_of_means(encoder, hooked.prompts, site)
    found = steering(encoder, hooked.prompts, site, direction, doses=[2])
    moved = hooked.clean["resid_post", 1][:, MASKED] + 2 * direction
    equal(
        found.steered["logit_difference"][0],
        hooked.metric("clean", [("resid_post", 1, (ALL, MASKED), moved)]),
    )


def test_interchange_reads_the_answer_at_the_masked_token(encoder: LanguageModel) -> None:
    pairs, causal = numbered(), CausalModel({"odd": lambda v: v["odd"]}, lambda v: v["odd"], {0: 5, 1: 9})
    drawn, site = interchange_pairs(pairs, causal, "odd", 12), Site(1, "resid_post", position="mask")
    grid = joint_sets(encoder.sites, [[site]])
    found = interchange_intervention(encoder, drawn, causal, grid)
    donor = naive_cache(encoder.sites, token_ids(drawn.prompts, "corrupted"))["resid_post", 1][:, MASKED]
    patch = ("resid_post", 1, (ALL, MASKED), donor)
    logits = naive_logits(encoder.sites, token_ids(drawn.prompts), [patch], MASKED)[:, [5, 9]]
    wanted = [int(p.answers[0] == 9) for p in drawn.prompts.prompts if p.answers]
    equal(found.runs.patched["interchange_accuracy"][0], logits.argmax(1).numpy() == wanted)


def test_a_patched_state_of_an_encoder_is_the_one_that_is_compared(encoder: LanguageModel) -> None:
    hooked, at = Hooked(encoder, random_pairs()), Site(2, "resid_post", position="mask")
    found = patched_activations(encoder, hooked.prompts, [Site(0, "z", 1)], at)
    patch = ("z", 0, HEAD, hooked.corrupted["z", 0][HEAD])
    expected = naive_cache(encoder.sites, hooked.ids["clean"], [patch])["resid_post", 2][:, MASKED]
    equal(found, expected)


def numbered() -> PromptSet:
    return prompt_set(
        Prompt(p.id, p.clean, labels={"odd": i % 2}, positions=p.positions)
        for i, p in enumerate(random_pairs().prompts)
    )


def test_a_rotation_is_learned_from_the_masked_token() -> None:
    """Of full width it swaps the whole activation, so that the first loss is known."""
    model, labelled = load_model(tiny_model("bert", torch.float64)), numbered()
    causal = CausalModel({"odd": lambda v: v["odd"]}, lambda v: v["odd"], {0: 5, 1: 9})
    pairs, site = interchange_pairs(labelled, causal, "odd", 6), Site(1, "resid_post", position=MASKED)
    _, losses = learn_rotation(model, pairs, causal, site, RotationOptions(dimensions=32, steps=1))
    donor = naive_cache(model.sites, token_ids(pairs.prompts, "corrupted"))["resid_post", 1][:, MASKED]
    patch = ("resid_post", 1, (slice(None), MASKED), donor)
    logits = naive_logits(model.sites, token_ids(pairs.prompts), [patch], MASKED)[:, [5, 9]]
    wanted = torch.tensor([int(p.answers[0] == 9) for p in pairs.prompts.prompts if p.answers])
    assert losses[0] == pytest.approx(float(torch.nn.functional.cross_entropy(logits, wanted)), abs=1e-9)


def test_attention_may_spread_over_all_tokens() -> None:
    """Entropy is relative to the logarithm of what can be seen: all tokens, also from the first."""
    model = load_model(tiny_model("bert"))
    entropy = collect_entropy(model, random_pairs(), position=0)
    np.testing.assert_allclose(entropy.relative, entropy.nats / np.log(9), rtol=1e-6)
