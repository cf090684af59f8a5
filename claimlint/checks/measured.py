"""How often cues and rules were right on labelled text: ``rules/measured.toml``, checked at the border."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from claimlint.checks.rules import Table
from claimlint.errors import ClaimlintError
from claimlint.packs import rules_folder

#: What makes a cue or a rule stable: this many firings, and this share of them right.
FIRINGS, PRECISION = 10, 0.8


class Count(Table):
    """Firings and how many of them were right; ``seen`` are the sentences that have a cue's words."""

    seen: int = Field(default=0, ge=0)
    fired: int = Field(ge=0)
    right: int = Field(ge=0)

    @model_validator(mode="after")
    def _adds_up(self) -> Count:
        if self.right > self.fired:
            raise ValueError("more are right than fired")
        return self

    @property
    def precision(self) -> float | None:
        return self.right / self.fired if self.fired else None

    @property
    def status(self) -> str:
        enough = self.fired >= FIRINGS and self.right >= PRECISION * self.fired
        return "stable" if enough else "preview"


Counts = Mapping[str, Count]


class LabelledText(Table):
    """A set; one from another field is shown beside the others, and not ``counted``."""

    sentences: int = Field(ge=1)
    labels: str
    counted: bool = True


class Measured(Table):
    """Counts by set, for each cue by its id and each rule by its code.

    Args:
        version: of claimlint, when it was measured.
        sets: what it was measured on.
    """

    version: str
    sets: dict[str, LabelledText]
    cues: dict[str, dict[str, Count]]
    rules: dict[str, dict[str, Count]]

    @model_validator(mode="after")
    def _only_sets_that_are_told(self) -> Measured:
        named = {name for counts in (*self.cues.values(), *self.rules.values()) for name in counts}
        if unknown := sorted(named - set(self.sets)):
            raise ValueError(f"{unknown[0]!r} is not in [sets]")
        return self

    def total(self, counts: Counts) -> Count:
        """All sets that are counted."""
        parts = [count for name, count in counts.items() if self.sets[name].counted]
        return Count(
            seen=sum(part.seen for part in parts),
            fired=sum(part.fired for part in parts),
            right=sum(part.right for part in parts),
        )


def load_measured(path: Path | None = None) -> Measured:
    """The figures that come with the packs.

    Raises:
        ClaimlintError: the file is not there, or says what cannot be.
    """
    path = path or rules_folder() / "measured.toml"
    try:
        return Measured.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ClaimlintError(
            f"{path}: {error}",
            "How often cues and rules are right cannot be told.",
            "Write it anew with `python -m tests.benchmarks.measured`, or install claimlint again.",
        ) from error
