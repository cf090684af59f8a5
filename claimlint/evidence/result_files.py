"""Raw results beside the manifest: arrays as safetensors, outcomes as JSON lines, all named by digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from claimlint.atomic import replace_file
from claimlint.errors import ClaimlintError, ResourceError
from claimlint.evidence.model import Array, Instance, InstanceFile

FOLDER = "results"
PICTURES = "pictures"


def write_arrays(
    folder: Path, arrays: Mapping[str, npt.NDArray[np.generic]], notes: Mapping[str, str]
) -> Array:
    """Writes the arrays below the manifest's folder; equal arrays give an equal file.

    Args:
        notes: what the axes mean; kept in the file's header.
    """
    # One key: the format writes several in no fixed order, and equal results would get other digests.
    header = {"notes": json.dumps(notes, sort_keys=True)}
    data = save(
        {name: np.ascontiguousarray(_narrow(array)) for name, array in arrays.items()}, metadata=header
    )
    path, digest = _write(folder, data, ".safetensors")
    return Array(path=path, digest=digest)


def _narrow(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """In the smallest float type that holds every value: outcomes of a float32 model are float32 numbers."""
    if array.dtype.kind == "f":
        for smaller in (np.float16, np.float32):
            with np.errstate(over="ignore"):
                narrow = array.astype(smaller)
            if np.array_equal(narrow.astype(array.dtype), array, equal_nan=True):
                return narrow
    return array


def read_arrays(folder: Path, array: Array) -> dict[str, npt.NDArray[np.generic]]:
    """Reads the arrays back, after checking the digest."""
    path = folder / array.path
    _check(path, array.digest)
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no iterator)
    except SafetensorError as error:
        raise ClaimlintError(
            f"{path}: {error}", "The raw results cannot be compared.", "Run the experiment again."
        ) from error


def write_instances(folder: Path, instances: Iterable[Instance]) -> InstanceFile:
    """Writes single outcomes below the manifest's folder."""
    lines = [json.dumps(instance.model_dump(exclude_unset=True)) for instance in instances]
    path, digest = _write(folder, ("\n".join(lines) + "\n").encode(), ".jsonl")
    return InstanceFile(path=path, n=len(lines), digest=digest)


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _write(folder: Path, data: bytes, suffix: str) -> tuple[str, str]:
    """Writes ``data`` under its digest's name; returns its path below ``folder`` and the digest."""
    digest = digest_of(data)
    relative = f"{FOLDER}/{digest.removeprefix('sha256:')[:16]}{suffix}"
    write_whole(folder / relative, data)
    return relative, digest


def write_whole(path: Path, data: bytes) -> None:
    """Writes the file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise ResourceError(
            f"{path}: the results cannot be written ({error.strerror})",
            "An entry without its raw results could not be checked, so none was made.",
            "Check the folder, its permissions and the space left on the disk; finished units are kept.",
        ) from error


def _check(path: Path, digest: str | None) -> None:
    try:
        found = digest_of(path.read_bytes())
    except OSError as error:
        raise ClaimlintError(
            f"{path}: the results cannot be read ({error.strerror})",
            "They are what the manifest's numbers were computed from.",
            "Restore the file, or run the experiment again.",
        ) from error
    if digest is not None and found != digest:
        raise ClaimlintError(
            f"{path}: the digest is {found[:20]}..., and the manifest says {digest[:20]}...",
            "The file is not the one that the manifest's numbers came from.",
            "Restore the file, or run the experiment again.",
        )
