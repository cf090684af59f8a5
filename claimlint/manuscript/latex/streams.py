"""Text that stands apart: titles, headings, captions, footnotes, list items."""

from __future__ import annotations

import re

from claimlint.manuscript.builder import BlockBuilder
from claimlint.manuscript.latex import vocabulary
from claimlint.manuscript.latex.reader import Call, Reader
from claimlint.manuscript.model import Section

_OVERLAY = re.compile(r"<[^<>\n]{0,40}>")


def heading(reader: Reader, call: Call) -> None:
    if call.name == "frametitle":
        overlay(reader)
    reader.source.star()
    reader.source.option()
    title = reader.source.argument()
    if title is None:
        return
    del reader.open[reader.floor :]
    reader.writer.enter("paragraph")
    reader.open_section(title, vocabulary.HEADINGS[call.name])


def title(reader: Reader, call: Call) -> None:
    reader.source.option()
    text = reader.source.braced()
    if text is None:
        return
    section, visible = reader.writer.section, reader.writer.visible
    reader.writer.section = Section("", "title")

    def back(_: BlockBuilder | None) -> None:
        reader.writer.section, reader.writer.visible = section, visible

    reader.divert(text, "title", back)


def abstract(reader: Reader, call: Call) -> None:
    text = reader.source.braced()
    if text is None:
        return
    section = reader.writer.section
    reader.writer.section = Section("Abstract", "abstract")

    def back(_: BlockBuilder | None) -> None:
        reader.writer.section = section

    reader.divert(text, "abstract", back)


def caption(reader: Reader, call: Call) -> None:
    reader.source.star()
    if call.name == "captionof":
        reader.source.argument()
    reader.source.option()
    text = reader.source.braced()
    if text is not None:
        reader.divert(text, "caption")


def footnote(reader: Reader, call: Call) -> None:
    reader.source.option()
    text = reader.source.braced()
    if text is not None:
        reader.divert(text, "footnote")


def appendix(reader: Reader, call: Call) -> None:
    reader.outline.start_appendix()
    reader.writer.end_paragraph()


def item(reader: Reader, call: Call) -> None:
    overlay(reader)
    reader.writer.enter("item")
    label = reader.source.option()
    if label is None:
        reader.skip_blanks()
        return
    span = call.span

    def separate() -> None:
        if reader.writer.builder is not None:
            reader.writer.generate(" " if reader.writer.builder.last in ".:;!?)" else ": ", span)

    reader.source.push(label, separate)


def plain_heading(reader: Reader, call: Call) -> None:
    """Plain TeX's ``\\beginsection`` takes the rest of its paragraph."""
    frame = call.frame
    stop = frame.source.paragraph_end(frame.pos)
    explicit = frame.source.find("\\par", frame.pos, stop)
    stop = min(frame.end, stop if explicit < 0 else explicit)
    piece = type(frame.piece)(frame.source, frame.pos, stop, frame.piece.origin)
    frame.pos = stop
    reader.writer.enter("paragraph")
    reader.open_section((piece,), 1)


def overlay(reader: Reader) -> None:
    """Beamer's ``<2->`` after a command."""
    frame = reader.source.top()
    match = frame and _OVERLAY.match(frame.source.text, frame.pos, frame.end)
    if frame and match:
        frame.pos = match.end()


def shown_on_slides(reader: Reader, call: Call) -> None:
    overlay(reader)


def two_columns(reader: Reader, call: Call) -> None:
    """The text above two columns stands in an optional argument."""
    text = reader.source.option()
    if text is not None:
        reader.source.push(text)


def document_class(reader: Reader, call: Call) -> None:
    """Starts a preamble: nothing is printed before the document begins."""
    reader.source.option()
    reader.source.braced()
    if not reader.in_document:
        reader.writer.visible = False


def line_break(reader: Reader, call: Call) -> None:
    reader.source.star()
    reader.source.option()
    if reader.writer.kind == "table":
        reader.writer.cell("\n", call.span)
    else:
        reader.writer.generate(" ", call.span)


def paragraph_break(reader: Reader, call: Call) -> None:
    reader.writer.end_paragraph()
