"""Where the rule packs lie: inside the installed wheel, or at the top of a checkout."""

from __future__ import annotations

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
        raise ClaimlintError(
            f"{path}: {error}",
            "Rules take their words from this file.",
            "Install claimlint again, or undo the change to this file.",
        ) from error
