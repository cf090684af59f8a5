"""``claimlint run``: experiments from a spec, and their verification."""

from __future__ import annotations

import io
import re
import sys
from math import inf
from pathlib import Path

import pytest

from claimlint.backend.verification import Difference, Verification
from claimlint.cli import program
from claimlint.cli.run import _told
from tests.cli.test_program import run

MODELS = Path(__file__).parents[2] / "experiments" / "models"
SPEC = f"""
[[model]]
id = "tiny"
path = "{MODELS / "single-linear"}"

[[prompts]]
id = "number"
path = "{MODELS / "prompts" / "agreement-number.jsonl"}"

[[experiment]]
id = "patch"
method = "activation_patching"
sets = [["L0H0.z"]]
draws = 50
"""


def test_a_spec_is_run_once_shown_and_verified(tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_text(SPEC)
    first = run("run", "spec.toml", cwd=tmp_path)
    assert first.returncode == 0
    assert first.stdout == "1 unit run, 0 kept.\n"
    assert first.stderr.startswith("[1/1] patch: ")
    assert "sufficiency" in run("manifest", "show", cwd=tmp_path).stdout
    assert run("manifest", "check", cwd=tmp_path).returncode == 0
    verified = run("run", "spec.toml", "--verify", "patch", cwd=tmp_path)
    assert verified.returncode == 0
    assert verified.stdout == "patch: holds, largest difference 0.0e+00 of the largest value.\n"
    again = run("run", "spec.toml", "--verify-all", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, verified.stdout)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_progress_is_one_line_of_a_terminal_and_nothing_elsewhere(
    stream: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spec.toml").write_text(SPEC.replace("draws", "batch_size = 32\ndraws"))
    monkeypatch.setattr(sys, "stderr", stream)
    program(["run", str(tmp_path / "spec.toml")], standalone_mode=False)
    before, _, after = stream.getvalue().partition("[1/1] patch: ")
    if stream.isatty():
        first, *told = before.split("\r")
        assert first == ""
        assert re.sub(r"\d+ s", "9 s", told[0]) == "patch: 1 of 4 cells, about 9 s left\x1b[K"
        assert told[-1] == "\x1b[K"
    else:
        assert before == ""
        assert "\x1b" not in after


@pytest.mark.parametrize(
    ("text", "message"),
    [(SPEC.replace("L0H0.z", "L9H0.z"), "layer 9 does not exist"), ("x = ", "not valid TOML")],
)
def test_what_cannot_be_run_is_said_and_exits_2(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "spec.toml").write_text(text)
    done = run("run", "spec.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "manifest.json").exists()


def test_runs_that_cannot_be_compared_are_told_apart_from_numbers_that_differ() -> None:
    differences = (Difference("donor/accuracy/base", inf, 1e-5), Difference("numbers of patch", 0.02, 1e-5))
    assert [*_told(Verification("patch", ("prompts: sha256:0 is now sha256:1",), differences))] == [
        "patch: changed prompts: sha256:0 is now sha256:1",
        "patch: donor/accuracy/base: not the same prompts, cells or metrics in the two runs",
        "patch: numbers of patch: a difference of 2.0e-02, where 1e-05 is allowed",
        "patch: does not hold, largest difference 2.0e-02 of the largest value.",
    ]
