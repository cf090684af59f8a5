"""Spans and offsets as the protocol has them: files as URIs, lines and UTF-16 units from 0."""

from __future__ import annotations

import os

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from claimlint.manuscript.positions import line_index


def path_of(uri: str) -> str | None:
    """The real path of a file; None of what is no file, such as a buffer that was never saved."""
    path = to_fs_path(uri)
    return os.path.realpath(path) if path else None


def uri_of(path: str) -> str:
    return from_fs_path(os.path.realpath(path)) or ""


def range_of(text: str, start: int, end: int) -> types.Range:
    """The range of ``text[start:end]``."""
    return types.Range(_position(text, start), _position(text, end))


def offset_of(text: str, position: types.Position) -> int:
    """The offset of a position; one that is not in the text counts as the nearest that is."""
    return line_index(text).offset(position.line + 1, position.character + 1)


def _position(text: str, offset: int) -> types.Position:
    place = line_index(text).position(offset)
    return types.Position(place.line - 1, place.utf16 - 1)
