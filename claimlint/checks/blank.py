"""Entries of a manifest that are done and say nothing by which a claim could be linked to them."""

from __future__ import annotations

from claimlint.checks.study import Case
from claimlint.evidence import Experiment, Manifest
from claimlint.evidence.check import says_nothing
from claimlint.linking.words import english


def blank_entries(manifest: Manifest) -> tuple[Experiment, ...]:
    """The entries, in the manifest's order."""
    return tuple(experiment for experiment in manifest.done if says_nothing(experiment))


def meant_by(case: Case, blank: tuple[Experiment, ...], manifest: Manifest) -> tuple[Experiment, ...]:
    """Those that an unlinked claim may be about: it names their method, or the manifest holds no others."""
    if not blank or len(blank) == len(manifest.done):
        return blank
    named = english().methods(case.claim.sentence.text)
    return tuple(experiment for experiment in blank if experiment.method in named)
