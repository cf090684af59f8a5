"""What is said once of a paper: that there is no manifest, or that it holds plans alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.study import Hit, Study
from claimlint.manuscript.model import Span


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
