"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def replace_file(place: Path, data: bytes, draft: Path | None = None) -> None:
    """Write a file so that its readers see the old one or the whole new one, after a power cut too.

    Args:
        place: the file itself, and not a link to it; it keeps its permissions.
        draft: what is written first, beside it; else a name that no other process uses.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    draft = draft or place.with_name(f".{place.name}.{os.getpid()}.draft")
    try:
        with open(draft, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            draft.chmod(place.stat().st_mode & 0o777)
        draft.replace(place)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    _sync_folder(place.parent)


def _sync_folder(folder: Path) -> None:
    """A rename outlives a power cut only once its folder is on the disk; Windows cannot open folders."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
