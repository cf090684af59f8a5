"""One verdict for every claim, by kinds and never by subtracting rungs."""

from __future__ import annotations

from collections.abc import Sequence

from claimlint.checks.directions import contradiction
from claimlint.checks.factors import misfit_factor
from claimlint.checks.kinds.drift import drift
from claimlint.checks.model import Judged
from claimlint.checks.phrases import METHOD_NAMES
from claimlint.checks.prompt_counts import drifted_counts
from claimlint.checks.rules import Rule
from claimlint.checks.study import Case, Study
from claimlint.checks.wording import needed
from claimlint.evidence import Manifest, methods_for
from claimlint.phrasing import listed

#: The verdicts that lack something, by the kinds of rules that say what.
_TELLING = {"gap": "gap", "concludes": "gap", "unlinked": "unlinked"}

Lack = tuple[Rule, str]


def judge(study: Study, rules: Sequence[Rule]) -> tuple[tuple[Judged, ...], list[tuple[Rule, Exception]]]:
    """Every claim with its verdict and with what the closest rule says it lacks; and the rules that crashed.

    All ``rules`` are asked, whether or not they run: what a claim lacks does not depend on what is reported.
    """
    lacking: dict[tuple[str, str], list[Lack]] = {}
    crashes: list[tuple[Rule, Exception]] = []
    for rule in rules if study.manifest else ():
        if rule.when.kind not in _TELLING:
            continue
        try:
            told = [(h.case.claim.id, needed(rule, h, study)) for h in rule.when.find(study) if h.case]
        except Exception as error:
            crashes.append((rule, error))
        else:
            for claim, lack in told:
                lacking.setdefault((claim, _TELLING[rule.when.kind]), []).append((rule, lack))
    return tuple(_judged(case, study, lacking) for case in study.cases), crashes


def _judged(case: Case, study: Study, lacking: dict[tuple[str, str], list[Lack]]) -> Judged:
    word = verdict(case, study.manifest)
    if word == "supported" and (case.claim.id, "gap") in lacking:
        word = "gap"  # Its kind is licensed, but it concludes more than that.
    found = lacking.get((case.claim.id, word), [])
    silenced = {name for rule, _ in found for name in rule.over}
    closest = next((lack for lack in found if lack[0].name not in silenced), None)
    return Judged(
        claim=case.claim,
        links=case.links,
        verdict=word,
        evidence_level=case.evidence_level,
        licensed=tuple(sorted(case.licensed)),
        gap=closest[0].gap if closest and word == "gap" else "",
        needed=(closest[1] if closest else _ways(case)) if word in _TELLING.values() else "",
        told=closest is not None or word not in _TELLING.values(),
    )


def _ways(case: Case) -> str:
    """The methods that can license the claim's kind."""
    return listed([METHOD_NAMES[method] for method in methods_for(case.claim.reading.kind)], "or")


def verdict(case: Case, manifest: Manifest | None) -> str:
    """How the claim stands to the experiments that are linked to it.

    A denial that is not licensed either is left open: "does not store X" behind a probe is as often an honest
    disclaimer as a claim.
    """
    reading = case.claim.reading
    if manifest is None or not case.own:
        return "not evaluated"
    if not case.experiments:
        return "unlinked"
    told = (drift(case), contradiction(case), misfit_factor(case))
    if any(told) or any(drifted_counts(case, manifest)):
        return "contradicted"
    if case.covered:
        return "supported"
    if reading.negated or not case.arguable:
        return "not evaluated"
    return "understated" if case.understated else "gap"
