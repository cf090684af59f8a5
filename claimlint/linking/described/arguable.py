"""Which claims may be held against what a paper describes: plainly the authors' own, plainly on insides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from claimlint.claims import models_named
from claimlint.claims.model import Claim, Cue
from claimlint.linking.described.account import ELSEWHERE
from claimlint.linking.described.pack import Matter, vocabulary
from claimlint.manuscript.model import Sentence
from claimlint.manuscript.segmenter import split

#: How sure the engine has to be of a claim that nothing says is a finding; less so where they are summed up.
_SURE, _SURE_OF_SUMMARY = 0.85, 0.7
#: The same for a claim that says what a part does, of which the verb and its subject are looked at, too.
_FAIRLY_SURE = 0.5
_SUMMARY = ("abstract", "results", "conclusion")
#: The kinds that a sentence may have by its main verb, and tell of a mechanism.
_MAY_TELL = ("mechanism", "association", "effect", "role")
#: What a sentence speaks of that reports nothing; before a verb, no acting part; behind it, no function.
_NO_FINDINGS: tuple[Matter, ...] = ("tentative", "convention")
_NO_ACTING_PART: tuple[Matter, ...] = ("possible", "outside", "purpose")
_NO_FUNCTION: tuple[Matter, ...] = ("instrumental",)
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
    return _is_finding(claim.sentence) and _asserts(claim)


def held(claim: Claim) -> Claim:
    """The claim as a paper is held to it: as one of a mechanism, where its words tell what goes on inside.

    "The heads commit the decision without a bottleneck" may be a mere difference by its verb. What a sentence
    says behind a number ("40 of 50 edges are negative: the features compete") is the most that it says.
    """
    reading, text = claim.reading, claim.sentence.text
    if reading.stance != "own" or reading.negated or reading.kind not in _MAY_TELL:
        return claim
    told = tuple(Cue("inside", text[start:end], start, end) for start, end in _told(claim))
    if not told or not _is_finding(claim.sentence):
        return claim
    return replace(claim, reading=replace(reading, kind="mechanism", level=3, cues=told + reading.cues))


def _told(claim: Claim) -> Iterator[tuple[int, int]]:
    """The words by which a sentence asserts what a part of the model does, or what goes on inside."""
    if claim.reading.kind == "mechanism":
        yield from (verb for verb in _verbs(claim) if _does(claim, *verb))
    words, text = vocabulary(), claim.sentence.text
    for start, end in words.places("workings", text):
        before = text[:start]
        idle = words.speaks_of("possible", before) or words.tells_which(before) or _sums_up(text, end)
        if (
            not idle
            and not _is_said_by_others(claim.sentence, end)
            and (_found(before) or _is_own_result(claim, before))
        ):
            yield start, end


def _is_whole(text: str) -> bool:
    """Whether this is one sentence, and not what a figure, a heading or the next column ran into."""
    words, numbers = len(text.split()), len(_NUMBERED.findall(text))
    if words > _MOST_WORDS or numbers > max(_FEW_NUMBERS, _MOST_NUMBERS * words):
        return False
    return bool(_WHOLE.match(text)) and not _LABELS.search(text)


def reports(sentence: Sentence) -> bool:
    """Whether the sentence is a whole one, and may report what this work found, without others."""
    return not tuple(_citations(sentence)) and _is_finding(sentence)


def _citations(sentence: Sentence) -> Iterator[int]:
    """Where the sentence leans on others."""
    yield from (mark.start for mark in sentence.marks if mark.kind == "citation")
    yield from (start for start, _ in vocabulary().places("citation", sentence.text))


def _is_finding(sentence: Sentence) -> bool:
    words, section, text = vocabulary(), sentence.section, sentence.text
    if not _is_whole(text):
        return False
    elsewhere = section.role in (*ELSEWHERE, "method") or words.speaks_of("forms", section.title)
    return not (elsewhere or _speaks_of(_NO_FINDINGS, text))


def _speaks_of(matters: Iterable[Matter], text: str) -> bool:
    return any(vocabulary().speaks_of(matter, text) for matter in matters)


def _asserts(claim: Claim) -> bool:
    """Whether the sentence asserts of a part of the model what the claim's kind says."""
    if claim.reading.kind == "mechanism":
        return any(_told(claim))
    cue = next(iter(claim.reading.cues), None)
    return cue is not None and not tuple(_citations(claim.sentence)) and _says(claim, cue)


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
    places = vocabulary().places
    read = [
        (cue.start + a, cue.start + b) for cue in claim.reading.cues for a, b in places("plain", cue.text)
    ]
    yield from read or places("plain", claim.sentence.text)


def _does(claim: Claim, start: int, end: int) -> bool:
    """Whether the verb is what the sentence asserts a part of the model to do."""
    before = claim.sentence.text[:start]
    text = claim.sentence.text
    if not _acts(text, start, end) or _sums_up(text, end) or _is_said_by_others(claim.sentence, end):
        return False
    return _found(before) or (claim.reading.confidence >= _FAIRLY_SURE and _is_own_result(claim, before))


def _sums_up(text: str, end: int) -> bool:
    """Whether what is said up to ``end`` only sums up the measurement that follows it."""
    return vocabulary().speaks_of("explained", text[end:])


def _is_said_by_others(sentence: Sentence, end: int) -> bool:
    """Whether what the sentence says up to ``end`` may be what it cites; an added remark cites for itself."""
    places = tuple(_citations(sentence))
    if not places:
        return False
    told = sentence.text[end : min(places)]
    return min(places) < end or not vocabulary().speaks_of("remark", told)


def _acts(text: str, start: int, end: int) -> bool:
    """Whether the verb says what a part does, not only what it may do or what a tool does with it."""
    words, before = vocabulary(), text[:start]
    # What is stored in a part, or read from it, is often named before the part.
    passive = words.speaks_of("auxiliary", before) or words.speaks_of("auxiliary", f"{text[:end]} ")
    backwards = passive or words.speaks_of("pronoun", before)
    if not _names_part(text if backwards else before) or not words.asserts(text, start, end):
        return False
    return not (_speaks_of(_NO_ACTING_PART, before) or _speaks_of(_NO_FUNCTION, text[start:]))


def _names_part(text: str) -> bool:
    return vocabulary().speaks_of("parts", text) or bool(models_named(text))


def _is_own_result(claim: Claim, before: str) -> bool:
    """Whether a claim that nothing says is a finding may be taken for one."""
    words, sentence = vocabulary(), claim.sentence
    if words.speaks_of("able", before) or claim.reading.scope == "general":
        return False
    cited: Matter = "citation" if sentence.section.role == "introduction" else "attributed"
    others = words.speaks_of(cited, sentence.previous) or _goes_on_from_others(sentence)
    return not (others or words.speaks_of("generic", before))


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
