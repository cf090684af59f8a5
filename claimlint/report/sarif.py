"""SARIF 2.1.0, for code scanning.

The primary region is the cue and the sentence its context: GitHub shows an alert in a pull request only where
all lines of the region are in the diff. Suppressed findings are left out, since GitHub shows them as open.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from claimlint import __version__
from claimlint.checks.edits import Edit, edits
from claimlint.checks.model import Finding, Outcome
from claimlint.checks.rules import Rule
from claimlint.manuscript.model import Document, Span
from claimlint.manuscript.quoting import written
from claimlint.report.places import place
from claimlint.report.words import message_lines

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(outcome: Outcome, *, color: bool = False) -> str:
    """One run with the rules that ran and their results."""
    index = {rule.code: number for number, rule in enumerate(outcome.rules)}
    changes = dict(edits(outcome.document, outcome.findings).made)
    run = {
        "tool": {
            "driver": {
                "name": "claimlint",
                "version": __version__,
                "rules": [_rule(rule) for rule in outcome.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcome)],
        "results": [
            _result(outcome.document, finding, index, changes.get(finding)) for finding in outcome.findings
        ],
    }
    report = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    parts = {
        "What": rule.what,
        "Why": rule.why,
        "Flagged": rule.example.bad,
        "Holds": rule.example.good,
        "Fix": rule.fix,
    }
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": "\n\n".join(f"{label}: {words}" for label, words in parts.items()),
            "markdown": "\n\n".join(f"**{label}.** {words}" for label, words in parts.items()),
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"tags": [tag for tag in ("interpretability", rule.gap) if tag]},
    }


def _invocation(outcome: Outcome) -> dict[str, Any]:
    notes = [{"level": "error", "message": {"text": f"a rule crashed: {words}"}} for words in outcome.crashes]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}


def _result(
    document: Document, finding: Finding, index: Mapping[str, int], change: Edit | None
) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": LEVELS[finding.severity],
        "message": {"text": message_lines(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.span.file)},
                    "region": _region(document, finding.span),
                    "contextRegion": _region(document, finding.sentence),
                }
            }
        ],
        # Named as code scanning wants it, but made from the sentence: a line's hash breaks on re-wrapping.
        "partialFingerprints": {"primaryLocationLineHash": f"{finding.fingerprint}:1"},
        **({"fixes": [_fix(document, finding, change)]} if change else {}),
        "properties": {
            "kind": finding.kind,
            "gap": finding.gap,
            "claimLevel": finding.claim_level,
            "evidenceLevel": finding.evidence_level,
            "experiments": list(finding.experiments),
        },
    }


def _fix(document: Document, finding: Finding, change: Edit) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(document, change.span), "insertedContent": {"text": change.text}}
    file = {"uri": _uri(change.span.file)}
    return {
        "description": {"text": f"Reword: {finding.rewording}"},
        "artifactChanges": [{"artifactLocation": file, "replacements": [replacement]}],
    }


def _region(document: Document, span: Span) -> dict[str, Any]:
    where = place(document, span)
    return {
        "startLine": where.start.line,
        "startColumn": where.start.column,
        "endLine": where.end.line,
        "endColumn": where.end.column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
        "snippet": {"text": written(document, span)},
    }


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
