"""Cue packs as they stand in the files: what words imply, checked before anything is compiled."""

from __future__ import annotations

import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from claimlint.claims.model import Kind, Stance
from claimlint.errors import ClaimlintError, near_name

Subject = Literal["part", "model", "authors", "tool", "pointer", "anaphor", "other", "none"]
Pattern = str | list[dict[str, Any]]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CueEntry(_Table):
    """``[[cue]]``: some ways to say one thing, and what saying it implies.

    Attributes:
        id: the name that every explanation quotes.
        match: token patterns, any of which fires; in shorthand, or as spaCy writes them.
        overlapping: patterns that undo a match which they overlap ("causal language model").
        unless: patterns that undo the cue anywhere in the sentence.
        kind: the kind of claim that the words make.
        strength: how reliably these words alone make that kind of claim.
        votes: what the words say about whose statement it is.
        flag: ``hedged`` or ``negated``.
        scope: ``general``, ``average`` or ``instance``.
        tag: a property of the sentence that later decisions ask for.
        subject: the subjects of which the words are a claim; any, where empty.
        about: on which side of the words the behaviour or concept stands.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    match: list[Pattern] = Field(min_length=1)
    overlapping: list[Pattern] = []
    unless: list[Pattern] = []
    kind: Kind | None = None
    strength: float = Field(default=0.7, gt=0, le=1)
    votes: dict[Stance, float] = {}
    flag: Literal["hedged", "negated"] | None = None
    scope: Literal["general", "average", "instance"] | None = None
    tag: str | None = None
    subject: list[Subject] = []
    about: Literal["before", "after"] = "after"
    must_fire: list[str] = Field(min_length=1)
    must_not_fire: list[str] = Field(min_length=1)

    @property
    def says(self) -> str:
        """What the words imply: a kind, flag, scope, or stances; nothing where they are a mere tag."""
        stances = ", ".join(stance for stance, votes in self.votes.items() if votes > 0)
        return self.kind or self.flag or self.scope or stances


class Inflection(_Table):
    """How a language bends its words: ``irregular`` forms, else the first of ``endings`` that matches.

    ``{0}`` in a form is the first group of its ending. The first two forms are the word itself and, of a
    noun, its plural.
    """

    irregular: dict[str, list[str]] = {}
    endings: list[tuple[str, list[str]]] = []

    def forms(self, word: str, most: int | None = None) -> list[str]:
        if word in self.irregular:
            return [word, *self.irregular[word]][:most]
        for ending, forms in self._compiled:
            if found := ending.search(word):
                stem, kept = word[: found.start()], found.groups()
                return [word, *[stem + form.format(*kept) for form in forms[1:most]]]
        return [word]

    def numbers(self, noun: str) -> list[str]:
        """A noun and its plural."""
        return self.forms(noun, 2)

    @cached_property
    def _compiled(self) -> list[tuple[re.Pattern[str], list[str]]]:
        return [(re.compile(ending), forms) for ending, forms in self.endings]


class Pack(_Table):
    """One file of ``rules/cues``; ``classes`` are words of one sense, most too rare to be learned alone.

    A word of them is written as in a pattern: ``~fall`` is every form of a verb, ``+gap`` a noun and its
    plural.
    """

    language: str
    cue: list[CueEntry] = []
    classes: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    regex: dict[str, str] = {}
    sections: dict[str, str] = {}
    priors: dict[str, dict[Stance, float]] = {}
    inflection: Inflection | None = None

    @field_validator("cue")
    @classmethod
    def _one_of_each(cls, cues: list[CueEntry]) -> list[CueEntry]:
        seen: set[str] = set()
        for cue in cues:
            if cue.id in seen:
                raise ValueError(f"cue {cue.id!r} stands there twice")
            seen.add(cue.id)
        return cues


def load_pack(path: Path) -> Pack:
    """Read and check one file.

    Raises:
        ClaimlintError: it is not TOML, or says something that no pack says; quotes the file and the cue.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return Pack.model_validate(raw)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise broken_pack(path.name, "", str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = first["loc"]
        cue = ""
        if len(where) > 1 and where[0] == "cue" and isinstance(where[1], int):
            cue = str(raw["cue"][where[1]].get("id", f"number {where[1] + 1}"))
        hint = (
            near_name(str(where[-1]), list(CueEntry.model_fields))
            if first["type"] == "extra_forbidden"
            else ""
        )
        raise broken_pack(path.name, cue, f"{'.'.join(map(str, where))}: {first['msg']}.{hint}") from error


def broken_pack(file: str, cue: str, detail: str) -> ClaimlintError:
    place = f"{file}: cue {cue!r}" if cue else file
    return ClaimlintError(
        f"{place}: {detail}",
        "A cue that cannot be read would silently never fire.",
        "Correct the entry; the other packs in rules/cues show how one is written.",
    )
