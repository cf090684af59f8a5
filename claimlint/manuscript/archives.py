"""Source archives as arXiv keeps them, unpacked in memory: nothing of them is ever written to the disk."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import posixpath
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from claimlint.errors import ClaimlintError
from claimlint.manuscript.encoding import decode
from claimlint.manuscript.endings import LATEX, ending
from claimlint.manuscript.files import Library

_MOST_FILES = 5_000
_MOST_BYTES = 300_000_000
# LaTeX shrinks to a fifth, drawings to a fiftieth; small archives of any ratio do no harm.
_MOST_RATIO = 100
_HARMLESS = 1_000_000
_MARKS = (b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06")
_TAR_MARK = 257
_ROOT = re.compile(r"^[^%\n]*\\(?:documentclass|documentstyle|bye\b)", re.MULTILINE)
_INCLUDES = re.compile(
    r"^[^%\n]*?\\(?:input|include|subfile|import\s*\{[^}]*\})\s*\{?([^\s{}%]+)", re.MULTILINE
)
_README = re.compile(
    r"(?P<old>\S+\.tex)\s+toplevelfile"
    r"|filename[\"']?\s*:\s*[\"']?(?P<new>[^\s\"',]+\.tex)[^{}]{0,80}?usage[\"']?\s*:\s*[\"']?toplevel"
)


@dataclass
class ArchiveLibrary(Library):
    """A manuscript's files as an archive holds them, named ``paper.tar.gz/main.tex``."""

    members: dict[str, bytes] = field(default_factory=dict)

    def root_content(self) -> bytes:
        """What the root file holds."""
        return self.members[self.root]

    def _exists(self, path: str) -> bool:
        return path in self.members

    def _real(self, path: str) -> str:
        return os.path.normpath(path)

    def _bytes(self, path: str) -> bytes:
        return self.members[path]


def is_archive(content: bytes) -> bool:
    """Whether these are the bytes of a tar, zip or gzip file."""
    return content.startswith(_MARKS) or _is_tar(content)


def _is_tar(content: bytes) -> bool:
    return content.startswith(b"ustar", _TAR_MARK) and b"\0" in content[:_TAR_MARK]


def open_archive(path: str, content: bytes) -> ArchiveLibrary:
    """The files of an archive, and which of them is the root.

    Raises:
        ClaimlintError: it is damaged, encrypted, too large once unpacked, holds a name or a kind of file that
            a manuscript has not, or no LaTeX.
    """
    try:
        members = _unpacked(path, content)
    except (
        *(tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError),
        *(NotImplementedError, RuntimeError, ValueError, lzma.LZMAError, struct.error),
    ):
        raise ClaimlintError(
            f"{path}: is a damaged or encrypted archive",
            "Its files cannot be unpacked, so that nothing would be checked.",
            "Fetch it again, or give the root file of the unpacked source.",
        ) from None
    home = os.path.normpath(path)
    named = {os.path.join(home, name): data for name, data in members.items()}
    return ArchiveLibrary(os.path.join(home, _root(path, members)), editable=False, members=named)


def _unpacked(path: str, content: bytes) -> dict[str, bytes]:
    room = min(_MOST_BYTES, max(_HARMLESS, _MOST_RATIO * len(content)))
    if content.startswith(b"PK"):
        return _files(path, _zipped(path, content, room), room)
    if content.startswith(b"\x1f\x8b"):
        with gzip.open(io.BytesIO(content)) as stream:
            content = stream.read(room + 1)
        _check_room(path, len(content), room)
    if _is_tar(content):
        return _files(path, _tarred(path, content), room)
    name = os.path.basename(path).removesuffix(".gz")
    return {name if name.endswith(".tex") else name + ".tex": content}


def _files(path: str, found: Iterator[tuple[str, bytes]], room: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    size = 0
    for name, data in found:
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name:
            raise _refused(path, f"holds {name!r}, a file outside its own folder")
        size += len(data)
        _check_room(path, size, room)
        if len(files) == _MOST_FILES:
            raise _refused(path, f"holds more than {_MOST_FILES:,} files")
        files[posixpath.normpath("/".join(parts))] = data
    return files


def _zipped(path: str, content: bytes, room: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if not info.filename:
                raise zipfile.BadZipFile("a file without a name")
            if info.is_dir():
                continue
            if kind not in (0, stat.S_IFREG):
                raise _refused(path, f"holds {info.filename!r}, a link or a device")
            with archive.open(info) as file:
                # The size that the archive tells may be a lie.
                yield info.filename, file.read(room + 1)


def _tarred(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for info in archive:
            if info.isdir():
                continue
            file = archive.extractfile(info) if info.isreg() and not info.issparse() else None
            if file is None:
                raise _refused(path, f"holds {info.name!r}, a link or a device")
            yield info.name, file.read()


def _check_room(path: str, size: int, room: int) -> None:
    if size > room:
        raise _refused(path, f"unpacks to more than {room / 1e6:,.0f} MB")


def _refused(path: str, what: str) -> ClaimlintError:
    return ClaimlintError(
        f"{path}: {what}",
        "No manuscript's source looks so, and unpacking it could do harm; nothing was written.",
        "Give an archive as arXiv hands it out, or the root file of the unpacked source.",
    )


def _root(path: str, members: dict[str, bytes]) -> str:
    """The file that the archive's 00README names, else a whole document that no other file includes."""
    texts = {name: _text(data) for name, data in members.items() if ending(name) in LATEX}
    if not any(text.strip() for text in texts.values()):
        raise ClaimlintError(
            f"{path}: holds no .tex file",
            "claimlint reads the LaTeX sources of an archive, and there is none in this one.",
            "Give the archive of the sources, or the PDF.",
        )
    for name, data in members.items():
        is_readme = posixpath.basename(name).upper().startswith("00README")
        told = _README.search(_text(data)) if is_readme else None
        wanted = posixpath.join(posixpath.dirname(name), told["old"] or told["new"]) if told else ""
        if wanted in texts:
            return wanted
    included = {_stem(name) for text in texts.values() for name in _INCLUDES.findall(text)}
    alone = [name for name in texts if _stem(name) not in included]
    whole = [name for name in alone or texts if _ROOT.search(texts[name])]
    return max(whole or alone or list(texts), key=lambda name: (-name.count("/"), len(texts[name]), name))


def _stem(name: str) -> str:
    return posixpath.basename(name).removesuffix(".tex")


def _text(data: bytes) -> str:
    decoded = decode(data)
    return decoded.text if decoded else ""
