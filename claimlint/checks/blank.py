"""Entries of a manifest that are done and say nothing by which a claim could be linked to them."""

from __future__ import annotations

from claimlint.checks.study import Case, Study
from claimlint.evidence import Experiment
from claimlint.evidence.check import says_nothing
from claimlint.linking.words import english


def blank_entries(study: Study) -> tuple[Experiment, ...]:
    """Those that nobody linked by hand, in the manifest's order."""
    linked = {link.experiment for case in study.cases for link in case.links}
    done = study.manifest.done if study.manifest else ()
    return tuple(
        experiment for experiment in done if experiment.id not in linked and says_nothing(experiment)
    )


def meant_by(case: Case, blank: tuple[Experiment, ...], study: Study) -> tuple[Experiment, ...]:
    """Those that an unlinked claim may be about: it names their method, or the manifest holds no others."""
    if not blank or study.manifest is None or len(blank) == len(study.manifest.done):
        return blank
    named = english().methods(case.claim.sentence.text)
    return tuple(experiment for experiment in blank if experiment.method in named)
