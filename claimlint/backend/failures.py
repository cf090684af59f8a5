"""Work that fails beside work that goes on: each failure is kept, and all are told at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch

from claimlint.errors import ClaimlintError, ResourceError

Result = TypeVar("Result")


def result_or_error(work: Callable[[], Result]) -> Result | ClaimlintError:
    """What the work gives, or the error that is its own and no other work's.

    Raises:
        ResourceError: whatever came next would fail in the same way.
    """
    try:
        return work()
    except ResourceError:
        raise
    except ClaimlintError as error:
        return error


@contextmanager
def memory_told(place: str) -> Iterator[None]:
    """Says in three parts that memory ran out, whichever library noticed it.

    Raises:
        ResourceError: it did.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # torch has an exception of its own for accelerators, and none for the processor's memory.
        known = isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(error)
        if not known:
            raise
        raise ResourceError(
            f"{place}: memory ran out ({str(error).splitlines()[0] if str(error) else type(error).__name__})",
            "What comes next would not fit either, so the run ends here; finished units are kept.",
            "Run again with a smaller batch_size in the spec, fewer --jobs or a --dtype of fewer bits.",
        ) from error


def failed_units(errors: Mapping[tuple[Path, str], ClaimlintError], of: int) -> ClaimlintError:
    """All failures in one error; units of a spec that failed alike share a paragraph.

    Args:
        errors: by spec and unit.
        of: how many units there were.
    """
    alike: dict[tuple[Path, str], list[str]] = {}
    for (path, id), error in errors.items():
        alike.setdefault((path, str(error)), []).append(repr(id))
    told = [
        f"{path}: experiment{'s' * (len(ids) > 1)} {', '.join(ids)}: {error}"
        for (path, error), ids in alike.items()
    ]
    listed = "\n".join(told).replace("\n", "\n    ")
    return ClaimlintError(
        f"{len(errors)} of {of} units failed:\n    {listed}",
        "What failed is not in the manifest, so no claim can rest on it; all other units are there.",
        "Mend what is said of each and run again: finished units are kept, only these are run.",
    )
