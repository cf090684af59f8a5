"""The words by which a sentence is held against the manifest (``rules/drift.toml``)."""

from __future__ import annotations

import re
from functools import cache

from claimlint.packs import expression, pack_file

_PACK = "drift.toml"


@cache
def words(name: str) -> tuple[str, ...]:
    """Whole words, as `find_words` takes them."""
    return tuple(pack_file(_PACK)["words"][name])


def pattern(name: str) -> re.Pattern[str]:
    """A regular expression; the pack says where it is read."""
    return expression(_PACK, "patterns", name)


def common(name: str) -> str:
    """Words that tell no metric, or no heading, from another."""
    return str(pack_file(_PACK)["common"][name])


def factors() -> tuple[tuple[float, tuple[str, ...]], ...]:
    """Each factor with the words that tell it, as `find_words` takes them."""
    return tuple((float(factor), tuple(told)) for factor, told in pack_file(_PACK)["factors"].items())
