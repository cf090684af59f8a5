"""``claimlint rules``: the table of rules, and how often cues and rules were right."""

from __future__ import annotations

import click

from claimlint.checks import load_rules
from claimlint.checks.measured import load_measured
from claimlint.report import measured_table, rules_table


@click.command("rules")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--measured", is_flag=True, help="Show how often each cue and rule was right on labelled text.")
def command(format_: str, measured: bool) -> None:
    """List the rules with severity, status and whether they run by default."""
    if measured:
        from claimlint.claims.engine import engine  # noqa: PLC0415  (compiles the packs)

        table = measured_table(load_measured(), engine().lexicon.cues, load_rules(), format_)
    else:
        table = rules_table(load_rules(), format_)
    click.echo(table, nl=False)
