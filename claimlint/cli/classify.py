"""``claimlint classify``: the engine alone, as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from claimlint.claims.classify import More, classify
from claimlint.claims.model import Reading
from claimlint.cli.filekinds import FileOf


@click.command("classify")
@click.option("--claims", is_flag=True, help="Every line is known to be an own claim.")
@click.option("--profile", default="joshi2026", show_default=True, help="How kinds map to levels.")
@click.option(
    "--manuscript",
    type=FileOf("paper"),
    metavar="FILE",
    help="The paper that the lines are from: adds what it says it did for each, and the rung of that.",
)
@click.pass_context
def command(ctx: click.Context, claims: bool, profile: str, manuscript: str | None) -> None:
    """Read JSON lines with "id" and "text" (and "section", "previous") from standard input and label each."""
    more = described_in(manuscript) if manuscript else None
    failed = classify(sys.stdin.buffer, sys.stdout, assume_claim=claims, profile=profile, more=more)
    ctx.exit(2 if failed else 0)


def described_in(manuscript: str) -> More:
    """The fields ``evidence_level`` and ``evidence``, read off a paper."""
    from claimlint.claims import claims  # noqa: PLC0415  (compiles the packs)
    from claimlint.linking.described import Lookup, evidence_of  # noqa: PLC0415
    from claimlint.manuscript import read  # noqa: PLC0415

    document = read(manuscript)
    paper = Lookup(document, claims(document))

    def more(asked: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
        behind, level = evidence_of(paper.evidence(asked["text"], reading.components))
        places = [(s.described.experiment.method, s.described.telling.span) for s in behind]
        return {
            "evidence_level": level,
            "evidence": [
                {"method": method, "span": {"file": span.file, "start": span.start, "end": span.end}}
                for method, span in places
            ],
        }

    return more
