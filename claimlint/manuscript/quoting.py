"""A manuscript's words as its readers know them: where the text holds a placeholder, what it stands for."""

from __future__ import annotations

from claimlint.manuscript.model import Block, Document, Mark, Sentence, Span
from claimlint.manuscript.segmenter import PLACEHOLDERS

#: A formula longer than this is cut; the paper has it whole.
LONGEST_MATH = 160


def text_of(document: Document, file: str) -> str:
    """The whole text of a file; '' of one that was not read."""
    return next((source.text for source in document.sources if source.name == file), "")


def written(document: Document, span: Span) -> str:
    """The characters of the file that the span covers."""
    return text_of(document, span.file)[span.start : span.end]


def stands_for(document: Document, block: Block, mark: Mark) -> str:
    """What a placeholder stands for: the keys of a citation or reference, the source of a formula."""
    text = block.text[mark.start : mark.end]
    if text not in PLACEHOLDERS:
        return text
    if mark.keys:
        return ", ".join(mark.keys)
    source = " ".join(written(document, block.span(mark.start, mark.end)).split())
    source = source.removeprefix(r"\(").removesuffix(r"\)").strip("$ ")
    return source if len(source) <= LONGEST_MATH else f"{source[:LONGEST_MATH]}…"


def quoted(document: Document, sentence: Sentence, start: int = 0, end: int | None = None) -> str:
    """``sentence.text[start:end]`` with what its placeholders stand for."""
    block = sentence.block
    at, stop = sentence.start + start, sentence.start + (len(sentence.text) if end is None else end)
    words = []
    for mark in sorted(block.marks, key=lambda mark: mark.start):
        if at <= mark.start < mark.end <= stop:
            words += [block.text[at : mark.start], stands_for(document, block, mark)]
            at = mark.end
    return "".join([*words, block.text[at:stop]])
