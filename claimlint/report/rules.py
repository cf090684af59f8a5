"""The rules themselves: a page for each, and the table of all."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence

from claimlint.checks.measured import Measured
from claimlint.checks.rules import Rule

WIDTH = 100
GAPS = {
    "G1": "existence read as uniqueness",
    "G2": "correlation read as causation",
    "G3": "presence or effect read as use or mechanism",
    "G4": "what was tried read as general",
    "G5": "a subspace read as one direction",
    "G6": "sufficiency read as necessity",
    "G7": "a good fit read as identification",
    "G8": "alignment read as identity",
}


def explain(rule: Rule, measured: Measured | None = None) -> str:
    """One rule's page."""
    return "\n".join(_page(rule, measured)) + "\n"


def measured_words(rule: Rule, measured: Measured) -> str:
    """How often the rule was right, or nothing where no finding of it was met."""
    if rule.code not in measured.rules:
        return ""
    count = measured.total(measured.rules[rule.code])
    return f"{count.right} of {count.fired} findings in labelled text were right."


def _page(rule: Rule, measured: Measured | None) -> Iterator[str]:
    yield f"{rule.code} {rule.name}"
    yield f"{rule.severity}, {rule.status}, {'on' if rule.default else 'off'} by default"
    if rule.gap:
        yield f"gap {rule.gap}: {GAPS[rule.gap]}"
    yield from _part("What", rule.what)
    yield from _part("Why", rule.why)
    yield from _part("Flagged", rule.example.bad)
    yield from _part("Holds", rule.example.good)
    yield from _part("Fix", rule.fix)
    if rule.manifest_fields:
        yield from _part("Manifest fields", ", ".join(rule.manifest_fields))
    if measured and (words := measured_words(rule, measured)):
        yield from _part("Measured", words)
    misses = [test for test in rule.tests if test.known_miss]
    if misses:
        yield from _part(
            "Known misses", " ".join(f'"{test.text.strip()}" ({test.known_miss})' for test in misses)
        )
    if rule.references:
        yield from _part("References", ", ".join(rule.references))


def _part(title: str, words: str) -> Iterator[str]:
    yield ""
    yield title
    for line in textwrap.wrap(
        " ".join(words.split()), WIDTH - 2, break_long_words=False, break_on_hyphens=False
    ):
        yield f"  {line}"


def rules_table(rules: Sequence[Rule], form: str) -> str:
    """All rules as ``text`` or as ``json``."""
    if form == "json":
        fields = (
            "code",
            "name",
            "severity",
            "status",
            "default",
            "gap",
            "needs",
            "what",
            "why",
            "fix",
            "references",
        )
        told = [rule.model_dump(include=set(fields)) | {"needs": rule.manifest_fields} for rule in rules]
        return json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    name = max(len(rule.name) for rule in rules)
    rows = [("code", "name", "severity", "status", "default", "gap")]
    rows += [(r.code, r.name, r.severity, r.status, "on" if r.default else "off", r.gap) for r in rules]
    widths = (5, name, 8, 10, 7, 3)
    return "".join(
        "  ".join(f"{cell:<{room}}" for cell, room in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in rows
    )
