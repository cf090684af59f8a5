"""``claimlint manifest``: show, check, schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_program import DEMO, run


def test_show_says_what_each_experiment_licenses() -> None:
    lines = run("manifest", "show", str(DEMO / "manifest.json")).stdout.splitlines()
    probe = next(line for line in lines if line.startswith("probe-gender-l8"))
    assert probe.endswith("association")
    planned = next(line for line in lines if line.startswith("interchange-gender-l9"))
    assert planned.endswith("nothing (planned)")


def test_check_names_a_file_that_changed_and_exits_1(tmp_path: Path) -> None:
    manifest = json.loads((DEMO / "manifest.json").read_text())
    manifest["prompt_sets"][0] |= {"path": "prompts.jsonl", "n": 1, "digest": "sha256:" + "0" * 64}
    (tmp_path / "prompts.jsonl").write_text('{"clean": "Anna"}\n')
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    done = run("manifest", "check", cwd=tmp_path)
    assert done.returncode == 1
    assert "prompts.jsonl has changed" in done.stdout
    assert run("manifest", "check", str(DEMO / "manifest.json")).returncode == 0


@pytest.mark.parametrize(
    ("ids", "told"), [(["a"], "1 experiment, 1 problem."), (["a", "b"], "2 experiments, 2 problems.")]
)
def test_check_counts_what_it_found(tmp_path: Path, ids: list[str], told: str) -> None:
    lost = {"arrays": {"outcomes": {"path": "lost.safetensors"}}}
    entries = [{"id": id, "method": "ablation", **lost} for id in ids]
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 1, "experiments": entries}))
    done = run("manifest", "check", cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == told


def test_schema_is_json_schema_with_descriptions() -> None:
    schema = json.loads(run("manifest", "schema").stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$defs"]["Experiment"]["properties"]["replacement"]["description"]


def test_a_manifest_that_fails_its_schema_stops_the_lint(tmp_path: Path) -> None:
    (tmp_path / "paper.md").write_text("# Results\n\nLayer 9 drives the refusal.\n")
    experiment = {"id": "a", "grade": "declared", "status": "done", "methd": "ablation"}
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 1, "experiments": [experiment]}))
    done = run("check", "paper.md", cwd=tmp_path)
    assert done.returncode == 2
    assert "methd" in done.stderr
    assert "'method'" in done.stderr or '"method"' in done.stderr
    assert "Traceback" not in done.stderr


def test_appendix_and_macros_are_printed_or_written_whole(tmp_path: Path) -> None:
    manifest = str(DEMO / "manifest.json")
    printed = run("manifest", "tex", manifest).stdout
    assert "\\newcommand{\\PatchLOneFive}{33.9~points\\xspace}" in printed
    assert run("manifest", "tex", manifest, "--output", "numbers.tex", cwd=tmp_path).stdout == ""
    assert (tmp_path / "numbers.tex").read_text() == printed
    rounded = run("manifest", "tex", manifest, "--decimals", "1", "--decimals", "patch-l15=2").stdout
    assert "{\\PatchLOneFive}{33.90~points" in rounded
    assert "{\\ProbeGenderLEight}{1.0\\xspace" in rounded
    table = run("manifest", "appendix", manifest, "--format", "markdown").stdout
    assert "| patch-l15 | activation patching | layer 15 |" in table


def test_the_appendix_holds_what_was_run_and_tells_what_it_leaves_out(tmp_path: Path) -> None:
    entries = [
        {"id": "patch", "method": "ablation"},
        {"id": "later", "method": "ablation", "status": "planned"},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"experiments": entries}))
    done = run("manifest", "appendix", "--format", "markdown", cwd=tmp_path)
    assert "| patch |" in done.stdout
    assert "later" not in done.stdout
    assert "left out: later (planned)" in done.stderr


def test_bad_options_exit_2_and_write_nothing(tmp_path: Path) -> None:
    manifest = str(DEMO / "manifest.json")
    (tmp_path / "numbers.tex").write_text("old")
    for option in (("--decimals", "many"), ("--prefix", "a1"), ("--decimals", "patch-l16=1")):
        done = run("manifest", "tex", manifest, *option, "--output", "numbers.tex", cwd=tmp_path)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert (tmp_path / "numbers.tex").read_text() == "old"


def test_import_fills_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("layer,acc\n6,88\n8,95\n")
    fixed = {"method": "linear_probe", "effect.metric": "accuracy", "effect.unit": "percent"}
    options = [word for field, value in fixed.items() for word in ("--set", f"{field}={value}")]
    columns = ("--column", "effect.value=acc", "--id", "probe-l{layer}")
    done = run("manifest", "import", "results.csv", *options, *columns, cwd=tmp_path)
    assert done.stdout == "2 experiments written to manifest.json.\n"
    assert "probe-l8" in run("manifest", "show", cwd=tmp_path).stdout
    bad = run("manifest", "import", "results.csv", *columns, cwd=tmp_path)
    assert bad.returncode == 2
    assert "results.csv:2 does not fit" in bad.stderr
    assert "method: missing, and required" in bad.stderr
