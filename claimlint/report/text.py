"""The report for people: every finding with its place, its reason, its evidence and a wording that holds."""

from __future__ import annotations

import os
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from claimlint.checks.model import Finding, Outcome
from claimlint.manuscript.model import Document
from claimlint.manuscript.positions import line_index
from claimlint.report.places import place_words
from claimlint.report.screen import excerpt, printable
from claimlint.report.words import summary, told

WIDTH = 100
LABEL = 10
#: A cue seldom spans more; of a longer one the beginning is enough to find it.
MOST_LINES = 3
_SENTENCE_END = re.compile(r"(?<=\.)\s+(?=[A-Z])")
COLORS = {"error": "31;1", "warning": "33;1", "info": "36;1", "place": "1", "mark": "31", "label": "2"}


def text(outcome: Outcome, *, color: bool = False) -> str:
    """All findings and a summary; colours where the reader is a terminal that wants them."""
    paint = (
        _painted if color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" else _plain
    )
    findings = _licensed_once(outcome.document, _explained_once(outcome.findings))
    if outcome.described:
        findings = _quoted_once(outcome.document, findings)
    blocks = ["".join(f"{line}\n" for line in _finding(outcome.document, f, paint)) for f in findings]
    return "\n".join([*blocks, *_checklist(outcome, paint), f"{printable(summary(outcome))}\n"])


def _explained_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings without the sentences that a rule has said before in the same file."""
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for finding in findings:
        before = said[finding.code, finding.span.file]
        sentences = _SENTENCE_END.split(finding.message)
        new = [sentence for sentence in sentences if sentence not in before]
        before.update(sentences)
        if len(new) < len(sentences):
            rest = "The rest as" if new else "As"
            new.append(f"{rest} above (claimlint explain {finding.code}).")
        yield replace(finding, message=" ".join(new))


def _quoted_once(document: Document, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, with the place of a rule's first one instead of the sentences that were quoted there."""
    quoted: dict[tuple[str, tuple[str, ...]], str] = {}
    for finding in findings:
        said = finding.code, finding.evidence
        if said in quoted:
            yield replace(finding, evidence=(f"as at {quoted[said]}",))
            continue
        if finding.evidence:
            quoted[said] = place_words(document, finding.span)
        yield finding


def _licensed_once(document: Document, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, with the place of a rule's first one instead of what was needed there as well."""
    said: dict[tuple[str, str], str] = {}
    for finding in findings:
        needed = finding.code, finding.needed
        yield replace(finding, needed=f"as at {said[needed]}") if needed in said else finding
        if finding.needed:
            said.setdefault(needed, place_words(document, finding.span))


def _plain(words: str, style: str) -> str:
    return words


def _painted(words: str, style: str) -> str:
    return f"\x1b[{COLORS[style]}m{words}\x1b[0m"


def _finding(document: Document, finding: Finding, color: Callable[[str, str], str]) -> Iterator[str]:
    place = color(printable(place_words(document, finding.span)), "place")
    yield f"{place}: {color(finding.severity, finding.severity)} {finding.code} {finding.name}"
    for line, margin, mark in _source(document, finding):
        yield line.rstrip()
        yield margin + color(mark, "mark")
    for label, words in told(finding):
        yield from _paragraph(color(f"{label:<{LABEL}}", "label"), words)


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
