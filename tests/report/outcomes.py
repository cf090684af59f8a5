"""Outcomes to render: real ones, and one finding anywhere in any text."""

from __future__ import annotations

from claimlint.checks import check, load_rules
from claimlint.checks.model import Finding, Outcome
from claimlint.claims.model import Claim, Component, Cue, Reading
from claimlint.config import Config
from claimlint.linking import link
from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Document, Source, Span
from tests.checks.papers import PROBE, manifest_of

PAPER = """\\section{Results}
Gender is linearly decodable from layer 8 with an accuracy of 95\\%.
Layer 8 is responsible for storing gender information.
Layer 3 drives the choice of the pronoun.
"""


#: Level, kind, cue and layer of each sentence, so that the reports' tests do not change with the engine.
LABELS = [
    (1, "association", "decodable from", 8),
    (3, "mechanism", "responsible for storing", 8),
    (2, "role", "drives", 3),
]


def paper() -> Outcome:
    document = read("paper.tex", PAPER)
    manifest = manifest_of([PROBE])
    claims = claims_of_paper()
    links = link(claims, document, manifest)
    return check(document, claims, links, manifest, load_rules(), Config(), manifest="manifest.json")


def claims_of_paper() -> tuple[Claim, ...]:
    found = []
    texts = [s for s in sentences(read("paper.tex", PAPER)) if s.block.kind != "heading"]
    for number, (sentence, (level, kind, cue, layer)) in enumerate(zip(texts, LABELS, strict=True), 1):
        at, part = sentence.text.index(cue), sentence.text.lower().index("layer")
        component = Component(sentence.text[part : part + 7], "layer", layer, None, part, part + 7)
        reading = Reading(
            stance="own",
            level=level,
            kind=kind,
            hedged=False,
            negated=False,
            scope="",
            confidence=0.9,
            cues=(Cue("by-hand", cue, at, at + len(cue)),),
            components=(component,),
            behaviour="gender" if layer == 8 else "choice of the pronoun",
        )
        found.append(Claim(f"c{number}", sentence, reading))
    return tuple(found)


def one_finding(
    text: str, start: int, end: int, *, message: str = "Why.", file: str = "paper.tex"
) -> Outcome:
    """A finding at ``text[start:end]``."""
    finding = Finding(
        code="CL101",
        name="causal-verb-on-observation",
        severity="error",
        span=Span(file, start, end),
        sentence=Span(file, start, end),
        text=text,
        cue=text[start:end],
        message=message,
        fingerprint="0" * 16,
    )
    document = Document(file, (Source(file, text),), ())
    return Outcome(document, "manifest.json", (), (finding,))
