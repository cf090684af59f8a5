"""``claimlint run SPEC``: run experiments and write the manifest, or run one again and compare."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import click

from claimlint.errors import ClaimlintError


@click.command("run")
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--verify", metavar="ID", help="Run the experiment behind this entry again, and compare.")
@click.option("--device", default="cpu", show_default=True, help="Where torch runs the models.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads on the CPU.")
@click.pass_context
def command(
    ctx: click.Context, specs: tuple[Path, ...], verify: str | None, device: str, threads: int
) -> None:
    """Run the experiments of each SPEC (TOML) and write them to its manifest.

    What the manifest already holds is not run again, so a run that was killed goes on where it was. With
    --verify, exit 1 when the numbers do not come out again.
    """
    runner = _runner()
    if verify is None:
        summary = runner.run_specs(specs, device=device, threads=threads, report=_say)
        ran = len(summary.ran)
        click.echo(f"{ran} unit{'' if ran == 1 else 's'} run, {len(summary.kept)} kept.")
        return
    found = runner.verify(specs, verify, device=device, threads=threads)
    for change in found.changed:
        click.echo(f"changed: {change}")
    for name, difference in found.differences.items():
        click.echo(f"{name}: largest difference {difference:.1e} (allowed {found.tolerance:.1e})")
    click.echo(f"{found.id}: {'holds' if found.holds else 'does not hold'}.")
    ctx.exit(0 if found.holds else 1)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _runner() -> ModuleType:
    try:
        from claimlint.backend import runner  # noqa: PLC0415  (needs the experiments extra)
    except ModuleNotFoundError as missing:
        raise ClaimlintError(
            f"claimlint run: the module {missing.name!r} is not installed",
            "Experiments need torch, transformers and scikit-learn; the linter does not.",
            "pip install 'claimlint[experiments]'",
        ) from missing
    return runner
