"""What a rewording keeps of the sentence that it replaces: its opening, its condition, its other clauses."""

from __future__ import annotations

import re

from claimlint.claims.model import Claim
from claimlint.manuscript.model import Block, Segment, Sentence
from claimlint.packs import expression

_LONGEST = 24


def alone(text: str, sentence: Sentence) -> Sentence:
    """``text`` as a sentence that stands where ``sentence`` does."""
    place = Segment(0, sentence.span.file, sentence.span.start, len(text), copied=True)
    block = Block(sentence.block.kind, text, (place,), sentence.section)
    return Sentence(text, block, 0, len(text), sentence.previous)


def opening(claim: Claim, wording: str = "") -> str:
    """ "We find that ", where the sentence begins so and ``wording`` is no open question."""
    found = pattern("openings").match(claim.sentence.text)
    if not found or _marked(claim, *found.span()):
        return ""
    unfit = pattern("question").match(wording) and pattern("finds").search(found["says"])
    return "" if unfit else f"{found['says']} "


def subject(claim: Claim, at: int) -> str:
    """What the cue at ``at`` is said of, where it is a short noun: "all 32 heads"; '' where it is not."""
    words = re.split(r"[,:;.—–()]\s*", claim.sentence.text[:at])[-1].strip()
    words = words.removeprefix(opening(claim).strip()).strip()
    found = pattern("subjects").fullmatch(words)
    if not found or _marked(claim, at - len(words), at):
        return ""
    return words if found["name"] else words[0].lower() + words[1:]


def plain(claim: Claim) -> str:
    """The sentence as a clause within another one, where it is short and simple; else ''."""
    text = claim.sentence.text.removeprefix(opening(claim)).strip().rstrip(".")
    if found := pattern("inverted").match(text):
        text = f"{found['then']} had {found['if']}"
        return text if len(text.split()) <= _LONGEST and not claim.sentence.marks else ""
    text = pattern("reasons").sub("", text)
    text = pattern("therefore").sub("", text)
    short = len(text.split()) <= _LONGEST and not re.search(r"[:;()“”\"—–…]|\.\s|, ", text)
    asserts = not pattern("leans").match(text)
    return _lowered(text) if text and short and asserts and not claim.sentence.marks else ""


def condition(claim: Claim) -> str:
    """On which inputs the claim is made, in its own words ("on prompts with a distractor"), or ''."""
    for found in pattern("conditions").finditer(claim.sentence.text):
        if not pattern("unconditional").search(found.group()) and not _marked(claim, *found.span()):
            words = found.group().strip(" ,")
            return words[0].lower() + words[1:]
    return ""


def placed(claim: Claim, wording: str, at: int) -> str:
    """The sentence with ``wording`` for the part between semicolons that the cue at ``at`` stands in."""
    text = claim.sentence.text
    stops = [match.span() for match in re.finditer(r";\s+(?![^()]*\))", text)]
    start = max((end for _, end in stops if end <= at), default=0)
    end = min((begin for begin, _ in stops if begin >= at), default=len(text))
    if _marked(claim, 0, start) or _marked(claim, end, len(text)):
        start, end = 0, len(text)
    wording = _lowered(wording) if start else wording
    return _ended(f"{text[:start]}{wording}{text[end:]}")


def _lowered(words: str) -> str:
    return words[0].lower() + words[1:] if re.match(r"[A-Z][a-z]*\b", words) else words


def _ended(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def _marked(claim: Claim, start: int, end: int) -> bool:
    """Whether a citation or formula stands there, which is a mere placeholder in the sentence's text."""
    return any(start < mark.end and mark.start < end for mark in claim.sentence.marks)


def pattern(name: str) -> re.Pattern[str]:
    """A regular expression of ``rules/rewordings.toml``, which says what is read by it."""
    return expression("rewordings.toml", "sentence", name)
