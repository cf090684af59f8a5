"""Blocks while they are being written: text in pieces, and where every piece came from."""

from __future__ import annotations

import re

from claimlint.manuscript.model import Block, Mark, Section, Segment, Span

# Soft hyphens, zero-width spaces and the like print nothing, and would tear words apart.
_PRINTED = re.compile(r"[^\u00ad\u200b\u2060\ufeff]+")


class BlockBuilder:
    """One block of running text under construction. White space is collapsed as it is written."""

    __slots__ = ("_segments", "_text", "kind", "length", "marks", "section")

    def __init__(self, kind: str, section: Section) -> None:
        self.kind = kind
        self.section = section
        self.marks: list[Mark] = []
        self.length = 0
        self._text: list[str] = []
        self._segments: list[Segment] = []

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def last(self) -> str:
        """The last character written, a space where there is none yet."""
        return self._text[-1][-1] if self._text else " "

    def copy(self, text: str, file: str, offset: int) -> None:
        """Text that stands in the file as it stands here, but for characters that print nothing."""
        if text.isascii():
            self._copy(text, file, offset)
        else:
            for printed in _PRINTED.finditer(text):
                self._copy(printed.group(), file, offset + printed.start())

    def _copy(self, text: str, file: str, offset: int) -> None:
        segments = self._segments
        tail = segments[-1] if segments else None
        if (
            tail is None
            or not tail.copied
            or tail.offset + self.length - tail.start != offset
            or tail.file != file
        ):
            segments.append(Segment(self.length, file, offset, len(text), True))
        self._text.append(text)
        self.length += len(text)

    def generate(self, text: str, source: Span) -> None:
        """Text that ``source`` produces as a whole."""
        if not text:
            return
        size = source.end - source.start
        tail = self._segments[-1] if self._segments else None
        if (
            tail is None
            or tail.copied
            or (tail.offset, tail.length, tail.file) != (source.start, size, source.file)
        ):
            self._segments.append(Segment(self.length, source.file, source.start, size, False))
        self._text.append(text)
        self.length += len(text)

    def space(self, file: str, offset: int) -> None:
        """White space in the file: one blank here, none at the start or after another."""
        if not self.last.isspace():
            self.copy(" ", file, offset)

    def mark(self, kind: str, start: int, keys: tuple[str, ...] = ()) -> None:
        """Marks what was written since ``start``."""
        self.marks.append(Mark(kind, start, self.length, keys))

    def cut(self, length: int) -> None:
        """Takes back everything after the first ``length`` characters."""
        self._text = [self.text[:length]] if length else []
        self.length = length
        self._segments = [s for s in self._segments if s.start < length]
        self.marks = [m for m in self.marks if m.end <= length]

    def finish(self) -> Block | None:
        """The finished block, or None where nothing but white space was written."""
        text = "".join(self._text).rstrip()
        if not text:
            return None
        copied = tuple(s for s in self._segments if s.start < len(text))
        segments = tuple(
            Segment(s.start, s.file, s.offset, end - s.start, True) if s.copied else s
            for s, end in zip(copied, [*(s.start for s in copied[1:]), len(text)], strict=True)
        )
        marks = tuple(
            Mark(m.kind, min(m.start, len(text)), min(m.end, len(text)), m.keys) for m in self.marks
        )
        return Block(self.kind, text, segments, self.section, marks)
