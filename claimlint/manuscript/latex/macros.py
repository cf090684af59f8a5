"""The commands that a paper defines for itself: reading their definitions and expanding their calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from claimlint.manuscript.latex.lexer import TexText
from claimlint.manuscript.latex.source import Argument, Slice, Source, raw
from claimlint.manuscript.model import Span

_NAME = re.compile(r"\s*(?:\{\s*)?\\([a-zA-Z@]+\*?|[^\sa-zA-Z])\s*\}?")
_CSNAME = re.compile(r"\s*\\csname\s+(.{1,80}?)\\endcsname", re.DOTALL)
_LET = re.compile(r"\s*\\([a-zA-Z@]+|[^\sa-zA-Z])\s*=?\s*(?:\\([a-zA-Z@]+|[\s\S])|[^\\])")
_PARAMETER = re.compile(r"#+([1-9])")
_XPARSE = re.compile(r"([mosrRtdDOegGvbl+!>])\s*((?:\{[^{}]*\}|[^\sa-zA-Z{}]){0,3})")
_MATH_AROUND_PARAMETER = re.compile(r"\$|\\\(|\\ensuremath|\\begin|\\verb|\\csname")


@dataclass(frozen=True)
class Macro:
    """``parameters`` has one entry each: a default for an optional one, None for a mandatory one, and for a
    delimited one the text that ends it, after a leading NUL."""

    body: TexText
    parameters: tuple[str | None, ...] = ()
    prefix: str = ""

    @cached_property
    def pieces(self) -> tuple[tuple[int, int, int], ...]:
        """The body as (start, end, parameter): a stretch of it, then the parameter after it."""
        found, at = [], 0
        for match in _PARAMETER.finditer(self.body.text):
            found.append((at, match.start(), int(match.group(1))))
            at = match.end()
        return (*found, (at, len(self.body.text), 0))

    @cached_property
    def joined(self) -> bool:
        """Whether the arguments must be pasted into the body before it is read, as inside math."""
        return len(self.pieces) > 1 and bool(_MATH_AROUND_PARAMETER.search(self.body.text))

    def arguments(self, source: Source) -> list[Argument]:
        """Reads the arguments of a call."""
        if self.prefix:
            _take(source, self.prefix)
        found: list[Argument] = []
        for parameter in self.parameters:
            found.append(_argument(source, parameter))
        return found

    def expansion(self, arguments: list[Argument], origin: Span) -> list[Slice]:
        """What a call stands for; text of the body points at the call, text of the arguments at itself."""
        if self.joined:
            text = "".join(
                self.body.text[start:end] + (raw(_get(arguments, number)) if number else "")
                for start, end, number in self.pieces
            )
            return [Slice(TexText(text), 0, len(text), origin)]
        slices: list[Slice] = []
        for start, end, number in self.pieces:
            if end > start:
                slices.append(Slice(self.body, start, end, origin))
            for piece in _get(arguments, number) if number else ():
                stands_nowhere = piece.origin is None and not piece.source.file
                slices.append(
                    Slice(piece.source, piece.start, piece.end, origin) if stands_nowhere else piece
                )
        return slices


def _get(arguments: list[Argument], number: int) -> Argument:
    return arguments[number - 1] if number <= len(arguments) else ()


def _argument(source: Source, parameter: str | None) -> Argument:
    if parameter is None:
        return source.argument() or ()
    if parameter.startswith("\0"):
        return _delimited(source, parameter[1:])
    given = source.option()
    return given if given is not None else (Slice(TexText(parameter), 0, len(parameter)),)


def _delimited(source: Source, delimiter: str) -> Argument:
    source.skip_space()
    frame = source.top()
    if frame is None:
        return ()
    stop = frame.source.find(delimiter, frame.pos, min(frame.end, frame.source.paragraph_end(frame.pos)))
    if stop < 0:
        return ()
    piece = Slice(frame.source, frame.pos, stop, frame.piece.origin)
    frame.pos = stop + len(delimiter)
    return (piece,)


def _take(source: Source, prefix: str) -> None:
    frame = source.top()
    if frame and frame.source.text.startswith(prefix, frame.pos):
        frame.pos += len(prefix)


def read_definition(command: str, source: Source) -> tuple[str, Macro | str] | None:
    """Reads what follows ``\\newcommand``, ``\\def`` or ``\\let``: the name, and its meaning."""
    frame = source.top()
    if frame is None:
        return None
    text = frame.source.text
    if command == "let":
        let = _LET.match(text, frame.pos, frame.end)
        if let is None:
            return None
        frame.pos = let.end()
        return let.group(1), let.group(2) or ""
    named = _CSNAME.match(text, frame.pos, frame.end) or _NAME.match(text, frame.pos, frame.end)
    if named is None:
        return None
    frame.pos = named.end()
    if command.endswith("def"):
        prefix, parameters = _def_parameters(source)
    elif command.endswith("DocumentCommand"):
        prefix, parameters = "", _xparse(raw(source.argument()))
    else:
        prefix, parameters = "", count_and_default(source)
    body = source.argument()
    if body is None:
        return None
    return named.group(1), Macro(TexText(raw(body)), parameters, prefix)


def count_and_default(source: Source) -> tuple[str | None, ...]:
    """The ``[2][default]`` of ``\\newcommand``."""
    source.star()
    count = raw(source.option()).strip()
    if not count.isdigit():
        return ()
    default = source.option()
    mandatory: tuple[str | None, ...] = (None,) * min(9, int(count))
    return mandatory if default is None else (raw(default), *mandatory[1:])


def _def_parameters(source: Source) -> tuple[str, tuple[str | None, ...]]:
    """The parameter text of ``\\def``: ``#1#2`` or with delimiters, as in ``#1.#2;``."""
    frame = source.top()
    if frame is None:
        return "", ()
    brace = frame.source.find("{", frame.pos, frame.end)
    if brace < 0 or brace - frame.pos > 200:
        return "", ()
    prefix, *rest = re.split(r"#[1-9]", frame.source.text[frame.pos : brace])
    frame.pos = brace
    return prefix.strip(), tuple("\0" + after if after.strip() else None for after in rest)


def _xparse(letters: str) -> tuple[str | None, ...]:
    found: list[str | None] = []
    for kind, detail in _XPARSE.findall(letters):
        if kind in "oOdDsteEgG":
            found.append(detail.strip("{}") if kind in "OD" else "")
        elif kind in "mvrRbl":
            found.append(None)
    return tuple(found)
