"""What the engine sees, sentence by sentence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from claimlint.claims.model import Claim
from claimlint.manuscript.model import Document
from claimlint.manuscript.quoting import quoted
from claimlint.phrasing import counted
from claimlint.report.places import line_and_column, place_words
from claimlint.report.screen import printable

VERSION = 1


def render_claims(document: Document, claims: Sequence[Claim], form: str) -> str:
    """The claims as ``text`` or as ``json`` (``schemas/claims.json``)."""
    if form == "json":
        records = [claim_record(document, claim) for claim in claims]
        report = {"version": VERSION, "document": document.path, "claims": records}
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    return "".join(_lines(document, claim) for claim in claims) + _summary(claims)


def claim_record(document: Document, claim: Claim) -> dict[str, Any]:
    """A claim as both JSON reports write it."""
    sentence, reading = claim.sentence, claim.reading
    line, column = line_and_column(document, sentence.span)
    return {
        "id": claim.id,
        "text": sentence.text,
        "file": sentence.span.file,
        "start": sentence.span.start,
        "end": sentence.span.end,
        "line": line,
        "column": column,
        "section": sentence.section.title,
        "stance": reading.stance,
        "level": reading.level,
        "kind": reading.kind,
        "hedged": reading.hedged,
        "negated": reading.negated,
        "scope": reading.scope,
        "confidence": round(reading.confidence, 3),
        "components": [asdict(component) for component in reading.components],
        "cues": [asdict(cue) for cue in reading.cues],
    }


def _lines(document: Document, claim: Claim) -> str:
    reading = claim.reading
    flags = [name for name in ("hedged", "negated") if getattr(reading, name)]
    labels = [f"level {reading.level}", reading.kind, reading.stance, *flags, reading.scope]
    cues = ", ".join(f"{cue.text!r} ({cue.rule})" for cue in reading.cues)
    components = ", ".join(dict.fromkeys(component.text for component in reading.components))
    head = f"{place_words(document, claim.sentence.span)}: {', '.join(label for label in labels if label)}"
    told = [f"  {quoted(document, claim.sentence)}"]
    told += [f"    cues: {cues}"] if cues else []
    told += [f"    parts: {components}"] if components else []
    return "\n".join(printable(line) for line in (head, *told)) + "\n"


def _summary(claims: Sequence[Claim]) -> str:
    if not claims:
        return "No claims.\n"
    levels = Counter(claim.reading.level for claim in claims)
    by_level = ", ".join(f"{levels[level]} at level {level}" for level in sorted(levels))
    return f"\n{counted(len(claims), 'sentence')}: {by_level}.\n"
