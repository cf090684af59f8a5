"""The claim's kind is one that no linked experiment licenses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import Replacements, RuleKind, Words, disclaimed, find_words, softened
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.evidence import Experiment


class Gap(RuleKind):
    """A gap between the wording and what its experiments license.

    Args:
        claim_kinds: the kinds of claim that the rule speaks of.
        words: words by which a claim of another kind, one of ``also``, makes such a claim beside its own.
        methods: where given, one of the linked experiments that license something used one of these.
        other_than: methods that other rules speak of: where nothing else was used, this one is silent.
        evidence_levels: where given, the highest rung that the linked experiments reach is one of these.
        unless: words that make the sentence claim less than its kind says.
        text_only: whether the wording says enough where there is no manifest; then ``about`` holds words of
            which the sentence has one.
        instead: patterns and what stands in their place in a sentence that claims no more than its evidence.
        strong: words within the cue that make it an error whatever the rule's own severity.
    """

    kind: Literal["gap"]
    claim_kinds: tuple[str, ...]
    words: Words = ()
    also: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    other_than: tuple[str, ...] = ()
    evidence_levels: tuple[int, ...] = ()
    unless: Words = ()
    text_only: bool = False
    about: Words = ()
    instead: Replacements = ()
    strong: Words = ()

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "alone") if self.text_only else ("main",)

    @property
    def needs_manifest(self) -> bool:
        return not self.text_only

    @property
    def speaks_of(self) -> tuple[str, ...]:
        return (*self.claim_kinds, *self.also)

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            text = case.claim.sentence.text
            if (
                case.asserts
                and self._is_open(case, text)
                and not find_words(self.unless, text)
                and not disclaimed(text)
            ):
                yield from self._judge(case, study)

    def _is_open(self, case: Case, text: str) -> bool:
        if case.claim.reading.kind in self.claim_kinds:
            return not case.covered
        beside = case.claim.reading.kind in self.also and find_words(self.words, text) is not None
        return beside and case.licensed.isdisjoint(self.claim_kinds)

    def _judge(self, case: Case, study: Study) -> Iterator[Hit]:
        if study.manifest is None:
            if self.text_only and find_words(self.about, case.claim.sentence.text):
                yield self._hit(case, message="alone")
        elif case.experiments and self._fits(case):
            yield self._hit(case, experiments=case.speaking)

    def _hit(
        self, case: Case, message: str = "main", experiments: tuple[Experiment, ...] | None = None
    ) -> Hit:
        strong = any(find_words(self.strong, cue.text) for cue in case.claim.reading.cues)
        return hit_at(
            case,
            find_words(self.words, case.claim.sentence.text),
            message=message,
            severity="error" if strong else "",
            experiments=experiments,
            corrected=softened(self.instead, case.claim.sentence.text),
        )

    def _fits(self, case: Case) -> bool:
        # What a paper describes is ordered by how near it stands to the claim; the nearest is meant.
        speaking = case.speaking[:1] if case.described else case.speaking
        methods = {experiment.method for experiment in speaking}
        if self.methods and methods.isdisjoint(self.methods):
            return False
        if methods <= set(self.other_than):
            return False
        return not self.evidence_levels or case.evidence_level in self.evidence_levels
