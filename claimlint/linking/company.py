"""Which words keep company in a paper: its own notion of what is said in other words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from claimlint.claims.model import Claim
from claimlint.linking.words import Words


class Company:
    """For every stem, the paragraphs and sentences that it stands in."""

    def __init__(self, claims: Sequence[Claim], words: Words) -> None:
        self._sentences: dict[str, set[tuple[int, str]]] = defaultdict(set)
        for claim in claims:
            for stem in words.stems(claim.sentence.text):
                self._sentences[stem].add((id(claim.sentence.block), claim.id))

    def kept(self, claim: Claim, said: Iterable[str], others: Iterable[str]) -> bool:
        """Whether a paragraph has one of ``said`` beside one of ``others``, the claim itself left out."""
        there = {block for stem in others for block, _ in self._sentences.get(stem, ())}
        return any(
            block in there and sentence != claim.id
            for stem in said
            for block, sentence in self._sentences.get(stem, ())
        )
