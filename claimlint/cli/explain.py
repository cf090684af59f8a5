"""``claimlint explain RULE``: a rule's own page."""

from __future__ import annotations

import click

from claimlint.checks import find_rule, load_rules
from claimlint.checks.measured import load_measured
from claimlint.report import explain


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Show RULE (a name such as decodable-means-used, or a code such as CL102)."""
    click.echo(explain(find_rule(rule, load_rules()), load_measured()), nl=False)
