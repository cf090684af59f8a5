"""Imports run one way, and nothing heavy stands at the top of a module that a light command loads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimlint.packs import pack_file

PACKAGE = Path(__file__).parents[1] / "claimlint"

#: What each part may import of the others; what it imports of itself is its own affair.
MAY_IMPORT = {
    "manuscript": {"errors", "packs"},
    "claims": {"manuscript", "errors", "packs", "searching"},
    "evidence": {"atomic", "errors", "packs", "phrasing"},
    "recording": {"evidence", "errors"},
    "linking": {"manuscript", "claims", "config", "evidence", "errors", "packs", "phrasing", "searching"},
    "checks": {
        "manuscript",
        "claims",
        "config",
        "evidence",
        "linking",
        "errors",
        "packs",
        "phrasing",
        "searching",
    },
    "report": {"manuscript", "claims", "evidence", "linking", "checks", "svg", "errors", "phrasing"},
    "backend": {"evidence", "svg", "errors"},
    "lsp": {
        "manuscript",
        "claims",
        "evidence",
        "linking",
        "checks",
        "report",
        "config",
        "pipeline",
        "errors",
    },
    "config": {"claims", "errors"},
    "pipeline": {"manuscript", "claims", "evidence", "linking", "checks", "config", "errors"},
    "packs": {"errors"},
    "atomic": set(),
    "phrasing": set(),
    "searching": set(),
    "svg": set(),
    "errors": set(),
}
#: Two words that a regular expression takes for one another: "over|above", "(?:drop|los)s".
ALTERNATIVES = re.compile(r"[a-z]{2,}\)?[?*+]?\|(?:\(\?:)?[a-z]{2,}")
#: Names of LaTeX's commands are words of no language.
COMMANDS = re.compile(r"\\\\\(\?:[a-z|]+\)")
HEAVY = {"spacy", "torch", "transformers", "sklearn", "scipy", "jinja2", "pypdfium2"}


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def modules(part: str) -> list[Path]:
    alone = PACKAGE / f"{part}.py"
    return [alone] if alone.is_file() else sorted((PACKAGE / part).rglob("*.py"))


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_run_one_way(part: str) -> None:
    for path in modules(part):
        used = {name.split(".")[1] for name in imports(path) if name.startswith("claimlint.")}
        assert used <= MAY_IMPORT[part] | {part}, path


def test_every_part_has_its_place() -> None:
    parts = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    assert parts - {"__init__", "__main__"} == {*MAY_IMPORT, "cli"}


def test_only_the_backend_imports_heavy_libraries_at_the_top() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "backend" not in path.parts:
            assert not HEAVY & {name.split(".")[0] for name in imports(path, top_only=True)}, path


def test_the_readme_names_every_part() -> None:
    layout = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    parts = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]
    assert [part for part in parts if f"claimlint/{part}/ " not in layout] == []


@pytest.mark.parametrize("part", ["claims", "linking", "checks"])
def test_the_words_of_a_language_stand_in_the_packs(part: str) -> None:
    for path in modules(part):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        strings = (
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented
        )
        assert [text for text in strings if ALTERNATIVES.search(COMMANDS.sub("", text))] == [], path


def test_every_expression_of_a_pack_is_read() -> None:
    parts = ("checks", "evidence", "manuscript")
    code = "".join(path.read_text(encoding="utf-8") for part in parts for path in modules(part))
    for file, table in (
        ("drift.toml", "patterns"),
        ("drift.toml", "words"),
        ("drift.toml", "common"),
        ("manuscript/en.toml", "layout"),
        ("rewordings.toml", "sentence"),
        ("metrics.toml", "names"),
    ):
        names = pack_file(file)[table]
        assert [name for name in names if f'"{name}"' not in code] == [], file
