"""``check --diff`` and ``check --fix``: the rewordings, shown or put in the source."""

from __future__ import annotations

from pathlib import Path

import click

from claimlint.checks.edits import Edits, applied, edits
from claimlint.checks.model import Finding, Outcome
from claimlint.cli.output import write
from claimlint.errors import ClaimlintError
from claimlint.manuscript.encoding import decode
from claimlint.manuscript.model import Source
from claimlint.report.diff import unified
from claimlint.report.places import place_words


def show_diff(outcome: Outcome) -> None:
    """The diff on the screen; what is left, and why, beside it."""
    found = edits(outcome.document, outcome.findings)
    click.echo(unified(outcome.document, found), nl=False)
    _tell(outcome, found, "would be reworded")


def fix(outcome: Outcome) -> bool:
    """Make the edits, each file whole or not at all; whether there were any.

    Raises:
        ClaimlintError: a file has changed since it was read, or cannot be written; files before it are done.
    """
    found = edits(outcome.document, outcome.findings)
    changes = found.by_file()
    sources = [source for source in outcome.document.sources if source.name in changes]
    marks = [_mark(source) for source in sources]
    for source, mark in zip(sources, marks, strict=True):
        write(Path(source.name), mark + applied(source, changes[source.name]))
    _tell(outcome, found, "reworded")
    return bool(found.made)


def _mark(source: Source) -> str:
    """The byte-order mark that the file begins with, if it does."""
    data = Path(source.name).read_bytes()
    decoded = decode(data)
    if decoded is None or decoded.text != source.text:
        raise ClaimlintError(
            f"{source.name}: the file is not as it was read",
            "A rewording would be put in a wrong place. No file was changed.",
            "Run the command again.",
        )
    if decoded.encoding != "utf-8":
        raise ClaimlintError(
            f"{source.name}: the file is not UTF-8",
            "Writing it could change other characters. No file was changed.",
            "Save it as UTF-8 first, or take the rewordings from --diff.",
        )
    return "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""


def _tell(outcome: Outcome, found: Edits, done: str) -> None:
    def place(finding: Finding) -> str:
        return f"{place_words(outcome.document, finding.span)}: {finding.name}"

    for finding, _ in found.made:
        click.echo(f"{place(finding)}: {done}", err=True)
    for finding, reason in found.left:
        click.echo(f"{place(finding)}: left, {reason}", err=True)
    without = sum(not finding.rewording for finding in outcome.findings)
    click.echo(f"{len(found.made)} {done}, {len(found.left)} left, {without} without a rewording.", err=True)
