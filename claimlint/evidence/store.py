"""The manifest is written whole or not at all, and two writers at once lose nothing."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from claimlint.atomic import replace_file
from claimlint.errors import ClaimlintError, ResourceError
from claimlint.evidence.manifest import check_ids, load_manifest
from claimlint.evidence.model import Entry, Experiment, Manifest, Model, PromptSet

_PATIENCE = 60.0
_PAUSE = 0.02


def write_manifest(path: Path | str, manifest: Manifest) -> None:
    """Replace the manifest at ``path`` in one step; a kill at any moment leaves the old one or the new one.

    Fields that were never set are left out, and the others keep the order of the schema.

    Raises:
        ClaimlintError: an id is given twice or names nothing, or the file cannot be written.
    """
    place = _place(path)
    with _locked(place):
        _replace(place, manifest)


def update_manifest(path: Path | str, change: Callable[[Manifest], Manifest]) -> Manifest:
    """Read, change and write the manifest while no other process can; a missing file counts as empty.

    Args:
        path: the manifest.
        change: makes the new manifest from the present one. It should be quick: other writers wait for it.

    Raises:
        ClaimlintError: the present file does not fit its schema (it is then left as it is), or the new one
            cannot be written.
    """
    place = _place(path)
    with _locked(place):
        manifest = change(present(place))
        _replace(place, manifest)
    return manifest


def check_writable(path: Path | str) -> None:
    """Raise a ClaimlintError where a manifest could not be written later, before hours are spent for it."""
    with _locked(_place(path)):
        pass


def present(path: Path) -> Manifest:
    """The manifest as it stands; a missing file counts as empty."""
    return load_manifest(path) if path.exists() else Manifest(version=1)


def add_entries(
    path: Path | str,
    experiments: Iterable[Experiment] = (),
    *,
    models: Iterable[Model] = (),
    prompt_sets: Iterable[PromptSet] = (),
) -> Manifest:
    """Add entries to the manifest at ``path``; one whose id is there already takes the old one's place."""
    return update_manifest(
        path,
        lambda manifest: with_entries(manifest, experiments, models=models, prompt_sets=prompt_sets),
    )


def with_entries(
    manifest: Manifest,
    experiments: Iterable[Experiment] = (),
    *,
    models: Iterable[Model] = (),
    prompt_sets: Iterable[PromptSet] = (),
) -> Manifest:
    """The manifest with these entries; one whose id is there already takes the old one's place."""
    new: dict[str, tuple[Entry, ...]] = {
        "models": _merge(manifest.models, models),
        "prompt_sets": _merge(manifest.prompt_sets, prompt_sets),
        "experiments": _merge(manifest.experiments, experiments),
    }
    return manifest.model_copy(update={name: entries for name, entries in new.items() if entries})


AnyEntry = TypeVar("AnyEntry", bound=Entry)


def _merge(present: tuple[AnyEntry, ...], added: Iterable[AnyEntry]) -> tuple[AnyEntry, ...]:
    return tuple({entry.id: entry for entry in (*present, *added)}.values())


def _place(path: Path | str) -> Path:
    """The file itself, not a link to it: a rename would put a file where the link was."""
    place = Path(path).resolve()
    if place.suffix != ".json":
        raise ClaimlintError(
            f"{path}: only .json manifests are rewritten",
            "Rewriting a hand-kept file would lose its comments and its order.",
            "Give a path that ends in .json.",
        )
    return place


def _replace(place: Path, manifest: Manifest) -> None:
    check_ids(place, manifest)
    text = json.dumps(manifest.model_dump(mode="json", exclude_unset=True), indent=2, ensure_ascii=False)
    # One fixed name, used under the lock: what a killed writer leaves behind is overwritten by the next.
    draft = place.with_name(f".{place.name}.draft")
    try:
        replace_file(place, f"{text}\n".encode(), draft)
    except OSError as error:
        raise _unwritable(place, error) from error


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Hold the lock file beside the manifest, and take it away again.

    The system lets go of it when its holder dies; the next writer then uses it, and takes it away.
    """
    lock = place.with_name(f".{place.name}.lock")
    deadline = time.monotonic() + _PATIENCE
    while (handle := _taken(place, lock)) is None:
        if time.monotonic() > deadline:
            raise ClaimlintError(
                f"{place}: another process has been writing it for {_PATIENCE:.0f} s",
                "Writing at the same time would lose one of the two sets of entries.",
                f"Let it finish or end it, then try again; it holds {lock}.",
            )
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        _give_back(handle, lock)


def _taken(place: Path, lock: Path) -> int | None:
    """The lock file, opened and locked; None where another process holds it."""
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise _unwritable(place, error) from error
    if _try_lock(handle) and _is_at(handle, lock):
        return handle
    os.close(handle)
    return None


def _is_at(handle: int, lock: Path) -> bool:
    """Whether the open file still has its name: a lock on one that was taken away keeps nobody out."""
    try:
        return os.path.samestat(os.fstat(handle), lock.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _give_back(handle: int, lock: Path) -> None:
        os.close(handle)
        # Windows removes no file that somebody has open, so that one who came in between keeps it.
        with suppress(PermissionError):
            lock.unlink(missing_ok=True)

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _give_back(handle: int, lock: Path) -> None:
        # While it is held: afterwards it may be somebody else's.
        lock.unlink(missing_ok=True)
        os.close(handle)


def _unwritable(place: Path, error: OSError) -> ResourceError:
    return ResourceError(
        f"{place}: the manifest cannot be written ({error.strerror})",
        "The new entries exist nowhere else; what was there before is untouched.",
        "Check the folder, its permissions and the space left on the disk.",
    )
