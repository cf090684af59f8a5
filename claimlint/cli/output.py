"""Writing reports to files: whole or not at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from claimlint.atomic import replace_file
from claimlint.errors import ClaimlintError, near_name
from claimlint.report import FORMATS


class OutputFile(click.ParamType[tuple[str, Path]]):
    """``FORMAT=PATH``."""

    name = "FORMAT=PATH"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        form, equals, path = str(value).partition("=")
        if not equals and form not in FORMATS:
            known = ", ".join(FORMATS)
            self.fail(f"{value!r} names no format. Write FORMAT={value}, FORMAT one of {known}", param, ctx)
        if form not in FORMATS:
            self.fail(
                f"{form!r} is no format. Known: {', '.join(FORMATS)}.{near_name(form, list(FORMATS))}",
                param,
                ctx,
            )
        if not equals or not path:
            self.fail(f"{value!r} names no file. Write {form}=report.{form}", param, ctx)
        return form, Path(path)


def each_once(
    ctx: click.Context, param: click.Parameter, given: tuple[tuple[str, Path], ...]
) -> tuple[tuple[str, Path], ...]:
    """The files to write, of which no two may be the same."""
    paths = Counter(path.resolve() for _, path in given)
    twice = next((path for _, path in given if paths[path.resolve()] > 1), None)
    if twice is not None:
        raise click.BadParameter(f"two reports would be written to {str(twice)!r}.", ctx, param)
    return given


def write(path: Path, text: str) -> None:
    """Write ``text`` so that a reader of ``path`` sees the old file or the whole new one.

    Raises:
        ClaimlintError: the folder is missing or may not be written.
    """
    data = text.encode("utf-8", "replace")
    try:
        # A rename would put a file where the device, the pipe or the link was.
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            replace_file(path.resolve(), data)
    except OSError as error:
        raise ClaimlintError(
            f"{path}: cannot be written ({error.strerror})",
            "The report would be lost.",
            "Give a path in an existing folder that you may write to.",
        ) from error
