"""The experiment itself lacks something that its method asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.study import Hit, Study, hit_at
from claimlint.evidence import Experiment


class Adequacy(RuleKind):
    """An experiment of one of ``methods`` with none of the fields ``any_of``.

    It is reported once, at the first claim that leans on it. Fields are dotted (``controls.control_task``).
    """

    kind: Literal["adequacy"]
    methods: tuple[str, ...]
    any_of: tuple[str, ...]

    @property
    def needs_manifest(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        seen = set[str]()
        for case in study.cases:
            for experiment in case.experiments if case.own else ():
                if experiment.id in seen or experiment.method not in self.methods:
                    continue
                seen.add(experiment.id)
                if not any(has(experiment, field) for field in self.any_of):
                    yield hit_at(case, experiments=(experiment,), experiment=experiment.id)


def has(experiment: Experiment, path: str) -> bool:
    """Whether a dotted field is filled in."""
    value: object = experiment
    for name in path.split("."):
        value = getattr(value, name, None)
    return value is not None and value is not False and value not in ((), "")
