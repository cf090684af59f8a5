"""Reviewdog's diagnostic format; its columns count UTF-8 bytes."""

from __future__ import annotations

import json
from typing import Any

from claimlint.checks.edits import Edit, edits
from claimlint.checks.model import Finding, Outcome
from claimlint.manuscript.model import Document, Span
from claimlint.manuscript.positions import Position
from claimlint.report.places import place
from claimlint.report.words import message_lines, rule_words

SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def rdjson(outcome: Outcome, *, color: bool = False) -> str:
    """All findings as diagnostics."""
    changes = dict(edits(outcome.document, outcome.findings).made)
    diagnostics = [
        _diagnostic(outcome.document, finding, changes.get(finding)) for finding in outcome.findings
    ]
    report = {"source": {"name": "claimlint"}, "diagnostics": diagnostics}
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _diagnostic(document: Document, finding: Finding, change: Edit | None) -> dict[str, Any]:
    suggestion = {"range": _range(document, change.span), "text": change.text} if change else None
    return {
        "message": message_lines(finding),
        "location": {"path": finding.span.file, "range": _range(document, finding.span)},
        "severity": SEVERITIES[finding.severity],
        "code": {"value": rule_words(finding)},
        **({"suggestions": [suggestion]} if suggestion else {}),
    }


def _range(document: Document, span: Span) -> dict[str, Any]:
    where = place(document, span)
    return {"start": _position(where.start), "end": _position(where.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.byte}
