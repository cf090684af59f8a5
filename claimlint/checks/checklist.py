"""Five questions that every report answers, from what the manifest records."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from claimlint.checks.phrases import METHOD_NAMES
from claimlint.evidence import Experiment, Manifest, method_level
from claimlint.evidence.model import GRADES
from claimlint.phrasing import counted, listed

_NAMED = 3


def checklist(manifest: Manifest | None, *, described: bool = False) -> tuple[tuple[str, str], ...]:
    """Each question with its answer; without a manifest there is nothing to answer from.

    What is only ``described`` in the paper answers some of them.
    """
    if manifest is None:
        return tuple((question, "not known: no experiment is on record") for question in QUESTIONS)
    done = sorted(manifest.done, key=lambda experiment: GRADES.index(experiment.grade))
    return tuple(
        (question, _NOT_READ_OFF if described and answer not in _READ_OFF else answer(done, manifest))
        for question, answer in QUESTIONS.items()
    )


def _interventions(done: Iterable[Experiment]) -> list[Experiment]:
    return [experiment for experiment in done if method_level(experiment) >= 2]


def _rungs(done: list[Experiment], manifest: Manifest) -> str:
    observed = [experiment for experiment in done if method_level(experiment) == 1]
    edited = _interventions(done)
    told = [
        f"{len(group)} {what} ({listed(dict.fromkeys(METHOD_NAMES[e.method] for e in group))})"
        for group, what in ((edited, _plural(edited, "edit")), (observed, _plural(observed, "observe")))
        if group
    ]
    return "; ".join(told) or "nothing was observed or edited"


def _distribution(done: list[Experiment], manifest: Manifest) -> str:
    measured = [(e, e.distribution_shift) for e in done if e.distribution_shift]
    if not _interventions(done):
        return "no interventions"
    if not measured:
        return "not recorded for any intervention (distribution_shift)"
    beyond = [e.id for e, shift in measured if shift.reference is not None and shift.value > shift.reference]
    unknown = [e.id for e, shift in measured if shift.reference is None]
    within = [e.id for e, _ in measured if e.id not in (*beyond, *unknown)]
    groups = (("in", within), ("out", beyond), ("measured without a reference", unknown))
    told = [f"{what}: {_some(ids)}" for what, ids in groups if ids]
    left = len({e.id for e in _interventions(done)} - {e.id for e, _ in measured})
    return "; ".join([*told, *([f"not recorded for {left} others"] if left else [])])


def _individual(done: list[Experiment], manifest: Manifest) -> str:
    single = [e.id for e in done if e.instances]
    apart = [(e.id, e.unit) for e in done if e.unit and e.id not in single]
    shares = [id for id, unit in apart if unit.helped is not None]
    bounded = [id for id, unit in apart if unit.bounds]
    told = ["averages over prompts"]
    if shares:
        told.append(f"shares of prompts helped and harmed for {_some(shares)}")
    if bounded:
        told.append(f"bounds on the share of prompts turned around for {_some(bounded)}")
    told.append(f"single prompts' outcomes for {_some(single)}" if single else "no single prompt's outcome")
    return "; ".join(told)


def _robust(done: list[Experiment], manifest: Manifest) -> str:
    compared = [(e, e.robustness) for e in done if e.robustness]
    told = []
    for experiment, found in compared[:_NAMED]:
        over = [
            counted(len(values), noun)
            for noun, values in (("prompt set", found.prompt_sets), ("seed", found.seeds))
            if values
        ]
        agreement = f", agreement {found.strength}" if found.strength else ""
        told.append(f"{experiment.id} over {listed(over) or 'one configuration'}{agreement}")
    several = [e.id for e in done if not e.robustness and len(set(e.seeds)) > 1]
    if several:
        told.append(
            f"{len(several)} more with several seeds" if told else f"several seeds in {_some(several)}"
        )
    return "; ".join(told) or "not tested: one prompt set and one seed each, as far as recorded"


def _models(done: list[Experiment], manifest: Manifest) -> str:
    compared = [id for e in done if e.robustness for id in e.robustness.models]
    ids = dict.fromkeys([*(e.model for e in done if e.model), *compared])
    names = dict.fromkeys(model.name or id for id in ids if (model := manifest.model(id)))
    if not ids:
        return "no model is recorded"
    if any(manifest.model(id) is None for id in ids):  # a paper may tell of others without their names
        return f"several models, among them {_some(names)}" if names else "several models"
    return (
        f"one model only ({next(iter(names))})" if len(names) == 1 else f"{len(names)} models: {_some(names)}"
    )


QUESTIONS: dict[str, Callable[[list[Experiment], Manifest], str]] = {
    "association or intervention": _rungs,
    "in or out of distribution": _distribution,
    "average or individual": _individual,
    "robust over prompt sets and seeds": _robust,
    "shown on other models": _models,
}


_READ_OFF = (_rungs, _models)
_NOT_READ_OFF = "not known: it is not read off a paper; a manifest records it"


def _plural(group: list[Experiment], verb: str) -> str:
    return f"experiment{'s' * (len(group) != 1)} {verb}{'s' * (len(group) == 1)}"


def _some(ids: Iterable[str]) -> str:
    every = list(ids)
    more = len(every) - _NAMED
    return ", ".join(every[:_NAMED]) + (f" and {more} more" if more > 0 else "")
