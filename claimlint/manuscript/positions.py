"""Offsets to lines and columns: the one place where an offset becomes what editors understand."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file, everything counted from 1.

    ``column`` counts code points, ``utf16`` UTF-16 units (what editors speak), ``byte`` UTF-8 bytes.
    """

    line: int
    column: int
    utf16: int
    byte: int


class LineIndex:
    """The lines of one text. A line end (``\\n``, ``\\r\\n``, ``\\r``) belongs to the line it ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(m.end() for m in _LINE_END.finditer(text))]

    def position(self, offset: int) -> Position:
        """The place of ``offset``; an offset past the end counts as the end."""
        offset = max(0, min(offset, len(self._text)))
        line = bisect_right(self._starts, offset)
        before = self._text[self._starts[line - 1] : offset]
        return Position(
            line=line,
            column=len(before) + 1,
            utf16=len(before.encode("utf-16-le", "surrogatepass")) // 2 + 1,
            byte=len(before.encode("utf-8", "surrogatepass")) + 1,
        )

    def offset(self, line: int, utf16: int) -> int:
        """The offset of a line and a UTF-16 column, both from 1; past a line's end counts as its end."""
        if line > len(self._starts):
            return len(self._text)
        start, end = self.line_range(max(1, line))
        units = utf16 - 1
        for offset in range(start, end):
            if units <= 0:
                return offset
            units -= 2 if self._text[offset] > "\uffff" else 1
        return end

    def line_range(self, line: int) -> tuple[int, int]:
        """Start and end offset of a line (from 1), without its line end."""
        start = self._starts[line - 1]
        stop = self._starts[line] if line < len(self._starts) else len(self._text)
        return start, start + len(self._text[start:stop].rstrip("\r\n"))


@lru_cache(maxsize=32)
def line_index(text: str) -> LineIndex:
    """The index of a text, kept for the texts asked about last."""
    return LineIndex(text)


def position(text: str, offset: int) -> Position:
    """Line and columns of an offset into a file's text."""
    return line_index(text).position(offset)
