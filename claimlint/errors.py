"""The one exception that a user sees: what is wrong, why it matters, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class ClaimlintError(Exception):
    """The work could not be done; the command line prints it and exits 2.

    Args:
        what: what is wrong, quoting the place (``paper.tex:12``, ``manifest.json: experiments[3].method``).
        why: why that stops the work.
        fix: what the user can do about it.
    """

    def __init__(self, what: str, why: str, fix: str) -> None:
        super().__init__(what, why, fix)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  fix: {self.fix}"


class ResourceError(ClaimlintError):
    """The disk or the memory refuses: whatever was to come next would fail in the same way."""


@contextmanager
def located(place: str) -> Iterator[None]:
    """Says of every ClaimlintError inside where it happened."""
    try:
        yield
    except ClaimlintError as error:
        raise type(error)(f"{place}: {error.what}", error.why, error.fix) from error


def near_name(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the closest known name, or an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
