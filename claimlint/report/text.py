"""The report for people: every finding with its place, its reason, its evidence and a wording that holds."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator, Sequence

from claimlint.checks.model import Finding, Outcome
from claimlint.manuscript.model import Document
from claimlint.manuscript.positions import line_index
from claimlint.report.alike import Alike, alike
from claimlint.report.places import place_words
from claimlint.report.screen import excerpt, printable
from claimlint.report.words import overview, rule_words, summary

WIDTH = 100
LABEL = 10
#: A cue seldom spans more; of a longer one the beginning is enough to find it.
MOST_LINES = 3
#: So many findings are seen at a glance.
FEW = 3
COLORS = {"error": "31;1", "warning": "33;1", "info": "36;1", "place": "1", "mark": "31", "label": "2"}


def text(outcome: Outcome, *, color: bool = False) -> str:
    """All findings and a summary; colours where the reader is a terminal that wants them."""
    paint = (
        _painted if color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" else _plain
    )
    parts = [_block(outcome.document, block, paint) for block in alike(outcome)]
    parts += [*_checklist(outcome, paint), *_overview(outcome, paint), [printable(summary(outcome))]]
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in parts)


def _plain(words: str, style: str) -> str:
    return words


def _painted(words: str, style: str) -> str:
    return f"\x1b[{COLORS[style]}m{words}\x1b[0m"


def _block(document: Document, block: Alike, color: Callable[[str, str], str]) -> list[str]:
    """The first finding with all that is told, and the places of those that say the same."""
    first, *others = block.findings
    lines = list(_place(document, first, color))
    for label, words in block.told:
        lines += _paragraph(color(f"{label:<{LABEL}}", "label"), words)
    for finding in others:
        lines += _place(document, finding, color, ", as above")
    return lines


def _place(
    document: Document, finding: Finding, color: Callable[[str, str], str], aside: str = ""
) -> Iterator[str]:
    place = color(printable(place_words(document, finding.span)), "place")
    yield f"{place}: {color(finding.severity, finding.severity)} {rule_words(finding)}{aside}"
    for line, margin, mark in _source(document, finding):
        yield line.rstrip()
        yield margin + color(mark, "mark")


def _paragraph(label: str, words: str, room: int = LABEL) -> Iterator[str]:
    first, *rest = textwrap.wrap(printable(words), WIDTH - room - 2, break_on_hyphens=False) or [""]
    yield f"  {label}{first}"
    for line in rest:
        yield f"  {' ' * room}{line}"


def _source(document: Document, finding: Finding) -> Iterator[tuple[str, str, str]]:
    """The lines that the cue stands on, each with its mark and what goes before it."""
    source = next((s for s in document.sources if s.name == finding.span.file), None)
    if source is None or not finding.cue:
        return
    index = line_index(source.text)
    start, end = finding.span.start, finding.span.end
    first, last = index.position(start).line, index.position(max(start, end - 1)).line
    gutter = len(str(last))
    for number in range(first, min(last, first + MOST_LINES - 1) + 1):
        begin, stop = index.line_range(number)
        left, right = max(start, begin), min(end, stop)
        line = source.text[begin:stop]
        if number > first:
            left = begin + len(line) - len(line.lstrip())
        shown = excerpt(line, left - begin, max(right, left) - begin, WIDTH - gutter - 5)
        yield f"  {number:>{gutter}} | {shown.text}", f"  {' ' * gutter} | ", shown.mark


def _checklist(outcome: Outcome, color: Callable[[str, str], str]) -> Iterator[list[str]]:
    """The five questions with their answers, where there is a manifest to answer from."""
    if outcome.manifest and outcome.checklist:
        yield ["The experiments as a whole:", *_table(outcome.checklist, color)]


def _overview(outcome: Outcome, color: Callable[[str, str], str]) -> Iterator[list[str]]:
    """How often each rule spoke and where to begin, where the findings are too many to be seen at once."""
    if len(outcome.findings) > FEW:
        yield ["The findings as a whole:", *_table(overview(outcome), color)]


def _table(rows: Sequence[tuple[str, str]], color: Callable[[str, str], str]) -> Iterator[str]:
    room = max(len(label) for label, _ in rows) + 2
    for label, words in rows:
        yield from _paragraph(color(f"{label:<{room}}", "label"), words, room)
