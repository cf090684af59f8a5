"""A wording that holds: filled from what was done, and read again before it is offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from claimlint.checks.sentence import alone, opening, placed
from claimlint.checks.study import Case, Hit, Study, main_cue
from claimlint.checks.wording import fill, level_of, values_for
from claimlint.claims import read_in_place
from claimlint.evidence import Experiment
from claimlint.packs import pack_file

if TYPE_CHECKING:
    from claimlint.checks.rules import Rule


_CORRECTED = "{{ corrected }}"
#: The kinds of rules that find words which claim too much; others find what a number or a design lacks.
_OF_WORDS = ("gap", "asks")


def rewording(rule: Rule, hit: Hit, study: Study, rules: Sequence[Rule] = ()) -> str:
    """The first wording that has no blank, built on the strongest experiment that allows one.

    It keeps the sentence's opening ("We find that"), and the clauses behind a semicolon. A sentence whose
    words are changed one by one keeps the rest of what it claims: none of ``rules`` may find a gap there.
    """
    from jinja2 import UndefinedError  # noqa: PLC0415  (the command line starts without it)

    # What is read off a paper holds neither numbers nor its own name for a behaviour.
    experiments = () if study.described else _on_its_part(hit)
    for experiment, template in _templates(rule, hit, experiments, study):
        values = values_for(hit, study, experiment)
        known = {name: value for name, value in values.items() if value not in ("", None)}
        known["sample"] = values.get("sample", "")
        try:
            wording = fill(template, known)
        except UndefinedError:
            continue
        # A sentence corrected word by word is whole already.
        kept = wording == known.get("corrected")
        whole = _sentence(wording) if kept else _in_place(wording, hit)
        if _holds(whole, rule, hit, study) and not (kept and _leaves_a_gap(whole, rule, hit, study, rules)):
            return whole
    return ""


def _on_its_part(hit: Hit) -> tuple[Experiment, ...]:
    """The experiments in whose words the claim would say no other thing."""
    case = hit.case
    return tuple(e for e in hit.experiments if case is None or case.is_about(e))


def _holds(wording: str, rule: Rule, hit: Hit, study: Study) -> bool:
    """Whether the wording, read as a sentence of the paper, asks for no more than its experiments give."""
    if hit.case is None:
        return True
    again = _reread(wording, hit.case)
    if rule.when.judges_wording and any(rule.when.find(replace(study, cases=(again,)))):
        return False
    within = again.covered or again.understated or not again.asserts
    # Of the kinds that it speaks of, the rule has just said that the wording is none.
    return study.manifest is None or within or again.claim.reading.kind in rule.when.speaks_of


def _leaves_a_gap(wording: str, rule: Rule, hit: Hit, study: Study, rules: Sequence[Rule]) -> bool:
    """Whether the words that are kept have some that another rule finds to claim more than was tested."""
    if hit.case is None or study.manifest is None or study.described or not rule.gap:
        return False
    here = replace(study, cases=(hit.case,))
    others = (other for other in rules if other.gap and other is not rule and other.when.kind in _OF_WORDS)
    return any(found.cue and found.cue in wording for other in others for found in other.when.find(here))


def _reread(wording: str, case: Case) -> Case:
    """The case with ``wording`` for its sentence; a link made by hand still says whose claim it is."""
    sentence = alone(wording, case.claim.sentence)
    reading = read_in_place(sentence, tied=any(link.explicit for link in case.links))
    return replace(case, claim=replace(case.claim, sentence=sentence, reading=reading))


def _templates(
    rule: Rule, hit: Hit, experiments: tuple[Experiment, ...], study: Study
) -> Iterator[tuple[Experiment | None, str]]:
    """What to try, the strongest experiments first; wordings of last resort after all others."""
    strongest_first = sorted(experiments, key=lambda e: -level_of(hit, e))
    pack = pack_file("rewordings.toml")
    by_method = {e.id: pack["by_method"].get(e.method, []) for e in experiments}
    # In a sentence of which no experiment says what its part is called, words may be changed one by one.
    others_part = bool(hit.experiments) and not study.described
    for template in rule.rewordings if not strongest_first else ():
        if template == _CORRECTED or not others_part:
            yield None, template
    for experiment in strongest_first:
        for template in (*rule.rewordings, *by_method[experiment.id][:-1]):
            yield experiment, template
    for experiment in strongest_first:
        for template in by_method[experiment.id][-1:]:
            yield experiment, template
    if rule.gap and hit.experiments and not study.described:
        yield None, pack["open"]["question"]


def _in_place(wording: str, hit: Hit) -> str:
    if hit.case is None:
        return _sentence(wording)
    claim = hit.case.claim
    start, _ = main_cue(claim)
    return placed(claim, f"{opening(claim, wording)}{wording}", start)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")
