"""Where the rule packs lie: inside the installed wheel, or at the top of a checkout."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from claimlint.errors import ClaimlintError

_PACKAGE = Path(__file__).parent


def rules_folder() -> Path:
    """The folder that holds ``cues/`` and ``checks/``."""
    installed = _PACKAGE / "rules"
    return installed if installed.is_dir() else _PACKAGE.parent / "rules"


@cache
def pack_file(name: str) -> dict[str, Any]:
    """What a file of the folder holds that several rules share, such as ``words.toml``.

    Raises:
        ClaimlintError: it cannot be read, or is not TOML.
    """
    path = rules_folder() / name
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _changed(path, str(error)) from error


@cache
def expression(file: str, table: str, name: str) -> re.Pattern[str]:
    """A regular expression of such a file, compiled.

    Raises:
        ClaimlintError: the file cannot be read, or holds no such expression.
    """
    try:
        return re.compile(pack_file(file)[table][name])
    except (KeyError, re.error) as error:
        raise _changed(rules_folder() / file, f"[{table}] {name}: {error}") from error


def _changed(path: Path, detail: str) -> ClaimlintError:
    return ClaimlintError(
        f"{path}: {detail}",
        "Rules take their words from this file.",
        "Install claimlint again, or undo the change to this file.",
    )
