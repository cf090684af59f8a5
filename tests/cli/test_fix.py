"""``check --diff`` and ``check --fix`` as a user runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_program import run

MANIFEST = {
    "models": [{"id": "gpt2"}],
    "experiments": [
        {
            "id": "probe-8",
            "method": "linear_probe",
            "model": "gpt2",
            "target": {"layer": [8]},
            "behaviour": "gender",
            "effect": {"metric": "accuracy", "value": 95, "unit": "percent"},
            "controls": {"control_task": 0.55},
        }
    ],
}
OVERCLAIM = "Layer 8 stores the gender of the subject."
HOLDS = "Gender is linearly decodable from layer 8 activations (95\\% probe accuracy)."


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    file = tmp_path / "paper.tex"
    file.write_text(f"\\section{{Results}}\n{OVERCLAIM}\n\\emph{{Layer 8}} stores gender.\n")
    return file


def test_the_diff_is_one_that_patch_applies_and_nothing_is_written(paper: Path) -> None:
    before = paper.read_bytes()
    done = run("check", "paper.tex", "--diff", cwd=paper.parent)
    assert done.returncode == 1
    assert paper.read_bytes() == before
    assert f"-{OVERCLAIM}\n+{HOLDS}\n" in done.stdout
    assert "1 would be reworded, 1 left" in done.stderr
    if shutil.which("patch"):
        subprocess.run(["patch", "-p0"], input=done.stdout, text=True, cwd=paper.parent, check=True)
        assert paper.read_text() == before.decode().replace(OVERCLAIM, HOLDS)


def test_fix_writes_what_the_diff_shows_and_reports_what_remains(paper: Path) -> None:
    done = run("check", "paper.tex", "--fix", "--format", "concise", cwd=paper.parent)
    assert HOLDS in paper.read_text()
    assert "paper.tex:2:9: decodable-means-used: reworded" in done.stderr
    assert "left, its source holds macros, comments or markup that would be lost" in done.stderr
    assert [line.split(":")[1] for line in done.stdout.splitlines()] == ["3"]
    assert done.returncode == 1


def test_a_fixed_paper_is_green(paper: Path) -> None:
    paper.write_text(f"{OVERCLAIM}\n")
    assert run("check", "paper.tex", "--fix", cwd=paper.parent).returncode == 0
    assert run("check", "paper.tex", cwd=paper.parent).returncode == 0


def test_line_ends_and_a_byte_order_mark_stay(paper: Path) -> None:
    paper.write_bytes(b"\xef\xbb\xbf" + f"We begin.\r\n\r\n{OVERCLAIM}\r\nWe end.\r\n".encode())
    run("check", "paper.tex", "--fix", cwd=paper.parent)
    assert paper.read_bytes() == b"\xef\xbb\xbf" + f"We begin.\r\n\r\n{HOLDS}\r\nWe end.\r\n".encode()


def test_a_file_in_another_encoding_is_not_written(paper: Path) -> None:
    before = f"Un proc\xe9d\xe9. {OVERCLAIM}\n".encode("latin-1")
    paper.write_bytes(before)
    done = run("check", "paper.tex", "--fix", cwd=paper.parent)
    assert (done.returncode, paper.read_bytes()) == (2, before)
    assert "is not UTF-8" in done.stderr


def test_standard_input_can_be_shown_but_not_fixed() -> None:
    done = run("check", "-", "--fix", stdin=OVERCLAIM)
    assert done.returncode == 2
    assert "--fix needs a file" in done.stderr
    assert run("check", "-", "--diff", "--fail-on", "never", stdin=OVERCLAIM).returncode == 0


def test_fix_together_with_diff_writes_nothing(paper: Path) -> None:
    before = paper.read_bytes()
    both = run("check", "paper.tex", "--fix", "--diff", cwd=paper.parent)
    alone = run("check", "paper.tex", "--diff", cwd=paper.parent)
    assert (both.stdout, both.stderr, both.returncode) == (alone.stdout, alone.stderr, alone.returncode)
    assert paper.read_bytes() == before
    assert run("check", "-", "--fix", "--diff", "--fail-on", "never", stdin=OVERCLAIM).returncode == 0
