"""What part a section plays, read off the words of its heading."""

from __future__ import annotations

import re

from claimlint.manuscript.model import Section
from claimlint.manuscript.wordlists import roles

_NUMBER = re.compile(r"^\s*(?:(?:[A-Z]|[0-9IVX]+)(?:\.[0-9]+)*[.):]?\s+|[0-9]+(?:\.[0-9]+)*[.):]?\s*)(?=\D)")

_HEADING_NUMBER = re.compile(r"(?P<first>\d+|[A-Z])(?P<rest>(?:\.\d+)*)\.?\s+(?=[A-Z])")


def role_of(title: str) -> str:
    """The role that a heading names, ``body`` where it names none."""
    bare = _NUMBER.sub("", title.strip()).strip()
    return next((role for words, role in roles() if words.search(bare)), "body")


class Outline:
    """The chain of open sections; a subsection whose heading names no role plays its parent's."""

    def __init__(self) -> None:
        self.current = Section()
        self._open: list[Section] = []
        self._appendix = False

    def start_appendix(self) -> None:
        self._appendix = True

    def enter(self, title: str, depth: int) -> Section:
        """Opens a section, closing those at its depth and below."""
        while self._open and self._open[-1].depth >= depth:
            self._open.pop()
        role = "appendix" if self._appendix else role_of(title)
        parent = self._open[-1].role if self._open else "body"
        if parent == "appendix" or (role == "body" and parent != "body"):
            role = parent
        self.current = Section(title.strip(), role, depth)
        self._open.append(self.current)
        return self.current


class NumberedOutline(Outline):
    """An outline of headings that only their numbers tell from other short lines.

    The number of a heading goes on from those before, over at most one that was missed; a line with any other
    is a table's row, an axis or a reference. Letters are an appendix's once there were numbers: what begins
    with one before the first may be an author's initial.
    """

    _MISSED = 2

    def __init__(self) -> None:
        super().__init__()
        self._place = self._within = ("", 0)
        self._numbered = False

    def try_enter(self, title: str) -> Section | None:
        """Opens a section, unless the number of its heading does not go on."""
        found = _HEADING_NUMBER.match(title)
        if found is None:
            self._within = ("", 0)
            return self.enter(title, 1)
        place = _place(found["first"])
        if not self._goes_on(place):
            return None
        depth = 1 + found["rest"].count(".")
        if depth > 1 and place != self._within:
            self.enter("", 1)
        self._place = self._within = place
        self._numbered |= place[0] == "digit"
        return self.enter(title, depth)

    def _goes_on(self, place: tuple[str, int]) -> bool:
        kind, number = place
        before, last = self._place
        if kind != before:
            return (before != "letter" or not self._numbered) and number <= self._MISSED
        return last <= number <= last + self._MISSED


def _place(number: str) -> tuple[str, int]:
    """What a heading's first number counts in, and how far it has come."""
    return ("letter", ord(number) - ord("A") + 1) if number.isalpha() else ("digit", int(number))
