"""LaTeX to blocks of text. Nothing is typeset: macros are expanded, broken input is survived."""

from __future__ import annotations

from claimlint.manuscript.directives import in_tex
from claimlint.manuscript.files import Library
from claimlint.manuscript.latex.commands import PROTECTED, find_handler
from claimlint.manuscript.latex.reader import Reader
from claimlint.manuscript.model import Block, Directive, Notice, Source, Span

_MOST_UNCLOSED = 20
_NAMES = {"{": "a brace", "\\if": "a conditional"}


def read_latex(root: Source, library: Library) -> tuple[tuple[Block, ...], list[Directive], list[Notice]]:
    """The blocks of a LaTeX document, the comments to claimlint, and what was met on the way."""
    reader = Reader(library, PROTECTED, find_handler)
    blocks = reader.read(reader.text_of(root))
    spoken: list[Directive] = []
    told = {(notice.span.file, notice.span.start) for notice in reader.notices}
    for source in library.sources.values():
        structure = reader.text_of(source).structure
        found, malformed = in_tex(source, structure.raw_end)
        spoken += found
        reader.notices += malformed
        unclosed = structure.unclosed[:_MOST_UNCLOSED]
        for what, at in unclosed:
            # The reader may have met the same place on its way.
            if (source.name, at) in told:
                continue
            detail = f"{_NAMES.get(what, f'environment {what}')} is never closed"
            reader.notice("unclosed-group", detail, Span(source.name, at, at + 1))
    return blocks, spoken, reader.notices
