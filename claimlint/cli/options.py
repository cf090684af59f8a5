"""What several commands share: the paper argument and the settings that hold for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from claimlint.cli.filekinds import FileOf
from claimlint.config import Config, load_config
from claimlint.errors import ClaimlintError, near_name
from claimlint.phrasing import listed


class Subcommands(click.Group):
    """Says which commands there are where the one that is named is none."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known:
            near = near_name(args[0], known)
            raise click.UsageError(f"{args[0]!r} is none of its commands: {listed(known)}.{near}", ctx)
        return super().resolve_command(ctx, args)


def paper_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``PAPER``, ``--config`` and ``--profile``."""
    for decorate in (
        click.option(
            "--profile", help="How kinds map to levels: joshi2026 (default), pearl, or one of the config's."
        ),
        click.option(
            "--config", "config_path", type=FileOf("config", path_type=Path), help="Use this config file."
        ),
        click.argument("paper", type=FileOf("paper", allow_dash=True)),
    ):
        function = decorate(function)
    return function


def each_rule(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """The rules that an option names, once or with commas."""
    return tuple(name.strip() for words in given for name in words.split(",") if name.strip())


def rule_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what decides on the findings: the manifest, and which rules run on what."""
    for decorate in (
        click.option(
            "--preview", is_flag=True, default=None, help="Run the rules too that are off by default."
        ),
        click.option(
            "--described/--no-described",
            default=None,
            help="Without a manifest, hold claims against the experiments that the paper describes.  "
            "[default: yes]",
        ),
        click.option(
            "--ignore", multiple=True, metavar="RULE", callback=each_rule, help="Leave these rules out."
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="RULE",
            callback=each_rule,
            help="Run only these rules (names or codes, with commas between them, or the option repeated), "
            "and those on what could not be read.",
        ),
        click.option(
            "--manifest",
            type=FileOf("manifest"),
            help="The manifest of executed experiments; else the config's, else the one beside the paper.",
        ),
    ):
        function = decorate(function)
    return function


def settle(paper: str, config_path: Path | None, **settings: Any) -> tuple[Config, Path]:
    """The config with the command line's settings laid over it, and the folder its paths are relative to.

    Raises:
        ClaimlintError: the paper is not there, or the config cannot be used.
    """
    if paper != "-" and not Path(paper).exists():
        raise ClaimlintError(
            f"{paper}: no such file",
            "There is nothing to read.",
            "Give the paper's root file (.tex, .md, .txt, .pdf or an archive), or - for standard input.",
        )
    config, folder = load_config(Path("stdin") if paper == "-" else Path(paper), config_path)
    given = {key: value for key, value in settings.items() if value not in (None, ())}
    return config.model_copy(update=given), folder
