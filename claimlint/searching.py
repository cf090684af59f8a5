"""Patterns of the rule packs, tried only on texts that hold letters without which they cannot match.

A paper has a thousand sentences and the packs have two hundred patterns, of which hardly any match. To look
for a run of letters costs a tenth of a search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Letters = frozenset[str]
_NONE: Letters = frozenset()


class Pattern:
    """A regular expression, without regard to case if not told, compiled when a text first asks for it.

    Raises:
        re.error: it is none.
    """

    def __init__(self, pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> None:
        self._pattern = pattern
        self._flags = flags
        self._letters = letters(pattern)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._pattern, self._flags)

    def search(self, text: str) -> re.Match[str] | None:
        return self._compiled.search(text) if self._may_match(text) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self._compiled.finditer(text) if self._may_match(text) else iter(())

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self._compiled.fullmatch(text)

    def _may_match(self, text: str) -> bool:
        folded = text.casefold()
        for run in self._letters:
            if run in folded:
                return True
        return not self._letters


def letters(pattern: str) -> Letters:
    """Runs of letters of which a text must hold one for the pattern to match; none where that is not known.

    Raises:
        re.error: the pattern is none.
    """
    return _needed(parser.parse(pattern, re.IGNORECASE))


def _needed(sequence: Any) -> Letters:
    """Of all that a sequence needs, what is likeliest to be missing: long runs, and few of them."""
    found, run = [], ""
    for op, what in sequence:
        if op is ops.LITERAL:
            run += chr(what).casefold()
            continue
        found += [frozenset([run]), _inside(op, what)]
        run = ""
    found.append(frozenset([run]))
    return max(found, key=lambda runs: (min(map(len, runs), default=0), -len(runs))) - {""}


def _inside(op: Any, what: Any) -> Letters:
    if op in (ops.SUBPATTERN, ops.ASSERT):
        return _needed(what[-1])
    if op is ops.BRANCH:
        branches = [_needed(branch) for branch in what[1]]
        return _NONE.union(*branches) if all(branches) else _NONE
    repeated = op in (ops.MAX_REPEAT, ops.MIN_REPEAT) and what[0] >= 1
    return _needed(what[2]) if repeated else _NONE
