"""Every error says why and what to do in sentences."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "claimlint"
#: Commands are written as they are typed.
NAMES = ("claimlint ",)


def reasons() -> Iterator[tuple[str, ast.expr]]:
    """The why and the fix of each error that is raised, with the place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
            if named in ("ClaimlintError", "ResourceError"):
                for text in node.args[1:3]:
                    yield f"{path.relative_to(PACKAGE)}:{text.lineno}", text


def written(text: ast.expr, end: int) -> str:
    """What stands at one end of a literal; a capital and a stop where it is filled in."""
    part = text.values[end] if isinstance(text, ast.JoinedStr) else text
    return part.value if isinstance(part, ast.Constant) else "Filled in."


def test_every_error_gives_its_reason_and_its_remedy_in_sentences() -> None:
    wrong = [
        place
        for place, text in reasons()
        if not written(text, -1).rstrip().endswith((".", ":", "?"))
        or (written(text, 0)[0].islower() and not written(text, 0).startswith(NAMES))
    ]
    assert wrong == []
