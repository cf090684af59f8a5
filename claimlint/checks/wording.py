"""Words for people: messages, what would license a claim, what stands behind it.

All of them are Jinja2 templates of a rule file, or of ``rules/rewordings.toml``. In a message what is not
known is blank; a rewording that would hold a blank is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from claimlint.checks import phrases
from claimlint.checks.phrases import METHOD_NAMES
from claimlint.checks.sentence import condition, plain, subject
from claimlint.checks.study import Case, Hit, Study, main_cue
from claimlint.evidence import Experiment, methods_for
from claimlint.evidence.licence import rung_of
from claimlint.manuscript.quoting import quoted
from claimlint.phrasing import listed

if TYPE_CHECKING:
    from jinja2 import Environment, Template

    from claimlint.checks.rules import Rule

#: What a message, ``needed`` or a rewording may mention: the claim and all its experiments, ...
ABOUT_CLAIM = (
    "claim",
    "cue",
    "kind",
    "component",
    "experiment",
    "methods",
    "licensed",
    "observed",
    "edits",
    "evidence_level",
    "plural",
    "several",
    "unmet",
    "ways",
)
#: ... the one experiment that a rewording is built on, ...
ABOUT_EXPERIMENT = (
    "activations", "attended", "be", "behaviour", "change", "edit", "enough", "measure", "metric", "n",
    "observes", "outcome", "sample", "value", "where", "window",
)  # fmt: skip
#: ... and what single rule kinds add.
FROM_KINDS = (
    "corrected",
    "detail",
    "larger",
    "missing",
    "near",
    "others",
    "planned",
    "recorded",
    "single",
    "status",
    "tried",
    "written",
)
#: Of these, the ones that hold of the experiment's own behaviour alone.
_MEASURED = (
    "attended", "be", "behaviour", "change", "measure", "metric", "outcome", "sample", "value",
)  # fmt: skip
_OTHERWISE = "otherwise"
#: Methods named where any would do.
FEW = 3
_OBSERVED = 1
VARIABLES = frozenset((*ABOUT_CLAIM, *ABOUT_EXPERIMENT, *FROM_KINDS))
_BLANKS: dict[str, object] = dict.fromkeys((*VARIABLES, _OTHERWISE), "")


def message(rule: Rule, hit: Hit, study: Study) -> str:
    """Why the rule fired; some rules say otherwise what the paper itself describes."""
    described = study.described is not None and hit.message == "main" and "described" in rule.messages
    words = fill(rule.messages["described" if described else hit.message], _BLANKS | values_for(hit, study))
    return " ".join((words, *_other_behaviours(hit)))


def _other_behaviours(hit: Hit) -> Iterator[str]:
    """What the experiments are about, where the sentence names its behaviour in words of its own."""
    for experiment in hit.experiments:
        if hit.case and hit.case.doubts(experiment):
            yield f"The manifest says that {experiment.id} is about {experiment.behaviour}."


def needed(rule: Rule, hit: Hit, study: Study) -> str:
    """What would license the wording, or what else is to be done."""
    return fill(rule.needed, _BLANKS | values_for(hit, study))


def evidence_words(hit: Hit, study: Study) -> tuple[str, ...]:
    """Each experiment that the claim was held against, with its method, target and rung."""
    shown = _nearest(hit) if study.described else hit.experiments
    return tuple(_evidence_line(hit, experiment, study) for experiment in shown)


def _strongest_first(hit: Hit) -> list[Experiment]:
    """The experiments behind a claim by what they show; what only observes is not what its gap is about."""
    return sorted(hit.experiments, key=lambda experiment: -level_of(hit, experiment))


def _nearest(hit: Hit) -> list[Experiment]:
    """The few experiments of a paper that stand nearest to the claim, and the one that shows the most."""
    scores = {link.experiment: link.score for link in hit.case.links} if hit.case else {}
    strongest = _strongest_first(hit)
    nearest = sorted(strongest, key=lambda experiment: -scores.get(experiment.id, 0))
    few = nearest[:FEW]
    return few if not strongest or strongest[0] in few else [*few[:-1], strongest[0]]


def _evidence_line(hit: Hit, experiment: Experiment, study: Study) -> str:
    rung = phrases.rung(level_of(hit, experiment))
    told = study.described.experiment(experiment.id) if study.described else None
    if told:
        words = quoted(study.document, told.telling)
        return f'the paper describes {METHOD_NAMES[experiment.method]} ({rung}): "{phrases.shortened(words)}"'
    target = phrases.target_words(experiment.target)
    on = f" on {target}" if target else ""
    return f"{experiment.id}: {METHOD_NAMES[experiment.method]}{on} ({rung})"


def values_for(hit: Hit, study: Study, experiment: Experiment | None = None) -> dict[str, object]:
    """What the names in a template stand for.

    Args:
        experiment: the one that a rewording is built on; without it, the first of the hit's own is told of.
    """
    if hit.case is None:
        return dict(hit.values)
    values = _about_claim(hit, hit.case)
    if experiment is not None:
        values |= _about_experiment(hit.case, experiment, its_part=True)
    elif first := next(iter(hit.experiments), None):
        values |= _about_experiment(hit.case, first, its_part=hit.case.is_about(first))
    if study.described:
        values |= _as_described(hit.case, _strongest_first(hit))
    values |= hit.values
    # Citations and formulas are placeholders in a sentence's text, and a wording must not hold any.
    if any(mark.end > mark.start for mark in hit.case.claim.sentence.marks):
        values["corrected"] = ""
    return values


def _about_claim(hit: Hit, case: Case) -> dict[str, object]:
    reading, experiments = case.claim.reading, hit.experiments
    return {
        "claim": plain(case.claim),
        "cue": hit.cue,
        "kind": reading.kind,
        "component": phrases.named(reading),
        "experiment": listed(e.id for e in experiments),
        "methods": listed(dict.fromkeys(METHOD_NAMES[e.method] for e in experiments)),
        "licensed": listed(sorted(case.licensed)) or "nothing",
        "evidence_level": case.evidence_level,
        "plural": len(experiments) > 1,
        "several": phrases.several(reading),
        "unmet": _unmet(case),
        "ways": listed([METHOD_NAMES[method] for method in methods_for(reading.kind)[:FEW]], "or"),
    }


def _about_experiment(case: Case, experiment: Experiment, *, its_part: bool) -> dict[str, object]:
    """``its_part``: the experiment says what the part is called, not the sentence alone."""
    reading, effect = case.claim.reading, experiment.effect
    where = condition(case.claim) or "on these prompts"
    start, _ = main_cue(case.claim)
    component = subject(case.claim, start)
    if its_part:
        component = phrases.component_words(reading, experiment.target, component)
    behaviour, tried = phrases.behaviour_words(experiment, case.claim), phrases.prompts_tried(experiment)
    values: dict[str, object] = {
        "component": component,
        "activations": phrases.activations(experiment, component),
        "attended": phrases.attended(experiment.behaviour),
        "behaviour": behaviour,
        "change": phrases.change(effect),
        "outcome": phrases.outcome(effect),
        "edit": phrases.edit(experiment, component),
        "measure": phrases.measure(experiment, reading),
        "n": tried,
        "observes": rung_of(experiment.method) == _OBSERVED,
        "sample": "" if tried in where.split() else phrases.sample(experiment),
        "be": phrases.be(behaviour),
        "where": where,
        "window": experiment.target.window or "",
        "metric": phrases.metric_words(effect) if effect else "",
        "enough": "sufficiency" in _licensed_by(case, experiment),
        "value": phrases.value(effect) if effect else "",
    }
    # What was measured of another behaviour is not said of the claim's.
    return values | (dict.fromkeys(_MEASURED, "") if case.doubts(experiment) else {})


def _licensed_by(case: Case, experiment: Experiment) -> frozenset[str]:
    pairs = zip(case.experiments, case.licences, strict=True)
    return next((licence.kinds for e, licence in pairs if e.id == experiment.id), frozenset())


def _as_described(case: Case, experiments: Sequence[Experiment]) -> dict[str, object]:
    """What is said otherwise where the experiments are those that the paper describes."""
    levels = {e.id: licence.level for e, licence in zip(case.experiments, case.licences, strict=True)}
    only_observed = all(levels[e.id] <= _OBSERVED for e in case.near)
    kind = case.claim.reading.kind
    lacks: list[Sequence[str]] = [
        unmet.needs for licence in case.licences for unmet in licence.unmet if unmet.kind == kind
    ]
    least: Sequence[str] = min(lacks, key=len, default=())
    return {
        "experiment": "what the paper describes",
        "methods": _some_methods(experiments),
        "observed": _some_methods(case.near) if only_observed else "",
        "edits": _some_methods(e for e in experiments if levels[e.id] > _OBSERVED),
        "plural": False,
        "component": phrases.named(case.claim.reading),
        "behaviour": case.claim.reading.behaviour,
        "activations": "",
        "unmet": f"the paper does not describe {listed(least, 'or')}" if least else "",
    }


def _some_methods(experiments: Iterable[Experiment]) -> str:
    methods = list(dict.fromkeys(METHOD_NAMES[e.method] for e in experiments))
    return listed([*methods[:FEW], *(["others"] if methods[FEW:] else [])])


def level_of(hit: Hit, experiment: Experiment) -> int:
    if hit.case is None:
        return 0
    pairs = zip(hit.case.experiments, hit.case.licences, strict=True)
    return next((licence.level for e, licence in pairs if e.id == experiment.id), 0)


def _unmet(case: Case) -> str:
    """What the linked experiments lack for the claim's kind: "patch-9 lacks a joint or backup check"."""
    kind = case.claim.reading.kind
    pairs = zip(case.experiments, case.licences, strict=True)
    lacking = [(e.id, unmet.needs) for e, licence in pairs for unmet in licence.unmet if unmet.kind == kind]
    return "; ".join(f"{id} lacks {listed(needs)}" for id, needs in lacking)


def fill(template: str, values: dict[str, object]) -> str:
    return re.sub(r"\s+", " ", _template(template).render(values)).strip()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  (the command line starts without it)

    return Environment(undefined=StrictUndefined, autoescape=False)


@cache
def _template(text: str) -> Template:
    from jinja2 import nodes  # noqa: PLC0415  (the command line starts without it)

    tree = _environment().parse(text)
    # Jinja2 prints nothing for the `else` that is not there, so that no rewording would be dropped for it.
    for choice in tree.find_all(nodes.CondExpr):
        choice.expr2 = choice.expr2 or nodes.Name(_OTHERWISE, "load")
    return _environment().from_string(tree)
