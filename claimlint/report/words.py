"""Sentences that several reports share: what is told of a finding, and the summary of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from claimlint.checks.edits import edits
from claimlint.checks.model import SEVERITIES, Finding, Judged, Outcome
from claimlint.checks.phrases import rung
from claimlint.phrasing import counted
from claimlint.report.places import place_words

_NOUNS = {"error": "error", "warning": "warning", "info": "note"}


def told(finding: Finding) -> Iterator[tuple[str, str]]:
    """The parts of a finding, each with its label; what is blank is left out."""
    yield "why", finding.message
    for line in finding.evidence:
        yield "evidence", line
    if finding.claim_level > finding.evidence_level and finding.evidence:
        yield "asks for", f"{finding.kind} ({rung(finding.claim_level)})"
    if finding.needed:
        yield "needed", finding.needed
    if finding.rewording:
        yield "try", finding.rewording


def rule_words(finding: Finding) -> str:
    """``CL102 decodable-means-used``."""
    return f"{finding.code} {finding.name}"


def message_lines(finding: Finding) -> str:
    """The whole finding as plain lines: the reason first, then what belongs to it."""
    (_, why), *rest = told(finding)
    return "\n".join([why, *(f"{label.capitalize()}: {words}" for label, words in rest)])


def overview(outcome: Outcome) -> list[tuple[str, str]]:
    """The rules that spoke, the most severe first, then where to begin and how much can be reworded."""
    rows = []
    for severity in reversed(SEVERITIES):
        rules = Counter(finding.name for finding in outcome.findings if finding.severity == severity)
        if rules:
            words = [f"{name} ({number})" if number > 1 else name for name, number in rules.most_common()]
            rows.append((counted(rules.total(), _NOUNS[severity]), ", ".join(words)))
    marked = [finding for finding in outcome.findings if finding.cue]
    if marked:
        first = max(marked, key=lambda finding: SEVERITIES.index(finding.severity))
        place = place_words(outcome.document, first.span)
        rows.append(("to begin with", f"{place} (claimlint explain {first.name})"))
    made = len(edits(outcome.document, outcome.findings).made)
    if made:
        them = "it" if made == 1 else "them"
        rows.append(
            ("to reword", f"--diff shows {counted(made, 'wording')}, --fix puts {them} in the source")
        )
    return rows


def summary(outcome: Outcome) -> str:
    """``2 errors, 1 warning. 39 claims held against manifest.json: 26 supported, 7 gap.``"""
    return f"{'. '.join(_facts(outcome))}."


def _is_left(judged: Judged) -> bool:
    """Whether a claim was left alone: its wording, or what the paper describes, decides nothing."""
    reading = judged.claim.reading
    return judged.verdict == "not evaluated" and reading.stance == "own" and reading.level > 0


def _facts(outcome: Outcome) -> Iterator[str]:
    counts = Counter(finding.severity for finding in outcome.findings)
    found = [counted(counts[s], _NOUNS[s]) for s in reversed(SEVERITIES) if counts[s]]
    yield ", ".join(found) if found else "No findings"
    verdicts = Counter(judged.verdict for judged in outcome.claims if judged.verdict != "not evaluated")
    if verdicts:
        untold = sum(judged.verdict == "unlinked" and not judged.told for judged in outcome.claims)
        aside = {"unlinked": f" ({untold} not told: claimlint explain CL001)"} if untold else {}
        parts = [f"{number} {verdict}{aside.get(verdict, '')}" for verdict, number in verdicts.most_common()]
        against = outcome.manifest or "what the paper describes"
        yield f"{counted(verdicts.total(), 'claim')} held against {against}: {', '.join(parts)}"
        if outcome.described and (left := sum(map(_is_left, outcome.claims))):
            yield f"{counted(left, 'claim')} left unjudged"
    elif outcome.claims and not outcome.manifest:
        readings = [judged.claim.reading for judged in outcome.claims]
        asserted = sum(reading.stance == "own" and reading.level > 0 for reading in readings)
        yield f"{counted(asserted, 'claim')} held against no experiment: none is on record"
    if outcome.manifest and outcome.evidence and outcome.evidence.planned:
        yield f"{counted(len(outcome.evidence.planned), 'experiment')} only planned"
    if outcome.baselined:
        yield f"{counted(len(outcome.baselined), 'finding')} known from the baseline"
    if outcome.stale:
        stale = counted(outcome.stale, "entry", "entries")
        yield f"{stale} of the baseline no longer found (claimlint baseline prune)"
    if outcome.suppressed:
        yield f"{counted(len(outcome.suppressed), 'finding')} suppressed"
    if outcome.crashes:
        yield f"{counted(len(outcome.crashes), 'rule')} crashed, so the paper is not wholly checked"
