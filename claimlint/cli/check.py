"""``claimlint check PAPER``: the main job."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from claimlint.checks import RuleCrashed
from claimlint.checks.model import SEVERITIES, Outcome
from claimlint.cli.filekinds import FileOf
from claimlint.cli.fixes import fix, show_diff
from claimlint.cli.options import paper_options, rule_options, settle
from claimlint.cli.output import OutputFile, each_once, write
from claimlint.cli.since import since
from claimlint.cli.watch import watch
from claimlint.config import Config, config_files
from claimlint.errors import ClaimlintError
from claimlint.phrasing import counted
from claimlint.pipeline import BESIDE, lint
from claimlint.report import FORMATS, render
from claimlint.report.words import summary


@click.command("check")
@paper_options
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
@rule_options
@click.option(
    "--baseline",
    type=FileOf("baseline"),
    help="Leave out what this baseline knows; else the config's, else none.",
)
@click.option(
    "--diff", is_flag=True, help="Show the rewordings as a diff, and change nothing, with --fix too."
)
@click.option("--fix", "fixing", is_flag=True, help="Put the rewordings in the source, then check it again.")
@click.option("--since", "revision", metavar="REV", help="Only claims on lines changed since a git revision.")
@click.option("--watch", "watching", is_flag=True, help="Check again whenever a file of the paper changes.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    paper: str,
    config_path: Path | None,
    manifest: str | None,
    format_: str,
    outputs: tuple[tuple[str, Path], ...],
    diff: bool,
    fixing: bool,
    baseline: str | None,
    revision: str | None,
    watching: bool,
    **settings: object,
) -> None:
    """Report the claims of PAPER that ask for more than their evidence gives.

    PAPER is the root file (.tex, .md, .txt or .pdf), an archive of LaTeX sources, or - for standard input.
    """
    fixing = fixing and not diff
    if fixing and paper == "-":
        raise click.UsageError("--fix needs a file to write to; --diff works with standard input.", ctx)
    if paper == "-" and (watching or revision):
        raise click.UsageError("--watch and --since need a file; standard input has no history.", ctx)
    if watching and (diff or fixing):
        raise click.UsageError("--watch reports; --diff and --fix are done once.", ctx)
    known = str(Path(baseline).absolute()) if baseline else None

    def work() -> tuple[Outcome, str]:
        config, folder = settle(paper, config_path, baseline=known, **settings)
        found = partial(_found, paper, config, folder, manifest, revision)
        try:
            outcome = found()
        except RuleCrashed as crash:
            show(crash.outcome, format_, outputs)
            raise
        if fixing and fix(outcome):
            outcome = found()
        if diff:
            show_diff(outcome)
        else:
            show(outcome, format_, outputs)
        return outcome, config.fail_on

    if watching:
        watch(partial(_again, Path(paper), work))
    outcome, fail_on = work()
    ctx.exit(exit_code(outcome, fail_on))


def _found(paper: str, config: Config, folder: Path, manifest: str | None, revision: str | None) -> Outcome:
    outcome = lint(paper, config, folder, manifest=manifest)
    if not revision:
        return outcome
    outcome, others = since(outcome, revision)
    if others:
        left = counted(others, "finding")
        click.echo(f"claimlint: {left} on lines unchanged since {revision} left out.", err=True)
    return outcome


def _again(paper: Path, work: Callable[[], tuple[Outcome, str]]) -> Iterator[Path]:
    """One round of ``--watch``: the files that the result depends on. What is wrong is told."""
    yield from (paper, *config_files(paper), *(paper.parent / name for name in BESIDE))
    try:
        outcome, _ = work()
    except ClaimlintError as error:
        click.echo(f"claimlint: {error}", err=True)
        return
    yield from (Path(source.name) for source in outcome.document.sources)
    for notice in outcome.document.notices:
        yield from map(Path, notice.files)
    yield from map(Path, filter(None, (outcome.manifest, outcome.plans)))


def show(outcome: Outcome, format_: str, outputs: tuple[tuple[str, Path], ...]) -> None:
    """The report on the screen, and in the files that were asked for."""
    keep_apart(outcome, outputs)
    shown = render(outcome, format_, color=sys.stdout.isatty())
    for path, text in [(path, render(outcome, name)) for name, path in outputs]:
        write(path, text)
    click.echo(shown, nl=False)
    if format_ == "concise":
        # Its readers are programs too, to which silence on standard output means that there is nothing.
        click.echo(f"claimlint: {summary(outcome)}", err=True)


def keep_apart(outcome: Outcome, outputs: tuple[tuple[str, Path], ...]) -> None:
    """Raise a ClaimlintError where a report would be written over what it reports on."""
    read = [*(source.name for source in outcome.document.sources), outcome.manifest or outcome.plans]
    kept = {Path(name).resolve() for name in read if name}
    for form, path in outputs:
        if path.resolve() in kept:
            raise ClaimlintError(
                f"{path}: was read, and a report would replace it",
                "What stands in the file would be lost.",
                f"Write the report to a file of its own, such as --output {form}=report.{form}.",
            )


def exit_code(outcome: Outcome, fail_on: str) -> int:
    """1 where a finding is at least as severe as ``fail_on``, else 0."""
    if fail_on == "never":
        return 0
    worst = SEVERITIES[SEVERITIES.index(fail_on) :]
    return int(any(finding.severity in worst for finding in outcome.findings))
