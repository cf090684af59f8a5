"""What was met while the manuscript was read, and what its comments to claimlint say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.study import Hit, Study
from claimlint.manuscript.model import Span


class Reading(RuleKind):
    """The reader's notices of this name."""

    kind: Literal["reading"]
    notice: str

    def find(self, study: Study) -> Iterator[Hit]:
        for notice in study.document.notices:
            if notice.rule == self.notice:
                words = study.document.source(notice.span.file).text[notice.span.start : notice.span.end]
                cue = " ".join(words.split())[:80]
                yield Hit(notice.span, notice.span, notice.detail, cue, values={"detail": notice.detail})


class NoManifest(RuleKind):
    """There is no manifest, so that only some of the rules could run."""

    kind: Literal["no-manifest"]

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "described")

    def find(self, study: Study) -> Iterator[Hit]:
        start = Span(study.document.path, 0, 0)
        if study.plans:
            return
        if study.described:
            yield Hit(start, start, "", message="described")
        elif study.manifest is None:
            yield Hit(start, start, "")


class OnlyPlans(RuleKind):
    """There is a manifest, and all its experiments are still to be carried out, or to be written down."""

    kind: Literal["only-plans"]

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "described")

    def find(self, study: Study) -> Iterator[Hit]:
        if study.plans:
            start, number = Span(study.document.path, 0, 0), len(study.plans.experiments)
            message = "described" if study.described else "main"
            yield Hit(start, start, "", message=message, values={"n": number, "plural": number > 1})


class Hygiene(RuleKind):
    """A suppression that does not do its work; the stage that applies suppressions reports it."""

    kind: Literal["suppression"]
    problem: Literal["unused", "unreasoned", "unknown"]

    def find(self, study: Study) -> Iterator[Hit]:
        yield from ()
