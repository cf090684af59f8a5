"""``claimlint init``: a manifest to be filled in, and never one overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from claimlint.cli.init import command
from claimlint.config import Config
from claimlint.errors import ClaimlintError
from claimlint.evidence import load_manifest
from claimlint.pipeline import lint

PAPER = """# Number

## Probing

We train linear probes on layer 8 of GPT-2 small. The probes reach 95% accuracy on 1,200 sentences.

## Patching

We patch layer 15 with clean activations. Patching layer 15 restores agreement.
"""


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.md"
    path.write_text(PAPER, encoding="utf-8")
    return path


def init(*args: str) -> str:
    done = CliRunner().invoke(command, list(args), catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_every_described_experiment_is_planned_and_holds_no_number(paper: Path) -> None:
    assert "2 planned experiments" in init(str(paper))
    manifest = load_manifest(paper.parent / "manifest.json")
    probe, patch = manifest.experiments
    assert (probe.method, probe.target.layer) == ("linear_probe", (8,))
    assert (patch.method, patch.target.layer) == ("activation_patching", (15,))
    assert {(e.grade, e.status) for e in manifest.experiments} == {("declared", "planned")}
    assert all(e.effect is None and e.prompts is None for e in manifest.experiments)
    assert "We train linear probes" in probe.note


def test_planned_experiments_support_nothing(paper: Path) -> None:
    init(str(paper))
    verdicts = {judged.verdict for judged in lint(str(paper), Config(), paper.parent).claims}
    assert "supported" not in verdicts


@pytest.mark.parametrize("there", ["manifest.json", "manifest.toml", "experiments/manifest.json"])
def test_a_manifest_that_is_there_is_left_as_it_is(paper: Path, there: str) -> None:
    place = paper.parent / there
    place.parent.mkdir(exist_ok=True)
    place.write_text("kept", encoding="utf-8")
    with pytest.raises(ClaimlintError, match="there is a manifest already"):
        init(str(paper))
    assert place.read_text(encoding="utf-8") == "kept"


def test_another_file_is_not_overwritten_either(paper: Path, tmp_path: Path) -> None:
    place = tmp_path / "mine.json"
    place.write_text("kept", encoding="utf-8")
    with pytest.raises(ClaimlintError, match=r"mine\.json"):
        init(str(paper), "--output", str(place))
    assert place.read_text(encoding="utf-8") == "kept"


def test_a_paper_without_experiments_gets_no_manifest(tmp_path: Path) -> None:
    path = tmp_path / "essay.md"
    path.write_text("# Essay\n\nWe thank everybody who read this text.\n", encoding="utf-8")
    with pytest.raises(ClaimlintError, match="no experiment"):
        init(str(path))
    assert not (tmp_path / "manifest.json").exists()
