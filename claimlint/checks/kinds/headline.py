"""What the title and the abstract say, held against the rest of the paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind, Words, find_words
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.linking.targets import named_parts
from claimlint.linking.words import english

#: How much of what a claim without a numbered part is about must be said again, in words.
_SHARED = 2
_HEADLINES = ("title", "abstract")
_BODY = ("results", "body", "discussion", "appendix")


class Outruns(RuleKind):
    """A claim of the title or abstract on a higher rung than the body's claims on the same target.

    Args:
        nouns: what a claim that names no numbered part must share with one of the body.
        withdrawn: words with which the limitations take a claim back.
    """

    kind: Literal["outruns"]
    nouns: Words
    withdrawn: Words

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "withdrawn")

    def find(self, study: Study) -> Iterator[Hit]:
        body = [c for c in study.cases if role(c) in _BODY and c.asserts]
        limits = [c for c in study.cases if role(c) == "limitations"]
        for case in study.cases:
            if role(case) not in _HEADLINES or not case.asserts:
                continue
            same = [other for other in body if self._same_target(case, other)]
            level = case.claim.reading.level
            strongest = max(same, key=lambda other: other.claim.reading.level, default=None)
            if strongest and strongest.claim.reading.level < level:
                yield hit_at(case, near=_quoted(strongest), recorded=strongest.claim.reading.kind)
                continue
            taken = next((c for c in limits if self._withdraws(case, c)), None)
            if taken:
                yield hit_at(case, message="withdrawn", near=_quoted(taken))

    def _same_target(self, headline: Case, other: Case) -> bool:
        mine, theirs = (named_parts(c.claim.reading.components) for c in (headline, other))
        words = english()
        about = words.about(headline.claim.reading.behaviour).keys()
        common = about & words.stems(other.claim.sentence.text).keys()
        if mine:
            return set(mine) == set(theirs) and bool(common or not about)
        noun = self._noun(headline)
        return bool(noun) and noun == self._noun(other) and len(common) >= max(_SHARED, len(about))

    def _noun(self, case: Case) -> str:
        where = find_words(self.nouns, case.claim.sentence.text)
        return case.claim.sentence.text[slice(*where)].casefold().removesuffix("s") if where else ""

    def _withdraws(self, headline: Case, other: Case) -> bool:
        taken_back = find_words(self.withdrawn, other.claim.sentence.text)
        return headline.claim.reading.level > 1 and bool(taken_back) and self._same_target(headline, other)


class Exploratory(RuleKind):
    """A claim of the title, abstract or conclusion that rests on exploratory experiments alone.

    Args:
        unless: words that say so.
    """

    kind: Literal["exploratory"]
    unless: Words

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            said = find_words(self.unless, case.claim.sentence.text)
            if role(case) in (*_HEADLINES, "conclusion") and case.asserts and case.experiments and not said:
                resting = case.speaking
                if all(experiment.stage == "exploratory" for experiment in resting):
                    yield hit_at(case, experiments=resting)


def role(case: Case) -> str:
    """The part of the paper that a claim stands in."""
    block = case.claim.sentence.block
    return block.kind if block.kind in _HEADLINES else block.section.role


def _quoted(case: Case) -> str:
    words = case.claim.sentence.text.split()
    return " ".join(words[:16]) + (" ..." if len(words) > 16 else "")
