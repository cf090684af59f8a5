"""Careful wording: ten examples of each way of being careful, each with a valid manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimlint.config import Config
from claimlint.evidence.manifest import load_manifest
from claimlint.pipeline import lint

FILES = sorted((Path(__file__).parents[2] / "corpus" / "careful").glob("*.jsonl"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_ten_examples_each_with_a_manifest_that_can_be_read(file: Path, tmp_path: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 10
    for number, line in enumerate(lines, start=1):
        example = json.loads(line)
        assert set(example) <= {"text", "section", "previous", "manifest", "expect"}, f"{file.name}:{number}"
        assert example["expect"] == "no error"
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(example["manifest"]), encoding="utf-8")
        assert load_manifest(path).experiments, f"{file.name}:{number}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_error_on_careful_wording(file: Path, tmp_path: Path) -> None:
    paper, manifest = tmp_path / "paper.md", tmp_path / "manifest.json"
    errors = []
    for line in file.read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        manifest.write_text(json.dumps(example["manifest"]), encoding="utf-8")
        section, previous = example.get("section") or "Results", example.get("previous", "")
        paper.write_text(f"# {section}\n\n{previous} {example['text']}\n", encoding="utf-8")
        found = lint(str(paper), Config(), tmp_path).findings
        errors += [(f.code, f.text) for f in found if f.severity == "error"]
    assert errors == []
