"""Markdown for a pull request or a job summary. What the manuscript says is escaped: it may hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claimlint.checks.model import Finding, Outcome
from claimlint.manuscript.quoting import quoted
from claimlint.report.places import in_sentence, place_words
from claimlint.report.screen import printable
from claimlint.report.words import rule_words, summary, told

_MARKS = re.compile(r"([\\`*_\[\]<>|~&$])")
#: Where GitHub would call a person, lead to an issue, or make a link of bare text.
_CALLS = re.compile(r"([@#:])(?=[\w/])")
_LIST = re.compile(r"^([-+=]|\d+(?=[.)]))")


def markdown(outcome: Outcome, *, color: bool = False) -> str:
    """The summary, and every finding with its sentence."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"# claimlint: {_plain(outcome.document.path)}"
    yield ""
    yield _plain(summary(outcome))
    for finding in outcome.findings:
        yield ""
        yield from _finding(outcome, finding)
    if outcome.evidence and outcome.checklist:
        yield ""
        yield "## The experiments as a whole"
        yield ""
        for question, answer in outcome.checklist:
            yield f"- **{_plain(question)}** {_plain(answer)}"


def _finding(outcome: Outcome, finding: Finding) -> Iterator[str]:
    yield f"## {finding.severity.capitalize()} {rule_words(finding)}"
    yield ""
    yield _code(place_words(outcome.document, finding.span))
    if finding.text:
        yield ""
        yield f"> {_quoted(outcome, finding)}"
    yield ""
    for label, words in told(finding):
        yield f"- **{label}**: {_plain(words)}"


def _quoted(outcome: Outcome, finding: Finding) -> str:
    """The sentence, with its cue in bold."""
    sentence = next((j.claim.sentence for j in outcome.claims if j.claim.id == finding.claim), None)
    cue = in_sentence(sentence, finding.span) if sentence else None
    if sentence is None or cue is None:
        return _plain(finding.text)
    start, end = cue
    before, marked, after = (
        _plain(quoted(outcome.document, sentence, *part)) for part in ((0, start), (start, end), (end, None))
    )
    return f"{before}<b>{marked}</b>{after}"


def escaped(text: str) -> str:
    """Text on one line, with what Markdown would take for markup escaped."""
    return _MARKS.sub(r"\\\1", re.sub(r"\s+", " ", text))


def _plain(text: str) -> str:
    """Text that GitHub shows as it is, on one line."""
    return _LIST.sub(r"\\\1", _CALLS.sub(r"\1<!-- -->", escaped(text)))


def _code(text: str) -> str:
    """A path, as code; a fence longer than any run of backticks within."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " * ("`" in text)
    return f"{fence}{pad}{printable(text)}{pad}{fence}"
