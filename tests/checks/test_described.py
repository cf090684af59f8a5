"""Without a manifest, claims are held against the experiments that the paper itself describes."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import jsonschema
import pytest

from claimlint.checks import Outcome
from claimlint.config import Config
from claimlint.pipeline import lint
from claimlint.report import render
from tests.report.test_formats import schema

CORPUS = Path(__file__).parents[2] / "corpus"
PAPERS = [CORPUS / "demo", *sorted(path for path in (CORPUS / "papers").iterdir() if path.is_dir())]

PROBES = """
# What layers know about number

## Probing
We train linear probes on the residual stream of GPT-2 small to read the number of the subject.
The probes reach 95% at layer 8 on 1,200 sentences. Probing layer 4 gives 71%.
A control task with random labels gives 53%.
{claim}
"""

PATCHING = """
# Agreement

We patch heads 2.2, 9.9 and 10.7 with clean activations.
Patching heads 2.2, 9.9 and 10.7 restores 80% of agreement.

We patch layers 4 and 8 with clean activations. Patching layers 4 and 8 restores 80% of agreement.

## Results
"""


def reviewed(text: str, folder: Path, **settings: bool) -> Outcome:
    path = folder / "paper.md"
    path.write_text(text, encoding="utf-8")
    return lint(str(path), Config(**settings), folder)


def named(text: str, folder: Path) -> set[str]:
    return {finding.name for finding in reviewed(text, folder).findings}


def without_manifest(folder: Path, place: Path) -> Outcome:
    copy = place / folder.name
    shutil.copytree(folder, copy)
    (copy / "manifest.json").unlink()
    return lint(str(next(copy.glob("paper.*"))), Config(), copy)


def test_a_finding_says_what_the_paper_describes_and_is_one_step_milder(tmp_path: Path) -> None:
    outcome = reviewed(PROBES.format(claim="Layer 8 stores the number of the subject."), tmp_path)
    (finding,) = (finding for finding in outcome.findings if finding.claim)
    assert (finding.name, finding.severity, finding.evidence_level) == ("decodable-means-used", "warning", 1)
    assert "What the paper describes for this (linear probe) shows that it can be read out" in finding.message
    assert "An edit is missing" in finding.message
    assert "We train linear probes" in finding.evidence[0] or "The probes reach" in finding.evidence[0]


@pytest.mark.parametrize(
    ("parts", "told", "pronoun"),
    [
        ("Head 2.2 computes", "head 2.2", "it"),
        ("Layers 4 and 8 compute", "layers 4 and 8", "them"),
        (
            "Subject heads 2.2, verb heads 10.7 and number heads 9.9 compute",
            "heads 2.2, 10.7 and 9.9",
            "them",
        ),
    ],
)
def test_several_parts_share_a_noun_and_their_pronoun_agrees(
    parts: str, told: str, pronoun: str, tmp_path: Path
) -> None:
    outcome = reviewed(f"{PATCHING}\n{parts} the number of the subject.\n", tmp_path)
    (message,) = (finding.message for finding in outcome.findings if finding.name == "mechanism-identity")
    assert f"is about what goes on in {told}: a function" in message
    assert f"something depends on {pronoun} (" in message


@pytest.mark.parametrize(
    ("claim", "nearest"),
    [
        ("The attention pattern shows that head 2.2 copies the number of the subject.", "only observes"),
        ("Our results show that head 2.2 copies the number of the subject.", "shows that something depends"),
    ],
)
def test_a_finding_says_so_where_what_stands_nearest_only_observes(
    claim: str, nearest: str, tmp_path: Path
) -> None:
    seen = "The attention pattern of head 2.2 points at the subject."
    outcome = reviewed(f"{PATCHING}\n{seen}\n\n# What heads do\n\n{claim}\n", tmp_path)
    (message,) = (finding.message for finding in outcome.findings if finding.name == "mechanism-identity")
    assert nearest in message


@pytest.mark.parametrize(
    "claim",
    [
        "The number of the subject is linearly decodable from layer 8.",
        "Layer 8 may store the number of the subject.",
        "Whether layer 8 stores the number of the subject is open.",
        "Layer 8 does not store the number of the subject.",
        "The figure gives an impression of what layer 8 stores.",
        "Layer 8 can store the number of the subject.",
        "We propose that layer 8 stores the number of the subject.",
        "Probes on layers storing the number of the subject reach 95%.",
        "Patching layer 8 brings in the necessary information on the number.",
    ],
)
def test_what_claims_no_more_is_left_in_peace(claim: str, tmp_path: Path) -> None:
    outcome = reviewed(PROBES.format(claim=claim), tmp_path)
    assert [finding.name for finding in outcome.findings] == ["no-manifest"]


@pytest.mark.parametrize(
    "claim",
    [
        "These results suggest that layer 8 stores the number of the subject.",
        "The number of the subject is stored in layer 8.",
        "Layer 8 combines the number of the subject with that of the verb.",
        "Layer 8 is necessary for the number of the verb.",
    ],
)
def test_an_inference_and_a_passive_are_claims_like_others(claim: str, tmp_path: Path) -> None:
    outcome = reviewed(PROBES.format(claim=claim), tmp_path)
    assert [finding.text for finding in outcome.findings if finding.claim] == [claim]


def test_what_stands_nearest_to_the_claim_is_quoted_first(tmp_path: Path) -> None:
    ablation = "\n## Ablation\nAblating layer 8 lowers accuracy by 12 points."
    claim = f"Layer 8 stores the number of the subject.\n{ablation}"
    found = reviewed(PROBES.format(claim=claim), tmp_path).findings
    (stores,) = (finding for finding in found if finding.name == "mechanism-identity")
    assert "(linear probe) only observes, and its edits (ablation) show" in stores.message
    assert [line.split(":")[0] for line in stores.evidence] == [
        "the paper describes linear probe (rung 1, association)",
        "the paper describes ablation (rung 2, intervention)",
    ]


def test_an_experiment_is_quoted_by_a_sentence_that_tells_of_it(tmp_path: Path) -> None:
    announced = PATCHING.replace("We patch heads", "Interventions follow.\n\nWe patch heads", 1)
    found = reviewed(f"{announced}Head 2.2 stores the number of the subject.\n", tmp_path).findings
    (stores,) = (finding for finding in found if finding.name == "mechanism-identity")
    assert '"We patch heads 2.2' in stores.evidence[0]


def test_how_it_was_done_is_no_claim(tmp_path: Path) -> None:
    text = PROBES.replace("## Probing", "## Methods").format(claim="Layer 8 stores the number.")
    assert [finding.name for finding in reviewed(text, tmp_path).findings] == ["no-manifest"]


def test_a_probe_with_no_control_is_told_once_and_where_it_is_named(tmp_path: Path) -> None:
    uncontrolled = PROBES.replace("A control task with random labels gives 53%.\n", "")
    more = "\n## Later layers\nProbing layer 10 gives 80%. Linear probes on layer 11 reach 70%."
    outcome = reviewed(uncontrolled.format(claim=more), tmp_path)
    told = [(f.text, f.rewording) for f in outcome.findings if f.name == "probe-without-control"]
    assert told == [("The probes reach 95% at layer 8 on 1,200 sentences.", "")]
    controlled = reviewed(PROBES.format(claim=more), tmp_path)
    assert "probe-without-control" not in {finding.name for finding in controlled.findings}


EDITS = """
# What layers do to number

## Ablation
We ablate the MLPs of GPT-2 small on 1,200 sentences, and the residual stream at every layer.
Ablating layer 8 lowers the accuracy of the verb by 12 points. Ablating layer 4 changes nothing.
{more}
"""


def test_an_effect_with_no_interval_anywhere_is_told(tmp_path: Path) -> None:
    for more, names in (
        ("", {"no-manifest", "point-estimate"}),
        ("Error bars in all figures are over prompts.", {"no-manifest"}),
    ):
        outcome = reviewed(EDITS.format(more=more), tmp_path, preview=True)
        assert {finding.name for finding in outcome.findings} == names


RANKED = (
    "Ablating layer 8 has the largest effect on the verb. Ablating layer 4 ranks first for the noun. {more}"
)


def test_what_the_whole_paper_lacks_is_told_once_with_the_number_of_the_others(tmp_path: Path) -> None:
    outcome = reviewed(EDITS.format(more=RANKED.format(more="")), tmp_path)
    (finding,) = (f for f in outcome.findings if f.name == "single-configuration")
    assert finding.text.startswith("Ablating layer 8 has the largest effect")
    assert "nowhere a second seed" in finding.message
    assert finding.message.endswith("1 more sentence ranks so.")


@pytest.mark.parametrize(
    "more",
    [
        "All of this holds over five seeds.",
        "Whether it holds over five seeds is left to future work.",
        "| layer | drop |\n|---|---|\n| 8 | 12.0 ± 0.4 |",
    ],
)
def test_any_mention_of_it_counts_wherever_it_stands(more: str, tmp_path: Path) -> None:
    outcome = reviewed(EDITS.format(more=RANKED.format(more=f"\n\n{more}")), tmp_path)
    assert "single-configuration" not in {finding.name for finding in outcome.findings}


@pytest.mark.parametrize(
    "claim",
    [
        "Layer 8 has the largest effect in earlier work [@other2023].",
        "We hypothesize that layer 8 has the largest effect on the verb.",
        "Layer 8 does not have the largest effect on the verb.",
    ],
)
def test_what_is_no_finding_of_this_work_is_asked_for_nothing(claim: str, tmp_path: Path) -> None:
    outcome = reviewed(EDITS.format(more=claim), tmp_path)
    assert "single-configuration" not in {finding.name for finding in outcome.findings}


def test_claims_get_verdicts_and_links_with_reasons(tmp_path: Path) -> None:
    claims = "Layer 8 stores the number. The number is linearly decodable from layer 8 by the probes."
    outcome = reviewed(PROBES.format(claim=claims), tmp_path)
    stores, decodable = outcome.claims[-2:]
    assert (stores.verdict, decodable.verdict) == ("gap", "supported")
    assert decodable.links[0].experiment == "linear-probe-1"
    assert decodable.links[0].reason == "its method is named in the sentence; same component (layer 8)"


def test_the_report_for_programs_says_that_the_evidence_is_described(tmp_path: Path) -> None:
    report = json.loads(render(reviewed(PROBES.format(claim=""), tmp_path), "json"))
    jsonschema.validate(report, schema("check.json"))
    assert (report["manifest"], report["evidence"]) == (None, "described")
    (probe,) = report["described"]
    assert (probe["id"], probe["method"], probe["section"]) == ("linear-probe-1", "linear_probe", "Probing")
    assert [place["line"] for place in probe["places"]] == [5, 6, 6]


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    text = PROBES.format(claim="Layer 8 stores the number of the subject.")
    outcome = reviewed(text, tmp_path, described=False)
    assert outcome.described is None
    assert {judged.verdict for judged in outcome.claims} == {"not evaluated"}


def test_a_paper_on_another_subject_is_not_held_against_itself(tmp_path: Path) -> None:
    text = "# Diets\n\nWe probe whether diet matters. Age mediates the effect. Salt causes harm.\n"
    assert reviewed(text, tmp_path).described is None


@pytest.mark.parametrize("folder", PAPERS, ids=lambda folder: folder.name)
def test_of_our_own_papers_only_planted_sentences_are_flagged(folder: Path, tmp_path: Path) -> None:
    outcome = without_manifest(folder, tmp_path)
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    planted = [entry["sentence"] for entry in expected["finding"]]
    about_claims = [f for f in outcome.findings if f.claim]
    flagged = [" ".join(finding.text.split()) for finding in about_claims]
    assert len(flagged) >= 2
    assert [sentence for sentence in flagged if not any(part in sentence for part in planted)] == []
    assert {finding.severity for finding in outcome.findings} <= {"info", "warning"}


def test_models_that_the_paper_does_not_name_are_counted_as_several(tmp_path: Path) -> None:
    said = "Another model gives the same result. Layer 8 stores the number of the subject."
    answers = dict(reviewed(PROBES.format(claim=said), tmp_path).checklist)
    assert answers["shown on other models"] == "several models, among them GPT-2 small"


def test_a_quoted_sentence_keeps_its_formulas(tmp_path: Path) -> None:
    text = PROBES.format(claim="Layer 8 stores the number of the subject.").replace(
        "We train linear probes", r"With weights $\frac{w_i}{2}$ we train linear probes"
    )
    quotes = " ".join(line for finding in reviewed(text, tmp_path).findings for line in finding.evidence)
    assert r"With weights \frac{w_i}{2} we train linear probes" in quotes


def test_what_a_sentence_ends_on_is_held_against_the_paper(tmp_path: Path) -> None:
    ends = (
        "Patching heads 2.2 and 9.9 restores 60% of agreement, revealing a computational pathway for number."
    )
    (finding,) = (f for f in reviewed(f"{PATCHING}\n{ends}\n", tmp_path).findings if f.claim)
    assert (finding.name, finding.text) == ("mechanism-identity", ends)
    assert '"computational pathway" is about what goes on in' in finding.message


def test_a_paper_that_tests_the_function_itself_has_its_mechanisms_believed(tmp_path: Path) -> None:
    claim = "Head 2.2 computes the number of the subject."
    swaps = "We run interchange interventions on head 2.2. Interchange interventions reach 90% on head 2.2."
    swaps += " Interchange interventions on head 9.9 reach 40%."
    assert "mechanism-identity" in named(f"{PATCHING}\n{claim}\n", tmp_path)
    assert "mechanism-identity" not in named(f"{PATCHING}\n{swaps} {claim}\n", tmp_path)


def test_an_answer_that_follows_a_planted_value_tests_the_function(tmp_path: Path) -> None:
    claim = "Head 2.2 stores the number of the subject."
    plants = "Planting another value in head 2.2 makes the model report it."
    plants += " In 90% of the pairs the answer follows the planted number."
    plants += " Implanted values of other verbs are followed as often."
    assert "mechanism-identity" not in named(f"{PATCHING}\n{plants} {claim}\n", tmp_path)


def test_weights_tell_a_function_only_where_edits_confirm_it(tmp_path: Path) -> None:
    claim = "Head 2.2 computes the number of the subject."
    read = "We read the eigenvectors of head 2.2. The singular vectors of head 2.2 separate both numbers."
    read += " The eigenvectors of head 9.9 separate none."
    looked = "We train linear probes on layer 4. The probes reach 95% on layer 4. Probing layer 8 gives 71%."
    told = {"mechanism-identity", "causal-verb-on-observation", "decodable-means-used"}
    assert not told & named(f"{PATCHING}\n{read} {claim}\n", tmp_path)
    assert told & named(f"# Agreement\n\n{looked}\n\n## Results\n{read} {claim}\n", tmp_path)


def test_a_paper_may_speak_of_insides_elsewhere_than_where_it_tells_what_it_did(tmp_path: Path) -> None:
    did = "Patching restores 80%. Patching the comma restores 60%. Late patching restores 50%."
    on_layer = f"We patch layer 4. {did}"
    claim = "Head 2.2 computes the number of the subject."
    spoken = " ".join(f"Layer {n} precedes layer {n + 1}." for n in range(6))
    for said in (on_layer, f"We patch it. {did} {spoken}"):
        assert "mechanism-identity" not in named(f"# Number\n\n{said}\n\n## Results\n{claim}\n", tmp_path)
    told = f"# Number\n\n{on_layer} {spoken}\n\n## Results\n{claim}\n"
    assert "mechanism-identity" in named(told, tmp_path)


def test_a_claim_that_concludes_too_much_is_not_supported_and_is_told_once(tmp_path: Path) -> None:
    did = "We train linear probes on layer 4. The probes reach 95% on layer 4. Probing layer 8 gives 71%."
    claim = "The scores of layers 4 and 8 correlate, ruling out that norms are the bottleneck."
    paper = tmp_path / "paper.md"
    paper.write_text(f"# Number\n\n{did}\n\n## Results\n{claim}\n", encoding="utf-8")
    outcome = lint(str(paper), Config(), tmp_path)
    (judged,) = [j for j in outcome.claims if j.claim.sentence.text == claim]
    assert judged.verdict == "gap"
    assert [f.name for f in outcome.findings if f.claim == judged.claim.id] == ["alternative-excluded"]
