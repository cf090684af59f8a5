"""Specs are run unit by unit, go on after a kill, and can be verified against the manifest."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from claimlint.backend import spec_runs
from claimlint.backend.jobs import Machine
from claimlint.backend.runner import run_specs
from claimlint.backend.specs import Spec, read_spec
from claimlint.backend.units import execute, units_of
from claimlint.backend.verification import verify, verify_all
from claimlint.errors import ClaimlintError
from claimlint.evidence import Manifest, licence, load_manifest
from claimlint.evidence.result_files import read_arrays

MODELS = Path(__file__).parents[2] / "experiments" / "models"

HEADER = f"""
[[model]]
id = "tiny"
path = "{MODELS / "single-linear"}"

[[prompts]]
id = "number"
path = "number.jsonl"
"""

PATCH = """
[[experiment]]
id = "patch"
method = "activation_patching"
kind = "z"
heads = "each"
behaviour = "subject-verb agreement"
"""

ABLATE = """
[[experiment]]
id = "ablate"
method = "ablation"
sets = [["L0H0.z"]]
replacements = ["mean", "resample"]
direct = true
"""

SHIFT = """
[[experiment]]
id = "usual"
method = "distribution_shift"
patched = ["L0H0.z"]
at = "L0H0.z@-1"
draws = 50
"""

OTHERS = """
[[experiment]]
id = "mediate"
method = "causal_mediation"
sets = [["L0H0.z"], ["L0H1.z"]]

[[experiment]]
id = "estimate"
method = "attribution_patching"
kind = "z"
heads = "each"
verified_by = "patch"

[[experiment]]
id = "path"
method = "path_patching"
senders = ["L0H0.z"]
receivers = ["L1.mlp_out", "logits"]

[[experiment]]
id = "circuit"
method = "circuit_evaluation"
circuit = ["L0H0.z"]

[[experiment]]
id = "steer"
method = "steering"
site = "L0.resid_post@-1"

[[experiment]]
id = "swap"
method = "interchange_intervention"
variable = "number"
answers = {sg = "is", pl = "are"}
sites = ["L0H0.z@-1", "L0H1.z@-1"]

[[experiment]]
id = "learn"
method = "interchange_intervention"
variable = "number"
answers = {sg = "is", pl = "are"}
sites = ["L0.resid_post@-1"]
rotation = {steps = 40}

[[experiment]]
id = "probe"
method = "linear_probe"
label = "number"
permutations = 3
draws = 50

[[experiment]]
id = "entropy"
method = "attention_statistics"
position = -1
correlate = false

[[experiment]]
id = "tokens"
method = "activation_statistics"
layer = 0
kind = "resid_pre"
position = "noun"

[[experiment]]
id = "ica"
method = "identifiability"
site = "L0.resid_post@-1"
components = 2
factors = ["number", "colour"]
runs = 3
"""


@pytest.fixture(autouse=True)
def prompt_file(tmp_path: Path) -> None:
    lines = (MODELS / "prompts" / "agreement-number.jsonl").read_text().splitlines()[:80]
    (tmp_path / "number.jsonl").write_text("\n".join(lines))


def spec(folder: Path, *parts: str) -> Path:
    path = folder / "spec.toml"
    path.write_text(HEADER + "".join(parts))
    return path


def manifest(folder: Path) -> Manifest:
    return load_manifest(folder / "manifest.json")


def test_every_method_runs_from_a_spec(tmp_path: Path) -> None:
    said: list[str] = []
    summary = run_specs([spec(tmp_path, PATCH, ABLATE, SHIFT, OTHERS)], report=said.append)
    assert len(summary.ran) == 14
    assert said[0].startswith("[1/14] patch: ")
    found = {entry.id: entry for entry in manifest(tmp_path).experiments}
    assert {entry.method for entry in found.values()} == {
        "activation_patching",
        "ablation",
        "causal_mediation",
        "path_patching",
        "circuit_evaluation",
        "steering",
        "interchange_intervention",
        "linear_probe",
        "attention_statistics",
        "activation_statistics",
        "identifiability",
        "attribution_patching",
        "distribution_shift",
    }
    assert {path.stem for path in (tmp_path / "pictures").iterdir()} == {
        *("patch", "mediate", "estimate", "steer", "swap", "learn", "learn-rotation"),
        *("probe", "entropy", "usual", "circuit"),
    }
    assert found["patch/L0H0.z"].behaviour == "subject-verb agreement"
    assert found["swap/L0H0.z@-1"].alignment is not None
    assert found["swap/L0H0.z@-1"].alignment.cause == 1
    assert found["learn/rotation/L0.resid_post@-1"].controls.random_init is not None
    assert found["probe"].effect is not None
    assert found["probe"].effect.value == 1
    assert found["probe"].controls.random_init is not None
    assert licence(found["estimate/L0H0.z"], manifest(tmp_path)).kinds == {"association", "effect"}
    shift = found["usual"].distribution_shift
    assert shift is not None
    assert 10 < shift.value < 90  # another number's head output is an ordinary one
    assert found["entropy"].target.site == "attention_pattern"
    assert found["tokens"].effect is not None
    assert found["tokens"].effect.value > 0.5  # an embedding is that of its word
    assert found["ica"].identifiability is not None
    assert "necessity" in licence(found["ablate"], manifest(tmp_path)).kinds
    assert all(entry.grade == "executed" for entry in found.values())


def test_a_steering_direction_is_scored_on_prompts_that_it_was_not_learned_on(tmp_path: Path) -> None:
    start, end = (OTHERS.index(f'[[experiment]]\nid = "{id}"') for id in ("steer", "swap"))
    run_specs([spec(tmp_path, OTHERS[start:end])])
    entry = manifest(tmp_path).experiment("steer")
    assert entry is not None
    assert entry.effect is not None
    assert entry.effect.n == 40
    assert "learned on 40 other prompts" in entry.note


def test_donors_are_not_among_the_usual_activations(tmp_path: Path) -> None:
    """Two prompts are each other's corrupted ones: what they give is patched in elsewhere."""
    lines = (MODELS / "prompts" / "agreement-number.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    mirrored = {
        **first,
        "id": "mirror",
        "clean": first["corrupted"],
        "corrupted": first["clean"],
        "answers": first["answers"][::-1],
    }
    (tmp_path / "number.jsonl").write_text("\n".join([*lines, json.dumps(mirrored)]))
    run_specs([spec(tmp_path, SHIFT)])
    entry = manifest(tmp_path).experiment("usual")
    assert entry is not None
    found = read_arrays(tmp_path, entry.arrays["outcomes"])
    assert len(found["knn_patched"]) == len(lines) + 1
    reference, held_out = int(entry.note.split(" clean")[0]), len(found["knn_held_out"])
    assert reference + held_out == len(lines) - 1
    (tmp_path / "number.jsonl").write_text("\n".join([lines[0], json.dumps(mirrored)]))
    with pytest.raises(ClaimlintError, match="every clean prompt is a donor too"):
        run_specs([spec(tmp_path, SHIFT)])


def test_an_estimate_names_the_exact_run_of_the_same_window(tmp_path: Path) -> None:
    windows = PATCH.replace('heads = "each"', "window = 2")
    estimate = windows.replace('"patch"', '"estimate"').replace("activation_", "attribution_")
    run_specs([spec(tmp_path, windows, estimate, 'verified_by = "patch"')])
    found = manifest(tmp_path)
    assert found.experiment("estimate/window=2/layer=0") is not None
    for entry in found.experiments:
        if entry.method == "attribution_patching":
            assert entry.target.window == 2
            assert [found.experiment(id) is not None for id in entry.verified_by] == [True]


def test_an_estimate_is_written_once_the_exact_run_is(tmp_path: Path) -> None:
    """Though it stands before it in the file, and several jobs are at work; without it, it fails."""
    estimate = PATCH.replace('"patch"', '"estimate"').replace("activation_", "attribution_")
    path = spec(tmp_path, estimate, 'verified_by = "patch"', PATCH)
    assert run_specs([path], Machine(jobs=2)).ran == ("patch", "estimate")
    path.write_text(path.read_text().replace('verified_by = "patch"', 'verified_by = "pach"'))
    with pytest.raises(ClaimlintError, match=r"manifest has no 'pach/L0H0.z' \(8 such entries\)"):
        run_specs([path])


def test_both_halves_of_the_prompts_have_all_answers_and_labels(tmp_path: Path) -> None:
    """In whatever order the file is: here every other prompt is singular, and one half is learned on."""
    lines = [json.loads(line) for line in (tmp_path / "number.jsonl").read_text().splitlines()]
    singular, plural = ([line for line in lines if line["labels"]["number"] == n] for n in ("sg", "pl"))
    turned = [line for pair in zip(singular, plural, strict=False) for line in pair]
    (tmp_path / "number.jsonl").write_text("\n".join(map(json.dumps, turned)))
    start, end = (OTHERS.index(f'[[experiment]]\nid = "{id}"') for id in ("learn", "probe"))
    run_specs([spec(tmp_path, OTHERS[start:end])])
    entry = manifest(tmp_path).experiment("learn/rotation/L0.resid_post@-1")
    assert entry is not None
    assert entry.alignment is not None
    assert entry.alignment.cause is not None, "pairs whose answer should change"


def test_a_label_that_a_prompt_lacks_names_the_prompt(tmp_path: Path) -> None:
    swap = OTHERS[OTHERS.index('[[experiment]]\nid = "swap"') : OTHERS.index('[[experiment]]\nid = "learn"')]
    with pytest.raises(ClaimlintError, match="prompt 'a000': no label 'gender' \\(80 such prompts\\)"):
        run_specs([spec(tmp_path, swap.replace('variable = "number"', 'variable = "gender"'))])


def test_finished_units_are_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = spec(tmp_path, PATCH, ABLATE)
    run_specs([path])
    before = (tmp_path / "manifest.json").read_bytes()
    monkeypatch.setattr(spec_runs, "execute", None)
    summary = run_specs([path])
    assert summary.ran == ()
    assert summary.kept == ("patch", "ablate")
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_pairs_without_a_difference_are_told_once_before_anything_runs(tmp_path: Path) -> None:
    first, *others = (tmp_path / "number.jsonl").read_text().splitlines()
    line = json.loads(first)
    (tmp_path / "number.jsonl").write_text(
        "\n".join([json.dumps({**line, "corrupted": line["clean"]}), *others])
    )
    said: list[str] = []
    run_specs([spec(tmp_path, PATCH, ABLATE)], report=said.append)
    assert "the same tokens in 1 of 80 pairs (lines 1)" in said[0]
    assert [line.split()[0] for line in said[1:]] == ["[1/2]", "[2/2]"]


def test_a_picture_that_was_removed_is_drawn_again(tmp_path: Path) -> None:
    path = spec(
        tmp_path, PATCH, ABLATE, SEEDED.replace('"ablate"', '"seeded"'), ROBUST.replace("ablate", "seeded")
    )
    run_specs([path])
    for name in ("patch", "agreement"):
        (tmp_path / "pictures" / f"{name}.svg").unlink()
    summary = run_specs([path])
    assert summary.ran == ("patch", "agreement")
    assert (tmp_path / "pictures" / "patch.svg").is_file()
    assert (tmp_path / "pictures" / "agreement.svg").is_file()
    assert run_specs([path]).ran == ()


def test_a_process_killed_amid_its_units_goes_on_where_it_was(tmp_path: Path) -> None:
    """The manifest can be read at every moment, and the end is that of a run which nobody killed."""
    cells = 'sets = [["L0H0.z"]]\ndraws = 20\nseeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]'
    grid = SEEDED.replace("seeds = [0, 1, 2]", cells)
    path, whole = spec(tmp_path, grid), tmp_path / "whole"
    whole.mkdir()
    shutil.copy(tmp_path / "number.jsonl", whole)
    command = [sys.executable, "-m", "claimlint", "run", "spec.toml"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if (tmp_path / "manifest.json").exists() and len(manifest(tmp_path).experiments) > 1:
            process.kill()
            process.wait()
        time.sleep(0.01)
    assert process.returncode, "it came to its end"
    finished = [entry.id for entry in manifest(tmp_path).experiments]
    assert 1 < len(finished) < 12
    summary = run_specs([path])
    assert summary.kept == tuple(finished)
    assert len(summary.ran) == 12 - len(finished)
    run_specs([spec(whole, grid)])
    resumed, alone = (
        [entry.model_dump(exclude={"peak_memory_mb"}) for entry in manifest(folder).experiments]
        for folder in (tmp_path, whole)
    )
    assert resumed == alone


@pytest.mark.skipif(sys.platform == "win32", reason="sends the signal that a terminal sends")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_run_ends_at_once_and_says_that_it_can_go_on(tmp_path: Path, jobs: str) -> None:
    spec(tmp_path, SEEDED.replace("[0, 1, 2]", str([*range(100)])))
    command = [sys.executable, "-m", "claimlint", "run", "spec.toml", "--jobs", jobs]
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not (tmp_path / "manifest.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("claimlint: interrupted; finished units are kept")
    assert "Traceback" not in said
    assert 0 < len(manifest(tmp_path).experiments) < 100


def test_the_processes_of_a_killed_run_end_with_it(tmp_path: Path) -> None:
    grid = SEEDED.replace("[0, 1, 2]", str([*range(100)]))
    spec(tmp_path, grid)
    command = [sys.executable, "-m", "claimlint", "run", "spec.toml", "--jobs", "2"]
    # Every process of the run holds the pipe open: it is at its end once the last one is gone.
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"[1/100] ")
    process.kill()
    process.communicate(timeout=60)
    assert len(manifest(tmp_path).experiments) < 8 * 100


@pytest.mark.parametrize("change", ["spec", "prompts", "results"])
def test_what_changed_is_run_again(tmp_path: Path, change: str) -> None:
    path = spec(tmp_path, PATCH, ABLATE)
    run_specs([path])
    if change == "spec":
        path = spec(tmp_path, PATCH.replace('"each"', "[0]"), ABLATE)
    elif change == "prompts":
        lines = (tmp_path / "number.jsonl").read_text().splitlines()[:-1]
        (tmp_path / "number.jsonl").write_text("\n".join(lines))
    else:
        entry = manifest(tmp_path).experiment("patch/L0H0.z")
        assert entry is not None
        (tmp_path / entry.arrays["outcomes"].path).unlink()
    expected = ("patch", "ablate") if change == "prompts" else ("patch",)
    assert run_specs([path]).ran == expected
    ids = [entry.id for entry in manifest(tmp_path).experiments if entry.id.startswith("patch")]
    assert len(ids) == (2 if change == "spec" else 8)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("config.json", '"relu"', '"gelu"'), ("tokenizer.json", '"noun7.sg": ', '"renamed": ')],
)
def test_another_configuration_or_tokenizer_is_another_model(
    tmp_path: Path, file: str, old: str, new: str
) -> None:
    """Both leave the weights and the prompt file as they were."""
    shutil.copytree(MODELS / "single-linear", tmp_path / "model")
    path = spec(tmp_path, PATCH)
    path.write_text(path.read_text().replace(str(MODELS / "single-linear"), "model"))
    assert run_specs([path]).ran == ("patch",)
    text = (tmp_path / "model" / file).read_text()
    assert old in text
    (tmp_path / "model" / file).write_text(text.replace(old, new))
    spec_runs.loaded.cache_clear()
    assert run_specs([path]).ran == ("patch",)
    assert run_specs([path]).ran == ()


def test_a_grid_runs_every_seed_and_tells_them_apart(tmp_path: Path) -> None:
    path = spec(tmp_path, ABLATE.replace("direct = true", "seeds = [0, 1]"))
    assert [unit.id for unit in units_of(read_spec(path))] == ["ablate/seed0", "ablate/seed1"]
    run_specs([path])
    entries = manifest(tmp_path).experiments
    assert [(entry.id, entry.seeds) for entry in entries] == [("ablate/seed0", (0,)), ("ablate/seed1", (1,))]


ROBUST = """
[[robustness]]
id = "agreement"
of = "ablate"
"""
SEEDED = """
[[experiment]]
id = "ablate"
method = "ablation"
replacements = ["resample"]
seeds = [0, 1, 2]
"""


def test_a_sweep_over_seeds_is_compared_once(tmp_path: Path) -> None:
    path = spec(tmp_path, SEEDED, ROBUST)
    assert run_specs([path]).ran[-1] == "agreement"
    entry = manifest(tmp_path).experiment("agreement")
    assert entry is not None
    assert entry.robustness is not None
    assert entry.robustness.seeds == (0, 1, 2)
    assert entry.robustness.strength == "strong"
    assert "seed 1" in (tmp_path / "pictures" / f"{entry.id}.svg").read_text()
    assert run_specs([path]).ran == ()
    changed = run_specs([spec(tmp_path, SEEDED.replace("[0, 1, 2]", "[0, 1, 3]"), ROBUST)])
    assert changed.ran == ("ablate/seed3", "agreement")


def test_effects_are_compared_as_shares_of_the_total_effect(tmp_path: Path) -> None:
    """The logit difference is 10 here: in logits nearly every effect would pass every threshold."""
    seeded = PATCH.replace('kind = "z"', 'kind = "z"\nseeds = [0, 1]\nlayers = [0]')
    run_specs([spec(tmp_path, seeded, ROBUST.replace("ablate", "patch"))])
    entry = manifest(tmp_path).experiment("agreement")
    assert entry is not None
    found = read_arrays(tmp_path, entry.arrays["outcomes"])
    np.testing.assert_allclose(found["number/tiny/seed 0"].mean(0), [1, 0, 0, 0], atol=1e-5)


def test_effects_have_no_share_of_a_corruption_that_does_nothing(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (tmp_path / "number.jsonl").read_text().splitlines()]
    lines.sort(key=lambda line: line["labels"]["number"])
    turned = [
        {**line, "corrupted": other["clean"]}
        for line, other in zip(lines, [*lines[1:], lines[0]], strict=True)
    ]
    (tmp_path / "number.jsonl").write_text("\n".join(map(json.dumps, turned)))
    seeded = PATCH.replace('kind = "z"', 'kind = "z"\nseeds = [0, 1]')
    path = spec(tmp_path, seeded, ROBUST.replace("ablate", "patch"))
    path.write_text(path.read_text().replace("single-linear", "agreement"))
    with pytest.raises(ClaimlintError, match="no logit_difference to recover"):
        run_specs([path])


def test_a_manifest_that_cannot_be_rewritten_is_told_before_anything_runs(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH)
    path.write_text('manifest = "evidence.toml"\n' + path.read_text())
    with pytest.raises(ClaimlintError, match=r"manifest: runs write \.json manifests only"):
        read_spec(path)


def test_one_run_is_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(ClaimlintError, match="'ablate' was run 1 time"):
        run_specs([spec(tmp_path, ABLATE, ROBUST)])
    assert manifest(tmp_path).experiment("ablate") is not None


def test_a_second_run_verifies_the_first(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH)
    run_specs([path])
    found = verify([path], "patch/L0H0.z")
    assert found.holds
    assert found.changed == ()
    assert {difference.size for difference in found.differences} == {0.0}
    assert len(verify([path], "patch").differences) == len(found.differences) + 7  # all eight entries


def test_a_number_changed_by_hand_is_noticed_though_its_arrays_are_whole(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH, SEEDED, ROBUST)
    run_specs([path])
    assert all(found.holds for found in verify_all([path]))
    data = json.loads((tmp_path / "manifest.json").read_text())
    data["experiments"][0]["effect"]["value"] *= 1.1
    (tmp_path / "manifest.json").write_text(json.dumps(data))
    broken = [found for found in verify_all([path]) if not found.holds]
    assert [found.id for found in broken] == ["patch"]
    assert [d.what for d in broken[0].differences if not d.holds] == ["numbers of patch/L0H0.z"]


def test_memory_taken_up_is_no_result(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH)
    run_specs([path])
    data = json.loads((tmp_path / "manifest.json").read_text())
    data["experiments"][0]["peak_memory_mb"] += 100
    del data["experiments"][1]["peak_memory_mb"]
    (tmp_path / "manifest.json").write_text(json.dumps(data))
    assert all(found.holds for found in verify_all([path]))


def test_what_the_manifest_lacks_does_not_hold(tmp_path: Path) -> None:
    run_specs([spec(tmp_path, PATCH)])
    found = verify_all([spec(tmp_path, PATCH, ABLATE)])
    assert [(one.id, one.holds) for one in found] == [("patch", True), ("ablate", False)]
    assert found[1].changed == ("entries: only one of the two runs has ablate",)


def test_units_that_run_side_by_side_give_what_they_give_one_by_one(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH, ABLATE, SEEDED.replace('"ablate"', '"seeded"'))
    said: list[str] = []
    assert len(run_specs([path], Machine(jobs=2), report=said.append).ran) == 5
    assert said[-1].startswith("[5/5] ")
    assert said[-1].endswith("about 0 s left")
    assert run_specs([path]).ran == ()
    assert all(difference.size == 0 for found in verify_all([path]) for difference in found.differences)


LATE = """
[[experiment]]
id = "late"
method = "ablation"
layers = [7]
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_fails_keeps_nothing_else_from_its_end(tmp_path: Path, jobs: int) -> None:
    """Both are told at the end, and the next run does what was mended."""
    wide = LATE.replace("late", "wide").replace("layers = [7]", 'sets = [["L0H9.z"]]')
    path, said = spec(tmp_path, LATE, PATCH, wide, ABLATE), list[str]()
    with pytest.raises(ClaimlintError) as error:
        run_specs([path], Machine(jobs=jobs), report=said.append)
    assert error.value.what.startswith("2 of 4 units failed:")
    assert "experiment 'late': site L7H0.z: layer 7 does not exist" in error.value.what
    assert "experiment 'wide': site L0H9.z: head 9 does not exist" in error.value.what
    assert [line.split(",")[0].split(": ")[1] == "failed" for line in said] == [True, False, True, False]
    assert {entry.id.split("/")[0] for entry in manifest(tmp_path).experiments} == {"patch", "ablate"}
    path.write_text(path.read_text().replace("layers = [7]", "layers = [0]"))
    with pytest.raises(ClaimlintError, match="1 of 4 units failed:"):
        run_specs([path], Machine(jobs=jobs), report=said.append)
    assert said[4] == "finished and kept: 2"
    assert {entry.id.split("/")[0] for entry in manifest(tmp_path).experiments} == {"patch", "ablate", "late"}


def test_prompts_and_models_that_are_missing_stop_their_own_units(tmp_path: Path) -> None:
    """One message for all units that failed alike."""
    more = '[[prompts]]\nid = "gone"\npath = "gone.jsonl"\n[[model]]\nid = "lost"\npath = "lost"\n'
    grid = PATCH.replace('"each"', '"each"\nseeds = [0, 1]')
    (tmp_path / "lost").mkdir()
    with pytest.raises(ClaimlintError) as error:
        run_specs([spec(tmp_path, more, grid)])
    assert error.value.what.startswith("6 of 8 units failed:")
    assert error.value.what.count(f"{tmp_path / 'gone.jsonl'}: No such file") == 1
    assert "experiments 'patch/tiny/gone/seed0', 'patch/tiny/gone/seed1': " in error.value.what
    assert error.value.what.count(f"model '{tmp_path / 'lost'}'") == 1
    assert len(manifest(tmp_path).experiments) == 2 * 8


def test_a_comparison_lacks_no_run_that_failed(tmp_path: Path) -> None:
    """Though the manifest still has an earlier version of it."""
    path = spec(tmp_path, SEEDED, ROBUST)
    run_specs([path])
    path.write_text(path.read_text().replace("seeds = [0, 1, 2]", "seeds = [0, 1, 2]\nbatch_size = 16"))
    (tmp_path / "number.jsonl").unlink()
    with pytest.raises(ClaimlintError) as error:
        run_specs([path])
    assert "experiment 'agreement': no results of ablate/seed0, ablate/seed1, ablate" in error.value.what
    assert error.value.what.startswith("4 of 4 units failed")


@pytest.mark.parametrize("asked_for", [np.empty, torch.empty])
def test_memory_that_runs_out_ends_the_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_for: Callable[[int], Any]
) -> None:
    path = spec(tmp_path, PATCH, ABLATE, LATE)

    def too_large(unit: Any, *given: Any) -> Any:
        if unit.id == "ablate":
            asked_for(10**17)
        return execute(unit, *given)

    said: list[str] = []
    monkeypatch.setattr(spec_runs, "execute", too_large)
    with pytest.raises(ClaimlintError, match="experiment 'ablate': memory ran out") as error:
        run_specs([path], report=said.append)
    assert "batch_size" in error.value.fix
    assert len(said) == 1
    assert len(manifest(tmp_path).experiments) == 8


def test_an_experiment_that_fails_the_second_time_does_not_hold(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH, SEEDED, ROBUST)
    run_specs([path])
    path.write_text(path.read_text().replace('kind = "z"', 'kind = "z"\nlayers = [7]'))
    found = verify_all([path])
    assert [one.id for one in found if not one.holds] == ["patch"]
    assert found[0].error is not None
    assert "layer 7 does not exist" in found[0].error.what


def test_units_are_verified_side_by_side_as_one_by_one(tmp_path: Path) -> None:
    path = spec(tmp_path, SEEDED, PATCH, ROBUST)
    run_specs([path])
    data = json.loads((tmp_path / "manifest.json").read_text())
    data["experiments"][0]["effect"]["value"] += 1
    (tmp_path / "manifest.json").write_text(json.dumps(data))
    said: list[list[str]] = [[], []]
    alone, together = (verify_all([path], Machine(jobs=n), report=said[n - 1].append) for n in (1, 2))
    assert together == alone
    assert said[1] == said[0]
    assert said[1] == [
        "[1/4] ablate/seed0: does not hold",
        "[2/4] ablate/seed1: holds",
        "[3/4] ablate/seed2: holds",
        "[4/4] patch: holds",
    ]


def test_a_long_unit_tells_how_far_it_has_come(tmp_path: Path) -> None:
    """80 prompts in three batches; direct effects are a second sweep, and twelve passes a few cells each."""
    whole = PATCH.replace('"each"', '"each"\nbatch_size = 32')
    joint = ABLATE.replace('[["L0H0.z"]]', '[["L0H0.z"], ["L1.mlp_out"]]').replace('"mean", ', "")
    paths = '[[experiment]]\nid = "path"\nmethod = "path_patching"\nsenders = ["L0H0.z"]\n'
    said: list[str] = []
    path = spec(tmp_path, whole, joint, f'{paths}receivers = ["L1.mlp_out", "logits"]')
    run_specs([path], progress=said.append)
    counts: dict[str, list[tuple[int, int]]] = {}
    for line in said:
        found = re.fullmatch(r"(\w+): (\d+) of (\d+) cells, about \d+ s left", line)
        assert found is not None
        counts.setdefault(found[1], []).append((int(found[2]), int(found[3])))
    assert {id: (told[-1]) for id, told in counts.items()} == {
        "patch": (24, 24),
        "ablate": (12, 12),
        "path": (9, 9),
    }
    assert all(told == sorted(told) and len(told) > 2 for told in counts.values())
    said.clear()
    verify_all([path], progress=said.append)
    assert said[-1] == "path: 9 of 9 cells, about 0 s left"


def test_another_precision_is_another_run(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH)
    run_specs([path])
    assert run_specs([path], Machine(dtype="float64")).ran == ("patch",)
    entry = manifest(tmp_path).experiment("patch/L0H0.z")
    assert entry is not None
    assert entry.settings["dtype"] == "float64"


def test_verification_names_what_changed(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH)
    run_specs([path])
    text = (tmp_path / "number.jsonl").read_text().splitlines()
    line = json.loads(text[0])
    line["answers"].reverse()
    (tmp_path / "number.jsonl").write_text("\n".join([json.dumps(line), *text[1:]]))
    found = verify([path], "patch/L0H0.z")
    assert not found.holds
    assert [change.split(":")[0] for change in found.changed] == ["prompts"]
    assert any(not difference.holds for difference in found.differences)


def test_verifying_what_was_never_run_suggests_the_near_name(tmp_path: Path) -> None:
    path = spec(tmp_path, PATCH)
    run_specs([path])
    with pytest.raises(
        ClaimlintError, match=r"no executed unit 'patch/L0H9\.z' of these specs. Did you mean"
    ):
        verify([path], "patch/L0H9.z")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            '[[experiment]]\nid = "a"\nmethod = "ablation"\nreplacment = ["zero"]',
            "Did you mean 'replacements'",
        ),
        (
            '[[experiment]]\nid = "a"\nmethod = "ablaton"',
            "no such method: 'ablaton'. Did you mean 'ablation'?",
        ),
        ('[[experiment]]\nid = "a"', "experiment 'a': method: missing. Use one of: activation_patching, "),
        (PATCH + '[[model]]\nid = "b"\npth = "b"', "model 'b': pth: no such key. Did you mean 'path'?"),
        ('[[experiment]]\nid = "a"\nmethod = "steering"\nsite = "8.3"', "L8H3.z@-1"),
        ('[[experiment]]\nid = "a"\nmethod = "ablation"\nmetrics = ["logits"]', "unknown metric"),
        ('[[experiment]]\nid = "a"\nmethod = "ablation"\nmodels = ["big"]', "no model has the id 'big'"),
        ('[[experiment]]\nid = "a/b"\nmethod = "ablation"', "experiment 'a/b': id"),
        (PATCH + PATCH, "'patch' is given twice"),
        (PATCH + ROBUST, "no experiment has the id 'ablate'"),
        ("[[experiment]", "not valid TOML"),
        (PATCH + "layers = []", "experiment 'patch': layers: List should have at least 1 item"),
        (PATCH + "layers = 1", "experiment 'patch': layers: Input should be a valid list"),
        ('[[experiment]]\nid = "a"\nmethod = "linear_probe"', "experiment 'a': label: missing"),
    ],
)
def test_a_spec_that_cannot_be_run_says_where(tmp_path: Path, part: str, message: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        read_spec(spec(tmp_path, part))
    assert "spec.toml" in error.value.what
    assert message in str(error.value)
    assert "experiment: " not in str(error.value)


def test_the_page_on_experiments_names_every_method_and_key() -> None:
    page = (MODELS.parents[1] / "docs" / "experiments.md").read_text()
    tables = page[page.index("## Keys of an experiment") :]
    definitions = Spec.model_json_schema()["$defs"]
    methods = {
        table["properties"]["method"]["const"]
        for table in definitions.values()
        if "method" in table.get("properties", {})
    }
    keys = {key for table in definitions.values() for key in table.get("properties", {})}
    assert {word for word in methods | keys if f"`{word}`" not in tables} == set()
