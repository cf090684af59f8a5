"""What a paper says it did for a claim that is given by itself, in its own words or in somebody else's."""

from __future__ import annotations

from collections.abc import Sequence

from claimlint.claims.model import Claim, Component
from claimlint.linking.described.account import Account, account
from claimlint.linking.described.speaking import Spoken, speaking
from claimlint.linking.words import english
from claimlint.manuscript.model import Document, Section

#: The share of the claim's words that a sentence must have to be the one that makes it.
_SAME_SENTENCE = 0.7


class Lookup:
    """One paper, asked about many claims.

    Raises:
        ClaimlintError: a pack cannot be read.
    """

    def __init__(self, document: Document, claims: Sequence[Claim]) -> None:
        self._account: Account = account(document, claims)
        self._stems = english().stems
        self._sentences = [(frozenset(self._stems(c.sentence.text)), c.sentence.section) for c in claims]

    def evidence(self, text: str, components: Sequence[Component]) -> tuple[Spoken, ...]:
        """The described experiments that speak for the claim, the nearest first."""
        return speaking(text, components, self._section(text), self._account)

    def _section(self, text: str) -> Section | None:
        wanted = frozenset(self._stems(text))
        if not wanted or not self._sentences:
            return None
        stems, section = max(self._sentences, key=lambda sentence: len(wanted & sentence[0]))
        return section if len(wanted & stems) >= _SAME_SENTENCE * len(wanted) else None
