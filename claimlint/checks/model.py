"""What the checks hand on: findings, and a verdict for every claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from claimlint.claims.model import Claim
from claimlint.linking.described import Account
from claimlint.linking.model import Link
from claimlint.manuscript.model import Document, Span

if TYPE_CHECKING:
    from claimlint.checks.rules import Rule
    from claimlint.evidence import Manifest

SEVERITIES = ("info", "warning", "error")
VERDICTS = ("supported", "gap", "unlinked", "contradicted", "understated", "not evaluated")


@dataclass(frozen=True, slots=True)
class Finding:
    """One mismatch: where, which rule, why, and what would hold.

    ``span`` is the cue (what a caret marks), ``sentence`` its context. ``fingerprint`` hashes rule,
    normalised sentence and ordinal, without file and line, so that re-wrapping a paragraph keeps it.
    ``evidence`` says in words what the claim was held against.
    """

    code: str
    name: str
    severity: str
    span: Span
    sentence: Span
    text: str
    cue: str
    message: str
    kind: str = ""
    gap: str = ""
    claim: str = ""
    claim_level: int = 0
    evidence_level: int = 0
    evidence: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    needed: str = ""
    rewording: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with its links and its verdict.

    ``evidence_level`` and ``licensed`` say what the linked experiments give together; ``gap`` is one of the
    eight where the wording asks for more, and ``needed`` what would license it. ``told`` is whether a rule
    speaks of what the verdict lacks: of a claim that is merely unlinked, none may.
    """

    claim: Claim
    links: tuple[Link, ...]
    verdict: str
    evidence_level: int = 0
    licensed: tuple[str, ...] = ()
    gap: str = ""
    needed: str = ""
    told: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that a report shows. ``manifest`` is the path that was read, or '' where there is none.

    Where the manifest holds plans alone, ``plans`` is its path, and claims were not held against it.
    ``suppressed`` are the findings that the authors answered, ``baselined`` those that the baseline knows,
    ``stale`` the number of the baseline's entries that no longer occur. ``evidence`` is the manifest's
    content, ``described`` what the paper says it did, where that stood in for a manifest; ``rules`` are those
    that ran, and ``crashes`` says in words which of them could not do their work.
    """

    document: Document
    manifest: str
    claims: tuple[Judged, ...]
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...] = ()
    checklist: tuple[tuple[str, str], ...] = ()
    baselined: tuple[Finding, ...] = ()
    stale: int = 0
    evidence: Manifest | None = None
    described: Account | None = None
    plans: str = ""
    rules: tuple[Rule, ...] = ()
    crashes: tuple[str, ...] = ()
