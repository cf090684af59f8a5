"""Which concept a claim says can be read out, and whether it is the one that an experiment read."""

from __future__ import annotations

import re

from claimlint.linking.words import Words

_WORDINGS = re.compile(r"[;,]")


def read_out(text: str, words: Words) -> str:
    """The concept that a sentence says can be read out, in its words; '' where it tells none."""
    found = words.read_out(text)
    return found if words.stems(found) else ""


def same_concept(said: str, known: str, words: Words) -> bool:
    """Whether the two share a word that tells concepts apart.

    Of "number of the subject" and "gender of the subject" the last one tells nothing. ``known`` may be given
    in several wordings.
    """
    return any(_shares(said, wording, words) for wording in _WORDINGS.split(known))


def _shares(said: str, known: str, words: Words) -> bool:
    mine, other = words.stems(said).keys(), words.stems(known).keys()
    if not mine & other:
        return False
    first, second = (words.stems(words.complement.split(text)[0]).keys() for text in (said, known))
    return not (first and second) or bool(first & other or second & mine)
