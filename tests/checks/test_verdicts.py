"""What a verdict says beside its word: rungs, the gap's name, what would license the wording."""

from __future__ import annotations

from typing import Any

import pytest

from claimlint.checks.model import Judged
from claimlint.config import Config
from claimlint.evidence import Manifest
from tests.checks.papers import lint, manifest_of

PROBE = {
    "id": "probe-8",
    "method": "linear_probe",
    "model": "gpt2",
    "prompts": "names",
    "target": {"layer": [8], "site": "resid_post"},
    "behaviour": "gender",
    "effect": {"metric": "accuracy", "value": 95, "unit": "percent", "n": 1000},
    "controls": {"control_task": 0.55},
}
STEER = {
    "id": "steer-9",
    "method": "steering",
    "model": "gpt2",
    "prompts": "requests",
    "target": {"layer": [9], "site": "resid_post"},
    "behaviour": "refusal",
    "effect": {"metric": "answer_changed", "value": 71, "unit": "percent", "n": 400},
}
PATCH = {
    "id": "patch-15",
    "method": "activation_patching",
    "direction": "denoising",
    "replacement": ["donor"],
    "model": "gpt2",
    "prompts": "agreement",
    "target": {"layer": [15], "site": "resid_post"},
    "behaviour": "agreement",
}


def judged(text: str, *experiments: dict[str, Any], **settings: Any) -> Judged:
    (found,) = lint(text, manifest_of(experiments), config=Config(**settings)).claims
    return found


def test_a_gap_shows_both_rungs_its_name_and_what_is_needed() -> None:
    found = judged("Layer 8 stores the gender of the subject.", PROBE)
    assert (found.verdict, found.claim.reading.level, found.evidence_level) == ("gap", 3, 1)
    assert (found.gap, found.licensed) == ("G3", ("association",))
    assert "interchange intervention on layer 8" in found.needed


def test_a_supported_claim_has_neither_gap_nor_need() -> None:
    found = judged("Gender is linearly decodable from layer 8.", PROBE)
    assert (found.verdict, found.evidence_level, found.gap, found.needed) == ("supported", 1, "", "")


def test_an_unlinked_claim_is_told_what_would_license_it() -> None:
    found = judged("Layer 3 drives the refusal.", PROBE)
    assert (found.verdict, found.evidence_level, found.gap) == ("unlinked", 0, "")
    assert "an experiment on layer 3" in found.needed


def test_what_a_claim_lacks_does_not_depend_on_the_rules_that_run() -> None:
    text = "Layer 9 is responsible for refusal."
    by_default = judged(text, STEER)
    assert (by_default.verdict, by_default.gap) == ("gap", "G3")
    assert "random-direction control" in by_default.needed
    assert judged(text, STEER, select=("no-manifest",)) == by_default


OUTCOME = {"prompt_id": "p7", "site": "resid_post 15", "donor": "p7-clean", "before": "is", "after": "are"}
WOULD = "had layer 15 carried the activation of the clean run, the model would have answered correctly."


@pytest.mark.parametrize(
    ("text", "instances", "verdict"),
    [
        (f"On prompt 7, {WOULD}", [OUTCOME], "supported"),
        (f"On prompt p7, {WOULD}", [OUTCOME], "supported"),
        (f"On prompt 8, {WOULD}", [OUTCOME], "gap"),
        (f"On prompts 7 and 8, {WOULD}", [OUTCOME], "gap"),
        (f"For this prompt, {WOULD}", [OUTCOME], "supported"),
        (f"For this prompt, {WOULD}", [OUTCOME, {**OUTCOME, "prompt_id": "p9"}], "gap"),
        ("On prompt 7, had layer 15 been zeroed, the model would have answered wrongly.", [OUTCOME], "gap"),
        (f"On prompt 7, {WOULD}", [{**OUTCOME, "site": "resid_post 14"}], "gap"),
        (f"On prompt 7, {WOULD.replace('clean', 'corrupted')}", [OUTCOME], "gap"),
    ],
)
def test_a_prompts_outcome_speaks_of_that_prompt_site_replacement_and_direction_alone(
    text: str, instances: list[dict[str, Any]], verdict: str
) -> None:
    found = judged(text, {**PATCH, "instances": instances})
    assert (found.claim.reading.kind, found.verdict) == ("counterfactual", verdict)
    assert ("counterfactual" in found.licensed) == (verdict == "supported")


def test_this_prompt_is_the_one_of_the_sentence_before() -> None:
    manifest = manifest_of([{**PATCH, "instances": [OUTCOME]}])
    for prompt, word in (("7", "supported"), ("8", "gap")):
        text = f"The model fails on prompt {prompt}. For this prompt, {WOULD}"
        assert lint(text, manifest).claims[-1].verdict == word


def test_an_author_who_links_the_sentence_says_which_prompt_is_meant() -> None:
    manifest = manifest_of([{**PATCH, "instances": [OUTCOME, {**OUTCOME, "prompt_id": "p9"}]}])
    (found,) = lint(f"For this prompt, {WOULD}\\evidence{{patch-15}}", manifest).claims
    assert found.verdict == "supported"


def test_the_checklist_answers_all_five_questions_from_the_manifest() -> None:
    shift = {"metric": "knn_percentile", "value": 0.4, "reference": 0.95}
    experiments = [
        PROBE,
        {**PATCH, "distribution_shift": shift, "instances": [OUTCOME]},
        {
            **STEER,
            "distribution_shift": {**shift, "value": 0.99},
            "seeds": [0, 1],
            "unit": {"bounds": [0.3, 0.6]},
        },
        {"id": "planned", "method": "ablation", "status": "planned", "model": "pythia"},
    ]
    answers = dict(lint("We study one model.", manifest_of(experiments)).checklist)
    assert answers == {
        "association or intervention": "2 experiments edit (activation patching and steering); "
        "1 experiment observes (linear probe)",
        "in or out of distribution": "in: patch-15; out: steer-9",
        "average or individual": "averages over prompts; "
        "bounds on the share of prompts turned around for steer-9; single prompts' outcomes for patch-15",
        "robust over prompt sets and seeds": "several seeds in steer-9",
        "shown on other models": "one model only (gpt2)",
    }


def test_the_checklist_counts_what_was_compared() -> None:
    compared = {"prompt_sets": ["names"], "seeds": [0, 1], "strength": "strong"}
    agree = {"id": "agree", "method": "robustness", "robustness": compared}
    answers = dict(lint("We study one model.", manifest_of([PROBE, agree])).checklist)
    told = "agree over 1 prompt set and 2 seeds, agreement strong"
    assert answers["robust over prompt sets and seeds"] == told


def test_an_empty_manifest_answers_them_too() -> None:
    answers = lint("We study one model.", Manifest()).checklist
    assert [answer for _, answer in answers] == [
        "nothing was observed or edited",
        "no interventions",
        "averages over prompts; no single prompt's outcome",
        "not tested: one prompt set and one seed each, as far as recorded",
        "no model is recorded",
    ]


def test_without_a_manifest_every_question_is_open() -> None:
    answers = lint("We study one model.").checklist
    assert len(answers) == 5
    assert {answer for _, answer in answers} == {"not known: no experiment is on record"}


CLAIM = "The components at layer 6 are aligned with the ground-truth factors of the topics."


@pytest.mark.parametrize(
    ("assumptions", "checked", "buys"),
    [
        ([], {"stability": 0.9}, None),
        (["linear_mixing"], {"stability": 0.9}, None),
        (
            ["linear_mixing", "independence", "at_most_one_gaussian"],
            {"stability": 0.9},
            "permutation, sign and scale",
        ),
        (["sparsity"], {"match_rate": 0.8}, "else only subspaces"),
        (["labelled_interventions"], {"ground_truth": 0.9}, "variables intervened on"),
        (["known_targets"], {"ground_truth": 0.9}, "variables intervened on"),
        (["auxiliary_variable"], {"stability": 0.9}, "blocks or components"),
        (["environments"], {"stability": 0.9}, "blocks or components"),
        (["paired_counterfactuals"], {"stability": 0.9}, "blocks or components"),
    ],
)
def test_each_row_of_assumptions_buys_its_own_claim(
    assumptions: list[str], checked: dict[str, float], buys: str | None
) -> None:
    """Nothing without one; with one, what it buys, and only where the fit was compared with something."""

    def told(**table: Any) -> list[str]:
        fit = {
            "id": "fit",
            "method": "identifiability",
            "model": "gpt2",
            "target": {"layer": [6]},
            "behaviour": "topics",
            "identifiability": {"assumptions": assumptions, **table},
        }
        found = lint(CLAIM, manifest_of([fit])).findings
        return [finding.message for finding in found if finding.name == "true-factors"]

    if buys is None:
        (message,) = told(**checked)
        assert "under which other factors fit as well" in message
    else:
        assert told(**checked) == []
        (message,) = told()
        assert buys in message


def test_a_sparse_fit_that_was_never_repeated_buys_subspaces_alone() -> None:
    fit = {
        "id": "fit",
        "method": "sae_attribution",
        "model": "gpt2",
        "target": {"layer": [6]},
        "behaviour": "topics",
        "identifiability": {"assumptions": ["sparsity"], "ground_truth": 0.9},
    }
    (finding,) = lint(CLAIM, manifest_of([fit])).findings
    assert (finding.name, "else only subspaces" in finding.message) == ("true-factors", True)


@pytest.mark.parametrize(("assumptions", "verdict"), [(["sparsity"], "supported"), ([], "gap")])
def test_true_factors_are_supported_where_assumptions_single_them_out(
    assumptions: list[str], verdict: str
) -> None:
    fit = {
        "id": "sae-6",
        "method": "identifiability",
        "model": "gpt2",
        "target": {"layer": [6], "site": "sae_latent"},
        "behaviour": "topics",
        "identifiability": {"assumptions": assumptions, "match_rate": 0.8},
    }
    text = "The components at layer 6 are the ground-truth factors of the topics."
    assert judged(text, fit).verdict == verdict
    assert judged("Layer 6 is the only source of the topics.", fit).verdict == "gap"
