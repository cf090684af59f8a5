"""A manifest to be filled in: what a paper describes, without anything that only a run can tell."""

from __future__ import annotations

from claimlint.evidence.model import Experiment, Manifest
from claimlint.linking.described.account import Account, Described


def skeleton(account: Account) -> Manifest:
    """Every described experiment as a planned entry of grade ``declared``, without numbers and checks."""
    used = {d.experiment.model for d in account.experiments}
    return Manifest(
        paper=account.manifest.paper,
        models=tuple(model for model in account.manifest.models if model.id in used),
        experiments=tuple(_planned(described) for described in account.experiments),
    )


def _planned(described: Described) -> Experiment:
    experiment = described.experiment
    said = " ".join(described.sentences[0].sentence.text.split())
    return Experiment(
        id=experiment.id,
        grade="declared",
        status="planned",
        method=experiment.method,
        model=experiment.model,
        target=experiment.target,
        # Written, to be filled in: no heading tells reliably what was studied.
        behaviour="",
        note=f"Read off the paper, to be checked and completed, then set to done: {said}",
    )
