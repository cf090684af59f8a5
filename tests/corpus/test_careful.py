"""Careful wording: ten examples of each way of being careful, each with a valid manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimlint.evidence.manifest import load_manifest

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
