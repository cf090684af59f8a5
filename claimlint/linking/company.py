"""Which words keep company in a paper: its own notion of what is said in other words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

from claimlint.claims.model import Claim
from claimlint.linking.words import Words


class Company:
    """For every stem, the paragraphs and sentences that it stands in."""

    def __init__(self, claims: Sequence[Claim], words: Words) -> None:
        self._words = words
        texts = [claim.sentence.text for claim in claims]
        self._texts = [(text, words.stems(text).keys()) for text in texts]
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

    def equated(self, said: Set[str], others: Set[str]) -> bool:
        """Whether a sentence has most of ``said`` and one of ``others``, and none lists them as two."""
        both = [t for t, stems in self._texts if 2 * len(stems & said) >= len(said) and stems & others]
        return bool(both) and not any(self._words.list_both(text, said, others) for text in both)
