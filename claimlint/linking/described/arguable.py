"""Which claims may be held against what a paper describes: plainly the authors' own, plainly on insides."""

from __future__ import annotations

from claimlint.claims.model import Claim
from claimlint.linking.described.account import ELSEWHERE
from claimlint.linking.described.pack import vocabulary
from claimlint.manuscript.model import Sentence

#: How sure the engine has to be of its reading.
_SURE = 0.85


def arguable(claim: Claim) -> bool:
    """Whether the claim says enough to be held against what the paper describes.

    What is offered as a possibility, leans on a citation, tells how something was done, or stands where a
    paper speaks of the field is left in peace; so is what names no part of a model, or what a part does by a
    noun alone.
    """
    sure = claim.reading.confidence >= _SURE and bool(claim.reading.cues)
    return sure and _reports(claim.sentence) and _asserts(claim)


def _reports(sentence: Sentence) -> bool:
    """Whether the sentence reports what this work found."""
    words, section = vocabulary(), sentence.section
    cites = any(mark.kind == "citation" for mark in sentence.marks)
    elsewhere = section.role in (*ELSEWHERE, "method") or words.speaks_of("forms", section.title)
    tentative = words.speaks_of("tentative", sentence.text)
    return not (cites or elsewhere or tentative)


def _asserts(claim: Claim) -> bool:
    """Whether the cue of the claim's kind is what the sentence asserts of a part of the model."""
    words, text, kind = vocabulary(), claim.sentence.text, claim.reading.kind
    cue = claim.reading.cues[0]
    # What is read from a part, or held by it, is often named before the part: "number is stored in layer 8".
    subject = text if kind in ("association", "mechanism") else text[: cue.end]
    if words.speaks_of("possible", text[: cue.start]) or not words.speaks_of("parts", subject):
        return False
    if kind == "mechanism":
        return words.speaks_of("plain", cue.text) and words.asserts(text, cue.start, cue.end)
    if kind == "counterfactual":
        return claim.reading.scope == "instance" and words.speaks_of("counterfactual", text)
    if kind == "necessity":
        return not (words.speaks_of("denial", text) or words.speaks_of("attributive", text[cue.start :]))
    return kind != "uniqueness" or (words.speaks_of("sole", text) and not words.speaks_of("denial", text))
