"""Text on a terminal: what may be printed, how wide it is, a line of source with a mark under it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

TAB = 4


def printable(text: str) -> str:
    """The text without control characters, which a manuscript might use to rewrite the reader's screen."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def width(text: str) -> int:
    """Columns that the text takes up."""
    return sum(_columns(c) for c in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Part of a source line, and the mark that goes under it."""

    text: str
    mark: str


def excerpt(line: str, start: int, end: int, room: int) -> Excerpt:
    """``line[start:end]`` marked; of a line that does not fit, the part around the mark."""
    first, last = _window(line, start, end, room)
    ahead, behind = "…" * (first > 0), "…" * (last < len(line))
    before, marked, after = (
        _shown(part) for part in (line[first:start], line[start : min(end, last)], line[end:last])
    )
    return Excerpt(
        f"{ahead}{before}{marked}{after}{behind}",
        " " * width(ahead + before) + "^" * max(1, width(marked)),
    )


def _window(line: str, start: int, end: int, room: int) -> tuple[int, int]:
    """The stretch of the line that is shown: all of it, or the mark with what fits around it."""
    if len(line) <= room and width(_shown(line)) <= room:
        return 0, len(line)
    # Two columns stay free for the dots at either end.
    last, used = _forward(line[: min(end, len(line))], start, 2, room)
    first, used = _back(line, start, used, used + (room - used) // 2)
    last, used = _forward(line, last, used, room)
    first, used = _back(line, first, used, room)
    return first, last


def _forward(line: str, at: int, used: int, room: int) -> tuple[int, int]:
    while at < len(line) and used + width(_shown(line[at])) <= room:
        used += width(_shown(line[at]))
        at += 1
    return at, used


def _back(line: str, at: int, used: int, room: int) -> tuple[int, int]:
    while at > 0 and used + width(_shown(line[at - 1])) <= room:
        at -= 1
        used += width(_shown(line[at]))
    return at, used


def _shown(text: str) -> str:
    return printable(text.replace("\t", " " * TAB))
