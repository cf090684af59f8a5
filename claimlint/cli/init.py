"""``claimlint init PAPER``: a manifest to be filled in, from the experiments that the paper describes."""

from __future__ import annotations

from pathlib import Path

import click

from claimlint.claims import claims
from claimlint.cli.options import paper_options, settle
from claimlint.errors import ClaimlintError
from claimlint.evidence import write_manifest
from claimlint.linking.described import account, skeleton
from claimlint.manuscript import read
from claimlint.pipeline import find_manifest


@click.command("init")
@paper_options
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write it; else manifest.json beside the paper.",
)
def command(paper: str, config_path: Path | None, output: Path | None, **settings: object) -> None:
    """Write manifest.json with the experiments that PAPER describes, all planned and without numbers.

    A manifest that is there already is left as it is.
    """
    config, folder = settle(paper, config_path, **settings)
    there = (
        output
        if output and output.exists()
        else None
        if output
        else find_manifest(paper, config, folder, None)
    )
    if there:
        raise ClaimlintError(
            f"{there}: there is a manifest already",
            "What it holds would be lost.",
            "Add entries to it, or give --output a new file and copy from there.",
        )
    document = read(paper)
    told = account(document, claims(document, profile=config.profile, profiles=config.profiles))
    if not told.experiments:
        raise ClaimlintError(
            f"{paper}: no experiment on a model's insides is described in words that are known",
            "An empty manifest would look like one that was filled in.",
            "Write the entries by hand; `claimlint manifest schema` prints every field with its meaning.",
        )
    place = output or (Path() if paper == "-" else Path(paper).parent) / "manifest.json"
    write_manifest(place, skeleton(told))
    number = len(told.experiments)
    click.echo(
        f"{place}: {number} planned experiment{'s' * (number != 1)}, as described. Check each, "
        "fill in what was measured, and set its status to done; planned experiments license nothing."
    )
