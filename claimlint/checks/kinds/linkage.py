"""Claims that lean on nothing, or on something that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from claimlint.checks import phrases
from claimlint.checks.blank import blank_entries, meant_by
from claimlint.checks.kinds.base import RuleKind, Words, find_words
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.claims.tied import tied
from claimlint.errors import near_name
from claimlint.evidence import Experiment, Manifest, parts_of
from claimlint.linking.explicit import is_meant
from claimlint.linking.model import Link
from claimlint.linking.targets import cover, named_parts
from claimlint.manuscript.endings import LATEX, MARKDOWN, ending
from claimlint.manuscript.model import Document, Span
from claimlint.phrasing import listed

_LABELLED = (*LATEX, *MARKDOWN)


class Unlinked(RuleKind):
    """A claim of at least ``level`` for which the manifest holds no experiment.

    A conjecture, a heading and a denial ask for none; that an edit changed nothing is a result. An entry that
    says nothing by which it could be linked is told of itself, and not at every claim.

    Args:
        level: the rung from which a claim asks for evidence.
        about: words for a certain part, of which a sentence without a numbered one has one.
        supposed: words of a sentence that supposes or expects something.
    """

    kind: Literal["unlinked"]
    level: int
    about: Words = ()
    supposed: Words = ()

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        if study.manifest is None:
            return
        blank = blank_entries(study)
        for case in study.cases:
            unlinked = case.own and not case.links and self._asks(case)
            if unlinked and not meant_by(case, blank, study):
                yield hit_at(case, planned=listed(_planned(case, study.manifest)))

    def _asks(self, case: Case) -> bool:
        reading, sentence = case.claim.reading, case.claim.sentence
        if reading.level < self.level or reading.hedged or sentence.block.kind == "heading":
            return False
        if (reading.negated and reading.kind != "effect") or find_words(self.supposed, sentence.text):
            return False
        numbered = any(c.layer is not None or c.index is not None for c in reading.components)
        return numbered or not self.about or find_words(self.about, sentence.text) is not None


def _planned(case: Case, manifest: Manifest | None) -> Iterator[str]:
    """The experiments on the claim's parts that are still to be carried out, or to be written down."""
    named = named_parts(case.claim.reading.components)
    for experiment in manifest.planned if manifest and named else ():
        if cover(named, experiment):
            yield experiment.id


class Dangling(RuleKind):
    """A link to an experiment that the manifest lacks, or that is on another part than the claim.

    Or a claim on one that was not carried out.
    """

    kind: Literal["dangling"]

    @property
    def messages(self) -> tuple[str, ...]:
        return ("missing", "not_done", "elsewhere")

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        manifest = study.plans or study.manifest
        known = {e.id: e for e in manifest.experiments} if manifest else {}
        for case in study.cases:
            for link in case.dangling:
                there = known.get(link.experiment)
                if there and not case.own:
                    continue
                hit = hit_at(
                    case,
                    message="not_done" if there else "missing",
                    experiments=(),
                    experiment=link.experiment,
                    status=there.status if there else "",
                    near=near_name(link.experiment, sorted(known)),
                )
                if link.span:
                    span = _written(study.document, link, link.span)
                    hit = replace(hit, span=span, cue=link.experiment)
                yield hit
            for experiment in _elsewhere(case):
                yield hit_at(
                    case,
                    message="elsewhere",
                    severity="warning",
                    experiments=(),
                    experiment=experiment.id,
                    written=phrases.named(case.claim.reading),
                    recorded=phrases.target_words(experiment.target),
                )


def _elsewhere(case: Case) -> Iterator[Experiment]:
    """The experiments that authors link to a claim on other layers, where none of them is on its own."""
    layers = {part.layer for part in named_parts(case.claim.reading.components)}
    by_hand = {link.experiment for link in case.links if link.explicit}
    linked = [e for e in case.experiments if e.id in by_hand] if case.own else []
    studied = [{part.layer for part in parts_of(e.target)} for e in linked]
    if layers and all(on and None not in (layers | on) and not layers & on for on in studied):
        yield from linked


class Unbound(RuleKind):
    """A comment, or words of the config or the manifest, that link evidence to nothing that is there."""

    kind: Literal["unbound"]

    def find(self, study: Study) -> Iterator[Hit]:
        claims = [case.claim for case in study.cases]
        for directive, claim in tied(study.document, claims):
            if claim is None:
                words = f"evidence[{', '.join(directive.names)}]"
                detail = "no sentence stands on its line or after it"
                yield Hit(directive.span, directive.span, detail, words, values={"detail": detail})
        start = Span(study.document.path, 0, 0)
        manifest = study.plans or study.manifest
        quoted = [(entry.sentence, "[[link]] in the config") for entry in study.configured]
        for experiment in manifest.experiments if manifest else ():
            quoted += [
                (words, f"supports of {experiment.id} in the manifest") for words in experiment.supports
            ]
        for words, place in quoted:
            if not any(is_meant(words, claim) for claim in claims):
                detail = f"no sentence holds the words {words!r} ({place})"
                yield Hit(start, start, detail, values={"detail": detail})
        for detail in _unlabelled(study.document, manifest):
            yield Hit(start, start, detail, values={"detail": detail})


def _unlabelled(document: Document, manifest: Manifest | None) -> Iterator[str]:
    """The labels of tables and figures that the manifest names and no source of the paper holds.

    A PDF shows none, so that none can be missed there.
    """
    texts = [source.text for source in document.sources if ending(source.name) in _LABELLED]
    for experiment in manifest.experiments if manifest and texts else ():
        for label in experiment.shown_in:
            whole = re.compile(rf"(?<![\w-]){re.escape(label)}(?![\w-])")
            if not any(map(whole.search, texts)):
                yield f"the paper has no label {label!r} (shown_in of {experiment.id} in the manifest)"


def _written(document: Document, link: Link, near: Span) -> Span:
    """Where the id stands; the place of a mark that typesets nothing is behind its command."""
    at = document.source(near.file).text.rfind(link.experiment, 0, near.end)
    return Span(near.file, at, at + len(link.experiment)) if at >= 0 else near
