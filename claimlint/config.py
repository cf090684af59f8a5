"""``claimlint.toml``, or ``[tool.claimlint]`` in ``pyproject.toml``: what a project tells claimlint once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from claimlint.claims.model import KINDS
from claimlint.errors import ClaimlintError, near_name

NAME = "claimlint.toml"
LEVELLED = tuple(kind for kind in KINDS if kind not in ("performance", "none"))


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LinkEntry(_Table):
    """``[[link]]``: the sentence that contains these words leans on these experiments."""

    sentence: str = Field(min_length=8)
    evidence: tuple[str, ...] = Field(min_length=1)


class AcceptEntry(_Table):
    """``[[accept]]``: a finding that the authors answer, for sources that one may not edit."""

    rule: str
    sentence: str = Field(min_length=8)
    reason: str = Field(min_length=1)


class Config(_Table):
    """Everything that a config file may say. Paths are relative to the file's own folder."""

    manifest: str | None = None
    baseline: str | None = None
    profile: str = "joshi2026"
    fail_on: Literal["error", "warning", "info", "never"] = "warning"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False
    described: bool = True
    severity: dict[str, Literal["error", "warning", "info"]] = {}
    profiles: dict[str, dict[str, int]] = {}
    link: tuple[LinkEntry, ...] = ()
    accept: tuple[AcceptEntry, ...] = ()

    @field_validator("profiles")
    @classmethod
    def _levels(cls, profiles: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        for name, levels in profiles.items():
            for kind, level in levels.items():
                if kind not in LEVELLED:
                    raise ValueError(f"profile {name!r} names no kind {kind!r}.{near_name(kind, LEVELLED)}")
                if not 1 <= level <= 3:
                    raise ValueError(
                        f"profile {name!r} gives {kind} the level {level}; levels are 1, 2 and 3"
                    )
        return profiles


def load_config(paper: Path, explicit: Path | None = None) -> tuple[Config, Path]:
    """The config that holds for a paper, and the folder that its paths are relative to.

    Looked for from the paper's folder upwards; the first ``claimlint.toml``, or ``pyproject.toml`` with a
    ``[tool.claimlint]`` table, is the one.

    Raises:
        ClaimlintError: the file cannot be read, is not TOML, or holds a key or value that is not known.
    """
    path = explicit or find_config(paper)
    return (_parse(path, _tables(path)), path.parent) if path else (Config(), paper.resolve().parent)


def find_config(paper: Path) -> Path | None:
    """The file that holds a paper's config; None where there is none."""
    return next((path for path in config_files(paper) if path.is_file() and _is_config(path)), None)


def _is_config(path: Path) -> bool:
    return path.name == NAME or "claimlint" in _load(path).get("tool", {})


def config_files(paper: Path) -> list[Path]:
    """The files that may hold a paper's config, whether or not they are there."""
    places = paper.resolve().parents
    return [place / name for place in places for name in (NAME, "pyproject.toml")]


def _tables(path: Path) -> dict[str, Any]:
    data = _load(path)
    return data.get("tool", {}).get("claimlint", {}) if path.name == "pyproject.toml" else data


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ClaimlintError(
            f"{path}: the config cannot be read ({reason})",
            "Without it the manifest and the rules to run are not known.",
            "Check the path and the file's permissions, and save it as UTF-8.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ClaimlintError(
            f"{path}: not valid TOML: {error}",
            "Without it the manifest and the rules to run are not known.",
            "Mend the line; https://toml.io shows the format.",
        ) from error


def _parse(path: Path, tables: dict[str, Any]) -> Config:
    try:
        return Config.model_validate(tables)
    except ValidationError as error:
        lines = "\n  ".join(_explain(dict(problem)) for problem in error.errors())
        raise ClaimlintError(
            f"{path}: {lines}",
            "A setting that is not understood would silently change nothing.",
            f"Known settings: {', '.join(Config.model_fields)}.",
        ) from error


def _explain(problem: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        tables: dict[object, type[_Table]] = {"link": LinkEntry, "accept": AcceptEntry}
        table = tables.get(problem["loc"][0], Config)
        return f"unknown key '{place}'.{near_name(str(problem['loc'][-1]), list(table.model_fields))}"
    if problem["type"] == "missing":
        return f"{place}: missing, and required"
    if problem["type"] == "tuple_type":
        return f"{place}: expected a list in square brackets (got {problem['input']!r})"
    if problem["type"] == "value_error":
        return f"{place}: {problem['ctx']['error']}"
    return f"{place}: {problem['msg']} (got {problem['input']!r})"
