"""Markdown to blocks: headings, paragraphs, lists, quotes, tables, footnotes; code is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from claimlint.manuscript.builder import BlockBuilder
from claimlint.manuscript.inline import HIDDEN, write_inline
from claimlint.manuscript.model import Block, Section, Source
from claimlint.manuscript.sections import Outline, role_of

_VISIBLE = re.compile(r"[^\r\n]")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(?P<body>.*?\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(?P<title>[^\r\n]*?)[\"']?[ \t]*\r?$", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_FENCE = re.compile(r"[ >\t]*(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)$")
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})[ \t]+(?P<title>.*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(?P<mark>=+|-{2,})[ \t]*$")
_DIVISION = re.compile(r" {0,3}:{3,}")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-*+•]|\(?\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_QUOTE = re.compile(r" {0,3}>[ \t]?(?:\[![A-Za-z]+\])?")
_FOOTNOTE = re.compile(r" {0,3}\[\^[^\]\s]+\]:[ \t]*")
_LINK_TARGET = re.compile(r" {0,3}\[[^\]]+\]:[ \t]*\S+")
_INDENTED = re.compile(r"(?: {4}|\t)")
_TABLE = re.compile(r"[ \t]*\|.*\|[ \t]*$")


def _hide(text: str, opening: str, closing: str) -> str:
    """The text with everything between two signs hidden; offsets stay the file's own."""
    pieces, at = [], 0
    while (start := text.find(opening, at)) >= 0 and (stop := text.find(closing, start)) >= 0:
        stop += len(closing)
        pieces += [text[at:start], _VISIBLE.sub(HIDDEN, text[start:stop])]
        at = stop
    return "".join([*pieces, text[at:]])


@dataclass
class _Pending:
    """The lines of a block that is still growing, as ranges of the source."""

    kind: str = "paragraph"
    ranges: list[tuple[int, int]] = field(default_factory=list)


class _MarkdownReader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = _hide(_hide(source.text, "<!--", "-->"), "{%", "%}")
        self.outline = Outline()
        self.builders: list[BlockBuilder] = []
        self.pending = _Pending()
        self.section = Section()
        self.in_list = False
        self.fence = ""
        self.after_blank = True

    def read(self) -> tuple[Block, ...]:
        start = self._front_matter()
        for line in self._lines(start):
            self._line(line)
        self._flush()
        finished = (builder.finish() for builder in self.builders)
        return tuple(block for block in finished if block is not None)

    def _lines(self, start: int) -> Iterator[tuple[int, int]]:
        while start < len(self.text):
            match = _LINE.match(self.text, start)
            assert match is not None
            yield start, start + len(match.group().rstrip("\r\n"))
            start = match.end()

    def _front_matter(self) -> int:
        match = _FRONT_MATTER.match(self.text)
        if match is None:
            return 0
        title = _FRONT_TITLE.search(match["body"])
        if title and title["title"]:
            at = match.start("body") + title.start("title")
            self._write("title", [(at, at + len(title["title"]))], Section("", "title"))
        return match.end()

    def _line(self, line: tuple[int, int]) -> None:
        start, end = line
        content = self.text[start:end]
        fence = _FENCE.match(content)
        if self.fence:
            if fence and fence["fence"].startswith(self.fence) and not fence["info"].strip():
                self.fence = ""
            return
        if fence:
            self._flush()
            self.fence = fence["fence"]
            return
        bare = content.strip()
        if not bare:
            self._flush()
            self.after_blank = True
            return
        if not bare.strip(HIDDEN + " \t"):
            return
        self._visible_line(start, content)
        self.after_blank = False

    def _visible_line(self, start: int, content: str) -> None:
        end = start + len(content)
        if self.after_blank and not content[0].isspace() and not _ITEM.match(content):
            self.in_list = False
        if heading := _HEADING.match(content):
            at = start + heading.start("title")
            self._heading(len(heading["marks"]), [(at, start + heading.end("title"))])
        elif (underline := _UNDERLINE.match(content)) and self._underlines():
            ranges, self.pending = self.pending.ranges, _Pending()
            self._heading(1 if underline["mark"][0] == "=" else 2, ranges)
        elif (
            _RULE.match(content)
            or _DIVISION.match(content)
            or (_LINK_TARGET.match(content) and not _FOOTNOTE.match(content))
        ):
            self._flush()
        elif _TABLE.match(content):
            self._start("table", start, end, grow=True)
        elif note := _FOOTNOTE.match(content):
            self._start("footnote", start + note.end(), end)
        elif quote := _QUOTE.match(content):
            self._quote(start, quote.end(), content)
        elif item := _ITEM.match(content):
            self.in_list = True
            self._start("item", start + item.end(), end)
        elif self.after_blank and _INDENTED.match(content) and not self.in_list:
            self._flush()
        else:
            self._text_line(start, content)

    def _text_line(self, start: int, content: str) -> None:
        lead = len(content) - len(content.lstrip())
        if self.pending.ranges and self.pending.kind != "table":
            self._grow(start + lead, start + len(content))
        else:
            self._start("item" if self.in_list and lead else "paragraph", start + lead, start + len(content))

    def _quote(self, start: int, prefix: int, content: str) -> None:
        inner = content[prefix:]
        item = _ITEM.match(inner)
        if not inner.strip():
            self._flush()
        elif item:
            self._start("item", start + prefix + item.end(), start + len(content))
        elif heading := _HEADING.match(inner):
            self._start("paragraph", start + prefix + heading.start("title"), start + len(content))
            self._flush()
        else:
            self._start("paragraph", start + prefix, start + len(content), grow=True)

    def _underlines(self) -> bool:
        return self.pending.kind == "paragraph" and len(self.pending.ranges) == 1

    def _start(self, kind: str, start: int, end: int, grow: bool = False) -> None:
        if grow and self.pending.ranges and self.pending.kind == kind:
            self._grow(start, end)
            return
        self._flush()
        self.pending = _Pending(kind, [(start, end)])

    def _grow(self, start: int, end: int) -> None:
        """Adds a line; lines with only white space between them stay one range, which markup may span."""
        first, last = self.pending.ranges[-1]
        if self.text[last:start].strip() or self.pending.kind == "table":
            self.pending.ranges.append((start, end))
        else:
            self.pending.ranges[-1] = (first, end)

    def _flush(self) -> None:
        if self.pending.ranges:
            kind = self.pending.kind
            if kind == "paragraph" and self.section.role == "abstract":
                kind = "abstract"
            self._write(kind, self.pending.ranges, self.section)
        self.pending = _Pending()

    def _heading(self, depth: int, ranges: list[tuple[int, int]]) -> None:
        self._flush()
        self.in_list = False
        words = "".join(self.source.text[start:end] for start, end in ranges)
        # A paper without a title may begin with its abstract.
        if depth == 1 and not self.builders and role_of(words) != "abstract":
            self._write("title", ranges, Section("", "title"))
            return
        builder = self._write("heading", ranges, self.section)
        self.section = builder.section = self.outline.enter(builder.text, depth)

    def _write(self, kind: str, ranges: list[tuple[int, int]], section: Section) -> BlockBuilder:
        builder = BlockBuilder(kind, section)
        self.builders.append(builder)
        line_end = 0
        for start, end in ranges:
            if builder.length:
                builder.space(self.source.name, line_end)
            line_end = end
            write_inline(builder, self.text, self.source.name, start, end)
        return builder


def read_markdown(source: Source) -> tuple[Block, ...]:
    """The blocks of a Markdown file."""
    return _MarkdownReader(source).read()
