"""What every rule kind is: parameters that pydantic checks, and one function over the study."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from claimlint.checks.study import Hit, Study


@cache
def _whole_words(words: Words) -> re.Pattern[str]:
    joined = "|".join(word.replace(" ", r"\s+") for word in words)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


def _is_pattern(value: str) -> str:
    try:
        _whole_words((value,))
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return value


Pattern = Annotated[str, AfterValidator(_is_pattern)]
#: Words of a sentence as regular expressions; each matches whole words, without regard to case.
Words = tuple[Pattern, ...]


class RuleKind(BaseModel):
    """The ``[when]`` table of a rule file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def messages(self) -> tuple[str, ...]:
        """The names of ``[messages]`` that a rule of this kind must hold."""
        return ("main",)

    @property
    def needs_manifest(self) -> bool:
        """Whether the rule has nothing to say about the text alone."""
        return False

    def find(self, study: Study) -> Iterator[Hit]:
        raise NotImplementedError


def find_words(words: Words, text: str) -> tuple[int, int] | None:
    """The first place in ``text`` that one of the words stands at."""
    found = _whole_words(words).search(text) if words else None
    return found.span() if found else None
