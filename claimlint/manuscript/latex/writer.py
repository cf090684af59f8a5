"""Where the text goes: the block being written, and the blocks so far in reading order."""

from __future__ import annotations

from dataclasses import dataclass

from claimlint.manuscript.builder import BlockBuilder
from claimlint.manuscript.model import Block, Section, Span


@dataclass(frozen=True, slots=True)
class Place:
    """Where the writer stood, to come back to after a footnote, a float or a heading."""

    builder: BlockBuilder | None
    kind: str
    section: Section
    visible: bool


class Writer:
    """Blocks begin with their first character, so that empty ones never exist."""

    def __init__(self) -> None:
        self.builder: BlockBuilder | None = None
        self.kind = "paragraph"
        self.section = Section()
        self.visible = True
        self._written: list[BlockBuilder] = []
        self._waiting: list[tuple[str, tuple[str, ...]]] = []

    def place(self) -> Place:
        return Place(self.builder, self.kind, self.section, self.visible)

    def go(self, place: Place) -> None:
        """Back to a place, into the very block that was being written there."""
        self.builder, self.kind = place.builder, place.kind
        self.section, self.visible = place.section, place.visible

    def written(self) -> tuple[int, BlockBuilder | None, int]:
        """How much has been written, to go back to with `take_back`."""
        return len(self._written), self.builder, self.builder.length if self.builder else 0

    def take_back(self, written: tuple[int, BlockBuilder | None, int]) -> None:
        blocks, builder, length = written
        del self._written[blocks:]
        self.builder = builder
        if builder is not None:
            builder.cut(length)

    def enter(self, kind: str) -> None:
        """What follows belongs to a new block of this kind."""
        self.builder, self.kind = None, kind

    def end_paragraph(self) -> None:
        if self.kind == "table":
            return
        self.builder = None

    def current(self) -> BlockBuilder:
        """The block to write to."""
        if self.builder is None:
            in_abstract = self.kind == "paragraph" and self.section.role == "abstract"
            self.builder = BlockBuilder("abstract" if in_abstract else self.kind, self.section)
            self._written.append(self.builder)
            for kind, keys in self._waiting:
                self.builder.mark(kind, 0, keys)
            self._waiting.clear()
        return self.builder

    def copy(self, text: str, source: Span | None, file: str, offset: int) -> None:
        """Text as it stands at ``offset`` of ``file``, or as ``source`` generates it."""
        if self.visible:
            block = self.current()
            if source is None:
                block.copy(text, file, offset)
            else:
                block.generate(text, source)

    def generate(self, text: str, source: Span, mark: str = "", keys: tuple[str, ...] = ()) -> None:
        """Text that stands for something else, marked as what it stands for."""
        if not self.visible or (not text.strip() and (self.builder is None or self.builder.last.isspace())):
            return
        block = self.current()
        start = block.length
        block.generate(text, source)
        if mark:
            block.mark(mark, start, keys)

    def word(self, text: str, source: Span, mark: str, keys: tuple[str, ...] = ()) -> None:
        """A generated word, kept apart from a word right before it."""
        if self.visible and self.current().last.isalnum():
            self.current().generate(" ", source)
        self.generate(text, source, mark, keys)

    def space(self, source: Span | None, file: str, offset: int) -> None:
        if self.visible and self.builder is not None and not self.builder.last.isspace():
            self.copy(" ", source, file, offset)

    def cell(self, text: str, source: Span) -> None:
        """The end of a table's cell or row."""
        if self.visible and self.kind == "table" and self.builder is not None:
            self.builder.generate(text, source)

    def tie(self, kind: str, keys: tuple[str, ...]) -> None:
        """A mark of no width; at the start of a paragraph it waits for the text."""
        if self.builder is None:
            self._waiting.append((kind, keys))
        else:
            self.builder.mark(kind, self.builder.length, keys)

    def blocks(self) -> tuple[Block, ...]:
        finished = (builder.finish() for builder in self._written)
        return tuple(block for block in finished if block is not None)
