"""One verdict for every claim, by kinds and never by subtracting rungs."""

from __future__ import annotations

from claimlint.checks.kinds.drift import drift
from claimlint.checks.study import Case
from claimlint.evidence import Manifest

#: Kinds that everything on a higher rung implies; sufficiency is none, for necessity does not imply it.
WEAKER = ("association", "effect", "role")


def verdict(case: Case, manifest: Manifest | None) -> str:
    """How the claim stands to the experiments that are linked to it.

    A denial that is not licensed either is left open: "does not store X" behind a probe is as often an honest
    disclaimer as a claim.
    """
    reading = case.claim.reading
    if manifest is None or not case.own:
        return "not evaluated"
    if not case.experiments:
        return "unlinked"
    if drift(case):
        return "contradicted"
    if case.covered:
        return "supported"
    if reading.negated:
        return "not evaluated"
    less = reading.kind in WEAKER and case.evidence_level > reading.level
    return "understated" if less else "gap"
