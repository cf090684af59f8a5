"""How far a run has come, in words."""

from __future__ import annotations

import time
from collections.abc import Callable

Say = Callable[[str], None]
Progress = Callable[[int, int], None]
"""Called with how many are done, and of how many."""


def silent(*_: object) -> None:
    """Says nothing."""


def time_left() -> Callable[[int, int], str]:
    """From now on: what ``done`` of ``of`` took, taken for the rest."""
    start = time.monotonic()

    def left(done: int, of: int) -> str:
        return f"about {(time.monotonic() - start) / done * (of - done):.0f} s left"

    return left


def cells_done(id: str, say: Say) -> Progress:
    """Says how many cells of an experiment are done."""
    left = time_left()
    return lambda done, of: say(f"{id}: {done} of {of} cells, {left(done, of)}")
