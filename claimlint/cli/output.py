"""Writing reports to files: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

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


def write(path: Path, text: str) -> None:
    """Write ``text`` so that a reader of ``path`` sees the old file or the whole new one.

    Raises:
        ClaimlintError: the folder is missing or may not be written.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise ClaimlintError(
            f"{path}: cannot be written ({error.strerror})",
            "The report would be lost.",
            "Give a path in an existing folder that you may write to.",
        ) from error
