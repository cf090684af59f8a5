"""Findings that say the same, gathered, so that a report for people says it once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claimlint.checks.model import Finding, Outcome
from claimlint.phrasing import listed
from claimlint.report.places import place_words
from claimlint.report.words import told

REST = "the rest"
ORDER = ("why", "evidence", "asks for", "needed", REST, "try")
_SENTENCE_END = re.compile(r"(?<=\.)\s+(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Alike:
    """Findings of one rule that differ by their cues alone, and what is told of all, with its labels."""

    findings: tuple[Finding, ...]
    told: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """Something told of a finding: parts of one ``key`` say the same; ``once`` is whether that is enough."""

    label: str
    words: str
    key: tuple[str, ...]
    once: bool


def alike(outcome: Outcome) -> Iterator[Alike]:
    """All findings, in the order in which the first of each kind stands.

    Of what a rule has said before, and of words of the paper that were quoted, only the place is told.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in outcome.findings:
        groups.setdefault((finding.code, *(part.key for part in _parts(finding, outcome))), []).append(
            finding
        )
    places: dict[tuple[str, ...], str] = {}
    for first, *others in groups.values():
        parts = tuple(_parts(first, outcome))
        yield Alike((first, *others), tuple(_news(parts, places)))
        here = place_words(outcome.document, first.span)
        for part in parts:
            if part.once:
                places.setdefault(part.key, here)


def _parts(finding: Finding, outcome: Outcome) -> Iterator[_Part]:
    for label, words in told(finding):
        if label == "why":
            for sentence in _SENTENCE_END.split(words):
                # The cue is marked in its line; a reason that differs by it alone is the same.
                same = sentence.replace(f'"{finding.cue}"', '""') if finding.cue else sentence
                yield _Part(label, sentence, (finding.code, label, same), once=True)
        elif label == "needed":
            yield _Part(label, words, (finding.code, label, words), once=True)
        else:
            quoted = label == "evidence" and outcome.described is not None
            yield _Part(label, words, (label, words), once=quoted)


def _news(parts: Sequence[_Part], places: dict[tuple[str, ...], str]) -> Iterator[tuple[str, str]]:
    """What was not told before, and where the rest was; a wording that holds comes last."""
    new = [part for part in parts if part.key not in places]
    known = [part for part in parts if part.key in places]
    rows = [(part.label, part.words) for part in new if part.label != "why"]
    if reason := " ".join(part.words for part in new if part.label == "why"):
        rows.append(("why", reason))
    if known:
        labels = {part.label for part in known}
        whole = len(labels) == 1 and not labels & {part.label for part in new}
        rows.append(
            (labels.pop() if whole else REST, f"as at {listed(dict.fromkeys(places[p.key] for p in known))}")
        )
    yield from sorted(rows, key=lambda row: ORDER.index(row[0]))
