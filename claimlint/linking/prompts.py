"""Single prompts that a sentence names: "prompt 412", "this prompt"."""

from __future__ import annotations

import re

from claimlint.claims.model import Claim

_INPUT = r"(?:prompt|example|input|item|question|instance|case|message|pair|sample|trial|request|problem)"
_ID = r"(?:[\w.:-]*\d[\w:-]*)"
_NAMED = re.compile(
    rf"\b{_INPUT}s?\s+(?:(?:no\.?|number|id)\s*)?#?({_ID}(?:(?:\s*,\s*(?:and\s+)?|\s+(?:and|or)\s+){_ID})*)",
    re.IGNORECASE,
)
#: Behind a verb, "that" begins what was found: "we show that prompt length matters".
_POINTS_BACK = re.compile(
    r"(?:\b(?:this(?:\s+\w+)?|the same)|(?:^|\b(?:on|for|in|to|with|of|from|under)\s+)that(?:\s+same)?)"
    rf"\s+{_INPUT}\b|\bthe model would\b",
    re.IGNORECASE,
)


def named_prompts(claim: Claim) -> tuple[str, ...]:
    """The prompts that a sentence names, or, where it says "this prompt", those of the sentence before."""
    text = claim.sentence.text
    here = _names(text)
    return here if here or not _POINTS_BACK.search(text) else _names(claim.sentence.previous)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for listed in _NAMED.findall(text) for name in re.findall(_ID, listed)))


def same_prompt(listed: str, said: str) -> bool:
    """``p7`` and ``prompt-7`` are both "prompt 7"."""
    if listed.casefold() == said.casefold():
        return True
    numbers = [re.findall(r"\d+", word) for word in (listed, said)]
    return numbers[0] == numbers[1] and bool(numbers[0])
