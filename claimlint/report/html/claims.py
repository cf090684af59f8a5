"""Each claim with all that the page tells of it, and the numbers over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from claimlint.checks.model import VERDICTS, Finding, Judged, Outcome
from claimlint.checks.phrases import rung
from claimlint.report.html.experiments import Card
from claimlint.report.html.manuscript import Run, claim_runs
from claimlint.report.places import place_words
from claimlint.report.rules import GAPS
from claimlint.svg import drawing, element, words

BAR, STEP, LABEL = 420, 26, 110
#: Experiments of a claim that are shown at once, the nearest first.
FEW = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """A link of a claim; ``card`` is None where the manifest has no such experiment."""

    experiment: str
    reason: str
    explicit: bool
    card: Card | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One claim of the page. ``severity`` is that of its worst finding, '' where there is none.

    ``further`` is evidence that stands farther away than ``evidence``.
    """

    id: str
    text: str
    runs: tuple[Run, ...]
    place: str
    section: int
    level: int
    rung: str
    kind: str
    flags: tuple[str, ...]
    verdict: str
    severity: str
    gap: str
    needed: str
    licensed: tuple[str, ...]
    cues: tuple[tuple[str, str], ...]
    evidence: tuple[Evidence, ...]
    further: tuple[Evidence, ...]
    findings: tuple[Finding, ...]


def shown_ids(outcome: Outcome) -> frozenset[str]:
    """The authors' own claims about a model's insides, and whatever else has a finding."""
    found = {finding.claim for finding in outcome.findings if finding.claim}
    readings = ((judged.claim.id, judged.claim.reading) for judged in outcome.claims)
    return frozenset(
        found | {id for id, reading in readings if reading.stance == "own" and reading.level > 0}
    )


def shown_claims(
    outcome: Outcome, ids: Collection[str], cards: Mapping[str, Card], sections: Mapping[str, int]
) -> tuple[Shown, ...]:
    """In reading order."""
    findings: dict[str, list[Finding]] = {}
    for finding in outcome.findings:
        findings.setdefault(finding.claim, []).append(finding)
    return tuple(
        _shown(outcome, judged, tuple(findings.get(judged.claim.id, ())), cards, sections)
        for judged in outcome.claims
        if judged.claim.id in ids
    )


def _shown(
    outcome: Outcome,
    judged: Judged,
    findings: tuple[Finding, ...],
    cards: Mapping[str, Card],
    sections: Mapping[str, int],
) -> Shown:
    claim, reading = judged.claim, judged.claim.reading
    worst = [s for s in ("error", "warning", "info") if any(finding.severity == s for finding in findings)]
    flags = [name for name in ("hedged", "negated") if getattr(reading, name)]
    nearest = sorted(judged.links, key=lambda link: -link.score)
    evidence = tuple(
        Evidence(link.experiment, link.reason, link.explicit, cards.get(link.experiment)) for link in nearest
    )
    flags += [f"{reading.scope} scope"] if reading.scope else []
    return Shown(
        id=claim.id,
        text=claim.sentence.text,
        runs=claim_runs(outcome.document, judged),
        place=place_words(outcome.document, claim.sentence.span),
        section=sections.get(claim.id, 0),
        level=reading.level,
        rung=rung(reading.level),
        kind=reading.kind,
        flags=tuple(flags),
        verdict=judged.verdict,
        severity=worst[0] if worst else "",
        gap=GAPS.get(judged.gap, ""),
        needed=judged.needed,
        licensed=judged.licensed,
        cues=tuple((cue.text, cue.rule.replace("-", " ")) for cue in reading.cues),
        evidence=evidence[:FEW],
        further=evidence[FEW:],
        findings=findings,
    )


def ladder(claims: Sequence[Shown]) -> str:
    """Three bars, one a rung, each divided by verdict: where the paper's claims stand."""
    most = max(Counter(claim.level for claim in claims).values(), default=1)
    parts = []
    for row, level in enumerate((3, 2, 1)):
        y = STEP * row
        verdicts = Counter(claim.verdict for claim in claims if claim.level == level)
        at = float(LABEL)
        parts.append(words(0, y + 13, f"rung {level}", class_=f"rung l{level}"))
        for verdict in VERDICTS:
            width = verdicts[verdict] / most * (BAR - LABEL - 40)
            if width:
                told = element("title", f"{verdicts[verdict]} {verdict}")
                kind = f"v {verdict.replace(' ', '-')}"
                parts.append(element("rect", told, class_=kind, x=at, y=y + 2, width=width - 1, height=14))
            at += width
        parts.append(words(at + 6, y + 13, verdicts.total(), class_="value"))
    said = "; ".join(
        f"rung {level}: {sum(claim.level == level for claim in claims)} claims" for level in (1, 2, 3)
    )
    return drawing(BAR, 3 * STEP, parts, f"Claims by rung of Pearl's hierarchy. {said}")
