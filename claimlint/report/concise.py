"""One line a finding, as compilers write them."""

from __future__ import annotations

from claimlint.checks.model import Outcome
from claimlint.report.places import place_words
from claimlint.report.screen import printable


def concise(outcome: Outcome, *, color: bool = False) -> str:
    """``paper.tex:12:5: error CL102 decodable-means-used: message``."""
    return "".join(
        f"{printable(place_words(outcome.document, finding.span))}: {finding.severity} "
        f"{finding.code} {finding.name}: {printable(finding.message)}\n"
        for finding in outcome.findings
    )
