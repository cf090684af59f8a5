"""The manuscript as one reads it: headings, paragraphs, lists and tables, with the claims marked in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from claimlint.checks.model import Judged
from claimlint.manuscript.model import Block, Document, Span
from claimlint.manuscript.quoting import stands_for, written

#: Headings from this depth on run into the paragraph after them.
RUN_IN = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Characters shown alike: ``kind`` is a mark's kind, ``tex`` for a formula's source, or ''.

    ``cue`` says whether they gave a label.
    """

    text: str
    kind: str = ""
    cue: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, of one claim or of none."""

    runs: tuple[Run, ...]
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A block of the page; ``level`` is a heading's, from 2, ``lead`` a run-in heading before the text."""

    kind: str
    pieces: tuple[Piece, ...]
    section: int
    level: int = 0
    lead: tuple[Piece, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    items: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Manuscript:
    """Title, parts, and the top-level sections that parts and claims name by number."""

    title: str
    parts: tuple[Part, ...]
    sections: tuple[str, ...]
    of_claims: Mapping[str, int]


def manuscript(document: Document, claims: Sequence[Judged], shown: Collection[str]) -> Manuscript:
    """The document's blocks in reading order.

    Args:
        shown: ids of the claims that are marked.
    """
    setting = _Setting(document, claims, shown)
    for block in document.blocks:
        setting.add(block)
    setting.set_lead()
    title = next((block.text for block in document.blocks if block.kind == "title"), "")
    return Manuscript(title, tuple(setting.parts), tuple(setting.sections), setting.of_claims)


class _Setting:
    """The page while it is set: its parts so far, the sections met, the heading that waits for its text."""

    def __init__(self, document: Document, claims: Sequence[Judged], shown: Collection[str]) -> None:
        self.parts: list[Part] = []
        self.sections = [""]
        self.of_claims: dict[str, int] = {}
        self._document = document
        self._shown = shown
        self._lead: tuple[Piece, ...] = ()
        self._level = 1
        headings = [block for block in document.blocks if block.kind == "heading"]
        self._depths = sorted({h.section.depth for h in headings if h.section.depth < RUN_IN})
        self._claims: dict[tuple[str, Span], list[Judged]] = {}
        for judged in claims:
            self._claims.setdefault(_key(judged.claim.sentence.block), []).append(judged)

    def add(self, block: Block) -> None:
        if block.kind == "abstract" or (block.kind == "heading" and block.section.depth in self._depths[:1]):
            self._enter(block.section.title or block.text)
        pieces = self._pieces(block)
        if block.kind == "heading" and block.section.depth >= RUN_IN:
            self.set_lead()
            self._lead = pieces
            return
        if block.kind in ("heading", "table"):
            self.set_lead()
        level = self._heading_level(block) if block.kind == "heading" else 0
        rows = _rows(block) if block.kind == "table" else ()
        part = Part(block.kind, pieces, len(self.sections) - 1, level, self._lead, rows)
        self._lead = ()
        if part.kind != "item":
            self.parts.append(part)
        elif self.parts and self.parts[-1].kind == "list":
            self.parts[-1] = replace(self.parts[-1], items=(*self.parts[-1].items, part))
        else:
            self.parts.append(Part("list", (), part.section, items=(part,)))

    def set_lead(self) -> None:
        """A run-in heading that no text follows stands alone."""
        if self._lead:
            self.parts.append(Part("paragraph", (), len(self.sections) - 1, lead=self._lead))
            self._lead = ()

    def _enter(self, title: str) -> None:
        if title != self.sections[-1]:
            self.sections.append(title)

    def _heading_level(self, block: Block) -> int:
        """From 2; no level is left out on the way down, whatever the manuscript does."""
        self._level = min(2 + self._depths.index(block.section.depth), self._level + 1)
        return self._level

    def _pieces(self, block: Block) -> tuple[Piece, ...]:
        mine = self._claims.get(_key(block), [])
        self.of_claims |= {judged.claim.id: len(self.sections) - 1 for judged in mine}
        if block.kind == "table" and not _rows(block):
            return (Piece((Run(written(self._document, block.span(0, len(block.text)))),)),)
        return tuple(_pieces(self._document, block, [j for j in mine if j.claim.id in self._shown]))


def _key(block: Block) -> tuple[str, Span]:
    """What tells a block from all others, be it the document's own or a copy."""
    return block.text, block.span(0, len(block.text))


def _rows(block: Block) -> tuple[tuple[str, ...], ...]:
    """A table's cells, a line a row and a tab between cells; none where it was left as it is written."""
    if "\t" not in block.text:
        return ()
    return tuple(
        tuple(cell.strip() for cell in line.split("\t")) for line in block.text.split("\n") if line.strip()
    )


def _pieces(document: Document, block: Block, claims: Sequence[Judged]) -> Iterator[Piece]:
    at = 0
    for judged in sorted(claims, key=lambda j: j.claim.sentence.start):
        sentence = judged.claim.sentence
        if sentence.start > at:
            yield Piece(tuple(_runs(document, block, at, sentence.start, ())))
        yield Piece(claim_runs(document, judged), judged.claim.id)
        at = sentence.end
    if at < len(block.text):
        yield Piece(tuple(_runs(document, block, at, len(block.text), ())))


def claim_runs(document: Document, judged: Judged) -> tuple[Run, ...]:
    """A claim's sentence with its cues."""
    sentence = judged.claim.sentence
    cues = [(sentence.start + cue.start, sentence.start + cue.end) for cue in judged.claim.reading.cues]
    return tuple(_runs(document, sentence.block, sentence.start, sentence.end, cues))


def _runs(
    document: Document, block: Block, start: int, end: int, cues: Sequence[tuple[int, int]]
) -> Iterator[Run]:
    marks = [mark for mark in block.marks if mark.start < mark.end and mark.start < end and start < mark.end]
    edges = {start, end, *(edge for cue in cues for edge in cue)}
    edges = {edge for edge in edges if not any(mark.start < edge < mark.end for mark in marks)}
    edges |= {edge for mark in marks for edge in (mark.start, mark.end)}
    places = sorted(edge for edge in edges if start <= edge <= end)
    for left, right in pairwise(places):
        mark = next((mark for mark in marks if mark.start <= left and right <= mark.end), None)
        text = block.text[left:right]
        cue = any(cue_start <= left and right <= cue_end for cue_start, cue_end in cues)
        if mark is None:
            yield Run(text, "", cue)
        else:
            shown = stands_for(document, block, mark)
            yield Run(shown, "tex" if mark.kind == "math" and "\\" in shown else mark.kind, cue)
