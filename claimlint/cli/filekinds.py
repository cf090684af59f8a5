"""Which kind of file an argument wants: a file of another kind is refused with the place where it belongs."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from claimlint.config import Config
from claimlint.errors import ClaimlintError
from claimlint.manuscript.endings import PAPERS, STYLES, ending

#: Keys that stand at the top of a file of each kind; of two kinds that share as many, it is the first.
_TOP_KEYS = {
    ".json": {
        "report": {"document"},
        "baseline": {"findings"},
        "manifest": {"experiments", "models", "prompt_sets"},
    },
    ".toml": {
        "manifest": {"version", "experiments", "models", "prompt_sets"},
        "spec": {"experiment", "model", "prompts", "robustness"},
        "config": set(Config.model_fields),
    },
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is ``read`` in such a file, how to ``give`` one, and where one that was given ``goes``."""

    noun: str
    read: str
    give: str
    goes: str


_KINDS = {
    "paper": _Kind(
        "a manuscript",
        "Claims are read in a manuscript alone.",
        "Give the paper's root file (.tex, .md, .txt, .pdf or an archive).",
        "A manuscript is checked by `claimlint check {path}`.",
    ),
    "manifest": _Kind(
        "a manifest",
        "What was run is read in a manifest alone.",
        "Give the manifest; `claimlint init PAPER` writes a first manifest.json.",
        "A manifest is named by --manifest {path}, and shown by `claimlint manifest show {path}`.",
    ),
    "baseline": _Kind(
        "a baseline",
        "Which findings are known is read in a baseline alone.",
        "Give the baseline; `claimlint baseline create PAPER` writes one.",
        "A baseline is named by --baseline {path}, beside the paper.",
    ),
    "config": _Kind(
        "a config",
        "Settings are read in a config alone.",
        "Give claimlint.toml, or a pyproject.toml with [tool.claimlint].",
        "A config is named by --config {path}.",
    ),
    "spec": _Kind(
        "a specification of experiments",
        "What to run is read in a specification alone.",
        "Give a specification (.toml); docs/experiments.md has one.",
        "A specification is run by `claimlint run {path}`.",
    ),
    "results": _Kind(
        "a table of results",
        "Results are read in tables, folders of MLflow and manifests written by hand.",
        "Give a table (.csv, .tsv, .json, .jsonl), a folder of MLflow or a .toml manifest.",
        "",
    ),
    "report": _Kind(
        "a report of claimlint",
        "",
        "",
        "A report is what `claimlint check` writes, and is read by no command.",
    ),
}


class FileOf(click.Path):
    """A path to a file of one kind; ``also`` is another that will do, if it ends in ``.toml``."""

    def __init__(self, kind: str, also: str = "", **settings: Any) -> None:
        super().__init__(**settings)
        self.kind = kind
        self.also = also

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(value)
        given = kind_of(path)
        by_hand = given == self.also and path.suffix == ".toml"
        if given and given != self.kind and not by_hand:
            wanted, other = _KINDS[self.kind], _KINDS[given]
            raise ClaimlintError(
                f"{path}: is {other.noun}, where {wanted.noun} is wanted",
                wanted.read,
                f"{wanted.give} {other.goes.format(path=path)}",
            )
        return super().convert(value, param, ctx)


def kind_of(path: Path) -> str:
    """What the file plainly is, by its ending or its keys; '' where it is nothing that is known."""
    suffix = ending(str(path))
    if suffix in (*PAPERS, *STYLES, ".pdf"):
        return "paper"
    keys = _top_keys(path, suffix) if suffix in _TOP_KEYS else set()
    shared = {kind: len(keys & telling) for kind, telling in _TOP_KEYS.get(suffix, {}).items()}
    best = max(shared, key=lambda kind: shared[kind], default="")
    return best if best and shared[best] else ""


def _top_keys(path: Path, suffix: str) -> set[str]:
    """The keys at the top of a JSON or TOML file; of one that cannot be read, its own reader tells why."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = json.loads(text) if suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        return set()
    return set(data) if isinstance(data, dict) else set()
