"""Whether a manuscript is written in a script that the readers of sentences know nothing of."""

from __future__ import annotations

import re

from claimlint.manuscript.model import Document, Notice

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")


def other_script(document: Document) -> tuple[Notice, ...]:
    """A notice at the first block in another script, where most of the letters are in none of Latin."""
    blocks = [block for block in document.blocks if not block.text.isascii()]
    latin = sum(len(_LATIN.findall(block.text)) for block in document.blocks)
    others = [len(_LETTER.findall(block.text)) - len(_LATIN.findall(block.text)) for block in blocks]
    if sum(others) <= latin:
        return ()
    first = next(block for block, number in zip(blocks, others, strict=True) if number)
    return (
        Notice(
            "unread-script",
            f"{sum(others)} of {sum(others) + latin} letters are not Latin ones",
            first.span(0, 1),
        ),
    )
