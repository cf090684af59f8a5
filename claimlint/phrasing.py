"""Lists and counts in words."""

from __future__ import annotations

from collections.abc import Iterable


def listed(words: Iterable[str], joint: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} {joint} {last}" if first else last


def counted(number: int, noun: str, several: str = "") -> str:
    """``1 entry``, ``2 entries``; without ``several``, more than one end in ``s``."""
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"
