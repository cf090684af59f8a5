"""``claimlint baseline``: the findings that a project has agreed to leave for later."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from claimlint.checks.baseline import Baseline, dump_baseline, load_baseline, pruned, updated
from claimlint.checks.model import Outcome
from claimlint.cli.filekinds import FileOf
from claimlint.cli.options import Subcommands, paper_options, rule_options, settle
from claimlint.cli.output import write
from claimlint.errors import ClaimlintError
from claimlint.phrasing import counted
from claimlint.pipeline import lint
from claimlint.report.screen import printable

NAME = "claimlint-baseline.json"
GONE = "  (no longer found)"


def baseline_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The paper, and what decides which findings it has."""
    option = click.option(
        "--baseline",
        type=FileOf("baseline", path_type=Path),
        help=f"The baseline file; else the config's, else {NAME} in the config's or the paper's folder.",
    )
    return paper_options(rule_options(option(function)))


@click.group("baseline", cls=Subcommands, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Keep the findings that are known, so that check reports only new ones."""


@command.command("create")
@baseline_options
def create(baseline: Path | None, **given: Any) -> None:
    """Write down all findings of PAPER as known."""
    path, outcome = _look(baseline, **given)
    if path.exists():
        raise ClaimlintError(
            f"{path}: there is a baseline already",
            "Creating it anew would hide findings that have come up since.",
            "Use `claimlint baseline update` where that is meant, or delete the file first.",
        )
    _save(path, Baseline(), updated(Baseline(), outcome))
    click.echo(f"Use it with --baseline {path}, or with `baseline` in claimlint.toml.")


@command.command("update")
@baseline_options
def update(baseline: Path | None, **given: Any) -> None:
    """Add what is new in PAPER, and drop what no longer occurs."""
    path, outcome = _look(baseline, **given)
    before = load_baseline(path)
    _save(path, before, updated(before, outcome))


@command.command("prune")
@baseline_options
def prune(baseline: Path | None, **given: Any) -> None:
    """Drop what no longer occurs in PAPER; nothing new is added."""
    path, outcome = _look(baseline, **given)
    before = load_baseline(path)
    _save(path, before, pruned(before, outcome))


@command.command("show")
@baseline_options
def show(baseline: Path | None, **given: Any) -> None:
    """List what the baseline knows, and what of it no longer occurs in PAPER."""
    path, outcome = _look(baseline, **given)
    known = load_baseline(path)
    kept = pruned(known, outcome).findings
    for entry in known.findings:
        click.echo(printable(f"{entry.code} {entry.name}: {entry.text}{'' if entry in kept else GONE}"))
    gone = len(known.findings) - len(kept)
    click.echo(f"{path}: {counted(len(known.findings), 'finding')}, {gone} no longer found.")


def _look(
    baseline: Path | None, paper: str, config_path: Path | None, manifest: str | None, **settings: object
) -> tuple[Path, Outcome]:
    """Where the baseline is kept, and everything that is found without it."""
    config, folder = settle(paper, config_path, **settings)
    kept = baseline or Path(os.path.relpath(folder / (config.baseline or NAME)))
    return kept, lint(paper, config.model_copy(update={"baseline": None}), folder, manifest=manifest)


def _save(path: Path, before: Baseline, after: Baseline) -> None:
    added = len(set(after.findings) - set(before.findings))
    dropped = len(set(before.findings) - set(after.findings))
    write(path, dump_baseline(after))
    click.echo(f"{path}: {counted(len(after.findings), 'finding')} ({added} added, {dropped} dropped).")
