"""What every rule kind is: parameters that pydantic checks, and one function over the study."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from claimlint.checks.study import Hit, Study
from claimlint.packs import pack_file
from claimlint.searching import Pattern

#: A space stands for any white space, as a sentence may be wrapped there, and is not itself repeated.
_REPEATED_SPACE = re.compile(r" [?*+{]")


@cache
def _whole_words(words: tuple[str, ...]) -> Pattern:
    joined = "|".join(word.replace(" ", r"\s+") for word in words)
    return Pattern(rf"(?<!\w)(?:{joined})(?!\w)")


def _are_patterns(values: tuple[str, ...]) -> tuple[str, ...]:
    """Compiled as the one pattern that they are used as: a rule file's words are not tried one by one."""
    try:
        _whole_words(values)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error} in {error.pattern!r}") from error
    return values


def _have_single_spaces(values: tuple[str, ...]) -> tuple[str, ...]:
    repeated = next(filter(_REPEATED_SPACE.search, values), "")
    if repeated:
        raise ValueError(
            f"{repeated!r}: a space stands for one or more; write \\s where it may be missing or repeated"
        )
    return values


def _replace_patterns(values: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    _are_patterns(tuple(pattern for pattern, _ in values))
    return values


_LISTS = "words.toml"


def _by_name(value: object) -> object:
    """A list of ``rules/words.toml``, where one is named instead of written out."""
    if not isinstance(value, str):
        return value
    if value not in pack_file(_LISTS):
        raise ValueError(f"rules/{_LISTS} holds no list {value!r}")
    return pack_file(_LISTS)[value]


#: Words of a sentence as regular expressions, each of which matches whole words, without regard to case; or
#: the name of such a list.
Words = Annotated[
    tuple[str, ...],
    AfterValidator(_are_patterns),
    AfterValidator(_have_single_spaces),
    BeforeValidator(_by_name),
]
#: Patterns, each with what stands in its place.
Replacements = Annotated[tuple[tuple[str, str], ...], AfterValidator(_replace_patterns)]


class RuleKind(BaseModel):
    """The ``[when]`` table of a rule file.

    Args:
        answered: words that answer it wherever they stand in a paper that only describes its experiments.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    answered: Words = ()

    @property
    def messages(self) -> tuple[str, ...]:
        """The names of ``[messages]`` that a rule of this kind must hold."""
        return ("main",)

    @property
    def needs_manifest(self) -> bool:
        """Whether the rule has nothing to say about the text alone."""
        return False

    @property
    def judges_wording(self) -> bool:
        """Whether another wording of the sentence can answer the rule; else it is about the experiment."""
        return True

    @property
    def about_paper(self) -> bool:
        """Whether it tells one thing of the whole paper, wherever that is said."""
        return False

    @property
    def demanded(self) -> tuple[str, ...]:
        """The manifest's fields that it asks for."""
        return ()

    @property
    def speaks_of(self) -> tuple[str, ...]:
        """The kinds of claim that the rule speaks of, where it says which."""
        return ()

    def find(self, study: Study) -> Iterator[Hit]:
        raise NotImplementedError

    def answered_in(self, study: Study) -> bool:
        """Whether the paper names somewhere, if only in passing, what the rule finds missing."""
        texts = [file.text for file in study.document.sources]
        texts += [block.text for block in study.document.blocks]
        return bool(self.answered) and any(map(_whole_words(self.answered).search, texts))


def disclaimed(text: str) -> bool:
    """Whether the sentence says what its authors do not claim."""
    return find_words(listed_words("disclaimers"), text) is not None


@cache
def listed_words(name: str) -> tuple[str, ...]:
    """A list of ``rules/words.toml``."""
    return tuple(pack_file(_LISTS)[name])


def softened(instead: Replacements, text: str) -> str:
    """The sentence with milder words in place; '' where it holds none of those that have such."""
    milder = text
    for pattern, words in instead:
        milder = re.sub(rf"\b(?:{pattern})(?!\w)", words, milder)
    milder = re.sub(r"\s+([.,;])|\s{2,}", lambda m: m[1] or " ", milder).strip()
    return milder if milder != text else ""


# An editor has the same sentences checked at every keystroke.
@lru_cache(maxsize=1 << 16)
def find_words(words: tuple[str, ...], text: str) -> tuple[int, int] | None:
    """The first place in ``text`` that one of the words stands at."""
    found = _whole_words(words).search(text) if words else None
    return found.span() if found else None


def find_all(words: tuple[str, ...], text: str) -> list[tuple[int, int]]:
    """Every place in ``text`` that one of the words stands at."""
    return [match.span() for match in _whole_words(words).finditer(text)]
