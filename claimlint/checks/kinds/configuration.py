"""A ranking, or steadiness, stated from a single configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind, Words, find_words
from claimlint.checks.study import Case, Hit, Study, hit_at


class Configuration(RuleKind):
    """Words that ask for several seeds and several prompt sets where the linked experiments had one.

    Args:
        words: the words that ask for it.
        unless: words that name the one configuration, and so claim no more than it.
    """

    kind: Literal["configuration"]
    words: Words
    unless: Words = ()

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            text = case.claim.sentence.text
            where = find_words(self.words, text)
            if not case.reports or not case.experiments or where is None or find_words(self.unless, text):
                continue
            single = "one run" if case.described else _single(case)
            if single:
                yield hit_at(case, where, single=single)


def _single(case: Case) -> str:
    """What there is only one of: "one seed", "one prompt set", both, or ''."""
    seeds, prompts = set[int](), set[str]()
    for experiment in case.experiments:
        seeds.update(experiment.seeds)
        if experiment.prompts:
            prompts.add(experiment.prompts)
        if experiment.robustness:
            seeds.update(experiment.robustness.seeds)
            prompts.update(experiment.robustness.prompt_sets)
    found = [name for name, values in (("one prompt set", prompts), ("one seed", seeds)) if len(values) == 1]
    return " and ".join(found)
