"""``claimlint claims PAPER``: what the engine sees, before any evidence is looked at."""

from __future__ import annotations

from pathlib import Path

import click

from claimlint.claims import claims
from claimlint.cli.options import paper_options, settle
from claimlint.manuscript import read
from claimlint.report import render_claims
from claimlint.report.places import place_words
from claimlint.report.screen import printable


@click.command("claims")
@paper_options
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--all", "every", is_flag=True, help="Every sentence, not only the authors' own claims.")
def command(paper: str, config_path: Path | None, format_: str, every: bool, **settings: object) -> None:
    """List the claims that the engine sees in PAPER, with stance, level, kind and cue words."""
    config, _ = settle(paper, config_path, **settings)
    document = read(paper)
    for notice in document.notices:
        told = f"claimlint: {place_words(document, notice.span)}: {notice.rule}: {notice.detail}"
        click.echo(printable(told), err=True)
    found = claims(document, profile=config.profile, profiles=config.profiles)
    shown = [
        claim for claim in found if every or claim.reading.level > 0 or claim.reading.kind == "performance"
    ]
    click.echo(render_claims(document, shown, format_), nl=False)
