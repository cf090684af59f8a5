"""Words that ask for a check, where none of the linked experiments made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import Replacements, RuleKind, Words, find_words, softened
from claimlint.checks.kinds.demands import Demands, unmet
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.evidence import Experiment, parts_of
from claimlint.linking.targets import named_parts
from claimlint.phrasing import listed

#: Units of what is measured; other numbers count or name things.
MEASURED = ("percent", "points", "fraction", "logits", "nats", "bits")


class Asks(RuleKind):
    """A claim whose words, kind or parts ask for something that its experiments lack.

    Args:
        words: the words that ask for it; left out, the claim's kind does.
        plainly: where given, those of the words that do so even where experiments are only described.
        claim_kinds: where given, the kinds of claim that the rule speaks of.
        parts: where given, kinds of components of which the claim names one.
        one_part: whether it speaks only of claims that name a single part.
        numbers: whether it speaks only of claims that report what was measured.
        denials: whether it speaks of claims that deny something, too.
        methods: where given, the methods of the experiments that are asked; without one, the rule is silent.
        named: whether, where experiments are only described, those alone are asked that the sentence names.
        beside: methods of experiments on the same layers that answer as well, though they are not linked.
        all_of: each of these is asked for; ``any_of``: one of these is enough. Without either, the words
            alone are at fault.
        unless: words that make the sentence claim less.
        text_only: whether the wording says enough where there is no manifest; then ``about`` holds words of
            which the sentence has one.
        instead: patterns and what stands in their place in a sentence that claims no more than its evidence.
    """

    kind: Literal["asks"]
    words: Words = ()
    plainly: Words = ()
    claim_kinds: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    one_part: bool = False
    numbers: bool = False
    denials: bool = False
    methods: tuple[str, ...] = ()
    named: bool = False
    beside: tuple[str, ...] = ()
    all_of: Demands = ()
    any_of: Demands = ()
    unless: Words = ()
    text_only: bool = False
    about: Words = ()
    instead: Replacements = ()

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "alone") if self.text_only and self._demanding else ("main",)

    @property
    def needs_manifest(self) -> bool:
        return self._demanding and not self.text_only

    @property
    def demanded(self) -> tuple[str, ...]:
        return tuple(field for demand in (*self.all_of, *self.any_of) for field in demand.fields)

    @property
    def _demanding(self) -> bool:
        return bool(self.all_of or self.any_of)

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            text = case.claim.sentence.text
            words = self.plainly if case.described and self.plainly else self.words
            where = find_words(words, text)
            if self._speaks_of(case) and (where or not words) and not find_words(self.unless, text):
                yield from self._judge(case, where, study)

    def _speaks_of(self, case: Case) -> bool:
        reading = case.claim.reading
        return (
            (case.own and case.reporting if self.denials else case.reports)
            and (not self.claim_kinds or reading.kind in self.claim_kinds)
            and (not self.parts or any(part.kind in self.parts for part in reading.components))
            and (not self.one_part or len(named_parts(reading.components)) == 1)
            and (not self.numbers or any(quantity.unit in MEASURED for quantity in reading.quantities))
        )

    def _judge(self, case: Case, where: tuple[int, int] | None, study: Study) -> Iterator[Hit]:
        text = case.claim.sentence.text
        corrected = softened(self.instead, text)
        about = not self.about or find_words(self.about, text)
        if study.manifest is None or not self._demanding:
            if about and (self.text_only or not self._demanding):
                yield hit_at(case, where, message=self.messages[-1], corrected=corrected)
            return
        asked = [e for e in self._behind(case) if not self.methods or e.method in self.methods]
        lacking = unmet(self.all_of, self.any_of, (*asked, *self._beside(asked, study)), study.manifest, text)
        if asked and lacking:
            missing = listed(lacking)
            yield hit_at(case, where, experiments=tuple(asked), missing=missing, corrected=corrected)

    def _behind(self, case: Case) -> tuple[Experiment, ...]:
        return case.named if case.described and self.named else case.experiments

    def _beside(self, asked: list[Experiment], study: Study) -> Iterator[Experiment]:
        layers = {part.layer for experiment in asked for part in parts_of(experiment.target)}
        for experiment in study.manifest.experiments if study.manifest else ():
            there = {part.layer for part in parts_of(experiment.target)}
            if (
                experiment.method in self.beside
                and experiment.status == "done"
                and any(experiment.model == other.model for other in asked)
                and (not there or not layers or there & layers)
            ):
                yield experiment
