"""A typeset page to text: columns, lines, paragraphs and footnotes from where the characters stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

# All in units of the type's height.
_GAP = 0.7
_BLANK = 0.12
_SAME_LINE = 0.45
_INDENT = 0.6
_LEADING = 1.35
_SMALLER = 0.93
_LONG = 15
_FEWEST_LINES = 4
_FEWEST_NUMBERS = 5


@dataclass(slots=True)
class Run:
    """Text that stands on one line, ``left`` to ``right``; ``base`` grows upwards."""

    left: float
    right: float
    base: float
    height: float
    text: str

    def goes_on_with(self, other: Run) -> bool:
        """Whether ``other`` follows on the same line without a gap; raised and lowered signs do."""
        height = max(self.height, other.height)
        return (
            abs(other.base - self.base) < _SAME_LINE * height
            and -height < other.left - self.right < _GAP * height
        )

    def take(self, other: Run, space: bool) -> None:
        """Appends ``other``; the larger type says where the line stands."""
        blank = " " if space or other.left - self.right > _BLANK * 2 * self.height else ""
        self.text += blank + other.text
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)
        if other.height > self.height:
            self.base, self.height = other.base, other.height


def written(runs: Sequence[Run]) -> tuple[str, str]:
    """The text of a page, and that of its footnotes; blank lines divide paragraphs."""
    runs = _without_margins(runs)
    if not runs:
        return "", ""
    columns = [_lines(column) for column in _columns(runs)]
    body_height = _usual_height(runs)
    body: list[list[Run]] = []
    notes: list[list[Run]] = []
    for column in columns:
        begin = _footnotes_at(column, body_height)
        body.append(column[:begin])
        notes.append(column[begin:])
    return _text(body), _text(notes)


def _usual_height(runs: Sequence[Run]) -> float:
    """The height in which most of the page is set."""
    share: dict[float, int] = {}
    for run in runs:
        share[round(run.height, 1)] = share.get(round(run.height, 1), 0) + len(run.text)
    return max(share, key=lambda height: share[height])


def _without_margins(runs: Sequence[Run]) -> list[Run]:
    """Without the line numbers of a review template, which stand beside the text."""
    long = [run for run in runs if len(run.text) >= _LONG]
    if not long:
        return list(runs)
    left, right = min(run.left for run in long), max(run.right for run in long)
    beside = [run for run in runs if run.text.isdigit() and (run.right < left or run.left > right)]
    enough = min(_FEWEST_NUMBERS, len(long) / 2)
    return [run for run in runs if run not in beside] if len(beside) >= enough else list(runs)


def _columns(runs: Sequence[Run]) -> list[list[Run]]:
    """Stretches of runs in reading order: what spans the page parts it, left stands before right."""
    gutter = _gutter(runs)
    if gutter is None:
        return [list(runs)]
    found: list[list[Run]] = []
    left: list[Run] = []
    right: list[Run] = []
    across: list[Run] = []
    for run in sorted(runs, key=lambda run: -run.base):
        if run.left < gutter < run.right:
            found += [left, right]
            left, right = [], []
            across.append(run)
            continue
        if across and abs(run.base - across[-1].base) < _SAME_LINE * run.height:
            across.append(run)
            continue
        if across:
            found.append(across)
            across = []
        (left if run.right <= gutter else right).append(run)
    found += [left, right, across] if not across else [across, left, right]
    return [column for column in found if column]


def _gutter(runs: Sequence[Run]) -> float | None:
    """Where a white strip stands between two columns of text, None on a page of one column."""
    long = [run for run in runs if len(run.text) >= _LONG]
    if len(long) < 2 * _FEWEST_LINES:
        return None
    begin, end = min(run.left for run in long), max(run.right for run in long)
    places = [begin + (end - begin) * step / 100 for step in range(35, 66)]
    crossing = [sum(run.left < place < run.right for run in long) for place in places]
    fewest = min(crossing)
    best = [place for place, count in zip(places, crossing, strict=True) if count == fewest]
    gutter = best[len(best) // 2]
    left = sum(run.right <= gutter for run in long)
    right = sum(run.left >= gutter for run in long)
    return gutter if min(left, right) >= max(_FEWEST_LINES, fewest / 2) else None


def _lines(runs: Sequence[Run]) -> list[Run]:
    """The lines of one column, from top to bottom."""
    lines: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: -run.base):
        if lines and lines[-1][0].base - run.base < _SAME_LINE * max(run.height, lines[-1][0].height):
            lines[-1].append(run)
        else:
            lines.append([run])
    return [_joined(line) for line in lines]


def _joined(line: list[Run]) -> Run:
    parts = sorted(line, key=lambda run: run.left)
    widest = max(parts, key=lambda run: len(run.text))
    return Run(
        parts[0].left,
        max(run.right for run in parts),
        widest.base,
        widest.height,
        " ".join(run.text for run in parts),
    )


def _footnotes_at(lines: Sequence[Run], body_height: float) -> int:
    """Index of the first of the smaller lines at a column's foot that begin with a footnote's mark."""
    at = len(lines)
    while at > 0 and (lines[at - 1].height < _SMALLER * body_height or lines[at - 1].text.isdigit()):
        at -= 1
    small = range(at, len(lines))
    return next(
        (n for n in small if lines[n].text[:1] in "*†‡§∗0123456789" and not lines[n].text.isdigit()),
        len(lines),
    )


def _text(columns: Sequence[Sequence[Run]]) -> str:
    """Lines with their ends; a paragraph may go on in the next column."""
    parts: list[str] = []
    before: Run | None = None
    for column in columns:
        if not column:
            continue
        edge, end = _edges(column)
        leading = _leading(column)
        for at, line in enumerate(column):
            if before is not None and (
                _begins(before, line, edge) or (at and before.base - line.base > _LEADING * leading)
            ):
                parts.append("\n")
            parts.append(line.text + "\n")
            before = Run(line.left - edge, line.right - end, line.base, line.height, line.text)
    return "".join([*parts, "\n"]) if parts else ""


def _edges(column: Sequence[Run]) -> tuple[float, float]:
    """Where most lines begin, and where the longest end."""
    begins = [round(line.left) for line in column]
    return max(set(begins), key=lambda left: (begins.count(left), -left)), max(line.right for line in column)


def _leading(column: Sequence[Run]) -> float:
    steps = [one.base - two.base for one, two in pairwise(column)]
    return median(steps) if steps else column[0].height


def _begins(before: Run, line: Run, edge: float) -> bool:
    """Whether a paragraph begins, where ``before`` counts from its column's edges."""
    if not _SMALLER < line.height / max(before.height, 0.1) < 1 / _SMALLER:
        return True
    indented = _INDENT * line.height < line.left - edge and before.left <= _INDENT * line.height
    ends = before.right < -2 * line.height and before.text[-1:] in ".!?:"
    return indented or ends
