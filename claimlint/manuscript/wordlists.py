"""Lists of words: those of ``rules/manuscript/``, where each is explained, and others written as text."""

from __future__ import annotations

import re
from functools import cache

from claimlint.packs import expression, pack_file

_PACK = "manuscript/en.toml"


def words(text: str) -> frozenset[str]:
    """The words of a text, which stays readable when a list is long."""
    return frozenset(text.split())


@cache
def listed(name: str) -> frozenset[str]:
    """A list of the pack."""
    return words(pack_file(_PACK)[name])


def layout(name: str) -> re.Pattern[str]:
    """By what a line of a printed page is known."""
    return expression(_PACK, "layout", name)


@cache
def roles() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What the words of a heading tell of its section, in the order in which they are tried."""
    sections = pack_file(_PACK)["sections"]
    return tuple((re.compile(words, re.IGNORECASE), role) for words, role in sections.items())
