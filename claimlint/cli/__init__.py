"""The command line: ``claimlint paper.tex`` is ``claimlint check paper.tex``.

Each command is a module of this package, imported only when it is called, so that ``claimlint --version`` and
shell completion stay instant.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimlint import __version__
from claimlint.cli.names import COMMANDS
from claimlint.errors import ClaimlintError, near_name

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Commands(click.Group):
    """Loads a command's module when it is wanted; an unknown first word is a paper for ``check``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name != "run":
            # numpy starts a thread a core when it is imported; what is read has no use for them.
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        command: click.Command = importlib.import_module(f"claimlint.cli.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = next((arg for arg in args if not arg.startswith("-") or arg == "-"), None)
        before = args[: args.index(first)] if first else args
        if first and first not in COMMANDS and not {"--help", "-h", "--version"} & set(before):
            close = near_name(first, COMMANDS)
            if close and not Path(first).exists():
                raise click.UsageError(f"{first!r} is no command and no file.{close}", ctx)
            args = ["check", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, and files too, for a paper alone is checked; bash forgets what comes before files."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  (only where a shell asks)

        files = [CompletionItem(incomplete, type="file")] if incomplete else []
        return [*files, *super().shell_complete(ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="'claimlint PAPER' is 'claimlint check PAPER'. "
    "Exit code: 0 nothing to report, 1 findings, 2 the work could not be done.",
)
@click.version_option(__version__, prog_name="claimlint")
def program() -> None:
    """Find the sentences of an interpretability paper that claim more than its experiments show."""


def main() -> None:
    """Run the program; every failure ends in a message in three parts and exit code 2."""
    # A run keeps what it makes until its end; to look for what might be freed takes a tenth of its time.
    gc.set_threshold(1_000_000)
    try:
        sys.exit(program.main(prog_name="claimlint", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except ClaimlintError as error:
        click.echo(f"claimlint: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe (``| head``) has gone; what it wanted it has.
        _abandon_output()
        sys.exit(0)
    except OSError as error:
        told = ClaimlintError(
            f"{error.filename or 'the output'}: {error.strerror}",
            "What was to be written there is lost.",
            "Make room, or write to another place.",
        )
        click.echo(f"claimlint: {told}", err=True)
        _abandon_output()
        sys.exit(2)
    finally:
        gc.freeze()


def _abandon_output() -> None:
    """Nothing more goes out; else Python tries once more when it ends, and fails with a code of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
