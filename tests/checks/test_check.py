"""What becomes of a claim: verdict, finding, severity, order, and answers to findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.checks import Outcome, RuleCrashed, check, load_rules
from claimlint.checks.kinds.base import RuleKind
from claimlint.checks.study import Hit, Study
from claimlint.claims.model import KINDS, Cue
from claimlint.config import AcceptEntry, Config
from claimlint.errors import ClaimlintError
from claimlint.evidence import LEVELS
from claimlint.manuscript import read
from claimlint.manuscript.model import Document, Notice, Span
from tests.checks.cases import claims_of, document_of, link_of
from tests.checks.papers import PROBE, lint, manifest_of, names

RULES = load_rules()
PATCH = {
    "id": "patch-15",
    "method": "activation_patching",
    "direction": "denoising",
    "replacement": ["donor"],
    "model": "gpt2",
    "prompts": "names",
    "target": {"layer": [15]},
    "behaviour": "pronoun choice",
    "effect": {"metric": "accuracy", "value": 30, "unit": "points", "n": 1000},
}
SCRUB = {"id": "scrub-8", "method": "causal_scrubbing", "model": "gpt2", "target": {"layer": [8]}}
PLANNED = {**PATCH, "id": "planned", "status": "planned"}
MANIFEST = manifest_of([PROBE, PATCH, SCRUB, PLANNED])
SENTENCE = "The eighth layer matters for the task."


def judge(*experiments: str, config: Config | None = None, text: str = SENTENCE, **labels: Any) -> Outcome:
    document = document_of(text)
    claims = claims_of(document, **labels)
    links = [link_of(claims[0], experiment) for experiment in experiments]
    return check(document, claims, links, MANIFEST, RULES, config or Config())


@pytest.mark.parametrize(
    ("labels", "experiments", "verdict"),
    [
        ({"kind": "role"}, (), "unlinked"),
        ({"kind": "role"}, ("planned",), "unlinked"),
        ({"kind": "role"}, ("probe-8",), "gap"),
        ({"kind": "role"}, ("probe-8", "patch-15"), "supported"),
        ({"kind": "necessity", "level": 3}, ("patch-15",), "gap"),
        ({"kind": "mechanism", "level": 3}, ("scrub-8",), "supported"),
        ({"kind": "association", "level": 1}, ("patch-15",), "understated"),
        ({"kind": "mechanism", "level": 3, "negated": True}, ("probe-8",), "not evaluated"),
        ({"kind": "performance", "level": 0}, ("probe-8",), "not evaluated"),
        ({"kind": "mechanism", "level": 0, "stance": "prior"}, ("probe-8",), "not evaluated"),
    ],
)
def test_verdicts_go_by_kinds(labels: dict[str, Any], experiments: tuple[str, ...], verdict: str) -> None:
    assert [judged.verdict for judged in judge(*experiments, **labels).claims] == [verdict]


def test_a_number_that_differs_makes_the_claim_contradicted() -> None:
    outcome = lint("Patching layer 15 improves accuracy by 41 points on average.", MANIFEST)
    assert [judged.verdict for judged in outcome.claims] == ["contradicted"]
    (finding,) = outcome.findings
    assert finding.name == "number-drift"
    assert finding.cue == "41 points"
    assert finding.rewording == "Patching layer 15 improves accuracy by 30 points on average."


def test_a_gap_between_two_kinds_of_one_rung_is_a_gap() -> None:
    (finding,) = judge("patch-15", kind="uniqueness", level=3).findings
    assert finding.name == "definite-circuit"
    noising = manifest_of([{**PATCH, "id": "noise", "direction": "noising"}])
    document = document_of(SENTENCE)
    claims = claims_of(document, kind="sufficiency")
    outcome = check(document, claims, [link_of(claims[0], "noise")], noising, RULES, Config())
    assert [(f.name, f.claim_level - f.evidence_level) for f in outcome.findings] == [
        ("sufficiency-from-necessity", 0)
    ]


@given(
    kind=st.sampled_from([kind for kind in KINDS if kind in LEVELS]),
    experiments=st.lists(st.sampled_from(["probe-8", "patch-15", "scrub-8"]), unique=True),
    hedged=st.booleans(),
)
def test_a_claim_has_one_finding_exactly_where_it_has_a_gap_or_no_link(
    kind: str, experiments: list[str], hedged: bool
) -> None:
    outcome = judge(*experiments, kind=kind, level=LEVELS[kind], hedged=hedged)
    verdict = outcome.claims[0].verdict
    flagged = verdict == "gap" or (verdict == "unlinked" and LEVELS[kind] >= 2 and not hedged)
    assert len(outcome.findings) == flagged


def test_a_probe_behind_a_mechanism_is_named_by_the_most_specific_rule() -> None:
    (finding,) = judge("probe-8", kind="mechanism", level=3).findings
    assert (finding.code, finding.gap, finding.experiments) == ("CL102", "G3", ("probe-8",))
    assert (finding.claim_level, finding.evidence_level) == (3, 1)
    config = Config(ignore=("decodable-means-used",))
    (finding,) = judge("probe-8", kind="mechanism", level=3, config=config).findings
    assert finding.code == "CL101"


def test_an_experiment_that_licenses_nothing_does_not_hide_which_method_was_used() -> None:
    attention = {**PROBE, "id": "attention", "method": "attention_statistics"}
    ranking = {**PROBE, "id": "ranking", "method": "robustness"}
    document = document_of(SENTENCE)
    claims = claims_of(document, kind="mechanism", level=3)
    links = [link_of(claims[0], "ranking"), link_of(claims[0], "attention")]
    outcome = check(document, claims, links, manifest_of([attention, ranking]), RULES, Config())
    assert [(f.code, f.experiments) for f in outcome.findings] == [("CL103", ("attention",))]


def test_a_hedge_makes_it_milder_by_one_step_and_no_further_than_the_rule_allows() -> None:
    def severity(kind: str, **labels: Any) -> str:
        (finding,) = judge("patch-15", kind=kind, level=3, **labels).findings
        return finding.severity

    assert severity("necessity") == "error"
    assert severity("necessity", hedged=True) == "warning"
    assert severity("mechanism") == "warning"
    assert severity("mechanism", hedged=True) == "info"


def test_without_a_manifest_only_wording_is_judged_and_said_to_be() -> None:
    text = "Heads 5.1 and 6.9 are the only mechanism for greater-than."
    document = document_of(text)
    at = text.index("only mechanism")
    cue = Cue("by-hand", "only mechanism", at, at + len("only mechanism"))
    claims = claims_of(document, kind="uniqueness", level=3, hedged=True, cues=(cue,))
    outcome = check(document, claims, (), None, RULES, Config())
    assert [(f.name, f.severity) for f in outcome.findings] == [
        ("no-manifest", "info"),
        ("definite-circuit", "warning"),
    ]
    assert [judged.verdict for judged in outcome.claims] == ["not evaluated"]


def test_the_config_sets_severities() -> None:
    config = Config(severity={"CL203": "info"})
    (finding,) = judge("patch-15", kind="necessity", level=3, config=config).findings
    assert finding.severity == "info"


def test_a_finding_says_what_would_license_the_wording() -> None:
    (finding,) = judge("patch-15", kind="necessity", level=3).findings
    assert "patch-15 lacks" in finding.needed
    assert "at least two replacement types" in finding.needed


@pytest.mark.parametrize(
    ("part", "on"),
    [
        ("Head 4.2", "an experiment on head 4.2 that"),
        ("This direction", "on what the sentence speaks of that"),
    ],
)
def test_what_an_unlinked_claim_needs_names_its_part_where_there_is_one(part: str, on: str) -> None:
    found = lint(f"{part} drives the choice of the verb.", MANIFEST).findings
    (needed,) = (finding.needed for finding in found if finding.name == "unlinked-claim")
    assert on in needed


def test_unknown_rule_names_are_refused_with_the_near_one() -> None:
    with pytest.raises(ClaimlintError, match="Did you mean 'unlinked-claim'"):
        judge(config=Config(ignore=("unlinked-claims",)))
    with pytest.raises(ClaimlintError, match="Did you mean 'unlinked-claim'"):
        judge(config=Config(severity={"unlinked-claims": "info"}))


def test_wrapping_and_case_do_not_change_a_fingerprint_but_a_second_sentence_has_its_own() -> None:
    def prints(*lines: str) -> list[str]:
        document = document_of(*lines)
        return [
            f.fingerprint
            for f in check(document, claims_of(document), (), MANIFEST, RULES, Config()).findings
        ]

    (once,) = prints("The eighth layer drives the choice.")
    assert prints("The eighth\nlayer drives  the choice.") == [once]
    first, second = prints("The eighth layer drives the choice.", "The eighth layer drives the choice.")
    assert first == once != second


def test_equal_input_gives_equal_output_in_the_order_of_the_text() -> None:
    def outcome() -> Outcome:
        document = document_of(
            "The third layer drives the choice.", "Layer 8 drives it.", "Layer 15 drives it too."
        )
        claims = claims_of(document)
        links = [link_of(claims[2], "planned"), link_of(claims[1], "probe-8")]
        return check(document, claims, links, MANIFEST, RULES, Config())

    assert outcome() == outcome()
    assert [f.name for f in outcome().findings] == [
        "unlinked-claim",
        "no-identification-block",
        "causal-verb-on-observation",
        "dangling-evidence",
    ]


def test_an_answered_finding_leaves_the_fingerprint_of_its_twin_alone() -> None:
    twin = "The eighth layer drives the choice."
    document = read("paper.tex", f"{twin} % claimlint: ignore[unlinked-claim] -- known\n\n{twin}")
    bare = document_of(twin, twin)

    def outcome(document: Document) -> Outcome:
        return check(document, claims_of(document), (), MANIFEST, RULES, Config())

    assert len(outcome(document).findings) == 1
    assert outcome(document).findings[0].fingerprint == outcome(bare).findings[1].fingerprint
    assert outcome(document).suppressed[0].fingerprint == outcome(bare).findings[0].fingerprint


class Broken(RuleKind):
    kind: str = "broken"

    def find(self, study: Study) -> Iterator[Hit]:
        raise ZeroDivisionError("in the middle")


def test_a_crashed_rule_is_named_after_all_others_ran() -> None:
    broken = RULES[0].model_copy(update={"name": "broken-rule", "code": "CL000", "when": Broken()})
    document = document_of(SENTENCE)
    with pytest.raises(RuleCrashed, match="CL000 broken-rule: ZeroDivisionError: in the middle") as caught:
        check(document, claims_of(document), (), MANIFEST, (broken, *RULES), Config())
    assert names(caught.value.outcome) == ["unlinked-claim"]


def test_a_template_that_cannot_be_filled_is_a_crash_of_its_rule_alone() -> None:
    broken = RULES[0].model_copy(update={"name": "broken-rule", "needed": "{{ nobody_knows }}"})
    document = document_of(SENTENCE)
    with pytest.raises(RuleCrashed, match="broken-rule: UndefinedError"):
        check(document, claims_of(document), (), MANIFEST, (broken, *RULES), Config())


def test_a_notice_without_a_rule_is_no_silent_pass() -> None:
    document = document_of(SENTENCE)
    document = replace(document, notices=(Notice("new-trouble", "something", Span("paper.txt", 0, 1)),))
    with pytest.raises(ClaimlintError, match="new-trouble"):
        check(document, claims_of(document), (), MANIFEST, RULES, Config())


IGNORED = (
    "% claimlint: ignore[{rule}] -- the search is in the appendix\nHeads 5.1 and 6.9 are the only mechanism."
)


def test_a_comment_hides_its_rule_in_its_sentence_alone() -> None:
    text = IGNORED.format(rule="definite-circuit") + "\n\nHeads 7.1 and 8.9 are the only mechanism."
    document = read("paper.tex", text)
    claims = claims_of(document, kind="uniqueness", level=3)
    outcome = check(document, claims, (), None, RULES, Config())
    assert [f.text for f in outcome.findings if f.name == "definite-circuit"] == [
        "Heads 7.1 and 8.9 are the only mechanism."
    ]
    assert [f.text for f in outcome.suppressed] == ["Heads 5.1 and 6.9 are the only mechanism."]


WHOLE_LINE = "We like dogs. Heads 5.1 and 6.9 are the only mechanism. Cats too."


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("paper.tex", f"{WHOLE_LINE} % claimlint: ignore[definite-circuit] -- known"),
        ("paper.tex", f"% claimlint: ignore[definite-circuit] -- known\n{WHOLE_LINE}"),
        ("paper.md", f"{WHOLE_LINE} <!-- claimlint: ignore[definite-circuit] -- known -->"),
        ("paper.md", f"<!-- claimlint: ignore[definite-circuit] -- known -->\n{WHOLE_LINE}"),
    ],
)
def test_a_comment_answers_a_sentence_in_the_middle_of_a_line(file: str, text: str) -> None:
    document = read(file, text)
    outcome = check(document, claims_of(document, kind="uniqueness", level=3), (), None, RULES, Config())
    assert "definite-circuit" not in names(outcome)
    assert "unused-suppression" not in names(outcome)
    assert "Heads 5.1 and 6.9 are the only mechanism." in [f.text for f in outcome.suppressed]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("We like dogs. Cats too. % claimlint: ignore[definite-circuit] -- known", "this line"),
        ("% claimlint: ignore[definite-circuit] -- known\nWe like dogs. Cats too.", "the next line"),
    ],
)
def test_a_comment_that_answers_no_sentence_of_its_line_is_reported(text: str, where: str) -> None:
    later = "\nHeads 5.1 and 6.9 are the only mechanism."
    (unused,) = [f for f in lint(text + later).findings if f.name == "unused-suppression"]
    assert f"definite-circuit has no finding for {where}" in unused.message


def test_a_code_serves_as_well_as_a_name() -> None:
    document = read("paper.tex", IGNORED.format(rule="CL206"))
    outcome = check(document, claims_of(document, kind="uniqueness"), (), None, RULES, Config())
    assert names(outcome) == ["no-manifest"]


def test_a_near_name_in_a_comment_is_suggested() -> None:
    outcome = lint(IGNORED.format(rule="definite-circuits"))
    (finding,) = [f for f in outcome.findings if f.name == "unknown-rule-in-suppression"]
    assert "Did you mean 'definite-circuit'?" in finding.message


@pytest.mark.parametrize(
    "text", ["Layer 3 drives it\\evidence{gone-7}.", "Layer 3 drives it. % claimlint: evidence[gone-7]"]
)
def test_a_link_to_nothing_is_marked_where_the_id_stands(text: str) -> None:
    (finding,) = lint(text, MANIFEST).findings
    assert finding.name == "dangling-evidence"
    assert text[finding.span.start : finding.span.end] == finding.cue == "gone-7"


def test_the_config_can_accept_a_finding_and_an_entry_that_accepts_nothing_is_reported() -> None:
    hits = AcceptEntry(
        rule="unlinked-claim", sentence="the EIGHTH  layer matters", reason="textbook knowledge"
    )
    misses = AcceptEntry(
        rule="unlinked-claim", sentence="the ninth layer matters", reason="textbook knowledge"
    )
    outcome = judge(config=Config(accept=(hits, misses)))
    assert names(outcome) == ["unused-suppression"]
    assert "the ninth layer matters" in outcome.findings[0].message
    assert [f.name for f in outcome.suppressed] == ["unlinked-claim"]


def test_without_a_manifest_an_answer_to_a_rule_that_needs_one_is_not_called_unused() -> None:
    assert "unused-suppression" not in names(lint(IGNORED.format(rule="unlinked-claim")))


def test_an_accepted_rule_that_is_none_is_said_to_stand_in_the_config() -> None:
    accept = AcceptEntry(rule="unlinked-clam", sentence="layer eight stores gender", reason="known")
    (finding,) = (f for f in judge(config=Config(accept=(accept,))).findings if f.code == "CL913")
    assert finding.message.startswith("'unlinked-clam' is no rule ([[accept]] in the config). Did you mean")


def test_a_link_in_the_config_that_matches_no_sentence_is_reported() -> None:
    words = {"sentence": "layer eight stores gender", "evidence": ["probe-8"]}
    config = Config.model_validate({"link": [words]})
    outcome = lint("We like probes.", MANIFEST, config=config)
    assert names(outcome) == ["unused-link"]
    assert "layer eight stores gender" in outcome.findings[0].message
    assert names(lint("We think that layer eight\nstores gender.", MANIFEST, config=config)) != [
        "unused-link"
    ]


def test_an_unlinked_claim_names_what_is_planned_on_its_part() -> None:
    def told(layer: int) -> str:
        later = {**PROBE, "id": "later", "status": "planned", "target": {"layer": [layer]}}
        found = lint("Layer 9 moves the name to the last position.", manifest_of([PROBE, later])).findings
        return next(finding.message for finding in found if finding.name == "unlinked-claim")

    assert told(9).endswith("Only planned: later.")
    assert "planned" not in told(7)


def test_words_of_the_manifest_that_stand_in_no_sentence_are_reported() -> None:
    said = manifest_of([{**PROBE, "supports": ["layer eight stores gender"]}])
    (finding,) = (f for f in lint("We like probes.", said).findings if f.name == "unused-link")
    assert "'layer eight stores gender' (supports of probe-8 in the manifest)" in finding.message
    assert "unused-link" not in names(lint("We think that layer eight stores gender.", said))


def test_an_answer_to_a_rule_that_does_not_run_is_not_called_unused() -> None:
    config = Config(ignore=("definite-circuit",))
    assert names(lint(IGNORED.format(rule="definite-circuit"), config=config)) == ["no-manifest"]


def test_what_is_told_of_the_whole_paper_is_the_same_when_its_first_claim_goes() -> None:
    ablation = {"id": "a", "method": "ablation", "behaviour": "refusal"}
    told = [f"Ablating layer {layer} lowers refusal." for layer in (3, 4, 5, 6)]
    rules = [rule for rule in load_rules() if rule.name == "no-identification-block"]
    findings = [
        lint(" ".join(said), manifest_of([ablation]), path="p.md", rules=rules).findings
        for said in (told, told[1:])
    ]
    ((before,), (after,)) = findings
    assert before.text != after.text
    assert before.fingerprint == after.fingerprint
