"""Plain text to blocks: paragraphs between blank lines, short unpunctuated lines as headings."""

from __future__ import annotations

import re

from claimlint.manuscript.builder import BlockBuilder
from claimlint.manuscript.model import Block, Section, Source
from claimlint.manuscript.sections import Outline, role_of

_PARAGRAPH = re.compile(r"(?:[^\r\n]*\S[^\r\n]*(?:\r\n|\n|\r|\Z))+")
# A word broken at a line's end is one word.
_TOKEN = re.compile(r"(?<=[a-z])-\r?\n(?=[a-z])|(?P<space>\s+)|(?P<text>[^\s-]+(?:[ -][^\s-]+)*|-)")
_ITEM = re.compile(r"[ \t]*(?:[-*•]|\(?\d{1,2}[.)])[ \t]+")
_NUMBERED = re.compile(r"(?:\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\.?[ \t]+[A-Z]")
_LONGEST_HEADING = 90


def read_plain(source: Source) -> tuple[Block, ...]:
    """The blocks of a plain text file."""
    outline, section = Outline(), Section()
    builders: list[BlockBuilder] = []
    for match in _PARAGRAPH.finditer(source.text):
        for start, end, kind in _parts(source.text, match.start(), match.end()):
            builder = BlockBuilder(kind, section)
            _write(builder, source, start, end)
            if kind == "heading":
                section = builder.section = outline.enter(builder.text, 1)
            elif kind == "paragraph" and section.role == "abstract":
                builder.kind = "abstract"
            builders.append(builder)
    finished = (builder.finish() for builder in builders)
    return tuple(block for block in finished if block is not None)


def _parts(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """A paragraph may begin with its heading, and consist of list items."""
    parts: list[tuple[int, int, str]] = []
    for line in re.finditer(r"[^\r\n]+", text[start:end]):
        at, stop = start + line.start(), start + line.end()
        item = _ITEM.match(text, at, stop)
        if _is_heading(text[at:stop].strip(), first=not parts):
            parts.append((at, stop, "heading"))
        elif item:
            parts.append((item.end(), stop, "item"))
        elif parts and parts[-1][2] != "heading":
            parts[-1] = (parts[-1][0], stop, parts[-1][2])
        else:
            parts.append((at, stop, "paragraph"))
    return parts


def _is_heading(line: str, first: bool) -> bool:
    if not first or len(line) > _LONGEST_HEADING or line[-1:] in ".,;:?!":
        return False
    named = role_of(line) != "body" and len(line.split()) <= 4
    return named or line.isupper() or bool(_NUMBERED.match(line))


def _write(builder: BlockBuilder, source: Source, start: int, end: int) -> None:
    for match in _TOKEN.finditer(source.text, start, end):
        if match.lastgroup == "text":
            builder.copy(match.group(), source.name, match.start())
        elif match.lastgroup == "space":
            builder.space(source.name, match.start())
