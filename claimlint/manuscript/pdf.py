"""PDF to pages of text, one source a page: lines in reading order, footnotes last."""

from __future__ import annotations

from ctypes import byref, c_double
from typing import TYPE_CHECKING

from claimlint.errors import ClaimlintError
from claimlint.manuscript.model import Source
from claimlint.manuscript.pages import Page, pages_of
from claimlint.manuscript.typeset import Run, written

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfTextPage

_MOST_PAGES = 2_000
# PDFium's code for a file that needs a password.
_NEEDS_PASSWORD = 4
# What PDFium puts for a hyphen at a line's end.
_HYPHENS = ("\x02", "\ufffe", "\u00ad")
_UPRIGHT = 0.05


def read_pdf(path: str, data: bytes) -> tuple[list[Source], list[Page]]:
    """The sources ``path#page=1``, ``path#page=2``, ... and their lines.

    Raises:
        ClaimlintError: the extra is not installed; the file is damaged, encrypted, or holds no text.
    """
    document = _opened(path, data)
    try:
        sources, pages = [], []
        for number in range(len(document)):
            body, notes = written(_runs(document[number].get_textpage()))
            source = Source(f"{path}#page={number + 1}", body + notes, editable=False)
            sources.append(source)
            lines = [line for page in pages_of(source) for line in page.lines]
            pages.append(
                Page(
                    tuple(line for line in lines if line.start < len(body)),
                    tuple(line for line in lines if line.start >= len(body)),
                )
            )
    except RuntimeError:  # what PdfiumError is, whose module only _opened imports
        raise _damaged(path) from None
    finally:
        document.close()
    if not any(source.text.strip() for source in sources):
        raise ClaimlintError(
            f"{path}: is a PDF without text",
            "Its pages are pictures, probably scanned, and a picture has no sentences to check.",
            "Run a text recogniser over it, for example ocrmypdf, or give the manuscript's source.",
        )
    return sources, pages


def _opened(path: str, data: bytes) -> PdfDocument:
    try:
        import pypdfium2  # noqa: PLC0415  (an extra, which only PDFs need)
    except ImportError:
        raise ClaimlintError(
            f"{path}: is a PDF, and the library that reads PDFs is not installed",
            "claimlint needs pypdfium2 to take the text out of it.",
            "Run pip install 'claimlint[pdf]', or give the manuscript's source.",
        ) from None
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _NEEDS_PASSWORD:
            raise ClaimlintError(
                f"{path}: is encrypted",
                "Its text cannot be read without the password.",
                "Save a copy without a password, or give the manuscript's source.",
            ) from None
        raise _damaged(path) from None
    if not 0 < count <= _MOST_PAGES:
        document.close()
        raise ClaimlintError(
            f"{path}: has {count} pages",
            f"claimlint reads PDFs of 1 to {_MOST_PAGES:,} pages.",
            "Give the pages that hold the manuscript.",
        )
    return document


def _damaged(path: str) -> ClaimlintError:
    return ClaimlintError(
        f"{path}: is a damaged PDF",
        "A page of it cannot be read, so that something would go unchecked.",
        "Fetch or export the file again, or give the manuscript's source.",
    )


def _runs(page: PdfTextPage) -> list[Run]:
    """The page's upright characters, as runs that stand on one line without a gap."""
    from pypdfium2 import raw  # noqa: PLC0415  (an extra, which only PDFs need)

    runs: list[Run] = []
    x, y, box = c_double(), c_double(), raw.FS_RECTF()
    space = False
    for at in range(page.count_chars()):
        character = _character(raw.FPDFText_GetUnicode(page, at))
        angle = raw.FPDFText_GetCharAngle(page, at)
        if not character or _UPRIGHT < angle < 6.283 - _UPRIGHT:
            continue
        if character.isspace():
            space = True
            continue
        raw.FPDFText_GetCharOrigin(page, at, byref(x), byref(y))
        raw.FPDFText_GetLooseCharBox(page, at, byref(box))
        fresh = Run(box.left, box.right, y.value, box.top - box.bottom, character)
        if runs and runs[-1].goes_on_with(fresh):
            runs[-1].take(fresh, space)
        else:
            runs.append(fresh)
        space = False
    return runs


def _character(code: int) -> str:
    """What a code stands for: nothing for half a pair and for control characters."""
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return ""
    character = chr(code)
    if character in _HYPHENS:
        return "-"
    return character if character.isprintable() or character.isspace() else ""
