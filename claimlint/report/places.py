"""Where a span lies, in lines and columns from 1."""

from __future__ import annotations

from claimlint.manuscript.model import Document, Span
from claimlint.manuscript.positions import position


def line_and_column(document: Document, span: Span) -> tuple[int, int]:
    """Of the span's start; a file that was not read has only its first place."""
    text = next((source.text for source in document.sources if source.name == span.file), "")
    place = position(text, span.start)
    return place.line, place.column


def place_words(document: Document, span: Span) -> str:
    """``paper.tex:12:5``."""
    line, column = line_and_column(document, span)
    return f"{span.file}:{line}:{column}"
