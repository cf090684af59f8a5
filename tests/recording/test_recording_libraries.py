"""Recording from the libraries that people use: the numbers kept are the ones that the library gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

import claimlint
from claimlint.backend.language_model import load_model
from claimlint.evidence import Experiment, check_manifest, load_manifest, read_instances

IDS = torch.tensor([[1, 2, 3, 4], [1, 5, 6, 7], [1, 8, 9, 3]])
RIGHT, WRONG = 11, 12

# What these libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(0)
    sizes = {
        "vocab_size": 97,
        "n_embd": 32,
        "n_layer": 3,
        "n_head": 4,
        "n_positions": 16,
        "bos_token_id": 1,
        "eos_token_id": 1,
    }
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes)).eval()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def difference(logits: torch.Tensor) -> torch.Tensor:
    return logits[:, -1, RIGHT] - logits[:, -1, WRONG]


def ablation(model: Any) -> Any:
    return claimlint.record(
        "ablate-mlp-1",
        method="ablation",
        replacement="zero",
        target={"layer": 1, "site": "mlp_out"},
        model="tiny",
        weights=model,
        prompts=[{"id": f"p{i}", "tokens": ids} for i, ids in enumerate(IDS.tolist())],
        prompt_set="tokens",
        seeds=[0],
    )


def recorded(before: torch.Tensor, after: torch.Tensor) -> Experiment:
    """The entry, once it has been held against what was measured."""
    manifest = load_manifest("manifest.json")
    entry = manifest.experiments[0]
    assert entry.effect is not None
    assert entry.effect.value == pytest.approx((after - before).double().mean().item(), rel=1e-5)
    pairs = read_instances(entry, Path())
    assert [pair.after for pair in pairs] == pytest.approx(after.tolist())
    assert check_manifest("manifest.json") == ()
    return entry


def ablated_by_hand(model: Any) -> torch.Tensor:
    hook = model.transformer.h[1].mlp.register_forward_hook(lambda _, __, out: torch.zeros_like(out))
    try:
        return difference(model(IDS).logits)
    finally:
        hook.remove()


def test_plain_torch(model: Any) -> None:
    with ablation(model) as run:
        before, after = difference(model(IDS).logits), ablated_by_hand(model)
        run.outcomes("logit_difference", before=before, after=after)
        run.arrays("prompts, tokens", tokens=IDS, logits=model(IDS).logits.bfloat16())
    entry = recorded(before, after)
    assert entry.versions["torch"].startswith(torch.__version__.partition("+")[0])
    digest = load_manifest("manifest.json").models[0].digest
    assert digest == "sha256:" + load_model(model).digest, "the backend knows the same network by it"


def test_the_seed_of_torch_is_kept_where_none_is_given() -> None:
    torch.manual_seed(7)
    with claimlint.record("probe", method="linear_probe") as run:
        run.score("accuracy", torch.tensor(0.75))
    assert load_manifest("manifest.json").experiments[0].seeds == (7,)


def test_nnsight(model: Any) -> None:
    nnsight = pytest.importorskip("nnsight", reason="nnsight is not installed: its recording is NOT tested")
    traced = nnsight.NNsight(model)
    with ablation(model) as run:
        with torch.no_grad(), traced.trace(IDS):
            clean = traced.output.logits.save()
        with torch.no_grad(), traced.trace(IDS):
            traced.transformer.h[1].mlp.output[:] = 0
            logits = traced.output.logits.save()
        run.outcomes("logit_difference", before=difference(clean), after=difference(logits))
    entry = recorded(difference(model(IDS).logits), ablated_by_hand(model))
    assert "nnsight" in entry.versions


def test_pyvene(model: Any) -> None:
    pyvene = pytest.importorskip("pyvene", reason="pyvene is not installed: its recording is NOT tested")
    config = pyvene.IntervenableConfig(
        [{"layer": 1, "component": "mlp_output", "intervention_type": pyvene.ZeroIntervention}]
    )
    edited = pyvene.IntervenableModel(config, model=model)
    positions = {"base": list(range(IDS.shape[1]))}
    with ablation(model) as run:
        clean, ablated = edited({"input_ids": IDS}, unit_locations=positions, output_original_output=True)
        run.outcomes("logit_difference", before=difference(clean.logits), after=difference(ablated.logits))
    entry = recorded(difference(model(IDS).logits), ablated_by_hand(model))
    assert "pyvene" in entry.versions


def test_transformer_lens(model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bridge = pytest.importorskip(
        "transformer_lens.model_bridge",
        reason="TransformerLens (4 or newer) is not installed: its recording is NOT tested",
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model.save_pretrained(tmp_path / "tiny")
    words = Tokenizer(WordLevel({f"w{n}": n for n in range(97)}, unk_token="w0"))
    words.pre_tokenizer = Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="w1", eos_token="w1", pad_token="w1"
    )
    tokenizer.save_pretrained(tmp_path / "tiny")
    hooked = bridge.TransformerBridge.boot_transformers(str(tmp_path / "tiny"))
    with ablation(model) as run:
        before = difference(hooked(IDS))
        zero = [("blocks.1.hook_mlp_out", lambda out, hook: torch.zeros_like(out))]
        after = difference(hooked.run_with_hooks(IDS, fwd_hooks=zero))
        run.outcomes("logit_difference", before=before, after=after)
    entry = recorded(difference(model(IDS).logits), ablated_by_hand(model))
    assert "transformer_lens" in entry.versions
