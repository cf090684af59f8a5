"""What a file is, by the ending of its name."""

from __future__ import annotations

from pathlib import PurePath

LATEX = (".tex", ".ltx", ".latex")
#: LaTeX as well, though no paper.
STYLES = (".sty", ".cls")
MARKDOWN = (".md", ".markdown", ".mdown", ".qmd", ".rmd", ".mdx")
PLAIN = (".txt", ".text")
#: What a paper is written in, and what can be edited in place.
PAPERS = (*LATEX, *MARKDOWN, *PLAIN)


def ending(path: str) -> str:
    """``.tex`` of ``paper.TEX``, '' where there is none."""
    return PurePath(path).suffix.lower()
