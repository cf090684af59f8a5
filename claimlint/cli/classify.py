"""``claimlint classify``: the engine alone, as JSON lines."""

from __future__ import annotations

import sys

import click

from claimlint.claims.classify import classify


@click.command("classify")
@click.option("--claims", is_flag=True, help="Every line is known to be an own claim.")
@click.option("--profile", default="joshi2026", show_default=True, help="How kinds map to levels.")
@click.pass_context
def command(ctx: click.Context, claims: bool, profile: str) -> None:
    """Read JSON lines with "id" and "text" (and "section", "previous") from standard input and label each."""
    failed = classify(sys.stdin.buffer, sys.stdout, assume_claim=claims, profile=profile)
    ctx.exit(2 if failed else 0)
