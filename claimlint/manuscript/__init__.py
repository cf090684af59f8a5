"""Manuscripts: files in, plain text out, every character knowing its place."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

from claimlint.errors import ClaimlintError
from claimlint.manuscript.archives import is_archive, open_archive
from claimlint.manuscript.directives import in_markdown
from claimlint.manuscript.encoding import decode
from claimlint.manuscript.endings import LATEX, MARKDOWN, PAPERS, STYLES, ending
from claimlint.manuscript.files import Library, root_bytes
from claimlint.manuscript.latex import read_latex
from claimlint.manuscript.markdown import read_markdown
from claimlint.manuscript.model import Document
from claimlint.manuscript.pages import pages_of
from claimlint.manuscript.pdf import read_pdf
from claimlint.manuscript.plain import read_plain
from claimlint.manuscript.positions import position
from claimlint.manuscript.quoting import text_of
from claimlint.manuscript.script import other_script
from claimlint.manuscript.segmenter import has_sentences, sentences

__all__ = ["read", "sentences"]

_LATEX = re.compile(
    r"\\(?:documentclass|documentstyle|begin\s*\{|section\*?\s*\{|input\s*\{|chapter\*?\s*\{|bye\b)"
)
# A PDF may begin with other bytes; its mark stands among the first.
_HEAD = 1024
_MOST_TOLD = 5
_MARKDOWN = re.compile(r"^(?:#{1,6} |[-*+] |```|\s*\|.*\|$)|\*\*\S|\]\(", re.MULTILINE)


def read(path: str, text: str | None = None, unsaved: Mapping[str, str] | None = None) -> Document:
    """Reads a manuscript from its root file, a PDF, an archive, ``-`` (standard input), or ``text``.

    ``text`` is taken as the root's content; includes are still looked for beside ``path``. ``unsaved`` holds
    the texts of files that are open in an editor, by their real paths; they count, not what lies on disk.

    Raises:
        ClaimlintError: where there is nothing to check: no such file, no manuscript by its ending, no text.
    """
    if path == "-" and text is None:
        text = _standard_input()
    known = unsaved or {}
    content: str | bytes | None = text if text is not None else known.get(os.path.realpath(path))
    if content is None:
        content = root_bytes(path)
    if isinstance(content, bytes) and b"%PDF-" in content[:_HEAD]:
        sources, pages = read_pdf(path, content)
        document = Document(path, tuple(sources), read_plain(pages))
    elif isinstance(content, bytes) and is_archive(content):
        archive = open_archive(path, content)
        document = _from_source(path, archive, archive.root_content())
    else:
        if isinstance(content, bytes) and ending(path) == ".pdf":
            raise ClaimlintError(
                f"{path}: is no PDF, whatever its name says",
                "What stands in it cannot be read as pages, so that nothing would be checked.",
                "Fetch it again, or give the manuscript's source.",
            )
        if isinstance(content, bytes) and ending(path) not in ("", *PAPERS, *STYLES):
            raise ClaimlintError(
                f"{path}: {ending(path)} is no ending of a manuscript",
                "No claims found in data or a bibliography would look like a paper without fault.",
                "Give the paper's root file (.tex, .md, .txt, .pdf or an archive), and a manifest with "
                "--manifest; claimlint - reads other text from a pipe.",
            )
        document = _from_source(path, Library(path, known), content)
    if not has_sentences(document):
        raise ClaimlintError(
            "\n    ".join([f"{path}: holds no text", *_met(document)]),
            "A manuscript without sentences would pass every rule.",
            "Give the root file, the one that holds the text, or includes files that can be read.",
        )
    return replace(document, notices=(*document.notices, *other_script(document)))


def _from_source(path: str, library: Library, content: str | bytes) -> Document:
    """A manuscript that is LaTeX, Markdown or text; ``content`` is that of the library's root."""
    root = library.open_root(content)
    kind = _format(root.name, root.text)
    if kind == "latex":
        blocks, spoken, notices = read_latex(root, library)
    else:
        blocks = read_markdown(root) if kind == "markdown" else read_plain(pages_of(root))
        spoken, notices = in_markdown(root)
    # A file that is read twice tells all twice.
    met = tuple(dict.fromkeys(library.notices + notices))
    return Document(path, tuple(library.sources.values()), blocks, tuple(spoken), met)


def _met(document: Document) -> Iterator[str]:
    """The first of what was met while reading, with file and line: it may be why there is no text."""
    for notice in document.notices[:_MOST_TOLD]:
        span = notice.span
        line = position(text_of(document, span.file), span.start).line
        yield f"{span.file}:{line}: {notice.rule}: {notice.detail}"


def _format(path: str, text: str) -> str:
    """``latex``, ``markdown`` or ``plain``: by the file's ending, else by what stands in it."""
    suffix = ending(path)
    if suffix in (*LATEX, *STYLES):
        return "latex"
    if suffix in MARKDOWN:
        return "markdown"
    if suffix == ".txt":
        return "plain"
    if _LATEX.search(text):
        return "latex"
    return "markdown" if _MARKDOWN.search(text) else "plain"


def _standard_input() -> str:
    decoded = decode(sys.stdin.buffer.read())
    if decoded is None:
        raise ClaimlintError(
            "standard input: is not text",
            "claimlint reads LaTeX, Markdown and plain text.",
            "Pipe the manuscript's source into it.",
        )
    return decoded.text
