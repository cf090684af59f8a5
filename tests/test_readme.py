"""What the README shows is what its commands print."""

from __future__ import annotations

import pytest

from tests.readme import ROOT, examples, printed


@pytest.mark.parametrize(("command", "output"), examples())
def test_the_readme_shows_what_is_printed(command: str, output: str) -> None:
    assert printed(command) == output


def test_the_two_commands_are_what_ci_runs() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
