"""``claimlint check PAPER``: the main job."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from claimlint.checks import RuleCrashed
from claimlint.checks.model import SEVERITIES, Outcome
from claimlint.cli.options import paper_options, settle
from claimlint.cli.output import OutputFile, each_once, write
from claimlint.pipeline import lint
from claimlint.report import FORMATS, render


def each_rule(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """The rules that an option names, once or with commas."""
    return tuple(name.strip() for words in given for name in words.split(",") if name.strip())


@click.command("check")
@paper_options
@click.option(
    "--manifest",
    help="The manifest of executed experiments; else the config's, else the one beside the paper.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="What is shown on the screen.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    type=OutputFile(),
    callback=each_once,
    metavar="FORMAT=PATH",
    help="Also write a file, in any of the same formats; may be repeated.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITIES, "never"]),
    help="Exit 1 from this severity on.  [default: warning]",
)
@click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    callback=each_rule,
    help="Run only these rules (names or codes, with commas between them, or the option repeated).",
)
@click.option("--ignore", multiple=True, metavar="RULE", callback=each_rule, help="Leave these rules out.")
@click.option(
    "--described/--no-described",
    default=None,
    help="Without a manifest, hold claims against the experiments that the paper describes.  [default: yes]",
)
@click.option("--preview", is_flag=True, default=None, help="Run preview rules too.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paper: str,
    config_path: Path | None,
    manifest: str | None,
    format_: str,
    outputs: tuple[tuple[str, Path], ...],
    **settings: object,
) -> None:
    """Report the claims of PAPER (.tex, .md, .txt or -) that ask for more than their evidence gives."""
    config, folder = settle(paper, config_path, **settings)
    try:
        outcome = lint(paper, config, folder, manifest=manifest)
    except RuleCrashed as crash:
        show(crash.outcome, format_, outputs)
        raise
    show(outcome, format_, outputs)
    ctx.exit(exit_code(outcome, config.fail_on))


def show(outcome: Outcome, format_: str, outputs: tuple[tuple[str, Path], ...]) -> None:
    """The report on the screen, and in the files that were asked for."""
    shown = render(outcome, format_, color=sys.stdout.isatty())
    for path, text in [(path, render(outcome, name)) for name, path in outputs]:
        write(path, text)
    click.echo(shown, nl=False)


def exit_code(outcome: Outcome, fail_on: str) -> int:
    """1 where a finding is at least as severe as ``fail_on``, else 0."""
    if fail_on == "never":
        return 0
    worst = SEVERITIES[SEVERITIES.index(fail_on) :]
    return int(any(finding.severity in worst for finding in outcome.findings))
