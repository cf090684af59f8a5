"""Runs token patterns over a sentence's tokens.

The patterns are spaCy's, cut down to what a blank pipeline can know of a token: ``LOWER``, ``IN``, ``REGEX``,
``IS_PUNCT`` and ``OP``. spaCy's own matcher walks the whole sentence for every pattern; to try each
at its first word costs a tenth of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from claimlint.claims.tokens import Tokens

OPEN_ENDED = 8
TIMES = {"1": (1, 1), "?": (0, 1), "*": (0, OPEN_ENDED), "+": (1, OPEN_ENDED)}
BETWEEN = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")


@dataclass(frozen=True, slots=True)
class Element:
    """One token of a pattern: what fits, and how often. A gap is ``lazy``: it takes as little as it can."""

    words: frozenset[str] | None
    regex: re.Pattern[str] | None
    punctuation: bool | None
    least: int
    most: int
    lazy: bool
    once: bool

    def fits(self, word: str, is_punctuation: bool) -> bool:
        if self.words is not None and word not in self.words:
            return False
        if self.regex is not None and self.regex.search(word) is None:
            return False
        return self.punctuation is None or self.punctuation == is_punctuation


def element(token: dict[str, Any]) -> Element:
    """A token of a pattern in spaCy's notation.

    Raises:
        KeyError: it asks for something that is not known of a token here.
    """
    token = dict(token)
    lazy = bool(token.pop("GAP", False))
    least, most = _times(token.pop("OP", "1"))
    lower = token.pop("LOWER", None)
    punctuation = token.pop("IS_PUNCT", None)
    words, regex = None, None
    if isinstance(lower, str):
        words = frozenset([lower])
    elif isinstance(lower, dict):
        words = frozenset(lower["IN"]) if "IN" in lower else None
        regex = re.compile(lower["REGEX"]) if "REGEX" in lower else None
        token |= {key: value for key, value in lower.items() if key not in ("IN", "REGEX")}
    if token:
        raise KeyError(next(iter(token)))
    return Element(words, regex, punctuation, least, most, lazy, once=least == most == 1)


def _times(operator: str) -> tuple[int, int]:
    if operator in TIMES:
        return TIMES[operator]
    matched = BETWEEN.fullmatch(operator)
    if not matched:
        raise KeyError(f"OP {operator}")
    least = int(matched[1])
    return least, (int(matched[3]) if matched[3] else least + OPEN_ENDED) if matched[2] else least


def find(
    pattern: Sequence[Element], tokens: Tokens, starts: Iterable[int] | None = None
) -> list[tuple[int, int]]:
    """Where the pattern matches, one match for each start."""
    first = pattern[0]
    if starts is None:
        if first.words is not None and first.least:
            known = first.words
            starts = [at for at, word in enumerate(tokens.words) if word in known]
        else:
            starts = range(len(tokens.words))
    words, punctuation = tokens.words, tokens.punctuation
    ends = ((start, _end(pattern, 0, words, punctuation, start)) for start in starts)
    return [(start, end) for start, end in ends if end > start]


def _end(
    pattern: Sequence[Element], first: int, words: Sequence[str], punctuation: Sequence[bool], start: int
) -> int:
    """Where a match of the pattern from its ``first`` element on ends, -1 where there is none."""
    for at in range(first, len(pattern)):
        part = pattern[at]
        if part.once:
            if start == len(words) or not part.fits(words[start], punctuation[start]):
                return -1
            start += 1
            continue
        least, most = start + part.least, min(start + part.most, len(words))
        while start < most and part.fits(words[start], punctuation[start]):
            start += 1
        for after in range(least, start + 1) if part.lazy else range(start, least - 1, -1):
            end = _end(pattern, at + 1, words, punctuation, after)
            if end >= 0:
                return end
        return -1
    return start
