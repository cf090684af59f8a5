"""``claimlint run SPEC``: run experiments and write the manifest, or run them again and compare."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from math import isinf
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from claimlint.cli.filekinds import FileOf
from claimlint.errors import ClaimlintError
from claimlint.phrasing import counted

if TYPE_CHECKING:
    from claimlint.backend.verification import Difference, Verification


@click.command("run")
@click.argument("specs", nargs=-1, required=True, type=FileOf("spec", path_type=Path))
@click.option("--verify", metavar="ID", help="Run the experiment behind this entry again, and compare.")
@click.option("--verify-all", is_flag=True, help="Run all experiments of the specs again, and compare.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    help="Relative difference that --verify allows.  [default: 1e-5]",
)
@click.option("--device", default="cpu", show_default=True, help="Where torch runs the models.")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64", "float16", "bfloat16"]),
    help="Precision of the models, in place of what the specs say.",
)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of each job.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Units to run at a time.")
@click.pass_context
def command(
    ctx: click.Context,
    specs: tuple[Path, ...],
    verify: str | None,
    verify_all: bool,
    tolerance: float | None,
    device: str,
    dtype: str | None,
    threads: int,
    jobs: int,
) -> None:
    """Run the experiments of each SPEC (TOML) and write them to its manifest.

    What the manifest already holds is not run again, so a run that was killed goes on where it was, and what
    failed, told at the end with exit code 2, is all that the next run does. With --verify or --verify-all,
    exit 1 when the numbers do not come out again. docs/experiments.md has a whole example, and all keys.
    """
    runner, verification = _backend("runner"), _backend("verification")
    ctx.call_on_close(_wipe)
    machine = _backend("jobs").Machine(device, dtype, threads, jobs)
    allowed = verification.TOLERANCE if tolerance is None else tolerance
    if verify is None and not verify_all:
        try:
            summary = runner.run_specs(specs, machine, report=_say, progress=_show)
        except KeyboardInterrupt:
            _say("claimlint: interrupted; finished units are kept, and the same command goes on from there")
            raise click.Abort from None
        ran = len(summary.ran)
        click.echo(f"{counted(ran, 'unit')} run, {len(summary.kept)} kept.")
        return
    found = (
        verification.verify_all(specs, machine, tolerance=allowed, report=_say, progress=_show)
        if verify is None
        else (verification.verify(specs, verify, machine, tolerance=allowed),)
    )
    ctx.exit(_exit_code(found))


def _exit_code(found: Iterable[Verification]) -> int:
    """Tells what was found: 0 where all of it holds, 2 where something could not be run again."""
    codes = [0]
    for one in found:
        for line in _told(one):
            click.echo(line)
        codes.append(2 if one.error else 0 if one.holds else 1)
    return max(codes)


def _told(one: Verification) -> Iterator[str]:
    if one.error:
        yield f"{one.id}: cannot be run again: {one.error}"
        return
    for change in one.changed:
        yield f"{one.id}: changed {change}"
    for difference in one.differences:
        if not difference.holds:
            yield f"{one.id}: {difference.what}: {_size(difference)}"
    largest = max(
        (difference.size for difference in one.differences if not isinf(difference.size)), default=0.0
    )
    held = "holds" if one.holds else "does not hold"
    yield f"{one.id}: {held}, largest difference {largest:.1e} of the largest value."


def _size(difference: Difference) -> str:
    if isinf(difference.size):
        return "not the same prompts, cells or metrics in the two runs"
    return f"a difference of {difference.size:.1e}, where {difference.allowed:g} is allowed"


def _say(line: str) -> None:
    _wipe()
    click.echo(line, err=True)


def _show(line: str) -> None:
    """A line that the next one takes the place of; none where nobody watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{line}\x1b[K", err=True, nl=False)


def _wipe() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)


def _backend(name: str) -> ModuleType:
    try:
        return import_module(f"claimlint.backend.{name}")
    except ModuleNotFoundError as missing:
        raise ClaimlintError(
            f"claimlint run: the module {missing.name!r} is not installed",
            "Experiments need torch, transformers and scikit-learn; the linter does not.",
            "Run pip install 'claimlint[experiments]'.",
        ) from missing
