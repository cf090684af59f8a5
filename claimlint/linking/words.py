"""Words as the linker compares them: cut to their stems, without those that fit every experiment."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from claimlint.claims.model import Component
from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Direction, Method, Replacement
from claimlint.manuscript.segmenter import PLACEHOLDERS
from claimlint.packs import rules_folder
from claimlint.searching import Pattern

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
#: What stands in a sentence for something that is no word.
_PLACEHOLDER = re.compile(rf"\b(?:{'|'.join(sorted(PLACEHOLDERS))})\b")
_PHRASE_END = re.compile(r"[^\w\s'’-]+")
_SHORTEST_STEM = 3


class _Around(BaseModel):
    """What stands right before (so that it ends there), or right behind, what it says more of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: str
    behind: str


class _Pack(BaseModel):
    """``rules/linking/*.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    endings: tuple[str, ...]
    generic: str
    pointing: str
    side_by_side: str
    inputs: str
    known: str
    named_prompts: str
    this_prompt: str
    read_out: tuple[str, ...]
    complement: str
    part: str
    any_part: str
    edited: str
    within: dict[str, str]
    writes: dict[Literal["mlp", "attention"], _Around]
    pointed: dict[str, str]
    plain_size: tuple[str, ...]
    replacements: dict[str, tuple[Replacement, ...]]
    directions: dict[Direction, str]
    methods: dict[str, tuple[Method, ...]]

    def spelled_out(self, words: str) -> str:
        """A pattern with ``edited`` and ``part`` in the places where it names them."""
        return words.replace("EDITED", self.edited).replace("PART", self.part)


def _begun(words: str) -> Pattern:
    """A pattern that matches from where a word begins."""
    return Pattern(rf"\b(?:{words})")


class Words:
    """One language's words, as `claimlint.linking` needs them."""

    def __init__(self, pack: _Pack) -> None:
        self._endings = sorted(pack.endings, key=len, reverse=True)
        self._stem = cache(self._cut)
        # The same behaviours are held against every claim.
        self._stems = lru_cache(maxsize=4096)(self._read)
        self._heads = cache(self._find_heads)
        self._generic = frozenset(self._stem(word) for word in pack.generic.split())
        self._methods = tuple(
            (_begun(pack.spelled_out(words)), methods) for words, methods in pack.methods.items()
        )
        self._pointing = re.compile(pack.pointing)
        self._side_by_side = re.compile(pack.side_by_side, re.IGNORECASE)
        self._inputs = re.compile(pack.inputs)
        self._named_prompts = re.compile(pack.named_prompts)
        self._this_prompt = re.compile(pack.this_prompt)
        self._replacements = tuple((_begun(words), types) for words, types in pack.replacements.items())
        self._directions = tuple((_begun(words), direction) for direction, words in pack.directions.items())
        self._read_out = tuple(map(Pattern, pack.read_out))
        self._within = {kind: Pattern(words) for kind, words in pack.within.items()}
        self._writes = tuple(
            (kind, re.compile(around.before), re.compile(around.behind))
            for kind, around in pack.writes.items()
        )
        self._pointed = {
            kind: Pattern(pack.known.replace("NOUNS", nouns)) for kind, nouns in pack.pointed.items()
        }
        self.plain_size = pack.plain_size
        self.any_part = pack.any_part
        self.complement = re.compile(pack.complement)

    def stems(self, text: str) -> Mapping[str, str]:
        """The stems that tell behaviours apart, each with the word as it was written."""
        return self._stems(text)

    def _read(self, text: str) -> Mapping[str, str]:
        said = _PLACEHOLDER.sub(" ", text).casefold().replace("’", "'")
        found = {self._stem(word): word for word in _WORD.findall(said)}
        return {stem: word for stem, word in found.items() if stem not in self._generic}

    def heads(self, behaviour: str) -> frozenset[str]:
        """The stems with no other one right behind them: "annotation" in "biological annotation"."""
        return self._heads(behaviour)

    def _find_heads(self, behaviour: str) -> frozenset[str]:
        found: set[str] = set()
        for phrase in _PHRASE_END.split(behaviour.casefold()):
            stems = [self._stem(word) for word in _WORD.findall(phrase)]
            pairs = pairwise((*stems, ""))
            found.update(stem for stem, after in pairs if not after or after in self._generic)
        return frozenset(found - self._generic)

    def list_both(self, text: str, some: Set[str], others: Set[str]) -> bool:
        """Whether the text names one of ``some`` and one of ``others`` side by side, as two things."""
        for found in self._side_by_side.finditer(text):
            sides = [{self._stem(word) for word in _WORD.findall(side.casefold())} for side in found.groups()]
            if any(one & some and other & others for one, other in (sides, sides[::-1])):
                return True
        return False

    def about(self, behaviour: str) -> Mapping[str, str]:
        """The stems of a behaviour, without what says on which inputs it was seen ("on held-out reviews")."""
        return self.stems(self._inputs.sub(" ", behaviour))

    def methods(self, text: str) -> Mapping[Method, str]:
        """The methods that a sentence names, each with its words."""
        found: dict[Method, str] = {}
        for pattern, methods in self._methods:
            match = pattern.search(text)
            if match:
                found.update(dict.fromkeys(methods, match.group().lower()))
        return found

    def read_out(self, text: str) -> str:
        """The concept that can be read out, as a sentence names it; '' where it names none."""
        found = filter(None, (pattern.search(text) for pattern in self._read_out))
        return next((match["concept"] for match in found), "")

    def parts_within(self, text: str) -> frozenset[str]:
        """The kinds of parts that a sentence speaks of within a layer: heads in "heads of layer 5"."""
        return frozenset(kind for kind, words in self._within.items() if words.search(text))

    def with_writes(self, components: Iterable[Component], text: str) -> tuple[Component, ...]:
        """The components, with the MLP or the attention of a layer in place of the layer that it is in."""
        return tuple(replace(c, kind=self._write(c, text) or c.kind) for c in components)

    def _write(self, layer: Component, text: str) -> Literal["mlp", "attention"] | None:
        if layer.kind != "layer":
            return None
        before, behind = text[: layer.start], text[layer.end :]
        told = (kind for kind, left, right in self._writes if left.search(before) or right.match(behind))
        return next(told, None)

    def replacements(self, text: str) -> tuple[Replacement, ...]:
        """What a sentence may mean was put in a part's place; nothing where it does not say."""
        return next((types for pattern, types in self._replacements if pattern.search(text)), ())

    def direction(self, text: str) -> Direction | None:
        """Whether a sentence says that a part got its clean state back, or a corrupted one."""
        return next((direction for pattern, direction in self._directions if pattern.search(text)), None)

    def prompts(self, text: str) -> tuple[str, ...]:
        """The names of the single prompts that a sentence lists, each time as it lists them: "3 and 7"."""
        return tuple(found["names"] for found in self._named_prompts.finditer(text))

    def points_to_prompt(self, text: str) -> bool:
        """Whether the sentence speaks of "this prompt"."""
        return self._this_prompt.search(text) is not None

    def pointed(self, text: str) -> frozenset[str]:
        """The kinds of parts that a sentence takes for known: "the three heads", "this vector" (any kind)."""
        return frozenset(kind for kind, words in self._pointed.items() if words.search(text))

    def points_back(self, text: str) -> bool:
        """Whether the sentence speaks of "this layer" or "these heads"."""
        return self._pointing.search(text) is not None

    def _cut(self, word: str) -> str:
        word = word.removesuffix("'s")
        ending = next((e for e in self._endings if word.endswith(e)), "")
        stem = word.removesuffix(ending)
        return stem.rstrip("e") if len(stem) >= _SHORTEST_STEM else word


@cache
def english() -> Words:
    """The words of English.

    Raises:
        ClaimlintError: the pack does not hold what it should.
    """
    return _load(rules_folder() / "linking" / "en.toml")


def _load(path: Path) -> Words:
    try:
        return Words(_Pack.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, re.error) as error:
        raise ClaimlintError(
            f"{path}: {error}",
            "Claims cannot be matched to experiments without these words.",
            "Install claimlint again, or undo the change to this file.",
        ) from error
