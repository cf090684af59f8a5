"""The report for people: every finding with its place, its reason, its evidence and a wording that holds."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator

from claimlint.checks.model import SEVERITIES, Finding, Outcome
from claimlint.checks.phrases import rung
from claimlint.manuscript.model import Document
from claimlint.manuscript.positions import line_index
from claimlint.report.places import place_words
from claimlint.report.screen import excerpt, printable

WIDTH = 100
LABEL = 10
#: A cue seldom spans more; of a longer one the beginning is enough to find it.
MOST_LINES = 3
COLORS = {"error": "31;1", "warning": "33;1", "info": "36;1", "place": "1", "mark": "31", "label": "2"}


def text(outcome: Outcome, *, color: bool = False) -> str:
    """All findings and a summary; colours where the reader is a terminal that wants them."""
    paint = (
        _painted if color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" else _plain
    )
    blocks = ["".join(f"{line}\n" for line in _finding(outcome.document, f, paint)) for f in outcome.findings]
    return "\n".join([*blocks, *_checklist(outcome, paint), _summary(outcome)])


def _plain(words: str, style: str) -> str:
    return words


def _painted(words: str, style: str) -> str:
    return f"\x1b[{COLORS[style]}m{words}\x1b[0m"


def _finding(document: Document, finding: Finding, color: Callable[[str, str], str]) -> Iterator[str]:
    place = color(printable(place_words(document, finding.span)), "place")
    yield f"{place}: {color(finding.severity, finding.severity)} {finding.code} {finding.name}"
    for line, mark in _source(document, finding):
        yield line.rstrip()
        yield color(mark, "mark")
    for label, words in _told(finding):
        yield from _paragraph(color(f"{label:<{LABEL}}", "label"), words)


def _told(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "why", finding.message
    for line in finding.evidence:
        yield "evidence", line
    if finding.claim_level > finding.evidence_level and finding.evidence:
        yield "asks for", f"{finding.kind} ({rung(finding.claim_level)})"
    if finding.needed:
        yield "needed", finding.needed
    if finding.rewording:
        yield "try", finding.rewording


def _paragraph(label: str, words: str, room: int = LABEL) -> Iterator[str]:
    first, *rest = textwrap.wrap(printable(words), WIDTH - room - 2, break_on_hyphens=False) or [""]
    yield f"  {label}{first}"
    for line in rest:
        yield f"  {' ' * room}{line}"


def _source(document: Document, finding: Finding) -> Iterator[tuple[str, str]]:
    """The lines that the cue stands on, each with its mark."""
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
        yield f"  {number:>{gutter}} | {shown.text}", f"  {' ' * gutter} | {shown.mark}"


def _checklist(outcome: Outcome, color: Callable[[str, str], str]) -> Iterator[str]:
    """The five questions with their answers, where there is a manifest to answer from."""
    if outcome.manifest and outcome.checklist:
        room = max(len(question) for question, _ in outcome.checklist) + 2
        lines = [
            line
            for question, answer in outcome.checklist
            for line in _paragraph(color(f"{question:<{room}}", "label"), answer, room)
        ]
        yield "".join(f"{line}\n" for line in ["The experiments as a whole:", *lines])


def _summary(outcome: Outcome) -> str:
    counts = Counter(finding.severity for finding in outcome.findings)
    words = {"error": "error", "warning": "warning", "info": "note"}
    found = [_counted(counts[s], words[s]) for s in reversed(SEVERITIES) if counts[s]]
    verdicts = Counter(judged.verdict for judged in outcome.claims if judged.verdict != "not evaluated")
    told = [", ".join(found) if found else "No findings"]
    if verdicts:
        parts = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.most_common())
        told.append(
            f"{_counted(verdicts.total(), 'claim')} held against {printable(outcome.manifest)}: {parts}"
        )
    elif outcome.claims and not outcome.manifest:
        readings = [judged.claim.reading for judged in outcome.claims]
        asserted = sum(reading.stance == "own" and reading.level > 0 for reading in readings)
        told.append(f"{_counted(asserted, 'claim')} held against no experiment: there is no manifest")
    if outcome.baselined:
        told.append(f"{_counted(len(outcome.baselined), 'finding')} known from the baseline")
    if outcome.stale:
        told.append(
            f"{_counted(outcome.stale, 'entry', 'entries')} of the baseline no longer found "
            "(claimlint baseline prune)"
        )
    if outcome.suppressed:
        told.append(f"{_counted(len(outcome.suppressed), 'finding')} suppressed")
    return f"{'. '.join(told)}.\n"


def _counted(number: int, noun: str, several: str = "") -> str:
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"
