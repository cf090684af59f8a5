"""What the README shows is what its commands print."""

from __future__ import annotations

import re

import pytest

from tests.picture import PICTURE, letters_in, letters_printed, run
from tests.readme import ROOT, examples, printed


@pytest.mark.parametrize(("command", "output"), examples())
def test_the_readme_shows_what_is_printed(command: str, output: str) -> None:
    assert printed(command) == output


def test_the_picture_shows_what_is_printed() -> None:
    assert letters_in(PICTURE.read_text(encoding="utf-8")) == letters_printed(run())


def test_the_picture_asks_for_nothing_from_other_hosts() -> None:
    picture = PICTURE.read_text(encoding="utf-8")
    assert not re.search(r"url\((?!#)|href=|<script", picture)


def test_the_two_commands_are_what_ci_runs() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
