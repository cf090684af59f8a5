"""``claimlint manifest``: look at the manifest of executed experiments, check it, print its schema."""

from __future__ import annotations

import json
from pathlib import Path

import click

from claimlint.evidence import check_manifest, load_manifest, manifest_schema, manifest_table

_FILE = click.argument("path", type=click.Path(path_type=Path), default="manifest.json")


@click.group("manifest")
def command() -> None:
    """Look at a manifest, check it, print its schema."""


@command.command("show")
@_FILE
def show(path: Path) -> None:
    """Show each experiment of the manifest at PATH with its rung and what it licenses."""
    click.echo(manifest_table(load_manifest(path)), nl=False)


@command.command("check")
@_FILE
@click.pass_context
def check(ctx: click.Context, path: Path) -> None:
    """Check the manifest at PATH: schema, ids, and the files it names. Exit 1 on problems."""
    problems = check_manifest(path)
    for problem in problems:
        click.echo(f"{path}: {problem}")
    count = len(load_manifest(path).experiments)
    click.echo(f"{count} experiment{'' if count == 1 else 's'}, {len(problems) or 'no'} problem(s).")
    ctx.exit(1 if problems else 0)


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of the manifest; its descriptions are the manual of the fields."""
    click.echo(json.dumps(manifest_schema(), indent=2))
