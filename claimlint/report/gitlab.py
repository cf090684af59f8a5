"""GitLab's code quality report: a list of issues in the form of Code Climate."""

from __future__ import annotations

import json
from typing import Any

from claimlint.checks.model import Finding, Outcome
from claimlint.manuscript.model import Document
from claimlint.report.places import place
from claimlint.report.words import message_lines, rule_words

SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def gitlab(outcome: Outcome, *, color: bool = False) -> str:
    """GitLab merges issues of equal fingerprint; those of one report all differ."""
    issues = [_issue(outcome.document, finding) for finding in outcome.findings]
    return json.dumps(issues, ensure_ascii=False, indent=2) + "\n"


def _issue(document: Document, finding: Finding) -> dict[str, Any]:
    where = place(document, finding.span)
    return {
        "description": f"{rule_words(finding)}: {message_lines(finding)}",
        "check_name": finding.name,
        "fingerprint": finding.fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": finding.span.file,
            "lines": {"begin": where.start.line, "end": where.end.line},
        },
    }
