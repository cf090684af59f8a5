"""A manifest that says less than it seems to is told of: no unit, results that are gone or have changed."""

from __future__ import annotations

from pathlib import Path

from claimlint.config import Config
from claimlint.evidence.files import file_digest
from claimlint.pipeline import lint

MANIFEST = """version = 1
[[models]]
id = "gpt2"
[[experiments]]
id = "abl-3"
method = "ablation"
replacement = "mean"
model = "gpt2"
target = {{ layer = 3 }}
behaviour = "name accuracy"
effect = {{ metric = "accuracy", value = {effect} }}
instances = {{ path = "outcomes.jsonl", n = 1{digest} }}
"""


def told(folder: Path, effect: str, digest: str = "") -> list[tuple[str, str]]:
    (folder / "manifest.toml").write_text(MANIFEST.format(effect=effect, digest=digest), encoding="utf-8")
    (folder / "p.md").write_text("Ablating layer 3 lowers accuracy by 0.4 points.\n", encoding="utf-8")
    outcome = lint(str(folder / "p.md"), Config(), folder)
    return [(f.severity, f.message) for f in outcome.findings if f.name == "hollow-manifest"]


def test_a_number_without_a_unit_is_told_where_the_paper_is_checked(tmp_path: Path) -> None:
    (tmp_path / "outcomes.jsonl").write_text('{"prompt_id": "a", "before": 1, "after": 0}\n')
    ((severity, message),) = told(tmp_path, "12")
    assert severity == "warning"
    assert "12 has no unit" in message
    assert not told(tmp_path, '12, unit = "points"')


def test_results_that_are_gone_are_a_note(tmp_path: Path) -> None:
    ((severity, message),) = told(tmp_path, '12, unit = "points"')
    assert severity == "info"
    assert "outcomes.jsonl" in message


def test_results_that_are_not_those_of_the_manifest_are_told(tmp_path: Path) -> None:
    outcomes, effect = tmp_path / "outcomes.jsonl", '12, unit = "points"'
    outcomes.write_text('{"prompt_id": "a", "before": 1, "after": 0}\n')
    digest = f', digest = "{file_digest(outcomes)}"'
    assert not told(tmp_path, effect, digest)
    outcomes.write_text('{"prompt_id": "a", "before": 0, "after": 0}\n')
    ((severity, message),) = told(tmp_path, effect, digest)
    assert severity == "warning"
    assert message.startswith("outcomes.jsonl has changed")
