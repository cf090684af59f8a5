"""The manuscript as one reads it: headings, paragraphs, lists and tables, with the claims marked in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from claimlint.checks.model import Judged
from claimlint.manuscript.model import Block, Document, Mark, Span
from claimlint.manuscript.segmenter import PLACEHOLDERS
from claimlint.report.places import written

#: Headings from this depth on run into the paragraph after them.
RUN_IN = 4
#: A formula longer than this is cut; the paper has it whole.
LONGEST_MATH = 160


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
    lead: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    items: tuple[Part, ...] = ()


@dataclass(slots=True)
class _Sections:
    """The top-level sections met so far."""

    names: list[str] = field(default_factory=lambda: [""])
    top: int = 1

    def enter(self, title: str) -> None:
        if title != self.names[-1]:
            self.names.append(title)


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
    by_block: dict[tuple[str, Span], list[Judged]] = {}
    for judged in claims:
        by_block.setdefault(_key(judged.claim.sentence.block), []).append(judged)
    title = next((block.text for block in document.blocks if block.kind == "title"), "")
    depths = sorted(
        {b.section.depth for b in document.blocks if b.kind == "heading" and b.section.depth < RUN_IN}
    )
    sections, parts = _Sections(top=depths[0] if depths else 1), list[Part]()
    of_claims, lead = dict[str, int](), ""
    for block in document.blocks:
        if block.kind == "heading" and block.section.depth >= RUN_IN:
            lead = block.text
            continue
        if block.kind == "abstract" or (block.kind == "heading" and block.section.depth <= sections.top):
            sections.enter(block.section.title or block.text)
        number = len(sections.names) - 1
        mine = by_block.get(_key(block), [])
        of_claims |= {judged.claim.id: number for judged in mine}
        pieces = tuple(_pieces(document, block, [j for j in mine if j.claim.id in shown]))
        level = 2 + depths.index(block.section.depth) if block.kind == "heading" else 0
        rows = _rows(block) if block.kind == "table" else ()
        if block.kind == "table" and not rows:
            pieces = (Piece((Run(written(document, block.span(0, len(block.text)))),)),)
        part = Part(block.kind, pieces, number, level, lead, rows)
        lead = ""
        if part.kind == "item" and parts and parts[-1].kind == "list":
            parts[-1] = Part("list", (), parts[-1].section, items=(*parts[-1].items, part))
        else:
            parts.append(Part("list", (), number, items=(part,)) if part.kind == "item" else part)
    return Manuscript(title, tuple(parts), tuple(sections.names), of_claims)


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
            shown = _shown(document, block, mark, text)
            yield Run(shown, "tex" if mark.kind == "math" and "\\" in shown else mark.kind, cue)


def _shown(document: Document, block: Block, mark: Mark, text: str) -> str:
    """What stands for a placeholder: the keys of a citation or reference, the source of a formula."""
    if text not in PLACEHOLDERS:
        return text
    if mark.keys:
        return ", ".join(mark.keys)
    source = " ".join(written(document, block.span(mark.start, mark.end)).split()).strip("$")
    return source if len(source) <= LONGEST_MATH else f"{source[:LONGEST_MATH]}…"
