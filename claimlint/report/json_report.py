"""The report for programs; ``schemas/check.json`` describes it."""

from __future__ import annotations

import json
from typing import Any

from claimlint.checks.model import Finding, Judged, Outcome
from claimlint.linking.described import Described
from claimlint.manuscript.model import Document
from claimlint.report.claims import claim_record
from claimlint.report.places import line_and_column

VERSION = 1


def json_report(outcome: Outcome, *, color: bool = False) -> str:
    """All claims with their verdicts, and all findings."""
    document = outcome.document
    report = {
        "version": VERSION,
        "document": document.path,
        "manifest": outcome.manifest or None,
        "evidence": "manifest" if outcome.manifest else "described" if outcome.described else "none",
        "described": [_described(document, told) for told in outcome.described.experiments]
        if outcome.described
        else [],
        "claims": [_judged(document, judged) for judged in outcome.claims],
        "findings": [finding_record(document, finding) for finding in outcome.findings],
        "checklist": [{"question": question, "answer": answer} for question, answer in outcome.checklist],
    }
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _described(document: Document, told: Described) -> dict[str, Any]:
    experiment = told.experiment
    places = [claim.sentence.span for claim in told.sentences]
    return {
        "id": experiment.id,
        "method": experiment.method,
        "target": experiment.target.model_dump(mode="json", exclude_defaults=True),
        "section": told.section.title,
        "main": told.main,
        "places": [
            {
                "file": span.file,
                "start": span.start,
                "end": span.end,
                "line": line_and_column(document, span)[0],
            }
            for span in places
        ],
    }


def _judged(document: Document, judged: Judged) -> dict[str, Any]:
    links = [
        {"experiment": link.experiment, "reason": link.reason, "score": round(link.score, 3)}
        for link in judged.links
    ]
    return {
        **claim_record(document, judged.claim),
        "verdict": judged.verdict,
        "evidence_level": judged.evidence_level,
        "licensed": list(judged.licensed),
        "gap": judged.gap,
        "needed": judged.needed,
        "links": links,
    }


def finding_record(document: Document, finding: Finding) -> dict[str, Any]:
    """A finding as both JSON reports write it."""
    line, column = line_and_column(document, finding.span)
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "file": finding.span.file,
        "start": finding.span.start,
        "end": finding.span.end,
        "line": line,
        "column": column,
        "sentence": {"start": finding.sentence.start, "end": finding.sentence.end},
        "cue": finding.cue,
        "kind": finding.kind,
        "gap": finding.gap,
        "claim_level": finding.claim_level,
        "evidence_level": finding.evidence_level,
        "experiments": list(finding.experiments),
        "message": finding.message,
        "needed": finding.needed,
        "rewording": finding.rewording,
        "fingerprint": finding.fingerprint,
    }
