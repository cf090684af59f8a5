"""Factors that are said to be the true ones, held against the assumptions that would make them so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind, Words, find_words
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.evidence import Experiment
from claimlint.evidence.assumptions import SPOKEN, compared, lacking, rows_for
from claimlint.phrasing import listed


class Identified(RuleKind):
    """Words that say that a factorisation found what is there, where nothing makes it identifiable.

    Args:
        words: the words that say so.
        methods: what takes a model apart without labels, and so has to say what it assumes.
        about: words of which a sentence has one, where there is no manifest to tell what it is about.
        unless: words that make the sentence claim less.
    """

    kind: Literal["identified"]
    words: Words
    methods: tuple[str, ...]
    about: Words
    unless: Words = ()

    @property
    def messages(self) -> tuple[str, ...]:
        return ("unassumed", "unchecked", "alone")

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            text = case.claim.sentence.text
            where = find_words(self.words, text)
            if not case.asserts or where is None or find_words(self.unless, text):
                continue
            if study.manifest is None:
                if find_words(self.about, text):
                    yield hit_at(case, where, message="alone")
                continue
            fits = [e for e in case.experiments if e.method in self.methods]
            if fits:
                yield from _judge(case, where, fits)


def _judge(case: Case, where: tuple[int, int], fits: list[Experiment]) -> Iterator[Hit]:
    found = [e.identifiability for e in fits if e.identifiability]
    made = [assumption for table in found for assumption in table.assumptions]
    rows = rows_for(made)
    if not rows:
        told = listed(SPOKEN[a] for a in dict.fromkeys(made)) + " alone" if made else "no assumption"
        wanted = f"{listed(SPOKEN[a] for a in lacking(made))} as well" if lacking(made) else ""
        yield hit_at(case, where, message="unassumed", experiments=tuple(fits), recorded=told, missing=wanted)
    elif not any(compared(table, rows) for table in found):
        buys = listed((row.buys for row in rows), "or")
        yield hit_at(case, where, message="unchecked", experiments=tuple(fits), recorded=buys)
