"""The files of a manuscript: finding them, never outside the root's folder, and decoding them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from claimlint.errors import ClaimlintError
from claimlint.manuscript.encoding import Decoded, decode
from claimlint.manuscript.endings import LATEX, ending
from claimlint.manuscript.model import Notice, Source, Span

_MOST_BYTES = 50_000_000
_MOST_INCLUDES = 3_000
#: Of a folder that was given for a file: sources looked into for the document, and named.
_MOST_LOOKED_AT, _MOST_NAMED = 500, 3


def root_bytes(path: str) -> bytes:
    """The content of the file that the user named.

    Raises:
        ClaimlintError: it is a folder, cannot be read, or is larger than 50 MB.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except IsADirectoryError:
        raise ClaimlintError(
            f"{path}: is a folder",
            "A manuscript is read from its root file.",
            _name_the_root(path),
        ) from None
    except OSError as error:
        raise ClaimlintError(
            f"{path}: cannot be read ({error.strerror})",
            "Without the root file there is nothing to check.",
            "Check the path and the permissions.",
        ) from None
    if len(data) > _MOST_BYTES:
        raise ClaimlintError(
            f"{path}: is larger than 50 MB",
            "No manuscript has so much text.",
            "Give the manuscript's source without figures and data.",
        )
    return data


def _name_the_root(folder: str) -> str:
    """What to do about a folder: which of its files holds a document, where it is not too far down."""
    found = (os.path.join(here, name) for here, _, names in os.walk(folder) for name in sorted(names))
    sources = islice((path for path in found if ending(path) in LATEX), _MOST_LOOKED_AT)
    whole = [path for path in sources if _holds_document(path)]
    if not whole:
        return "name the file that holds \\begin{document}, or the Markdown or text file"
    return f"name the file that holds \\begin{{document}}: {' or '.join(whole[:_MOST_NAMED])}"


def _holds_document(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return b"\\begin{document}" in file.read(_MOST_BYTES)
    except OSError:
        return False


@dataclass
class Library:
    """Opens the root and what it includes, each file once; what is odd about a file becomes a notice.

    ``unsaved`` are texts that stand for those on disk, by real paths.
    """

    root: str
    unsaved: Mapping[str, str] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    editable: bool = True
    _includes: int = 0
    _reading: list[str] = field(default_factory=list)

    @property
    def folder(self) -> str:
        return os.path.dirname(self.root)

    def open_root(self, content: str | bytes) -> Source:
        """The root file, whose text or bytes these are.

        Raises:
            ClaimlintError: the bytes are no text.
        """
        decoded = decode(content) if isinstance(content, bytes) else Decoded(content, "utf-8")
        if decoded is None:
            raise ClaimlintError(
                f"{self.root}: is not a text file",
                "claimlint reads LaTeX, Markdown, plain text, PDF, and archives of LaTeX sources.",
                "Give the manuscript's source.",
            )
        self._reading.append(self._real(self.root))
        return self._keep(self.root, decoded)

    def include(self, name: str, folder: str, span: Span) -> Source | None:
        """The file that ``\\input{name}`` means from within ``folder``, or None and a notice."""
        self._includes += 1
        if self._includes > _MOST_INCLUDES:
            if self._includes == _MOST_INCLUDES + 1:
                self.notices.append(Notice("macro-limit", f"more than {_MOST_INCLUDES} includes", span))
            return None
        candidates = self._candidates(name, folder)
        found = next(filter(self._exists, candidates), None)
        if found is None:
            self.notices.append(Notice("missing-include", f"{name}: no such file", span, candidates))
            return None
        real = self._real(found)
        if not self._inside(real):
            self.notices.append(
                Notice("include-outside-root", f"{name}: lies outside the manuscript's folder", span)
            )
            return None
        if real in self._reading:
            self.notices.append(Notice("include-cycle", f"{name}: includes itself", span))
            return None
        if found not in self.sources and not self._load(found, name, span):
            return None
        self._reading.append(real)
        return self.sources[found]

    def leave(self) -> None:
        """The file included last has been read."""
        self._reading.pop()

    def _candidates(self, name: str, folder: str) -> tuple[str, ...]:
        bases = dict.fromkeys([folder, self.folder])
        return tuple(
            os.path.normpath(os.path.join(base, name + suffix)) for base in bases for suffix in (".tex", "")
        )

    def _inside(self, real: str) -> bool:
        top = self._real(self.folder or ".")
        return real.startswith(top.rstrip(os.sep) + os.sep)

    def _exists(self, path: str) -> bool:
        return os.path.isfile(path) or self._real(path) in self.unsaved

    def _real(self, path: str) -> str:
        return os.path.realpath(path)

    def _bytes(self, path: str) -> bytes:
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES + 1)

    def _load(self, path: str, name: str, span: Span) -> bool:
        unsaved = self.unsaved.get(self._real(path))
        if unsaved is not None:
            self._keep(path, Decoded(unsaved, "utf-8"))
            return True
        try:
            data = self._bytes(path)
        except OSError as error:
            self.notices.append(Notice("unreadable-include", f"{name}: {error.strerror}", span, (path,)))
            return False
        decoded = decode(data) if len(data) <= _MOST_BYTES else None
        if decoded is None:
            self.notices.append(Notice("unreadable-include", f"{name}: is not a text file", span, (path,)))
            return False
        self._keep(path, decoded)
        return True

    def _keep(self, path: str, decoded: Decoded) -> Source:
        self.sources[path] = Source(path, decoded.text, decoded.encoding, self.editable)
        self._tell_guess(path, decoded.guessed_at, decoded.encoding)
        return self.sources[path]

    def _tell_guess(self, path: str, guessed_at: int | None, encoding: str) -> None:
        if guessed_at is not None:
            self.notices.append(
                Notice(
                    "guessed-encoding",
                    f"is not UTF-8; read as {encoding}",
                    Span(path, guessed_at, guessed_at + 1),
                )
            )
