"""The sentence speaks of more inputs, or of more models, than were tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind, Words, find_words
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.evidence import Manifest
from claimlint.phrasing import listed

#: As many prompt sets as make it fair to speak of all kinds of inputs.
_SEVERAL_KINDS = 3


class Scope(RuleKind):
    """Words that reach beyond what the linked experiments cover.

    Args:
        over: what the words generalise over: ``models`` or ``prompts``.
        words: the words that generalise.
        unless: words that say what was tried, and so bring the sentence back to it.
        kinds: words that generalise over kinds of inputs, such as languages.
        about: words of which a sentence has one, where there is no manifest to tell what it is about.
    """

    kind: Literal["scope"]
    over: Literal["models", "prompts"]
    words: Words
    unless: Words = ()
    kinds: Words = ()
    about: Words = ()

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "alone")

    def find(self, study: Study) -> Iterator[Hit]:
        for case in study.cases:
            text = case.claim.sentence.text
            where = find_words(self.words, text)
            told = case.reports if study.manifest else case.asserts
            if not told or where is None or find_words(self.unless, text):
                continue
            if study.manifest is None or not _names_any(case, study.manifest):
                if self._stands_alone(case):
                    yield hit_at(case, where, message="alone")
            elif case.experiments:
                tried = self._tried(case, study.manifest)
                if tried is not None:
                    yield hit_at(case, where, tried=tried)

    def _tried(self, case: Case, manifest: Manifest) -> str | None:
        if self.over == "models":
            return models_tried(case, manifest)
        kinds = find_words(self.kinds, case.claim.sentence.text) is not None
        return prompts_tried(case, manifest, of_every_kind=kinds)

    def _stands_alone(self, case: Case) -> bool:
        """Whether the sentence can be judged by itself; an introduction speaks of models at large."""
        sentence = case.claim.sentence
        return (
            case.claim.reading.level >= 2
            and sentence.section.role not in ("introduction", "background", "related_work")
            and find_words(self.about, sentence.text) is not None
        )


def _names_any(case: Case, manifest: Manifest) -> bool:
    """Whether anything is known of the models: a paper may call its own by a name of which no pack knows."""
    return not case.described or any(e.model or e.robustness for e in manifest.experiments)


def models_tried(case: Case, manifest: Manifest) -> str | None:
    """The one model of the paper, or None where there are several or none is named."""
    done = manifest.done
    names = {e.model for e in done if e.model} | {
        m for e in done if e.robustness for m in e.robustness.models
    }
    if len(names) != 1:
        return None
    (name,) = names
    model = manifest.model(name)
    return (model.name if model else "") or name


def prompts_tried(case: Case, manifest: Manifest, *, of_every_kind: bool = False) -> str | None:
    """The one prompt set of the linked experiments, or None where there are several, or it is a wide one.

    A set is wide where it has several templates and a held-out part. Of inputs ``of_every_kind`` (any
    language, any domain) one set is one kind however wide, and two are two.
    """
    names = {e.prompts for e in case.experiments if e.prompts}
    names |= {p for e in case.experiments if e.robustness for p in e.robustness.prompt_sets}
    sets = {name: manifest.prompt_set(name) for name in sorted(names)}
    words = [(found.name if found else "") or name for name, found in sets.items()]
    if of_every_kind and 1 <= len(words) < _SEVERAL_KINDS:
        return listed(words)
    wide = any(found and (found.templates or 0) > 1 and found.heldout for found in sets.values())
    return None if wide or len(words) != 1 else words[0]
