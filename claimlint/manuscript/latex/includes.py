"""Files that include files."""

from __future__ import annotations

import os
import re

from claimlint.manuscript.latex.reader import Call, Reader
from claimlint.manuscript.latex.source import Slice, raw

_BARE_NAME = re.compile(r"[ \t]*([^\s{}\\%]+)")
_BODY = re.compile(r"^[^%\n]*\\begin\s*\{document\}", re.MULTILINE)
_PART = re.compile(r"^[^%\n]*\\documentclass\s*(?:\[[^\]]*\])?\s*\{(?:subfiles|standalone)\}", re.MULTILINE)
# Drawings and bibliographies that LaTeX writes for itself: nothing to read.
_NO_PROSE = (".tikz", ".pgf", ".pdf_tex", ".bbl", ".eps_tex", ".pstex_t", ".pspdftex")


def include(reader: Reader, call: Call) -> None:
    """``\\input{file}`` and its kin, also without braces."""
    braced = reader.source.braced()
    name = raw(braced).strip()
    if braced is None:
        frame = reader.source.top()
        bare = frame and _BARE_NAME.match(frame.source.text, frame.pos, frame.end)
        if not frame or not bare:
            return
        frame.pos = bare.end()
        name = bare.group(1)
    _read(reader, call, name.strip('"'), reader.folder, reader.folder)


def subfile(reader: Reader, call: Call) -> None:
    """``\\subfile{folder/file}`` looks for what the file includes in its folder, as ``\\subimport`` does."""
    reader.source.star()
    name = raw(reader.source.braced()).strip()
    inner = os.path.normpath(os.path.join(reader.folder, os.path.dirname(name)))
    _read(reader, call, name, reader.folder, inner)


def import_file(reader: Reader, call: Call) -> None:
    """``\\import{folder/}{file}``: what the file includes is looked for in its folder."""
    reader.source.star()
    folder, name = (raw(reader.source.braced()).strip() for _ in range(2))
    base = reader.folder if call.name.startswith("sub") else reader.library.folder
    target = os.path.normpath(os.path.join(base, folder))
    _read(reader, call, name, target, target)


def include_if_exists(reader: Reader, call: Call) -> None:
    name, _, _ = (raw(reader.source.braced()).strip() for _ in range(3))
    if os.path.isfile(os.path.join(reader.folder, name)):
        _read(reader, call, name, reader.folder, reader.folder)


def _read(reader: Reader, call: Call, name: str, folder: str, inner: str) -> None:
    if not name or "\\" in name or "#" in name or name.endswith(_NO_PROSE):
        return
    found = reader.library.include(name, folder, call.span)
    if found is None:
        return
    text = reader.text_of(found)
    body = _BODY.search(found.text)
    # A file with a preamble of its own, as \\subfile includes: only its body is meant.
    if body and not (reader.in_document or _PART.search(found.text, 0, body.end())):
        body = None
    start = body.end() if body else 0
    stop = found.text.find("\\end{document}", start) if body else len(found.text)
    before, reader.folder = reader.folder, inner
    # A document of its own does not go on in the middle of another one's sentence.
    if body:
        reader.writer.end_paragraph()

    def leave() -> None:
        reader.folder = before
        if body:
            reader.writer.end_paragraph()
        reader.library.leave()

    reader.source.push([Slice(text, start, stop if stop >= 0 else len(found.text))], leave)
