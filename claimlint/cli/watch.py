"""``--watch``: work again whenever a file that the result depends on has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from claimlint.phrasing import counted

#: Nobody notices half a second after a save; looking at the times of some files costs nothing.
SECONDS = 0.5


def watch(work: Callable[[], Iterable[Path]]) -> None:
    """Calls ``work`` now and after every change of the files that it names, until it is interrupted."""
    while True:
        before = time.time_ns()
        files = sorted({path.absolute() for path in work()})
        seen = {path: min(_changed(path), before) for path in files}
        there = sum(path.exists() for path in files)
        click.echo(f"claimlint: watching {counted(there, 'file')}; Ctrl-C ends it.", err=True)
        while all(_changed(path) <= seen[path] for path in files):
            time.sleep(SECONDS)


def _changed(path: Path) -> int:
    """When the file changed last, in nanoseconds; of one that is not there, never."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
