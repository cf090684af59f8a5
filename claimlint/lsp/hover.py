"""What is shown over a sentence: what it claims, how it stands to its evidence, and why."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from claimlint.checks import Finding, Judged, Outcome
from claimlint.checks.phrases import rung
from claimlint.lsp.places import offset_of, range_of
from claimlint.lsp.project import Checked
from claimlint.report.markdown import escaped
from claimlint.report.words import rule_words, told


def hover(found: Checked, path: str, position: types.Position) -> types.Hover | None:
    """The claim and the findings that stand at a position; None where there is neither."""
    source = found.sources.get(path)
    if source is None or found.outcome is None:
        return None
    offset = offset_of(source.text, position)
    judged = found.claim_at(path, offset)
    findings = found.findings_at(path, offset, offset)
    own = judged is not None and judged.claim.reading.stance == "own" and judged.claim.reading.level > 0
    parts = [_claim(judged)] if judged and (own or judged.links) else []
    parts += [_finding(finding, found.outcome) for finding in findings]
    if not parts:
        return None
    span = judged.claim.sentence.span if judged else findings[0].sentence
    return types.Hover(
        types.MarkupContent(
            types.MarkupKind.Markdown, "\n\n---\n\n".join("\n".join(lines) for lines in parts)
        ),
        range_of(source.text, span.start, span.end),
    )


def _claim(judged: Judged) -> Iterator[str]:
    reading = judged.claim.reading
    cues = ", ".join(f"*{escaped(cue.text)}*" for cue in reading.cues[:3])
    yield f"**{reading.kind}** ({rung(reading.level)}){f', by its words {cues}' if cues else ''}"
    yield ""
    yield f"Verdict: **{judged.verdict}**"
    if judged.links:
        yield ""
    for link in judged.links:
        yield f"- {escaped(link.experiment)}: {escaped(link.reason)}"


def _finding(finding: Finding, outcome: Outcome) -> Iterator[str]:
    rule = next((rule for rule in outcome.rules if rule.name == finding.name), None)
    yield f"**{finding.severity} {rule_words(finding)}**"
    if rule:
        yield ""
        yield f"*What*: {escaped(rule.what)}"
        yield ""
        yield f"*Why it matters*: {escaped(rule.why)}"
    yield ""
    for label, words in told(finding):
        yield f"- **{label}**: {escaped(words)}"
