"""What is said of the manifest as a whole: that there is none, that it holds plans alone, or too little."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.blank import blank_entries, meant_by
from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.study import Hit, Study
from claimlint.evidence.check import changed_files, missing_files, units_of
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


class HollowManifest(RuleKind):
    """What makes a manifest say less than it seems to.

    Entries that say nothing, numbers without their unit, results that are gone or are others by now.
    """

    kind: Literal["hollow-manifest"]

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "blank", "missing", "changed")

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        if study.manifest is None or study.described:
            return
        start = Span(study.document.path, 0, 0)
        blank = blank_entries(study)
        unlinked = [case for case in study.cases if case.own and not case.links]
        for experiment in blank:
            n = sum(experiment in meant_by(case, blank, study) for case in unlinked)
            values = {"experiment": experiment.id, "n": n, "plural": n > 1}
            yield Hit(start, start, experiment.id, message="blank", values=values)
        for problem in units_of(study.manifest):
            detail = f"{problem.place}: {problem.what}"
            yield Hit(start, start, detail, values={"detail": detail})
        changed = changed_files(study.manifest, study.folder)
        if changed:
            values = {"detail": changed[0], "others": len(changed) - 1}
            yield Hit(start, start, changed[0], message="changed", values=values)
        gone = missing_files(study.manifest, study.folder)
        if gone:
            # Results are often too large to lie beside a paper: that is worth knowing, and no fault.
            values = {"detail": gone[0], "others": len(gone) - 1}
            yield Hit(start, start, gone[0], message="missing", severity="info", values=values)
