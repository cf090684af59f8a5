"""Bytes to text: UTF-8 first, then what the file says about itself, then a guess that is reported."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"^[^%\n]*\\(?:usepackage\s*\[([\w-]+)\]\s*\{inputenc\}|inputencoding\s*\{([\w-]+)\})", re.M
)
# What inputenc calls an encoding, and what Python calls it.
_INPUTENC = {
    "latin1": "latin-1",
    "latin9": "iso8859-15",
    "ansinew": "cp1252",
    "cp1252": "cp1252",
    "applemac": "mac-roman",
    "utf8": "utf-8",
    "utf8x": "utf-8",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """``guessed_at`` is the offset of the first character that had to be guessed, None where nothing was."""

    text: str
    encoding: str
    guessed_at: int | None = None


def decode(data: bytes) -> Decoded | None:
    """The text of a file, or None where the bytes are no text."""
    decoded = _decode(data)
    if decoded and "\r" in decoded.text and "\n" not in decoded.text:
        # Old Macs ended lines so; left alone, the first comment would swallow the rest of the file.
        return replace(decoded, text=decoded.text.replace("\r", "\n"))
    return decoded


def _decode(data: bytes) -> Decoded | None:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _with(data[len(bom) :], encoding)
    if b"\0" in data:
        return _utf16_without_mark(data)
    if b"\x1b$B" in data or b"\x1b$@" in data:
        return _with(data, "iso2022_jp")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error.start)


def _not_utf8(data: bytes, first_odd: int) -> Decoded | None:
    if _control_share(data) > 0.02:
        return None
    declared = _DECLARED.search(data)
    named = _INPUTENC.get((declared.group(1) or declared.group(2)).decode().lower()) if declared else None
    if named and named != "utf-8":
        return _with(data, named)
    guess = _with(data, "cp1252")
    if guess.guessed_at is not None:
        guess = Decoded(data.decode("latin-1"), "latin-1")
    return Decoded(guess.text, guess.encoding, first_odd)


def _with(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        return Decoded(text, encoding, max(0, text.find("\ufffd")))


def _utf16_without_mark(data: bytes) -> Decoded | None:
    for encoding, zero in (("utf-16-le", 1), ("utf-16-be", 0)):
        half = data[zero:4096:2]
        if half.count(0) > 0.7 * len(half) and data[1 - zero : 4096 : 2].count(0) == 0:
            return Decoded(_with(data, encoding).text, encoding, 0)
    return None


def _control_share(data: bytes) -> float:
    head = data[:8192]
    return sum(b < 32 and b not in b"\t\n\r\f\x0b\x1b" for b in head) / max(1, len(head))
