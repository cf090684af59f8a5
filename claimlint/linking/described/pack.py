"""What a language calls the methods, and what a paper may say of how it used them (``rules/described/``)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, model_validator

from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Method
from claimlint.packs import rules_folder
from claimlint.searching import Pattern


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _MethodWords(_Table):
    """``about`` are words of which the sentence must have one, too.

    ``approximates`` are methods that it is measured by: named beside it, they are its standard.
    """

    name: Method
    words: str
    about: str = ""
    approximates: tuple[Method, ...] = ()


class _Said(_Table):
    field: str
    value: Any = True
    words: str


class _Detail(_Table):
    """What a sentence says outright; without a ``value`` it is read off the group that matched."""

    field: str
    value: Any = None
    reads: Literal["words", "number", "numbers"] = "words"
    methods: tuple[Method, ...] = ()
    words: str


class _Size(_Table):
    words: str


#: What a pack has words for, beside methods.
Matter = Literal[
    "unused",
    "everywhere",
    "insides",
    "parts",
    "plain",
    "workings",
    "embedded",
    "relative",
    "reporting",
    "participle",
    "auxiliary",
    "appended",
    "purpose",
    "denial",
    "attributive",
    "sole",
    "tentative",
    "guarded",
    "convention",
    "possible",
    "able",
    "finding",
    "outside",
    "pronoun",
    "instrumental",
    "explained",
    "conditions",
    "generic",
    "anaphor",
    "ours",
    "predicate",
    "citation",
    "attributed",
    "remark",
    "counterfactual",
    "forms",
    "proofs",
]


class _Pack(_Table):
    language: str
    words: dict[Matter, str]
    method: tuple[_MethodWords, ...]
    said: tuple[_Said, ...]
    detail: tuple[_Detail, ...]
    size: _Size

    @model_validator(mode="after")
    def _is_whole(self) -> _Pack:
        lacking = [matter for matter in get_args(Matter) if matter not in self.words]
        if lacking:
            raise ValueError(f"[words] lacks {', '.join(lacking)}")
        return self


class Vocabulary:
    """One language's words for methods."""

    def __init__(self, pack: _Pack) -> None:
        self._words = {matter: Pattern(words) for matter, words in pack.words.items()}
        self._methods = [(m.name, Pattern(m.words), Pattern(m.about)) for m in pack.method]
        self._standards = {m.name: m.approximates for m in pack.method}
        self._said = [(said.field, said.value, Pattern(said.words)) for said in pack.said]
        self._details = [(detail, Pattern(detail.words)) for detail in pack.detail]
        self._size = Pattern(pack.size.words)
        # An editor asks about the same sentences at every keystroke.
        self._methods_in = lru_cache(maxsize=1 << 14)(self._read_methods)
        self._said_in = lru_cache(maxsize=1 << 14)(self._read_said)

    def methods(self, text: str) -> Mapping[Method, tuple[int, int]]:
        """The methods that a sentence speaks of as used, each with the place of its words."""
        return self._methods_in(text)

    def _read_methods(self, text: str) -> Mapping[Method, tuple[int, int]]:
        used = dict(self._used(text))
        standards = {standard for method in used for standard in self._standards[method]}
        return {method: place for method, place in used.items() if method not in standards}

    def _used(self, text: str) -> Iterator[tuple[Method, tuple[int, int]]]:
        for name, words, about in self._methods:
            if about.search(text):
                used = (
                    m.span()
                    for m in words.finditer(text)
                    if not self._words["unused"].search(text[: m.start()])
                )
                for place in used:
                    yield name, place
                    break

    def speaks_of(self, matter: Matter, text: str) -> bool:
        """Whether a text has words of the matter; the pack says what each is."""
        return self._words[matter].search(text) is not None

    def places(self, matter: Matter, text: str) -> Iterator[tuple[int, int]]:
        """Where a text has words of the matter."""
        return (found.span() for found in self._words[matter].finditer(text))

    def asserts(self, text: str, start: int, end: int) -> bool:
        """Whether the verb at ``start`` to ``end`` asserts something, and is not only mentioned."""
        before = text[:start]
        if self._words["embedded"].search(before) or self.tells_which(before):
            return False
        return (
            not self._words["participle"].search(text[start:end])
            or self.speaks_of("auxiliary", before)
            or self.speaks_of("appended", before)
        )

    def tells_which(self, before: str) -> bool:
        """Whether what follows ``before`` only tells which part is meant: "the heads that ..."."""
        told = self._words["relative"].search(before)
        return told is not None and not self._words["reporting"].fullmatch(told["before"])

    def said(self, text: str) -> tuple[tuple[str, Any], ...]:
        """The manifest's fields that a sentence fills, with their values."""
        return self._said_in(text)

    def _read_said(self, text: str) -> tuple[tuple[str, Any], ...]:
        return tuple((field, value) for field, value, words in self._said if words.search(text))

    def details(self, text: str, method: Method) -> Iterator[tuple[str, Any]]:
        """The fields of a planned experiment that a sentence fills outright, with their values.

        What it says was not done ("without a control task") fills none.
        """
        for detail, words in self._details:
            if not detail.methods or method in detail.methods:
                found = words.search(text)
                if found and not self._words["unused"].search(text[: found.start()]):
                    yield detail.field, _read(detail, found)

    def size(self, text: str) -> int | None:
        """The number of inputs that a sentence names."""
        found = self._size.search(text)
        return int(found[1].replace(",", "")) if found else None


def _read(detail: _Detail, found: re.Match[str]) -> Any:
    if detail.value is not None:
        return detail.value
    words = next(filter(None, found.groups()))
    if detail.reads == "words":
        return words
    numbers = [int(number.replace(",", "")) for number in re.findall(r"\d{1,3}(?:,\d{3})+|\d+", words)]
    return numbers if detail.reads == "numbers" else numbers[0]


@cache
def vocabulary(language: str = "en") -> Vocabulary:
    """The words of a language.

    Raises:
        ClaimlintError: there is no pack for it, or it does not hold what it should.
    """
    path = rules_folder() / "described" / f"{language}.toml"
    return _load(path)


def _load(path: Path) -> Vocabulary:
    try:
        return Vocabulary(_Pack.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, re.error) as error:
        raise ClaimlintError(
            f"{path}: {error}",
            "What a paper says that it did cannot be read without these words.",
            "Install claimlint again, or undo the change to this file.",
        ) from error
