"""``claimlint manifest``: look at the manifest of executed experiments, check it, and quote it in a paper."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from claimlint.cli.filekinds import FileOf
from claimlint.cli.options import Subcommands
from claimlint.cli.output import write
from claimlint.evidence import load_manifest, manifest_schema, manifest_table
from claimlint.evidence.check import problems_of
from claimlint.phrasing import counted

_FILE = click.argument("path", type=FileOf("manifest", path_type=Path), default="manifest.json")
_OUTPUT = click.option(
    "--output", type=click.Path(path_type=Path), help="Write this file, whole or not at all."
)


@click.group("manifest", cls=Subcommands)
def command() -> None:
    """Look at a manifest, check it, fill it from results, and quote it in a paper."""


@command.command("show")
@_FILE
def show(path: Path) -> None:
    """Show each experiment of the manifest at PATH with its rung and what it licenses."""
    click.echo(manifest_table(load_manifest(path)), nl=False)


@command.command("check")
@_FILE
@click.pass_context
def check(ctx: click.Context, path: Path) -> None:
    """Check the manifest at PATH: schema, ids, units, and the files it names. Exit 1 on problems."""
    manifest = load_manifest(path)
    problems = problems_of(manifest, path.parent)
    for problem in problems:
        click.echo(f"{path}: {problem}")
    found = counted(len(problems), "problem") if problems else "no problems"
    click.echo(f"{counted(len(manifest.experiments), 'experiment')}, {found}.")
    ctx.exit(1 if problems else 0)


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of the manifest; its descriptions are the manual of the fields."""
    click.echo(json.dumps(manifest_schema(), indent=2))


@command.command("appendix")
@_FILE
@click.option(
    "--format", "format_", type=click.Choice(["latex", "markdown"]), default="latex", show_default=True
)
@_OUTPUT
def appendix(path: Path, format_: str, output: Path | None) -> None:
    """Print a table for the paper: each experiment of PATH that was run, its rung, and what it licenses."""
    from claimlint.evidence.appendix import appendix_table  # noqa: PLC0415  (only this command needs it)

    manifest = load_manifest(path)
    for experiment in manifest.experiments:
        if experiment.status != "done":
            click.echo(f"left out: {experiment.id} ({experiment.status})", err=True)
    _put(appendix_table(manifest, format_), output)


@command.command("tex")
@_FILE
@click.option(
    "--decimals",
    multiple=True,
    metavar="N|ID=N",
    help="Decimals of all numbers, or of one experiment; else three significant digits. May be repeated.",
)
@click.option("--prefix", default="", help="Letters that every macro's name begins with.")
@_OUTPUT
def tex(path: Path, decimals: tuple[str, ...], prefix: str, output: Path | None) -> None:
    """Print LaTeX macros for the numbers of PATH, so that a paper quotes the manifest itself."""
    from claimlint.evidence.macros import macros  # noqa: PLC0415  (only this command needs it)

    if prefix and not (prefix.isascii() and prefix.isalpha()):
        raise click.BadParameter(f"{prefix!r} holds more than the letters a to z.", param_hint="--prefix")
    every, by_id = _decimals(decimals)
    _put(macros(load_manifest(path), prefix=prefix, decimals=every, by_id=by_id), output)


@command.command("import")
@click.argument("source", type=FileOf("results", also="manifest", path_type=Path))
@click.option(
    "--manifest",
    "target",
    type=FileOf("manifest", path_type=Path),
    default="manifest.json",
    show_default=True,
    help="The manifest to fill; made where there is none.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Where a field of the experiment stands, such as effect.value=acc. May be repeated.",
)
@click.option(
    "--set",
    "constants",
    multiple=True,
    metavar="FIELD=VALUE",
    help="A field that is the same in all rows, such as method=linear_probe. May be repeated.",
)
@click.option("--id", "id_", default="", metavar="PATTERN", help="Ids from columns, such as probe-l{layer}.")
def import_(
    source: Path, target: Path, columns: tuple[str, ...], constants: tuple[str, ...], id_: str
) -> None:
    """Fill a manifest from SOURCE: a table (.csv, .json, .jsonl), a folder of MLflow, or a .toml manifest."""
    from claimlint.evidence.importing import Columns, import_results  # noqa: PLC0415  (only this command)

    mapping = Columns(_pairs(columns, "--column"), _pairs(constants, "--set"), id_)
    done = import_results(source, target, mapping)
    for left_out in done.left_out:
        click.echo(f"left out: {left_out}", err=True)
    click.echo(f"{counted(len(done.ids), 'experiment')} written to {target}.")


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in given:
        field, equals, value = text.partition("=")
        if not (field and equals):
            raise click.BadParameter(f"{text!r} is not of the form FIELD=VALUE.", param_hint=option)
        pairs[field] = value
    return pairs


def _decimals(given: Sequence[str]) -> tuple[int | None, dict[str, int]]:
    every, by_id = None, {}
    for text in given:
        id, equals, number = text.rpartition("=")
        if not number.isdecimal() or (equals and not id):
            raise click.BadParameter(f"{text!r} is neither N nor ID=N.", param_hint="--decimals")
        if equals:
            by_id[id] = int(number)
        else:
            every = int(number)
    return every, by_id


def _put(text: str, output: Path | None) -> None:
    if output:
        write(output, text)
    else:
        click.echo(text, nl=False)
