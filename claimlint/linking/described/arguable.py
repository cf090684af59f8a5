"""Which claims may be held against what a paper describes: plainly the authors' own, plainly on insides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from claimlint.claims.model import Claim, Cue
from claimlint.linking.described.account import ELSEWHERE
from claimlint.linking.described.pack import Matter, vocabulary
from claimlint.manuscript.model import Sentence
from claimlint.manuscript.segmenter import split

#: How sure the engine has to be of a claim that nothing says is a finding; less so where they are summed up.
_SURE, _SURE_OF_SUMMARY = 0.85, 0.7
_SUMMARY = ("abstract", "results", "conclusion")
#: What a sentence speaks of that reports nothing; before a verb, no acting part; behind it, no function.
_NO_FINDINGS: tuple[Matter, ...] = ("tentative", "convention")
_NO_ACTING_PART: tuple[Matter, ...] = ("possible", "dictionary")
_NO_FUNCTION: tuple[Matter, ...] = ("instrumental", "explained")
#: A sentence with more words, or a larger share of numbers, is a table or a figure's labels run into text.
_MOST_WORDS, _FEW_NUMBERS, _MOST_NUMBERS = 70, 4, 0.25
_NUMBERED = re.compile(r"\d\S*")
_LABELS = re.compile(r"(?:(?<!\S)[A-Z][\w’'-]*\s+){6}|(?<!\S)(\w+) \1 \1(?!\S)|\w- \w|arXiv:|\[cs\.\w+\]")
_WHOLE = re.compile(r"^[\"“‘(]?[A-Z(].*[.:!;)][\"”’]?\d?$", re.DOTALL)


def arguable(claim: Claim) -> bool:
    """Whether the claim says enough to be held against what the paper describes.

    What is offered as a possibility, leans on a citation, tells how something was done, or stands where a
    paper speaks of the field is left in peace; so is what names no part of a model, what a part does by a
    noun alone, and what the layout of a page tore apart.
    """
    return reports(claim.sentence) and _asserts(claim)


def _is_whole(text: str) -> bool:
    """Whether this is one sentence, and not what a figure, a heading or the next column ran into."""
    words, numbers = len(text.split()), len(_NUMBERED.findall(text))
    if words > _MOST_WORDS or numbers > max(_FEW_NUMBERS, _MOST_NUMBERS * words):
        return False
    return bool(_WHOLE.match(text)) and not _LABELS.search(text)


def reports(sentence: Sentence) -> bool:
    """Whether the sentence is a whole one, and may report what this work found."""
    words, section, text = vocabulary(), sentence.section, sentence.text
    cites = any(mark.kind == "citation" for mark in sentence.marks) or words.speaks_of("citation", text)
    if cites or not _is_whole(text):
        return False
    elsewhere = section.role in (*ELSEWHERE, "method") or words.speaks_of("forms", section.title)
    return not (elsewhere or _speaks_of(_NO_FINDINGS, text))


def _speaks_of(matters: Iterable[Matter], text: str) -> bool:
    return any(vocabulary().speaks_of(matter, text) for matter in matters)


def _asserts(claim: Claim) -> bool:
    """Whether the sentence asserts of a part of the model what the claim's kind says."""
    if claim.reading.kind == "mechanism":
        return any(_does(claim, *verb) for verb in _verbs(claim))
    cue = next(iter(claim.reading.cues), None)
    return cue is not None and _says(claim, cue)


def _says(claim: Claim, cue: Cue) -> bool:
    """Whether the cue is what the sentence says of a part of the model."""
    words, text, kind = vocabulary(), claim.sentence.text, claim.reading.kind
    before, after = text[: cue.start], text[cue.start :]
    subject = text if kind in ("association", "necessity") else text[: cue.end]
    if words.speaks_of("possible", before) or not words.speaks_of("parts", subject):
        return False
    found = _found(before)
    if words.speaks_of("conditions", text[: cue.end]) or (not found and _goes_on_from_others(claim.sentence)):
        return False
    sure, denied = _is_sure(claim), words.speaks_of("denial", text)
    if kind == "counterfactual":
        return sure and claim.reading.scope == "instance" and words.speaks_of("counterfactual", text)
    if kind == "necessity":
        attributive = words.speaks_of("attributive", after) and not words.speaks_of("predicate", before)
        return (sure or found) and not (denied or attributive)
    if kind == "uniqueness":
        return (sure or found) and words.speaks_of("sole", text) and not denied
    return sure


def _is_sure(claim: Claim) -> bool:
    summary = claim.sentence.section.role in _SUMMARY
    return claim.reading.confidence >= (_SURE_OF_SUMMARY if summary else _SURE)


def _found(before: str) -> bool:
    """Whether the authors say, before the claim, that it is what they found."""
    return vocabulary().speaks_of("finding", before)


def _verbs(claim: Claim) -> Iterator[tuple[int, int]]:
    """The verbs that may say what a part does: the one that the engine read, else all."""
    cues = claim.reading.cues[:1]
    read = [(cue.start, cue.end) for cue in cues if vocabulary().speaks_of("plain", cue.text)]
    yield from read or vocabulary().places("plain", claim.sentence.text)


def _does(claim: Claim, start: int, end: int) -> bool:
    """Whether the verb is what the sentence asserts a part of the model to do."""
    before = claim.sentence.text[:start]
    if not _acts(claim.sentence.text, start, end):
        return False
    if vocabulary().speaks_of("purpose", before) and claim.reading.confidence < _SURE:
        return False
    return _found(before) or _is_own_result(claim, before)


def _acts(text: str, start: int, end: int) -> bool:
    """Whether the verb says what a part does, not only what it may do or what a tool does with it."""
    words, before = vocabulary(), text[:start]
    # What is stored in a part, or read from it, is often named before the part.
    passive = words.speaks_of("auxiliary", before) or words.speaks_of("auxiliary", f"{text[:end]} ")
    backwards = passive or words.speaks_of("pronoun", before)
    if not words.speaks_of("parts", text if backwards else before) or not words.asserts(text, start, end):
        return False
    return not (_speaks_of(_NO_ACTING_PART, before) or _speaks_of(_NO_FUNCTION, text[start:]))


def _is_own_result(claim: Claim, before: str) -> bool:
    """Whether a claim that nothing says is a finding may be taken for one."""
    words, sentence = vocabulary(), claim.sentence
    if words.speaks_of("able", before) or claim.reading.scope == "general":
        return False
    background = sentence.section.role == "introduction" and words.speaks_of("generic", before)
    if background or words.speaks_of("citation", sentence.previous) or _goes_on_from_others(sentence):
        return False
    return _is_sure(claim) or words.speaks_of("acting", before)


def _goes_on_from_others(sentence: Sentence) -> bool:
    """Whether "they" or "these" lead back, past nothing that the authors say of themselves, to a citation."""
    words, text = vocabulary(), sentence.block.text
    if not words.speaks_of("anaphor", sentence.text):
        return False
    for start, end in reversed(split(text)):
        if end > sentence.start:
            continue
        if words.speaks_of("ours", text[start:end]):
            return False
        if words.speaks_of("citation", text[start:end]):
            return True
    return False
