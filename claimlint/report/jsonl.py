"""One JSON object a finding and line, with its document, so that the reports of many papers can be joined."""

from __future__ import annotations

import json

from claimlint.checks.model import Outcome
from claimlint.report.json_report import finding_record


def jsonl(outcome: Outcome, *, color: bool = False) -> str:
    """The findings of the JSON report, each preceded by ``document``."""
    document = outcome.document
    records = [{"document": document.path, **finding_record(document, f)} for f in outcome.findings]
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
