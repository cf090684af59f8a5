"""Which root file a file belongs to: what it says itself, else who includes it, else itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from claimlint.config import NAME
from claimlint.errors import ClaimlintError
from claimlint.manuscript import read
from claimlint.manuscript.endings import LATEX

#: Editors of LaTeX have agreed on this comment.
_TOLD = re.compile(r"^%\s*!\s*TeX\s+root\s*=\s*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)
_SUBFILE = re.compile(r"^[^%\n]*\\documentclass\s*\[([^\]\n]+)\]\s*\{subfiles\}", re.MULTILINE)
_WHOLE = re.compile(r"^[^%\n]*\\(?:documentclass|documentstyle)\b", re.MULTILINE)
#: A home folder may hold any number of papers; those beside the file are tried first.
_MOST_TRIED = 40


def root_of(path: str, unsaved: Mapping[str, str]) -> str:
    """The root file of a manuscript that ``path`` is part of; the path itself where nothing includes it.

    Args:
        path: the real path of a file.
        unsaved: texts of files that are open in an editor, by their real paths.
    """
    if not path.endswith(LATEX):
        return path
    text = _text(path, unsaved)
    told = _TOLD.search(text) or _SUBFILE.search(text)
    if told:
        named = os.path.realpath(os.path.join(os.path.dirname(path), told[1]))
        return next((p for p in (named, f"{named}.tex") if p in unsaved or os.path.isfile(p)), path)
    if _WHOLE.search(text):
        return path
    return next((root for root in _roots_around(path, unsaved) if path in _files(root, unsaved)), path)


def _roots_around(path: str, unsaved: Mapping[str, str]) -> Iterator[str]:
    """Whole documents in the file's folder and those above it, up to the one that holds the project."""
    tried = 0
    for folder in Path(path).parents:
        for beside in sorted(_listed(folder)):
            if beside != path and beside.endswith(LATEX) and _WHOLE.search(_text(beside, unsaved)):
                tried += 1
                if tried > _MOST_TRIED:
                    return
                yield beside
        if any((folder / mark).exists() for mark in (NAME, ".git")) or folder == Path.home():
            return


def _listed(folder: Path) -> list[str]:
    try:
        return [os.path.realpath(entry.path) for entry in os.scandir(folder) if entry.is_file()]
    except OSError:
        return []


def _files(root: str, unsaved: Mapping[str, str]) -> set[str]:
    try:
        return {os.path.realpath(source.name) for source in read(root, unsaved=unsaved).sources}
    except ClaimlintError:
        return set()


def _text(path: str, unsaved: Mapping[str, str]) -> str:
    if path in unsaved:
        return unsaved[path]
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
