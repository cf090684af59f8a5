"""A sentence concludes more than its experiments can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind, Words, disclaimed, find_words
from claimlint.checks.settled import LACKS
from claimlint.checks.study import EDITED, Case, Hit, Study, hit_at
from claimlint.evidence import Manifest
from claimlint.evidence.licence import rung_of
from claimlint.linking.described import concluding, vocabulary
from claimlint.phrasing import listed

#: Models named, where there are more.
_FEW = 3
_CLAUSE_ENDS = (". ", "; ", ": ")


class Concludes(RuleKind):
    """Words that conclude more than was shown.

    With a manifest, a gap between a claim's kind and what its experiments license is told by other rules.

    Args:
        settled_by: what an experiment of a manifest must have done to bear the conclusion out; left out, the
            rule is silent where there is one.
        words: the words that conclude.
        plain: words that conclude too much where no experiment on a model's insides is described, either.
        of: where given, words of which one follows in the same clause; ``of_kinds`` are kinds of claim that
            need none where what the paper describes for them only observes.
        shown_by_edits: further such words, for what an edit does show; they count only there, too.
        claim_kinds, stances: where given, the kinds of claim, and the stances, that the rule speaks of.
        spares_edits: whether a sentence is left alone that names an edit, or goes on from one that does, and
            so is a paper that tests what is computed.
        on_parts: whether the sentence has to name a part of a model.
        unless: words that make the sentence conclude less.
    """

    kind: Literal["concludes"]
    settled_by: Literal["", "variation", "comparison", "coverage"] = ""
    words: Words
    plain: Words = ()
    of: Words = ()
    of_kinds: tuple[str, ...] = ()
    shown_by_edits: Words = ()
    claim_kinds: tuple[str, ...] = ()
    stances: tuple[str, ...] = ()
    spares_edits: bool = False
    on_parts: bool = False
    unless: Words = ()

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", *(["linked"] if self.settled_by else []), *(["alone"] if self.plain else []))

    @property
    def needs_manifest(self) -> bool:
        return not self.plain

    def find(self, study: Study) -> Iterator[Hit]:
        if self.spares_edits and study.described and study.described.on_functions:
            return
        for case in study.cases:
            # Few sentences have the words, and whose conclusion it is takes longer to tell.
            hit = self._hit(case, study)
            if hit and self._speaks_of(case):
                yield hit

    def _hit(self, case: Case, study: Study) -> Hit | None:
        if study.manifest is None:
            plain = find_words(self.plain, case.claim.sentence.text)
            return hit_at(case, plain, message="alone") if plain else None
        if study.described is None:
            return self._unsettled(case, study.manifest)
        where = self._concluded(case) if case.experiments else None
        return hit_at(case, where, tried=_models(study)) if where else None

    def _unsettled(self, case: Case, manifest: Manifest) -> Hit | None:
        """What the experiments of a manifest leave open, where nothing else is told of the claim."""
        gap = case.asserts and bool(case.experiments) and not case.covered
        where = self._concluded(case) if self.settled_by and case.own and not gap else None
        lack = LACKS[self.settled_by](case, where, manifest) if where else None
        return hit_at(case, where, message="linked", larger=lack.larger, tried=lack.tried) if lack else None

    def _speaks_of(self, case: Case) -> bool:
        reading, text = case.claim.reading, case.claim.sentence.text
        return (
            (not self.claim_kinds or reading.kind in self.claim_kinds)
            and (not self.stances or reading.stance in self.stances)
            and (not self.on_parts or vocabulary().speaks_of("parts", text))
            and not find_words(self.unless, text)
            and not disclaimed(text)
            and concluding(case.claim)
        )

    def _concluded(self, case: Case) -> tuple[int, int] | None:
        """Where the sentence concludes, None where it does not."""
        text, further = case.claim.sentence.text, self.shown_by_edits if case.observed else ()
        where = find_words(self.words if self.of else self.words + further, text)
        if where is None or (self.spares_edits and _on_an_edit(case)):
            return None
        if not self.of or (case.observed and case.claim.reading.kind in self.of_kinds):
            return where
        return where if find_words(self.of + further, _clause(text, where[1])) else None


def _models(study: Study) -> str:
    """The models that the paper names as its own."""
    names = [model.name or model.id for model in study.manifest.models] if study.manifest else []
    return listed([*names[:_FEW], *(["others"] if names[_FEW:] else [])])


def _clause(text: str, start: int) -> str:
    """The rest of the clause."""
    ends = [end for sign in _CLAUSE_ENDS if (end := text.find(sign, start)) >= 0]
    return text[start : min(ends, default=len(text))]


def _on_an_edit(case: Case) -> bool:
    """Whether the sentence names an edit, or points back at one that does."""
    sentence = case.claim.sentence
    back = vocabulary().speaks_of("anaphor", sentence.text)
    return _names_edit(sentence.text) or (back and _names_edit(sentence.previous))


def _names_edit(text: str) -> bool:
    return any(rung_of(method) >= EDITED for method in vocabulary().methods(text))
