"""What a manuscript is once it has been read: plain text whose characters know their places in files."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points in one source file. Lines and columns are made in `positions`."""

    file: str
    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a code point; an empty one stands for the one behind it."""
        return (
            self.file == other.file
            and self.start < max(other.end, other.start + 1)
            and other.start < max(self.end, self.start + 1)
        )


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it was decoded; line ends are kept as they are, so that offsets are the file's own.

    What was taken out of a PDF (a source a page) or an archive is not ``editable``.
    """

    name: str
    text: str
    encoding: str = "utf-8"
    editable: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """Characters ``start`` onwards of a block's text stem from ``offset`` onwards of ``file``.

    ``copied`` text maps one to one. Generated text (a placeholder, a macro's body) maps as a whole to the
    ``length`` characters of source that produced it.
    """

    start: int
    file: str
    offset: int
    length: int
    copied: bool

    def range(self, start: int, end: int) -> tuple[int, int]:
        """The source offsets of what this segment gives to ``start`` to ``end`` of the block's text."""
        if not self.copied:
            return self.offset, self.offset + self.length
        begin = min(max(0, start - self.start), self.length)
        return self.offset + begin, self.offset + max(begin, min(end - self.start, self.length))


@dataclass(frozen=True, slots=True)
class Mark:
    """A typed stretch of a block's text: citation, reference, math, code, url, evidence or words.

    ``keys`` are the citation keys, labels or experiment ids; those of ``words`` may be ids, or none. Offsets
    count in the text of what carries it.
    """

    kind: str
    start: int
    end: int
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the part that it plays.

    ``role`` is one of title, abstract, introduction, background, related_work, method, results, discussion,
    limitations, conclusion, appendix, acknowledgements, references, body.
    """

    title: str = ""
    role: str = "body"
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of running text: ``title``, ``abstract``, ``heading``, ``paragraph``, ``item``, ``caption``,
    ``footnote``, ``table`` or ``figure``, the last of which holds the words that are drawn in one."""

    kind: str
    text: str
    segments: tuple[Segment, ...]
    section: Section = field(default_factory=Section)
    marks: tuple[Mark, ...] = ()

    def span(self, start: int, end: int) -> Span:
        """The smallest source range that holds everything that produced ``text[start:end]``.

        A macro may print its arguments in another order than they stand, and text from an included file may
        lie in between; the range is that of the file in which the text begins.
        """
        first, last = self._segment(start), self._segment(max(start, end - 1))
        file = self.segments[first].file
        ranges = [s.range(start, end) for s in self.segments[first : last + 1] if s.file == file]
        return Span(file, min(r[0] for r in ranges), max(r[1] for r in ranges))

    def _segment(self, at: int) -> int:
        return max(0, bisect_right(self.segments, at, key=lambda s: s.start) - 1)


@dataclass(frozen=True, slots=True)
class Directive:
    """A comment to claimlint: ``ignore[name, ...] -- reason`` or ``evidence[id, ...]`` after ``claimlint:``.

    ``alone`` says that the comment has its line to itself, and so speaks of the next sentence.
    """

    verb: str
    names: tuple[str, ...]
    reason: str
    span: Span
    alone: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something met while reading that the user must hear of: a missing include, an odd encoding.

    ``rule`` names the reading rule that turns it into a finding; ``files`` are the paths of which one would
    have to change for it to go away, where they are no sources of the document.
    """

    rule: str
    detail: str
    span: Span
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole manuscript: its files, its text in reading order, and what was met on the way."""

    path: str
    sources: tuple[Source, ...]
    blocks: tuple[Block, ...]
    directives: tuple[Directive, ...] = ()
    notices: tuple[Notice, ...] = ()

    def source(self, name: str) -> Source:
        return next(s for s in self.sources if s.name == name)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a block; ``text`` is ``block.text[start:end]``, and ``marks`` count from its start."""

    text: str
    block: Block
    start: int
    end: int
    previous: str = ""
    marks: tuple[Mark, ...] = ()

    @property
    def section(self) -> Section:
        return self.block.section

    @property
    def span(self) -> Span:
        return self.block.span(self.start, self.end)

    def place(self, start: int, end: int) -> Span:
        """The source range of ``text[start:end]``."""
        return self.block.span(self.start + start, self.start + end)
