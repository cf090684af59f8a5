"""Claims and documents made by hand, for what a stage does with any reading whatsoever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from claimlint.claims.model import Claim, Cue, Reading
from claimlint.linking import Link
from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Document

OWN = Reading(stance="own", level=2, kind="role", hedged=False, negated=False, scope="", confidence=0.9)


def document_of(*lines: str) -> Document:
    return read("paper.txt", "\n\n".join(lines))


def claims_of(document: Document, **labels: Any) -> tuple[Claim, ...]:
    """Every sentence as an own claim with these labels; its first two words are the cue."""
    found = []
    for number, sentence in enumerate(sentences(document), 1):
        words = " ".join(sentence.text.split()[:2])
        cue = Cue("by-hand", words, 0, len(words))
        found.append(Claim(f"c{number}", sentence, replace(OWN, **{"cues": (cue,), **labels})))
    return tuple(found)


def link_of(claim: Claim, experiment: str) -> Link:
    return Link(claim.id, experiment, "by hand", 1.0, explicit=True)
