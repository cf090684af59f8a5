"""Single prompts that a sentence names: "prompt 412", "this prompt"."""

from __future__ import annotations

import re

from claimlint.claims.model import Claim
from claimlint.linking.words import english

_NAME = re.compile(r"[\w.:-]*\d[\w:-]*")


def named_prompts(claim: Claim) -> tuple[str, ...]:
    """The prompts that a sentence names, or, where it says "this prompt", those of the sentence before."""
    text = claim.sentence.text
    here = _names(text)
    return here if here or not english().points_to_prompt(text) else _names(claim.sentence.previous)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for listed in english().prompts(text) for name in _NAME.findall(listed)))


def same_prompt(listed: str, said: str) -> bool:
    """``p7`` and ``prompt-7`` are both "prompt 7"."""
    if listed.casefold() == said.casefold():
        return True
    numbers = [re.findall(r"\d+", word) for word in (listed, said)]
    return numbers[0] == numbers[1] and bool(numbers[0])
