"""The baseline: findings that were there when a project began to lint, and are not reported again.

An entry is known by its fingerprint, which neither file nor line enters: moving or wrapping a sentence keeps
it, and rewording the sentence drops it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claimlint.checks.model import Finding, Outcome
from claimlint.errors import ClaimlintError

VERSION: Literal[1] = 1
_WHY = "Findings would be taken for known that are not, or the other way round."


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Entry(_Table):
    """A finding as the baseline knows it; all but the fingerprint is there for its readers."""

    fingerprint: str = Field(pattern=r"^[0-9a-f]{16}$")
    code: str
    name: str
    text: str


class Baseline(_Table):
    version: Literal[1] = VERSION
    findings: tuple[Entry, ...] = ()


def compared(outcome: Outcome, baseline: Baseline) -> Outcome:
    """The outcome with what the baseline knows set apart, and the entries counted that no longer occur."""
    known = {entry.fingerprint for entry in baseline.findings}
    return replace(
        outcome,
        findings=tuple(f for f in outcome.findings if f.fingerprint not in known),
        baselined=tuple(f for f in outcome.findings if f.fingerprint in known),
        stale=len(baseline.findings) - len(pruned(baseline, outcome).findings),
    )


def pruned(baseline: Baseline, outcome: Outcome) -> Baseline:
    """The baseline without what no longer occurs; entries of rules that did not run are kept."""
    found = {f.fingerprint for f in (*outcome.findings, *outcome.suppressed)}
    known = {"manifest": outcome.evidence is not None, "described": outcome.described is not None}
    ran = {rule.name for rule in outcome.rules if rule.can_speak(**known)}
    return Baseline(
        findings=tuple(e for e in baseline.findings if e.fingerprint in found or e.name not in ran)
    )


def updated(baseline: Baseline, outcome: Outcome) -> Baseline:
    """The same, with all that was found; in an order that does not depend on places."""
    new = {
        f.fingerprint: Entry(fingerprint=f.fingerprint, code=f.code, name=f.name, text=_words(f))
        for f in outcome.findings
    }
    kept = {e.fingerprint: e for e in pruned(baseline, outcome).findings}
    entries = sorted((new | kept).values(), key=lambda e: (e.code, e.text, e.fingerprint))
    return Baseline(findings=tuple(entries))


def dump_baseline(baseline: Baseline) -> str:
    return json.dumps(baseline.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def load_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        ClaimlintError: it cannot be read, is none, or is of another version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClaimlintError(
            f"{path}: the baseline cannot be read ({error.strerror})",
            "Every finding that it knows would be reported as new.",
            f"Make one with `claimlint baseline create PAPER --baseline {path}`, or leave the option out.",
        ) from error
    except ValueError as error:
        raise ClaimlintError(
            f"{path}: not a baseline: {error}", _WHY, "Restore the file, or create it again."
        ) from error
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION or version is True:
        raise ClaimlintError(
            f"{path}: the baseline is of version {version!r}, and this claimlint reads version {VERSION}",
            _WHY,
            "Use the claimlint that wrote it, or delete the file and create it again; nothing was changed.",
        )
    try:
        baseline = Baseline.model_validate_json(json.dumps(data))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ClaimlintError(
            f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            _WHY,
            "Restore the file, or create it again.",
        ) from error
    return baseline


def _words(finding: Finding) -> str:
    return " ".join((finding.text or finding.message).split())
