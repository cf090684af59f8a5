"""What was met while the manuscript was read, and what its comments to claimlint say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.study import Hit, Study


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


class Hygiene(RuleKind):
    """A suppression that does not do its work; the stage that applies suppressions reports it."""

    kind: Literal["suppression"]
    problem: Literal["unused", "unreasoned", "unknown"]

    def find(self, study: Study) -> Iterator[Hit]:
        yield from ()
