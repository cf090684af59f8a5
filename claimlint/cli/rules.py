"""``claimlint rules``: the table of rules."""

from __future__ import annotations

import click

from claimlint.checks import load_rules
from claimlint.report import rules_table


@click.command("rules")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(format_: str) -> None:
    """List the rules with severity, status and whether they run by default."""
    click.echo(rules_table(load_rules(), format_), nl=False)
