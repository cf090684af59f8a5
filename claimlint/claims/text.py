"""A sentence made ready for reading: what is no word is masked, character for character.

Component mentions, citations, references and formulas become runs of one private character each, so that a
tokenizer sees one token and every offset stays the sentence's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

# Rare letters: a tokenizer takes a run of them for a word, and splits off the full stop behind it.
MASKS = {"COMPONENT": "\uab30", "CITE": "\uab31", "REF": "\uab32", "MATH": "\uab33", "NUM": "\uab34"}
WORD = re.compile(r"[\uab30-\uab34]|['’]?[^\W\d_\uab30-\uab34]+|[^\w\s'’]")


def mask(text: str, spans: Iterable[tuple[int, int]], kind: str) -> str:
    """The text with each span blotted out, at equal length."""
    pieces, last = list[str](), 0
    for start, end in spans:
        if start < last:
            continue
        pieces += [text[last:start], MASKS[kind] * (end - start)]
        last = end
    return "".join([*pieces, text[last:]]) if pieces else text


def words_of(masked: str, joined: Mapping[str, list[str]]) -> set[str]:
    """The lower-case words and the signs of a masked text; a masked run counts as its one character.

    ``joined`` words count as their parts too, for that is how they are tokenized.
    """
    found = set(WORD.findall(masked.lower().replace("’", "'")))
    for word in found & joined.keys():
        found.update(joined[word])
    return found


@cache
def anchor_of(word: str) -> str:
    """The piece of a pattern's word by which `words_of` would know it."""
    pieces = WORD.findall(word)
    return max(pieces, key=len) if pieces else ""
