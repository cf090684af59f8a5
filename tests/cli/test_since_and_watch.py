"""``--since`` in a real checkout, ``--watch`` as a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD = "Layer 3 stores the number of the subject."
NEW = "Layer 8 stores the gender of the antecedent."
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def git(folder: Path, *args: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


def check(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "claimlint", "paper.tex", "--format=json", "--no-described", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=ENVIRONMENT)


def sentences(done: subprocess.CompletedProcess[str], folder: Path) -> set[str]:
    found = json.loads(done.stdout)["findings"]
    return {
        (folder / finding["file"]).read_text()[finding["sentence"]["start"] : finding["sentence"]["end"]]
        for finding in found
    }


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A committed paper of two files, whose section says too much once."""
    entry = {"id": "probe", "method": "linear_probe", "behaviour": "number", "target": {"layer": [3, 8]}}
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 1, "experiments": [entry]}))
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\n\\begin{document}\n\\section{Results}\n\\input{part}\n\\end{document}\n"
    )
    (tmp_path / "part.tex").write_text(f"{OLD}\n\nThis is known.\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "a paper")
    return tmp_path


def test_since_reports_what_stands_on_changed_lines(paper: Path) -> None:
    assert sentences(check(paper), paper) == {OLD}
    unchanged = check(paper, "--since", "HEAD")
    assert (sentences(unchanged, paper), unchanged.returncode) == (set(), 0)
    assert "unchanged since HEAD left out" in unchanged.stderr
    (paper / "part.tex").write_text(f"{OLD}\n\nThis is known.\n\n{NEW}\n")
    changed = check(paper, "--since", "HEAD")
    assert (sentences(changed, paper), changed.returncode) == ({NEW}, 1)
    git(paper, "commit", "-qam", "a claim")
    assert sentences(check(paper, "--since", "HEAD"), paper) == set()
    assert sentences(check(paper, "--since", "HEAD~1"), paper) == {NEW}


def test_since_takes_a_file_that_git_does_not_know_for_new(paper: Path) -> None:
    (paper / "more.tex").write_text(f"{NEW}\n")
    (paper / "paper.tex").write_text(
        (paper / "paper.tex").read_text().replace("part}", "part}\n\\input{more}")
    )
    assert sentences(check(paper, "--since", "HEAD"), paper) == {NEW}


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=stolen", ""])
def test_since_an_unknown_revision_leaves_nothing_out(paper: Path, revision: str) -> None:
    done = check(paper, f"--since={revision}")
    if revision:
        assert done.returncode == 2
        assert "fix: " in done.stderr
        assert "Traceback" not in done.stderr
    else:
        assert sentences(done, paper) == {OLD}
    assert not (paper / "stolen").exists()


def test_since_outside_of_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "paper.tex").write_text(f"{NEW}\n")
    done = check(tmp_path, "--since", "HEAD")
    assert done.returncode == 2
    assert "not a git repository" in done.stderr


def test_watch_checks_again_when_a_file_of_the_paper_changes(paper: Path) -> None:
    log = paper / "log"
    with log.open("w") as out:
        command = [
            sys.executable,
            "-m",
            "claimlint",
            "paper.tex",
            "--watch",
            "--format=concise",
            "--no-described",
        ]
        process = subprocess.Popen(command, cwd=paper, stdout=out, stderr=out, env=ENVIRONMENT)
    try:
        until(lambda: log.read_text().count("watching") == 1)
        assert "part.tex" in log.read_text()
        (paper / "more").mkdir()
        (paper / "part.tex").write_text("This is known.\n\\import{more/}{later}\n")
        until(lambda: log.read_text().count("watching 3 files") == 2)
        (paper / "more" / "later.tex").write_text("This is known, too.\n")
        until(lambda: log.read_text().count("watching 4 files") == 1)
        (paper / "manifest.json").write_text("{")
        until(lambda: log.read_text().count("watching") == 4)
        assert "not valid JSON" in log.read_text()
        (paper / "manifest.json").unlink()
        (paper / "claimlint.toml").write_text('severity = { "no-manifest" = "error" }\n')
        until(lambda: "no-manifest" in log.read_text())
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.1)
