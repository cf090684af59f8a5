"""One fixed outcome that every format renders: awkward text, two files, all severities, made by hand."""

from __future__ import annotations

from dataclasses import replace

from claimlint.checks.model import Finding, Judged, Outcome
from claimlint.checks.rules import Rule
from claimlint.claims.model import Claim, Cue, Reading
from claimlint.linking.model import Link
from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Source, Span
from tests.checks.papers import manifest_of

TEXT = """\\title{A <b>small</b> paper}
\\section{Results \\& "quotes"}
Gender is linearly decodable from layer 8 with an accuracy of 95\\%.
For \U0001d4dbévy's prompts, layer 8 is responsible
for storing gender information <script>alert(1)</script> ]]>.
Ablating head 9.1, @reader, lowers accuracy by 17 points | see \\cite{who2020} and $x_1 < 2$.
"""
OTHER = "Nothing here\u0000 can be read.\r\n"
OTHER_FILE = "parts/näher, 100%.tex"
#: Level, kind, cue and verdict of each sentence.
LABELS = (
    (1, "association", "decodable from", "supported"),
    (3, "mechanism", "responsible for storing", "gap"),
    (2, "effect", "lowers", "contradicted"),
)
PROBE = {
    "id": "probe-8",
    "method": "linear_probe",
    "model": "gpt2",
    "prompts": "names",
    "target": {"layer": [8]},
    "behaviour": "gender <of> the name",
    "effect": {"metric": "accuracy", "value": 95, "unit": "percent", "ci": [93, 97], "n": 1000},
    "controls": {"control_task": 0.55, "majority": True},
}
ABLATION = {
    "id": "ablate-9.1",
    "method": "ablation",
    "model": "gpt2",
    "prompts": "names",
    "target": {"head": ["9.1"]},
    "replacement": ["mean"],
    "effect": {"metric": "accuracy", "value": -12, "unit": "points", "ci": [-15, -9], "n": 400},
    "unit": {"helped": 0.05, "harmed": 0.2, "unchanged": 0.75},
}


def rule(code: str, name: str, severity: str, gap: str = "") -> Rule:
    return Rule.model_validate(
        {
            "code": code,
            "name": name,
            "severity": severity,
            "status": "stable",
            "default": True,
            "gap": gap,
            "needed": "an experiment",
            "what": f"What {name} flags.",
            "why": f"Why {name} matters.",
            "fix": "Say what was measured.",
            "example": {"bad": "Too much.", "good": "Enough."},
            "when": {"kind": "reading", "notice": name},
            "messages": {"main": "It is so."},
            "tests": [],
        }
    )


RULES = (
    rule("CL003", "number-drift", "error"),
    rule("CL102", "decodable-means-used", "error", "G3"),
    rule("CL301", "prompt-scope", "warning", "G4"),
    rule("CL905", "guessed-encoding", "info"),
)


def outcome() -> Outcome:
    """Four findings in two files, one more that is suppressed, and three judged claims."""
    document = read("paper.tex", TEXT)
    document = replace(document, sources=(*document.sources, Source(OTHER_FILE, OTHER)))
    judged = _judged()
    probed, held, ablated = (j.claim for j in judged)
    gap = replace(
        _finding("CL102", "error", held, "responsible\nfor storing"),
        message='The model "holds" gender, 95% of the time;\nread <out> only.',
        gap="G3",
        evidence=("probe-8: linear probe on layer 8 (rung 1, association)",),
        experiments=("probe-8",),
        needed="an interchange intervention",
        rewording="Gender is linearly decodable from layer 8 (95% probe accuracy).",
        fingerprint="0123456789abcdef",
    )
    drift = replace(
        _finding("CL003", "error", ablated, "17 points"),
        message="The sentence says 17 points, ablate-9.1 says 12 points.",
        evidence_level=2,
        evidence=("ablate-9.1: ablation on head 9.1 (rung 2, intervention)",),
        experiments=("ablate-9.1",),
        rewording=ablated.sentence.text.replace("17 points", "12 points"),
        fingerprint="1123456789abcdef",
    )
    scope = replace(
        _finding("CL301", "warning", probed, "decodable from"),
        message="One set of prompts was tried.",
        fingerprint="2123456789abcdef",
    )
    place = Span(OTHER_FILE, 0, 12)
    note = Finding(
        "CL905",
        "guessed-encoding",
        "info",
        place,
        place,
        "Nothing here",
        "Nothing here",
        "Read as latin-1.",
        fingerprint="3123456789abcdef",
    )
    return Outcome(
        document=document,
        manifest="manifest.json",
        claims=judged,
        findings=(scope, gap, drift, note),
        suppressed=(replace(scope, message="An answered finding.", fingerprint="4123456789abcdef"),),
        checklist=(("average or individual", "averages <over> prompts"),),
        evidence=manifest_of([PROBE, ABLATION], [{"id": "names", "n": 1000, "name": "names & titles"}]),
        rules=RULES,
    )


def _judged() -> tuple[Judged, ...]:
    document = read("paper.tex", TEXT)
    prose = [s for s in sentences(document) if s.block.kind == "paragraph"]
    links = {
        0: Link("c1", "probe-8", "same layer", 0.8, False),
        1: Link("c2", "probe-8", "same layer", 0.8, False),
        2: Link("c3", "ablate-9.1", "named in the sentence", 1.0, True),
    }
    found = []
    for number, (sentence, (level, kind, cue, verdict)) in enumerate(zip(prose, LABELS, strict=True)):
        at = sentence.text.index(cue)
        reading = Reading(
            stance="own",
            level=level,
            kind=kind,
            hedged=number == 0,
            negated=False,
            scope="average" if number == 2 else "",
            confidence=0.9,
            cues=(Cue("by-hand", cue, at, at + len(cue)),),
        )
        claim = Claim(f"c{number + 1}", sentence, reading)
        found.append(Judged(claim, (links[number],), verdict))
    return tuple(found)


def _finding(code: str, severity: str, claim: Claim, cue: str) -> Finding:
    start = TEXT.index(cue)
    return Finding(
        code=code,
        name=next(rule.name for rule in RULES if rule.code == code),
        severity=severity,
        span=Span("paper.tex", start, start + len(cue)),
        sentence=claim.sentence.span,
        text=claim.sentence.text,
        cue=" ".join(cue.split()),
        message="",
        kind=claim.reading.kind,
        claim=claim.id,
        claim_level=claim.reading.level,
        evidence_level=1,
    )
