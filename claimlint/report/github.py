"""Annotations on GitHub: workflow commands that a step prints."""

from __future__ import annotations

from collections import Counter

from claimlint.checks.model import SEVERITIES, Finding, Outcome
from claimlint.manuscript.model import Document
from claimlint.report.places import place
from claimlint.report.words import message_lines, rule_words, summary

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
#: GitHub drops what comes after these, silently, for each command and step.
MOST = 10


def github(outcome: Outcome, *, color: bool = False) -> str:
    """The first ten findings of each severity, and a line that says how many there are in all."""
    lines = []
    for severity in reversed(SEVERITIES):
        same = [finding for finding in outcome.findings if finding.severity == severity]
        lines += [_command(outcome.document, finding) for finding in same[:MOST]]
    return "".join(f"{line}\n" for line in [*lines, f"claimlint: {_closing(outcome)}"])


def _command(document: Document, finding: Finding) -> str:
    where = place(document, finding.span)
    fields = {"file": finding.span.file, "line": where.start.line, "endLine": where.end.line}
    # Columns are only taken within one line.
    if where.start.line == where.end.line:
        fields |= {"col": where.start.column, "endColumn": where.end.column}
    fields["title"] = rule_words(finding)
    told = ",".join(f"{name}={_property(str(value))}" for name, value in fields.items())
    return f"::{COMMANDS[finding.severity]} {told}::{_data(message_lines(finding))}"


def _closing(outcome: Outcome) -> str:
    counts = Counter(finding.severity for finding in outcome.findings)
    more = sum(max(0, count - MOST) for count in counts.values())
    told = f" {more} of them have no annotation, since GitHub shows {MOST} of a level." if more else ""
    return _data(summary(outcome)) + told


def _data(text: str) -> str:
    """What follows the command; a bare line end would end it, and ``##[`` begins an older kind of command."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace("##[", "##\u200b[")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
