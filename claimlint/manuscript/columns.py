"""Text that was set in two columns, side by side on its lines, to one column after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from claimlint.manuscript.pages import Line, Page

_GAP = re.compile(r"(?<=\S)\s{3,}(?=\S)")
#: A side of a line holds prose from so many words; cells of a table and labels in a figure are shorter.
_FEWEST_WORDS = 3
#: How many lines before and after one may tell where the second column begins, and how many have to.
_AROUND, _FEWEST_TELLING = 20, 8
_NARROWEST = 36
#: How far the second column may begin from where it mostly does: letters differ in width.
_STRAY = 20
#: A line that begins so far towards the second column belongs to it.
_TOWARDS = 0.55


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the page: its halves, or the whole where it runs over both columns."""

    left: Line | None = None
    right: Line | None = None
    whole: Line | None = None


def in_reading_order(page: Page, *, certain: bool) -> Iterator[Page]:
    """The page as stretches of text, each column after the other.

    Args:
        certain: whether the page is known to end where it does; else it may end at every empty line.
    """
    rows = _joined(_rows(page.lines))
    if not any(row.right for row in rows):
        yield page
        return
    for over, group in groupby(rows, key=lambda row: _runs_over(row, certain)):
        band = tuple(group)
        yield from _pages([[row.whole for row in band]] if over else _columns(band))
    if page.notes:
        yield Page((), page.notes)


def _runs_over(row: _Row, certain: bool) -> bool:
    """Whether both columns end at a row."""
    return row.whole is not None and (bool(row.whole.text.strip()) or not certain)


def _columns(band: Sequence[_Row]) -> Iterable[Iterable[Line | None]]:
    return ([row.left or row.whole for row in band], [row.right or row.whole for row in band])


def _pages(columns: Iterable[Iterable[Line | None]]) -> Iterator[Page]:
    return (Page(tuple(line for line in column if line is not None)) for column in columns)


def _rows(lines: Sequence[Line]) -> list[_Row]:
    full = [line for line in lines if line.text.strip()]
    begins = [_second_column(line.text) for line in full]
    rows: dict[int, _Row] = {}
    for at, line in enumerate(full):
        near = [x for x in begins[max(0, at - _AROUND) : at + _AROUND + 1] if x is not None]
        row = _divided(line, int(median(near))) if len(near) >= _FEWEST_TELLING else _Row(whole=line)
        rows[line.start] = row
    return [rows.get(line.start, _Row(whole=line)) for line in lines]


def _second_column(text: str) -> int | None:
    """Where a second column begins on a line that plainly has two, or only the second."""
    if len(text.split()) < _FEWEST_WORDS:
        return None
    indent = len(text) - len(text.lstrip())
    if indent >= _NARROWEST:
        return indent
    gaps = [gap for gap in _GAP.finditer(text) if gap.end() >= _NARROWEST]
    return gaps[0].end() if len(gaps) == 1 and _is_prose(text, gaps[0]) else None


def _is_prose(text: str, gap: re.Match[str]) -> bool:
    """Whether there are words enough on both sides of a gap."""
    return min(len(text[: gap.start()].split()), len(text[gap.end() :].split())) >= _FEWEST_WORDS


def _divided(line: Line, second: int) -> _Row:
    text = line.text.rstrip()
    indent = len(text) - len(text.lstrip())
    if indent >= _TOWARDS * second:
        return _Row(right=line)
    gaps = [gap for gap in _GAP.finditer(text) if abs(gap.end() - second) <= _STRAY]
    if gaps:
        gap = max(gaps, key=lambda gap: gap.end() - gap.start())
        right = Line(line.file, line.start + gap.end(), text[gap.end() :])
        return _Row(left=Line(line.file, line.start, text[: gap.start()]), right=right)
    return _Row(left=line) if len(text) <= second else _Row(whole=line)


def _joined(rows: Sequence[_Row]) -> list[_Row]:
    """A lone line that runs on is a long one of the first column; what runs over both stands in groups."""
    return [
        _Row(left=row.whole) if row.whole and row.whole.text.strip() and _is_lone(rows, at) else row
        for at, row in enumerate(rows)
    ]


def _is_lone(rows: Sequence[_Row], at: int) -> bool:
    around = [rows[n] for n in (at - 1, at + 1) if 0 <= n < len(rows)]
    return len(around) == 2 and all(row.whole is None for row in around)
