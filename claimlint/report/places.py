"""Where a span lies: the one place at which reports turn offsets into lines and columns."""

from __future__ import annotations

from dataclasses import dataclass

from claimlint.manuscript.model import Document, Sentence, Span
from claimlint.manuscript.positions import Position, position
from claimlint.manuscript.quoting import text_of


@dataclass(frozen=True, slots=True)
class Place:
    """A span in a file, everything counted from 1; ``end`` lies behind the last character."""

    start: Position
    end: Position


def place(document: Document, span: Span) -> Place:
    """Of a file that was not read, its first place."""
    text = text_of(document, span.file)
    return Place(position(text, span.start), position(text, max(span.start, span.end)))


def line_and_column(document: Document, span: Span) -> tuple[int, int]:
    """Of the span's start."""
    start = position(text_of(document, span.file), span.start)
    return start.line, start.column


def place_words(document: Document, span: Span) -> str:
    """``paper.tex:12:5``."""
    line, column = line_and_column(document, span)
    return f"{span.file}:{line}:{column}"


def in_sentence(sentence: Sentence, span: Span) -> tuple[int, int] | None:
    """Which part of the sentence's text comes from the span; None where nothing does."""
    sources = ((at, sentence.place(at, at + 1)) for at in range(len(sentence.text)))
    hits = [
        at for at, own in sources if own.file == span.file and own.start < span.end and span.start < own.end
    ]
    return (hits[0], hits[-1] + 1) if hits else None
