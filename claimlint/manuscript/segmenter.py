"""Sentence boundaries in scientific prose, by rules that know its abbreviations."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from claimlint.manuscript.model import Block, Document, Mark, Section, Sentence
from claimlint.manuscript.wordlists import words

_PROSE = frozenset(["title", "abstract", "paragraph", "item", "caption", "footnote"])
_ASIDE = frozenset(["caption", "footnote"])
# Headings from this depth on run into the text that follows them, and often say what it shows.
_RUN_IN = 4
# A stop, what closes after it, and the white space that must follow; full-width stops need none.
_STOP = re.compile(r"(?P<stop>[.!?…]+)(?P<close>[\"'”’»)\]}*]*)(?=\s|$)|(?P<wide>[。！？]+[”’」』）]*)")
_BEFORE = re.compile(r"[^\s(\[{\"“‘'«—–]*$")
_NEXT = re.compile(r"\s*(?P<open>[\"'“‘«(\[*]*)(?P<word>[^\s.,;:)\]\"”]*)")
# After these a sentence goes on, whatever follows.
_GOES_ON = words(
    """
    e.g i.e eg ie vs viz ca dr prof mr mrs cf w.r.t s.t w.l.o.g approx resp esp incl excl dept univ
    """
)
# After these it goes on where a number or its stand-in follows.
_COUNTED = words(
    """
    fig figs eq eqs eqn eqns sec secs sect tab tabs thm lem prop def defn cor rem ex ref refs ch
    chap app apps alg algs art no nos nr vol pp p ver par supp suppl st step ln
    """
)
_COUNT = re.compile(r"[A-Z]?\d|[A-Z]\b(?!\w)|[ivxIVX]+\b|REF|CITE|MATH")
# After these it goes on unless the next word is one that begins sentences.
_MAY_END = words(
    """
    al etc i.i.d a.k.a u.s u.k inc ltd co corp a.m p.m jr sr ph.d
    """
)
_NUMBERED = words(
    """
    appendix section table figure model type class group part experiment stage condition option case
    step set model variant phase panel block level category scenario
    """
)
_BEGINNERS = words(
    """
    a all also although an and another any as at because before both but by can compared
    consequently consider conversely crucially despite do does during each either even every few
    finally first for from further furthermore given hence here how however if importantly in indeed
    instead interestingly is it its last later like likewise many meanwhile moreover most namely
    neither nevertheless next no nonetheless nor not note notably now of on once one only or other
    others otherwise our out over overall per rather recall remarkably second several she similarly
    since so some specifically still such suppose surprisingly than that the their then there
    therefore these they third this those though through throughout thus to together two under
    unlike until upon using was we were what when where whereas whether which while who why with
    within without yet you your
    """
)
_CONTINUES_MATH = words(
    """
    where with and which for when if so such that in is
    """
)
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
    begins = word.lower() in _BEGINNERS and word[:1].isupper()
    if word[:1].islower() and not _PANEL.match(text, match.end()):
        return _lower_case_may_begin(token, match, word)
    if match["stop"] != ".":
        return begins or match["stop"][0] in "!?" or bool(match["close"])
    if match["close"]:
        return True
    return _full_stop_ends(text, start, match, token, begins)


def _lower_case_may_begin(token: str, match: re.Match[str], word: str) -> bool:
    return token.endswith("MATH") and match["stop"] == "." and word not in _CONTINUES_MATH


def _full_stop_ends(text: str, start: int, match: re.Match[str], token: str, begins: bool) -> bool:
    bare = token if token in PLACEHOLDERS else token.lower().rstrip(".")
    if bare in _GOES_ON:
        return False
    if bare in _COUNTED:
        following = _NEXT.match(text, match.end())
        return not (following and _COUNT.match(following["word"]))
    if bare in _MAY_END:
        return begins
    if not text[start : match.start()].strip().removesuffix(token):
        return not _NUMBER_ALONE.fullmatch(token)
    if len(token) == 1 and token.isupper():
        prior = text[max(start, match.start() - 40) : match.start() - 1].split()
        return begins or (bool(prior) and prior[-1].lower() in _NUMBERED)
    return True
