"""The files that other services read: their steps are run here as those services run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
PAPER = "# Results\n\nLayer 8 stores the gender of the subject.\n"
MANIFEST = """version = 1

[[experiments]]
id = "probe-l8"
method = "linear_probe"
behaviour = "gender of the subject"
target = { layer = [8] }
controls = { control_task = 0.54 }
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "my paper").mkdir(parents=True)
    (folder / "my paper" / "paper.md").write_text(PAPER, encoding="utf-8")
    (folder / "my paper" / "manifest.toml").write_text(MANIFEST, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the action's own step of installing gives, here without network."""
    place = tmp_path_factory.mktemp("installed")
    done = run_step("Install", place, {**OFFLINE, "PIP_TARGET": str(place)})
    assert done.returncode == 0, done.stderr
    return place


def step(name: str) -> dict[str, Any]:
    return next(step for step in ACTION["runs"]["steps"] if step.get("name") == name)


def run_step(name: str, folder: Path, env: dict[str, str], **inputs: str) -> subprocess.CompletedProcess[str]:
    """A step as GitHub's runner runs it: inputs put in where they are named, bash with these options."""
    given = {key: str(told.get("default", "")) for key, told in ACTION["inputs"].items()} | inputs
    own = {
        key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], value)
        for key, value in step(name).get("env", {}).items()
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)["run"]],
        cwd=folder,
        env={**os.environ, "PATH": path, "GITHUB_ACTION_PATH": str(ROOT), **env, **own},
        capture_output=True,
        text=True,
        check=False,
    )


def run_check(
    workspace: Path, installed: Path, **inputs: str
) -> tuple[subprocess.CompletedProcess[str], str, str]:
    """The check, with what it leaves in the job's summary and in the step's outputs."""
    summary, output = workspace.parent / "summary", workspace.parent / "output"
    for file in (summary, output):
        file.touch()
    env = {
        "PATH": f"{installed / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(installed),
        "RUNNER_TEMP": str(workspace.parent),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(output),
    }
    done = run_step("Check", workspace, env, paper="my paper/paper.md", **inputs)
    return done, summary.read_text(encoding="utf-8"), output.read_text(encoding="utf-8")


def test_the_action_annotates_sums_up_and_hands_on_its_sarif(workspace: Path, installed: Path) -> None:
    done, summary, output = run_check(workspace, installed)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=my paper/paper.md,line=3,")
    assert "CL102 decodable-means-used" in summary
    assert output == "sarif=claimlint.sarif\n"
    assert step("Upload")["with"]["sarif_file"] == "${{ steps.check.outputs.sarif }}"
    report = json.loads((workspace / "claimlint.sarif").read_text(encoding="utf-8"))
    place = report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20paper/paper.md"


def test_the_action_takes_options_over_several_lines_and_can_leave_sarif_out(
    workspace: Path, installed: Path
) -> None:
    done, summary, output = run_check(
        workspace, installed, sarif="", args="--ignore CL102\n--fail-on never\n"
    )
    assert (done.returncode, output) == (0, ""), done.stderr
    assert "CL102" not in summary
    assert not list(workspace.glob("*.sarif"))


def test_the_action_fails_where_the_work_could_not_be_done(workspace: Path, installed: Path) -> None:
    """What the job has said of another paper is not said again of this one."""
    run_check(workspace, installed)
    for file in ("summary", "output"):
        (workspace.parent / file).unlink()
    done, summary, output = run_check(workspace, installed, args="--manifest nowhere.json")
    assert (done.returncode, summary, output) == (2, "", "")
    assert "nowhere.json: no such manifest" in done.stderr


def test_the_pre_commit_hook_checks_the_paper_that_it_is_given(workspace: Path) -> None:
    assert HOOK["pass_filenames"] is False
    program, *words = shlex.split(HOOK["entry"])
    done = subprocess.run(
        [sys.executable, "-m", program, *words, "paper.md"],
        cwd=workspace / "my paper",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "CL102" in done.stdout


@pytest.mark.parametrize(
    ("name", "looked_at"),
    [("sections/results.tex", True), ("manifest.json", True), ("claimlint.toml", True), ("train.py", False)],
)
def test_the_pre_commit_hook_runs_when_a_file_of_the_paper_changes(name: str, looked_at: bool) -> None:
    assert bool(re.search(HOOK["files"], name)) is looked_at
