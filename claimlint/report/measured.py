"""How often cues and rules were right on labelled text, cue by cue and rule by rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claimlint.checks.measured import Count, Counts, Measured
from claimlint.checks.rules import Rule
from claimlint.claims.packs import CueEntry

CUE_COLUMNS = ("cue", "says", "status", "precision", "right", "fired", "seen")
RULE_COLUMNS = ("rule", "name", "status", "precision", "right", "fired")


@dataclass(frozen=True, slots=True)
class Row:
    """A cue, with the label that it speaks for, or a rule, with its name."""

    id: str
    says: str
    status: str
    total: Count
    counts: Counts

    @property
    def cells(self) -> tuple[str, ...]:
        """As ``CUE_COLUMNS`` name them; a rule is never merely seen."""
        precision = "" if self.total.precision is None else f"{self.total.precision:.2f}"
        numbers = (self.total.right, self.total.fired, self.total.seen)
        return (self.id, self.says, self.status, precision, *map(str, numbers))


def cue_rows(measured: Measured, cues: Sequence[CueEntry]) -> list[Row]:
    """Every cue that speaks for a label, in the order of the packs."""
    counts = [(cue, measured.cues.get(cue.id, {})) for cue in cues if cue.says]
    totals = [measured.total(by_set) for _, by_set in counts]
    return [
        Row(cue.id, cue.says, total.status, total, by_set)
        for (cue, by_set), total in zip(counts, totals, strict=True)
    ]


def rule_rows(measured: Measured, rules: Sequence[Rule]) -> list[Row]:
    """Every rule of which a finding was met."""
    met = [(rule, measured.rules[rule.code]) for rule in rules if rule.code in measured.rules]
    return [Row(rule.code, rule.name, rule.status, measured.total(counts), counts) for rule, counts in met]


def measured_table(measured: Measured, cues: Sequence[CueEntry], rules: Sequence[Rule], form: str) -> str:
    """All of it as ``text``, or as ``json`` with each set apart."""
    of_cues, of_rules = cue_rows(measured, cues), rule_rows(measured, rules)
    if form == "json":
        told = {
            "version": measured.version,
            "sets": {name: text.model_dump() for name, text in measured.sets.items()},
            "cues": [_fields(row) for row in of_cues],
            "rules": [_fields(row) for row in of_rules],
        }
        return json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    sets = [
        (name, f"{text.sentences:,}", text.labels if text.counted else f"{text.labels}; not counted")
        for name, text in measured.sets.items()
    ]
    lines = (
        f"Measured with claimlint {measured.version}.",
        "",
        *_aligned(("set", "sentences", "labels"), sets),
        "",
        *_aligned(CUE_COLUMNS, [row.cells for row in of_cues]),
        "",
        *_aligned(RULE_COLUMNS, [row.cells[: len(RULE_COLUMNS)] for row in of_rules]),
    )
    return "\n".join(lines) + "\n"


def _fields(row: Row) -> dict[str, object]:
    share = row.total.precision
    return {
        "id": row.id,
        "says": row.says,
        "status": row.status,
        "precision": None if share is None else round(share, 3),
        "counts": {name: part.model_dump() for name, part in row.counts.items()},
    }


def _aligned(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    for row in (head, *rows):
        yield "  ".join(f"{cell:<{room}}" for cell, room in zip(row, widths, strict=True)).rstrip()
