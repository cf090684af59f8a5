"""Bad input ends in a message that names the place and exit code 2; what was finished stays as it was."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import HfApi
from safetensors.torch import load_file, save_file

from claimlint.cli import main
from tests.backend.tiny import tiny_model, tiny_tokenizer

GOOD = """
[[model]]
id = "tiny"
path = "tiny"

[[prompts]]
id = "agreement"
path = "agreement.jsonl"

[[experiment]]
id = "good"
models = ["tiny"]
prompts = ["agreement"]
method = "ablation"
sets = [["L0H0.z"]]
draws = 20
"""
ABLATION = 'method = "ablation"'
PROBE = 'method = "linear_probe"\nlabel = "number"'
PATCHING = 'method = "activation_patching"\nkind = "z"\nheads = "each"\nlisted = 0'


def prompt(number: int, **own: Any) -> dict[str, Any]:
    subject = ("key", "cat")[number % 2]
    return {
        "id": f"p{number}",
        "clean": f"the {subject} to the doors",
        "corrupted": f"the {subject}s to the doors",
        "answers": ["is", "are"],
        "labels": {"number": "sg"},
        **own,
    }


def drawn(number: int) -> dict[str, Any]:
    """Tokens at random: activations then vary in every direction."""
    generator = torch.Generator().manual_seed(number)
    ids = torch.randint(3, 90, (4,), generator=generator).tolist()
    return prompt(number, clean=ids, corrupted=ids[::-1], labels={"number": ("sg", "pl")[number % 2]})


@pytest.fixture(scope="module")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    tiny_model("gpt2").save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, model_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tiny", "other"):
        shutil.copytree(model_files, tmp_path / name)
    for name in ("agreement", "other"):
        write(tmp_path / f"{name}.jsonl", *(prompt(number) for number in range(4)))
    (tmp_path / "spec.toml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)


def write(path: Path, *lines: dict[str, Any] | str) -> None:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))


def add_experiment(text: str) -> None:
    """One on the other model and the other prompts, beside the good one."""
    model, prompts = (f'[[{table}]]\nid = "other"\npath = "other' for table in ("model", "prompts"))
    where = 'models = ["other"]\nprompts = ["other"]'
    Path("spec.toml").write_text(
        f'{GOOD}\n{model}"\n{prompts}.jsonl"\n[[experiment]]\nid = "bad"\n{where}\n{text}\n'
    )


def change_weights(change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    path = Path("other/model.safetensors")
    weights = load_file(path)
    change(weights)
    path.unlink()  # the old file may still be mapped
    save_file(weights, path, metadata={"format": "pt"})


@pytest.fixture
def claimlint_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], Any]:
    """Runs ``claimlint run spec.toml``; returns its exit code and what it said."""

    def run() -> tuple[Any, str]:
        monkeypatch.setattr(sys, "argv", ["claimlint", "run", "spec.toml"])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, capsys.readouterr().err

    return run


def not_a_number() -> None:
    (cat,) = tiny_tokenizer()("cat")["input_ids"]
    change_weights(lambda weights: weights["transformer.wte.weight"][cat].fill_(float("nan")))


def says_nothing() -> None:
    change_weights(lambda weights: weights["transformer.ln_f.weight"].zero_())
    change_weights(lambda weights: weights["transformer.ln_f.bias"].zero_())


def half_a_file() -> None:
    path = Path("other/model.safetensors")
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def narrower() -> None:
    config = json.loads(Path("other/config.json").read_text())
    Path("other/config.json").write_text(json.dumps({**config, "n_inner": 77}))


def prompts(*lines: dict[str, Any] | str) -> Callable[[], None]:
    return lambda: write(Path("other.jsonl"), *lines)


EXPERIMENT = "spec.toml: experiment 'bad': "
CASES: dict[str, tuple[Callable[[], Any], str, tuple[str, ...]]] = {
    "a metric that is no number": (
        not_a_number,
        PATCHING,
        (EXPERIMENT, "logit_difference", "not a finite number for 2 prompts (first: 'p1')"),
    ),
    "activations that are no numbers": (not_a_number, PROBE, (EXPERIMENT, "are NaN or infinite")),
    "a constant metric": (
        says_nothing,
        PATCHING,
        (EXPERIMENT, "logit_difference: 0 for every prompt in every run"),
    ),
    "a probe with one class": (prompts(*map(prompt, range(8))), PROBE, (EXPERIMENT, "have the label 'sg'")),
    "fewer prompts than folds": (
        prompts(*map(drawn, range(4))),
        PROBE,
        (EXPERIMENT, "4 prompts for 5 folds"),
    ),
    "components that do not converge": (
        prompts(*map(drawn, range(70))),
        'method = "identifiability"\nsite = "L1.mlp_out@-1"\ncomponents = 4\nmax_iterations = 1',
        (EXPERIMENT, "none of 20 runs converged within 1 iterations", "max_iterations"),
    ),
    "two tokenisations": (
        prompts(prompt(0), prompt(1, corrupted="the un-known to the doors")),
        ABLATION,
        ("other.jsonl:2: ", "clean:     the|cat|to|the|doors", "corrupted: the|un-|known|to|the|doors"),
    ),
    "a broken line": (
        prompts(prompt(0), '{"id": "p1", "clean": "the'),
        ABLATION,
        ("other.jsonl:2: Invalid JSON",),
    ),
    "a model without weights": (
        lambda: Path("other/model.safetensors").unlink(),
        ABLATION,
        ("model 'other': ", "no file named model.safetensors"),
    ),
    "half of a weight file": (half_a_file, ABLATION, ("model 'other': ", "not fully covered")),
    "a weight that is missing": (
        lambda: change_weights(lambda weights: weights.pop("transformer.h.1.mlp.c_fc.weight")),
        ABLATION,
        ("model 'other': transformer.h.1.mlp.c_fc.weight is not in its files",),
    ),
    "weights of another shape": (
        narrower,
        ABLATION,
        ("model 'other': transformer.h.0.mlp.c_fc.bias ", "has another shape", "(9 such weights)"),
    ),
    "an unknown layer": (
        lambda: None,
        f"{ABLATION}\nlayers = [7]",
        (EXPERIMENT, "layer 7 does not exist", "numbered 0 to 2"),
    ),
    "components at all positions": (
        prompts(*map(drawn, range(70))),
        'method = "identifiability"\nsite = "L1.mlp_out"\ncomponents = 4',
        (EXPERIMENT, "site L1.mlp_out: no position", "such as L1.mlp_out@-1"),
    ),
    "a head of what has none": (
        lambda: None,
        'method = "activation_patching"\nheads = "each"',
        (EXPERIMENT, "site L0H0.resid_pre: head 0 does not exist", "use the kind 'z'"),
    ),
    "an unknown head": (
        lambda: None,
        'method = "path_patching"\nsenders = ["L0H9.z"]',
        (EXPERIMENT, "head 9 does not exist", "numbered 0 to 3"),
    ),
}


@pytest.mark.parametrize("path", ["./tinny", "no/such/tinny", "tiny/model.safetensors", "models/tinny"])
def test_a_model_path_that_leads_nowhere_is_told_without_asking_the_hub(
    path: str, claimlint_run: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(HfApi, "model_info", lambda _, name, **how: asked.append(name))
    shutil.copytree("tiny", "models/tiny")
    Path("spec.toml").write_text(GOOD.replace('path = "tiny"', f'path = "{path}"'))
    code, message = claimlint_run()
    assert (code, asked) == (2, [])
    assert f"model '{path}': there is no folder" in message
    assert ("Did you mean 'tiny'?" in message) == (path in ("./tinny", "models/tinny"))


def test_a_name_that_no_hub_answers_for_is_asked_for_once(
    claimlint_run: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def unreachable(_: HfApi, name: str, **how: Any) -> None:
        asked.append(name)
        raise ConnectionError(f"no route to {name}")

    monkeypatch.setattr(HfApi, "model_info", unreachable)
    second = GOOD.partition("[[experiment]]")[2].replace("good", "second")
    Path("spec.toml").write_text(f"{GOOD}\n[[experiment]]{second}".replace('path = "tiny"', 'path = "tinny"'))
    code, message = claimlint_run()
    assert (code, asked) == (2, ["tinny"])
    assert "the hub did not give one: no route to tinny. Did you mean 'tiny'?" in message


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_named_and_changes_nothing(case: str, claimlint_run: Callable[[], Any]) -> None:
    spoil, experiment, said = CASES[case]
    assert claimlint_run()[0] == 0
    before = Path("manifest.json").read_bytes()
    spoil()
    add_experiment(experiment)
    code, message = claimlint_run()
    assert code == 2
    assert [part for part in said if part not in message] == []
    assert "\n  why: " in message
    assert "\n  fix: " in message
    assert Path("manifest.json").read_bytes() == before


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """While open, the system refuses to let any file grow beyond that."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("n", "said"), [(200, "the results cannot be"), (4, "the manifest cannot be")])
def test_a_disk_that_runs_full_keeps_what_is_finished(
    n: int, said: str, claimlint_run: Callable[[], Any]
) -> None:
    """Many prompts make large results, many cells a large manifest."""
    prompts(*map(drawn, range(n)))()
    add_experiment(PATCHING)
    with largest_file(8_000):
        code, message = claimlint_run()
    assert code == 2
    assert f"{said} written (File too large)" in message
    entries = json.loads(Path("manifest.json").read_text())["experiments"]
    assert [entry["id"] for entry in entries] == ["good"]
    assert not list(Path().rglob("*.draft"))
    code, message = claimlint_run()
    assert code == 0
    assert message.startswith("finished and kept: 1\n[1/1] bad: ")
