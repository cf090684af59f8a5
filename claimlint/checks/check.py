"""Claims and evidence in, findings out: gather, judge, describe, suppress."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from claimlint.checks.checklist import checklist
from claimlint.checks.kinds.base import find_words, listed_words
from claimlint.checks.model import SEVERITIES, Finding, Outcome
from claimlint.checks.rewording import rewording
from claimlint.checks.rules import Rule, enabled, find_rule
from claimlint.checks.single_prompt import narrowed
from claimlint.checks.study import Case, Hit, Study
from claimlint.checks.suppress import hygiene, normalised, suppress
from claimlint.checks.verdict import judge
from claimlint.checks.wording import evidence_words, message, needed
from claimlint.claims.model import Claim
from claimlint.config import Config
from claimlint.errors import ClaimlintError
from claimlint.evidence import IDENTIFICATION, LEVELS, Experiment, Licence, Manifest, licence, read_instances
from claimlint.linking.described import Account, arguable, reporting
from claimlint.linking.explicit import explicit_links
from claimlint.linking.model import Link
from claimlint.manuscript.model import Document

_WHOLE_PAPER = "the whole paper"


class RuleCrashed(ClaimlintError):
    """At least one rule could not do its work; ``outcome`` is what the others found."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(
            f"a rule crashed: {'; '.join(outcome.crashes)}",
            "What this rule would have found is not in the report, so the paper cannot be called checked.",
            "Leave the rule out with --ignore for now, and report the crash with its sentence.",
        )
        self.outcome = outcome


def check(
    document: Document,
    claims: Sequence[Claim],
    links: Sequence[Link],
    evidence: Manifest | None,
    rules: Sequence[Rule],
    options: Config,
    *,
    manifest: str = "",
    described: Account | None = None,
    plans: Manifest | None = None,
) -> Outcome:
    """Hold every claim against its experiments.

    Args:
        evidence: the manifest; None leaves the rules that read the text alone.
        rules: all rules; ``options`` says which of them run.
        manifest: the path that a report names.
        described: what the paper says it did, where ``evidence`` is no more than that.
        plans: what the manifest holds, where that are plans alone, and so no ``evidence``.

    Raises:
        RuleCrashed: after all other rules ran.
        ClaimlintError: ``options`` names no rule, the reader met something that no rule reports, or a file
            that rules share cannot be read.
    """
    running = enabled(rules, select=options.select, ignore=options.ignore, preview=options.preview)
    for name in options.severity:
        find_rule(name, rules)
    _every_notice_has_a_rule(document, rules)
    folder = Path(manifest).parent
    cases = gather(claims, links, evidence, folder)
    if described:
        cases = _as_told(cases, described)
    if plans:
        cases = _leaning_on(cases, explicit_links(claims, document, plans, options.link))
    study = Study(document, tuple(cases), evidence, tuple(options.link), described, plans, folder)
    told, crashes = run(running, study, options)
    judged, in_verdicts = judge(study, rules)
    crashes += [crash for crash in in_verdicts if crash[0].name not in {rule.name for rule, _ in crashes}]
    findings = fingerprinted(ordered(speak_once(told), document))
    known = {"manifest": evidence is not None, "described": described is not None}
    able = [rule for rule in running if rule.can_speak(**known)]
    open_, suppressed, problems = suppress(findings, document, claims, rules, able, options)
    about_answers = [describe(rule, hit, study, options) for rule, hit in hygiene(problems, running)]
    open_ += fingerprinted(ordered(about_answers, document))
    outcome = Outcome(
        document=document,
        manifest="" if plans else manifest,
        plans=manifest if plans else "",
        claims=judged,
        findings=tuple(ordered(open_, document)),
        suppressed=tuple(suppressed),
        checklist=checklist(evidence, described=described is not None),
        evidence=evidence,
        described=described,
        rules=running,
        crashes=tuple(f"{rule.code} {rule.name}: {type(e).__name__}: {e}" for rule, e in crashes),
    )
    if crashes:
        raise RuleCrashed(outcome)
    return outcome


def gather(
    claims: Sequence[Claim], links: Sequence[Link], evidence: Manifest | None, folder: Path
) -> Iterable[Case]:
    """Each claim with the experiments that its links lead to; ``folder`` is the manifest's."""
    known = {experiment.id: experiment for experiment in evidence.experiments} if evidence else {}
    licences = {id: licence(experiment, evidence) for id, experiment in known.items()} if evidence else {}
    by_claim: dict[str, list[Link]] = {}
    for link in links:
        by_claim.setdefault(link.claim, []).append(link)
    for claim in claims:
        mine = by_claim.get(claim.id, [])
        done = {
            link.experiment: (known[link.experiment], link)
            for link in reversed(mine)
            if link.experiment in known and known[link.experiment].status == "done"
        }
        pairs = list(reversed(done.values()))
        yield Case(
            claim=claim,
            links=tuple(mine),
            experiments=tuple(experiment for experiment, _ in pairs),
            licences=tuple(_licence_for(claim, *pair, licences[pair[0].id], folder) for pair in pairs),
            dangling=tuple(link for link in mine if link.experiment not in done),
        )


def _as_told(cases: Iterable[Case], described: Account) -> Iterable[Case]:
    """The cases with what the paper's own words make of them, where no manifest speaks."""
    for case in cases:
        claim = case.claim
        # What a paper seldom tells are the controls of a test of a function.
        tested = claim.reading.kind == "mechanism" and described.on_functions
        yield replace(
            case,
            described=True,
            arguable=case.own and arguable(claim) and not tested,
            reporting=case.own and reporting(claim),
        )


def _leaning_on(cases: Iterable[Case], links: Iterable[Link]) -> Iterable[Case]:
    """The cases with what is linked by hand to experiments that are not carried out, or not even planned."""
    by_claim: dict[str, dict[str, Link]] = {}
    for link in links:
        by_claim.setdefault(link.claim, {}).setdefault(link.experiment, link)
    for case in cases:
        yield replace(case, dangling=tuple(by_claim.get(case.claim.id, {}).values()))


def _licence_for(claim: Claim, experiment: Experiment, link: Link, whole: Licence, folder: Path) -> Licence:
    """What an experiment licenses of this claim."""
    if IDENTIFICATION in whole.words and find_words(listed_words("true_factors"), claim.sentence.text):
        # The assumptions single the factors out, and no part or behaviour beside them.
        return replace(whole, kinds=whole.kinds | {"association", "uniqueness"}, level=LEVELS["uniqueness"])
    if claim.reading.kind != "counterfactual" or "counterfactual" not in whole.kinds:
        return whole
    return narrowed(claim, experiment, whole, link, read_instances(experiment, folder))


Told = tuple[Rule, Hit, Finding]


def run(
    rules: Sequence[Rule], study: Study, options: Config
) -> tuple[list[Told], list[tuple[Rule, Exception]]]:
    """What all rules have to say; one that crashes takes nothing but itself down.

    Raises:
        ClaimlintError: a file that several rules share cannot be read.
    """
    told: list[Told] = []
    crashes: list[tuple[Rule, Exception]] = []
    for rule in rules:
        try:
            seen = seen_by(rule, study)
            found = [(rule, hit, describe(rule, hit, seen, options, rules)) for hit in hits(rule, seen)]
            mine = [one for one in found if not is_answered(one[2])]
        except ClaimlintError:
            raise
        except Exception as error:
            crashes.append((rule, error))
        else:
            told += mine
    return told, crashes


def is_answered(finding: Finding) -> bool:
    """Whether the sentence says already what the rule would have it say."""
    return bool(finding.rewording) and finding.rewording == " ".join(finding.text.split())


def hits(rule: Rule, study: Study) -> Sequence[Hit]:
    """What a rule finds. What a whole paper leaves unsaid is told at the first place that asks for it."""
    found = list(rule.when.find(study))
    if study.described is None or not found:
        return found
    if rule.when.answered_in(study):
        return ()
    first, *others = found
    return [replace(first, values={**first.values, "others": len(others)})] if rule.once else found


def seen_by(rule: Rule, study: Study) -> Study:
    """The paper as the rule sees it: what is only described is evidence for the rules that say so."""
    return study if study.described is None or rule.described else study.wording_alone


def speak_once(told: Sequence[Told]) -> Iterable[Finding]:
    """One finding per claim and cause: a rule keeps silent where a more specific one has spoken."""
    silenced = {(hit.case.claim.id, name) for rule, hit, _ in told if hit.case for name in rule.over}
    for rule, hit, finding in told:
        if hit.case is None or (hit.case.claim.id, rule.name) not in silenced:
            yield finding


def describe(rule: Rule, hit: Hit, study: Study, options: Config, rules: Sequence[Rule] = ()) -> Finding:
    """A hit in words; its rewording is held against ``rules``."""
    reading = hit.case.claim.reading if hit.case else None
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=severity(rule, hit, study, options),
        span=hit.span,
        sentence=hit.sentence,
        text=hit.text,
        cue=hit.cue,
        message=message(rule, hit, study),
        kind=reading.kind if reading else "",
        gap=rule.gap,
        claim=hit.case.claim.id if hit.case else "",
        claim_level=reading.level if reading else 0,
        evidence_level=hit.case.evidence_level if hit.case else 0,
        evidence=evidence_words(hit, study),
        experiments=tuple(experiment.id for experiment in hit.experiments),
        needed=needed(rule, hit, study),
        rewording=rewording(rule, hit, study, rules),
        fingerprint=_WHOLE_PAPER if rule.when.about_paper else "",
    )


def severity(rule: Rule, hit: Hit, study: Study, options: Config) -> str:
    """The rule's severity, or the config's; a hedge or a missing manifest takes it one step down.

    The two together take it down one step as well.

    What starts as an error stays a warning at least.
    """
    given = (
        options.severity.get(rule.name) or options.severity.get(rule.code) or hit.severity or rule.severity
    )
    mild = hit.case is not None and (
        hit.case.claim.reading.hedged or study.manifest is None or study.described is not None
    )
    return SEVERITIES[max(SEVERITIES.index(given) - 1, 0)] if mild else given


def ordered(findings: Iterable[Finding], document: Document) -> list[Finding]:
    """In the order of the files, and within a file in that of its text."""
    files = {source.name: rank for rank, source in enumerate(document.sources)}
    return sorted(
        findings,
        key=lambda f: (files.get(f.span.file, len(files)), f.span.start, f.span.end, f.code, f.message),
    )


def fingerprinted(findings: Iterable[Finding]) -> list[Finding]:
    """Each with a fingerprint that neither file nor line enters; the same sentence again has another one.

    What is told of the whole paper keeps its own, wherever it stands.
    """
    seen = Counter[tuple[str, str]]()
    named = []
    for finding in findings:
        what = (finding.name, finding.fingerprint or normalised(finding.text or finding.message))
        seen[what] += 1
        digest = hashlib.sha256("\0".join((*what, str(seen[what]))).encode()).hexdigest()[:16]
        named.append(replace(finding, fingerprint=digest))
    return named


def _every_notice_has_a_rule(document: Document, rules: Sequence[Rule]) -> None:
    reported = {rule.when.notice for rule in rules if rule.when.kind == "reading"}
    for notice in document.notices:
        if notice.rule not in reported:
            raise ClaimlintError(
                f"{notice.span.file}: {notice.rule}: {notice.detail}",
                "The reader met this, and no rule of the pack reports it.",
                "Install claimlint again, with its rules.",
            )
