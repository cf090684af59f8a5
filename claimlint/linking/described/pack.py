"""What a language calls the methods, and what a paper may say of how it used them (``rules/described/``)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Method
from claimlint.packs import rules_folder


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


class _Size(_Table):
    words: str


class _Pack(_Table):
    language: str
    unused: str
    method: tuple[_MethodWords, ...]
    said: tuple[_Said, ...]
    size: _Size


class Vocabulary:
    """One language's words for methods."""

    def __init__(self, pack: _Pack) -> None:
        self._unused = _compiled(pack.unused)
        self._methods = [(m.name, _compiled(m.words), _compiled(m.about)) for m in pack.method]
        self._standards = {m.name: m.approximates for m in pack.method}
        self._said = [(said.field, said.value, _compiled(said.words)) for said in pack.said]
        self._size = _compiled(pack.size.words)

    def methods(self, text: str) -> Mapping[Method, tuple[int, int]]:
        """The methods that a sentence speaks of as used, each with the place of its words."""
        used = dict(self._used(text))
        standards = {standard for method in used for standard in self._standards[method]}
        return {method: place for method, place in used.items() if method not in standards}

    def _used(self, text: str) -> Iterator[tuple[Method, tuple[int, int]]]:
        for name, words, about in self._methods:
            if about.search(text):
                used = (m.span() for m in words.finditer(text) if not self._unused.search(text[: m.start()]))
                for place in used:
                    yield name, place
                    break

    def said(self, text: str) -> Iterator[tuple[str, Any]]:
        """The manifest's fields that a sentence fills, with their values."""
        for field, value, words in self._said:
            if words.search(text):
                yield field, value

    def size(self, text: str) -> int | None:
        """The number of inputs that a sentence names."""
        found = self._size.search(text)
        return int(found[1].replace(",", "")) if found else None


def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


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
