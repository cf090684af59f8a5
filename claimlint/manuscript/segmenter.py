"""Sentence boundaries in scientific prose, by rules that know its abbreviations."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from claimlint.manuscript.model import Block, Document, Mark, Section, Sentence
from claimlint.manuscript.wordlists import listed

_PROSE = frozenset(["title", "abstract", "paragraph", "item", "caption", "footnote"])
_ASIDE = frozenset(["caption", "footnote"])
# Headings from this depth on run into the text that follows them, and often say what it shows.
_RUN_IN = 4
# A stop, what closes after it, and the white space that must follow; full-width stops need none.
_STOP = re.compile(r"(?P<stop>[.!?…]+)(?P<close>[\"'”’»)\]}*]*)(?=\s|$)|(?P<wide>[。！？]+[”’」』）]*)")
_BEFORE = re.compile(r"[^\s(\[{\"“‘'«—–]*$")
_NEXT = re.compile(r"\s*(?P<open>[\"'“‘«(\[*]*)(?P<word>[^\s.,;:)\]\"”]*)")
_COUNT = re.compile(r"[A-Z]?\d|[A-Z]\b(?!\w)|[ivxIVX]+\b|REF|CITE|MATH")
# The words that stand for what is no prose.
PLACEHOLDERS = frozenset(["MATH", "CITE", "REF", "CODE", "URL"])
# No sentence of a paper has so many characters; time grows faster than length.
_LONGEST = 2_000
_WORDS = re.compile(r"[^\W_]+")
_PANEL = re.compile(r"\s*\((?:[a-zA-Z]|[ivx]{1,4}|\d{1,2})\)")
_NUMBER_ALONE = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})\)?")


def sentences(document: Document) -> tuple[Sentence, ...]:
    """The sentences of a document in reading order; tables and headings on lines of their own have none."""
    found: list[Sentence] = []
    section, body = Section(), ""
    for block in document.blocks:
        if not _is_prose(block):
            continue
        if block.section is not section:
            section, body = block.section, ""
        previous = "" if block.kind in _ASIDE else body
        pieces = ((0, len(block.text)),) if block.kind == "title" else split(block.text)
        for (start, end), marks in zip(pieces, _shared_out(block.marks, pieces), strict=True):
            found.append(Sentence(block.text[start:end], block, start, end, previous, marks))
            previous = found[-1].text
        if block.kind not in _ASIDE:
            body = previous
    return tuple(found)


def has_sentences(document: Document) -> bool:
    """Whether there is a sentence at all."""
    return any(_is_prose(block) and split(block.text) for block in document.blocks)


def _is_prose(block: Block) -> bool:
    return block.kind in _PROSE or (block.kind == "heading" and block.section.depth >= _RUN_IN)


def _shared_out(marks: tuple[Mark, ...], pieces: Sequence[tuple[int, int]]) -> list[tuple[Mark, ...]]:
    """The marks of every sentence, counted from its start; one of no width goes to the one before it."""
    starts = [start for start, _ in pieces]
    shares: list[list[Mark]] = [[] for _ in pieces]
    for mark in marks if pieces else ():
        owner = (bisect_right if mark.end > mark.start else bisect_left)(starts, mark.start) - 1
        start, end = pieces[max(0, owner)]
        begin, stop = (max(0, min(at, end) - start) for at in (mark.start, mark.end))
        shares[max(0, owner)].append(Mark(mark.kind, begin, stop, mark.keys))
    return [tuple(share) for share in shares]


@lru_cache(maxsize=1 << 12)
def split(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of every sentence of a text, trimmed; formulas and numbers alone are none."""
    found = []
    start = 0
    for match in _STOP.finditer(text):
        if match["wide"] or _ends(text, start, match):
            found.append((start, match.end()))
            start = match.end()
    found.append((start, len(text)))
    pieces = (piece for whole in found for piece in _parts(text, *whole))
    return tuple(trimmed for piece in pieces if (trimmed := _trim(text, *piece)))


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What no stop divides is divided at a space, so that a file without stops is read like any other."""
    while end - start > _LONGEST:
        cut = text.rfind(" ", start + 1, start + _LONGEST)
        cut = cut if cut > start else start + _LONGEST
        yield start, cut
        start = cut
    yield start, end


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    if all(word in PLACEHOLDERS or word.isdigit() for word in _WORDS.findall(piece)):
        return None
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the stop ends the sentence that began at ``start``."""
    following = _NEXT.match(text, match.end())
    word = following["word"] if following else ""
    if not word and not (following and following["open"]):
        return True
    before = _BEFORE.search(text, max(start, match.start() - 40), match.start())
    token = before.group() if before else ""
    begins = word.lower() in listed("beginners") and word[:1].isupper()
    if word[:1].islower() and not _PANEL.match(text, match.end()):
        return _lower_case_may_begin(token, match, word)
    if match["stop"] != ".":
        return begins or match["stop"][0] in "!?" or bool(match["close"])
    if match["close"]:
        return True
    return _full_stop_ends(text, start, match, token, begins)


def _lower_case_may_begin(token: str, match: re.Match[str], word: str) -> bool:
    return token.endswith("MATH") and match["stop"] == "." and word not in listed("continues_formula")


def _full_stop_ends(text: str, start: int, match: re.Match[str], token: str, begins: bool) -> bool:
    bare = token if token in PLACEHOLDERS else token.lower().rstrip(".")
    if bare in listed("goes_on"):
        return False
    if bare in listed("counted"):
        following = _NEXT.match(text, match.end())
        return not (following and _COUNT.match(following["word"]))
    if bare in listed("may_end"):
        return begins
    if not text[start : match.start()].strip().removesuffix(token):
        return not _NUMBER_ALONE.fullmatch(token)
    if len(token) == 1 and token.isupper():
        prior = text[max(start, match.start() - 40) : match.start() - 1].split()
        return begins or (bool(prior) and prior[-1].lower() in listed("numbered"))
    return True
