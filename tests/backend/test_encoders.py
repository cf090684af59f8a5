"""BERT-like encoders are studied where they predict: at the masked token, which sees both sides."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from claimlint.backend.ablation import ablation
from claimlint.backend.activation_patching import activation_patching
from claimlint.backend.attention_statistics import collect_entropy
from claimlint.backend.capture import collect
from claimlint.backend.grids import components
from claimlint.backend.interchange_intervention import (
    CausalModel,
    RotationOptions,
    interchange_pairs,
    learn_rotation,
)
from claimlint.backend.language_model import load_model
from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import Prompt, prompt_set
from claimlint.backend.runner import run_specs
from claimlint.backend.sites import Site
from claimlint.errors import ClaimlintError
from claimlint.evidence import load_manifest
from tests.backend.naive import difference, naive_cache, naive_logits, token_ids
from tests.backend.tiny import HEADS, LAYERS, MASKED, random_pairs, tiny_model

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
    assert {id.partition("/")[0] for id in entries} == {"patch", "ablate", "probe", "attention", "units"}
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


def test_a_rotation_is_learned_from_the_masked_token() -> None:
    """Of full width it swaps the whole activation, so that the first loss is known."""
    model, prompts = load_model(tiny_model("bert", torch.float64)), random_pairs()
    labelled = prompt_set(
        Prompt(p.id, p.clean, labels={"odd": i % 2}, positions=p.positions)
        for i, p in enumerate(prompts.prompts)
    )
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
