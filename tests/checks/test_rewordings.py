"""The wording that a finding offers: true to the experiment, whole, and in good English."""

from __future__ import annotations

import re
from typing import Any

import pytest

from claimlint.checks import Outcome, check, load_rules
from claimlint.claims.model import Component
from claimlint.config import Config
from claimlint.evidence import METHODS
from claimlint.manuscript import read
from tests.checks.cases import claims_of, document_of, link_of
from tests.checks.papers import PROBE, lint, manifest_of

RULES = load_rules()
POINTS = {"metric": "accuracy", "value": 30, "unit": "points", "n": 1000}


def offered(experiment: dict[str, Any], text: str = "It does all this.", **labels: Any) -> str:
    experiment = {"id": "e", "model": "gpt2", "prompts": "names", "behaviour": "gender", **experiment}
    document = document_of(text)
    (claim,) = claims_of(document, **{"kind": "mechanism", "level": 3, **labels})
    outcome = check(document, (claim,), [link_of(claim, "e")], manifest_of([experiment]), RULES, Config())
    return next((f.rewording for f in outcome.findings if f.name != "dangling-evidence"), "")


@pytest.mark.parametrize(
    ("experiment", "wording"),
    [
        (
            {
                "method": "linear_probe",
                "target": {"layer": 8},
                "effect": {"metric": "accuracy", "value": 0.95, "unit": "fraction"},
                "controls": {"control_task": 0.5},
            },
            "Gender is linearly decodable from layer 8 activations (95% probe accuracy).",
        ),
        (
            {
                "method": "linear_probe",
                "target": {"head": ["9.6", "9.9"]},
                "behaviour": "number of the subject, plural",
                "controls": {"control_task": 0.5},
            },
            "The number of the subject is linearly decodable from the output of heads 9.6 and 9.9.",
        ),
        (
            {"method": "activation_patching", "target": {"layer": 15}, "effect": POINTS},
            "On these prompts, patching layer 15 improves accuracy by 30 points on average (n = 1,000).",
        ),
        (
            {
                "method": "ablation",
                "target": {"layer": 6, "site": "mlp_out"},
                "effect": {"metric": "logit_difference", "value": -1.25, "unit": "logits"},
            },
            "On these prompts, ablating MLP 6 lowers the logit difference by 1.25 logits on average.",
        ),
        (
            {
                "method": "activation_patching",
                "target": {"neuron": [7, 9], "layer": 3},
                "effect": {"metric": "logit_difference_recovered", "value": 0.4, "unit": "fraction", "n": 50},
            },
            "On these prompts, patching neurons 7 and 9 of layer 3 recovers 40% of the logit difference on "
            "average (n = 50).",
        ),
        (
            {
                "method": "attention_statistics",
                "target": {"head": "5.3"},
                "behaviour": "attention to the first name",
                "effect": {"metric": "attention", "value": 71, "unit": "percent"},
            },
            "On average, 71% of the attention of head 5.3 goes to the first name.",
        ),
        (
            {
                "method": "circuit_evaluation",
                "target": {"head": ["5.1", "6.9"]},
                "circuit": {"alone": 0.86},
                "effect": {"metric": "logit_difference_kept", "value": 86, "unit": "percent"},
            },
            "On these prompts, a circuit of heads 5.1 and 6.9 keeps 86% of the logit difference with "
            "everything else ablated.",
        ),
        (
            {
                "method": "path_patching",
                "target": {"path": ["9.2", "mlp.14", "logits"]},
                "effect": {"metric": "logit_difference", "value": 0.8, "unit": "logits"},
            },
            "On these prompts, patching the path head 9.2 → MLP 14 → logits raises the logit difference by "
            "0.8 logits on average.",
        ),
        (
            {
                "method": "steering",
                "target": {"layer": 9},
                "effect": {"metric": "answer_changed", "value": 63, "unit": "percent"},
            },
            "On these prompts, steering at layer 9 changes the answer in 63% of the cases.",
        ),
    ],
)
def test_a_rewording_says_what_was_done_and_found(experiment: dict[str, Any], wording: str) -> None:
    assert offered(experiment) == wording


@pytest.mark.parametrize(
    ("experiment", "wording"),
    [
        (
            {"method": "activation_patching", "target": {"layer": 15}},
            "On these prompts, gender depends on layer 15, on average.",
        ),
        ({"method": "activation_patching", "effect": POINTS}, ""),
        (
            {"method": "attention_statistics", "target": {"head": "5.3"}},
            "The attention pattern of head 5.3 co-varies with gender.",
        ),
        ({"method": "linear_probe", "controls": {"control_task": 0.5}}, ""),
        (
            {"method": "pca", "target": {"layer": 3}},
            "Gender varies along the principal components at layer 3.",
        ),
        (
            {"method": "robustness", "target": {"layer": 3}},
            "Whether layer 3 has a part in gender remains to be tested.",
        ),
    ],
)
def test_what_is_not_recorded_is_not_made_up(experiment: dict[str, Any], wording: str) -> None:
    assert offered(experiment) == wording


SENTENCES = (
    "Layer 8 stores the gender of the subject.",
    "Layer 8 is responsible for the gender of the pronoun.",
    "Layer 8 is necessary for the gender of the pronoun.",
    "Layer 8 is the only mechanism behind the gender of the pronoun.",
    "Layer 8 is sufficient for the gender of the pronoun.",
    "For this prompt, had layer 8 been zeroed, the model would have answered wrongly.",
)


@pytest.mark.parametrize("recorded", [{}, {"behaviour": "gender of the pronoun", "effect": POINTS}], ids=len)
@pytest.mark.parametrize("method", METHODS)
def test_every_gap_has_a_rewording_that_no_rule_flags_again(method: str, recorded: dict[str, Any]) -> None:
    experiment = {"id": "e-1", "method": method, "model": "gpt2", "target": {"layer": [8]}, **recorded}
    manifest = manifest_of([experiment])
    about_no_wording = {"probe-without-control", "no-identification-block"}

    def tied(*sentences: str) -> Outcome:
        return lint("\n\n".join(f"{text[:-1]}\\evidence{{e-1}}." for text in sentences), manifest)

    outcome = tied(*SENTENCES)
    worded = [finding.rewording for finding in outcome.findings if finding.name not in about_no_wording]
    assert all(worded)
    again = tied(*dict.fromkeys(worded))
    assert {finding.name for finding in again.findings} <= about_no_wording
    assert {judged.verdict for judged in again.claims} <= {"supported", "understated", "not evaluated"}


def reworded(text: str, experiment: dict[str, Any]) -> str:
    outcome = lint(text, manifest_of([{"id": "e-1", "model": "gpt2", **experiment}]))
    return next(finding.rewording for finding in outcome.findings if finding.rewording)


PATCH = {
    "method": "activation_patching",
    "direction": "denoising",
    "target": {"layer": [8]},
    "behaviour": "gender",
    "effect": {"metric": "accuracy", "value": 30, "unit": "points", "n": 1000},
}


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("All 12 heads store the gender.", "On these prompts, gender depends on all 12 heads, on average."),
        ("It stores the gender of the subject.", ""),
    ],
)
def test_a_part_that_nobody_numbered_is_called_by_its_name_or_not_at_all(text: str, wording: str) -> None:
    experiment = {"id": "e-1", "method": "ablation", "model": "gpt2", "behaviour": "gender"}
    outcome = lint(f"{text[:-1]}\\evidence{{e-1}}.", manifest_of([experiment]))
    assert [finding.rewording for finding in outcome.findings] == [wording]


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        (
            "We find that layer 8 stores the gender of the subject.",
            "We find that on these prompts, patching layer 8 improves accuracy by 30 points on average "
            "(n = 1,000).",
        ),
        (
            "However, layer 8 stores gender on prompts with two names.",
            "However, on prompts with two names, patching layer 8 improves accuracy by 30 points on average "
            "(n = 1,000).",
        ),
        (
            "Layer 8 stores the gender of the subject on all prompts.",
            "On these prompts, patching layer 8 improves accuracy by 30 points on average (n = 1,000).",
        ),
        (
            "On prompt 3 the model says he; had layer 8 carried another activation, it would have said she.",
            "On prompt 3 the model says he; on these prompts, patching layer 8 improves accuracy by 30 "
            "points on average (n = 1,000).",
        ),
    ],
)
def test_opening_condition_and_other_clauses_are_the_sentences_own(text: str, wording: str) -> None:
    assert reworded(text, PATCH) == wording


def test_only_a_ranking_is_reworded_as_one() -> None:
    experiment = {"id": "e", "method": "ablation", "model": "gpt2", "seeds": [0], "target": {"layer": [4, 5]}}
    layers = Component("Layers 4 and 5", "layer", 4, None, 0, 14)

    def reworded(text: str) -> str:
        (claim,) = claims_of(document_of(text), kind="effect", components=(layers,))
        outcome = check(
            document_of(text), (claim,), [link_of(claim, "e")], manifest_of([experiment]), RULES, Config()
        )
        (finding,) = [finding for finding in outcome.findings if finding.name == "single-configuration"]
        return finding.rewording

    assert (
        reworded("Layers 4 and 5 matter most.")
        == "In this run, layers 4 and 5 had the largest effect (one seed)."
    )
    assert "largest effect" not in reworded("Layers 4 and 5 reliably copy the name.")


@pytest.mark.parametrize("method", ["linear_probe", "attention_statistics", "ablation"])
@pytest.mark.parametrize("kind", ["role", "sufficiency", "mechanism", "necessity"])
def test_several_parts_are_spoken_of_as_several(method: str, kind: str) -> None:
    layers = Component("Layers 4 and 5", "layer", 4, None, 0, 14)
    document = document_of("Layers 4 and 5 copy the name.")
    (claim,) = claims_of(document, kind=kind, level=3, components=(layers,))
    part = {"target": {"layer": [4, 5]}, "behaviour": "attention to the name"}
    manifest = manifest_of([{"id": "e", "method": method, "model": "gpt2", **part}])
    outcome = check(document, (claim,), [link_of(claim, "e")], manifest, RULES, Config())
    for finding in outcome.findings:
        told = " ".join((finding.message, finding.needed, finding.rewording))
        assert not re.search(
            r"layers 4 and 5 (?:is|does|has|computes|ranks|puts|attends)\b", told, re.IGNORECASE
        )


def test_the_claims_own_name_is_kept_only_for_a_part_of_the_experiment() -> None:
    experiment = {"method": "activation_patching", "target": {"layer": [14, 15]}, "effect": POINTS}
    text = "Layer 15 computes the answer."
    inside = Component("Layer 15", "layer", 15, None, 0, 8)
    stream = Component("residual stream", "residual", None, None, 0, 8)
    outside = Component("Layer 16", "layer", 16, None, 0, 8)
    assert "patching layer 15 improves" in offered(experiment, text, components=(inside,))
    assert "patching layers 14 and 15 improves" in offered(experiment, text, components=(outside,))
    assert "patching layers 14 and 15 improves" in offered(experiment, text, components=(stream,))


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        (
            "We conclude that heads 5.1 and 6.9 are the circuit for greater-than.",
            "We conclude that heads 5.1 and 6.9 are a circuit for greater-than.",
        ),
        ("The only mechanism that copies is head 3.", "A mechanism that copies is head 3."),
        ("Heads 5.1 and 6.9 solely explain the behaviour.", ""),
    ],
)
def test_the_circuit_becomes_a_circuit(text: str, wording: str) -> None:
    document = document_of(text)
    claims = claims_of(document, kind="uniqueness", level=3)
    outcome = check(document, claims, (), None, RULES, Config())
    (finding,) = [finding for finding in outcome.findings if finding.name == "definite-circuit"]
    assert finding.rewording == wording


def test_a_sentence_with_placeholders_is_not_offered_again() -> None:
    document = read("paper.tex", "Heads 5.1 and 6.9 are the circuit for greater-than (see~\\cite{hanna}).")
    outcome = check(document, claims_of(document, kind="uniqueness"), (), None, RULES, Config())
    assert [finding.rewording for finding in outcome.findings] == ["", ""]


def test_a_sentence_that_names_no_part_is_not_put_in_the_words_of_one() -> None:
    general = "The network stores the gender of the subject."
    gap = next(f for f in lint(general, manifest_of([PROBE])).findings if f.gap)
    asked = "Whether the network stores the gender of the subject remains to be tested."
    assert (gap.experiments, gap.rewording) == (("probe-8",), asked)
    opened = f"However, we find that {general[0].lower()}{general[1:]}"
    assert {f.rewording for f in lint(opened, manifest_of([PROBE])).findings if f.gap} == {asked}
    assert "layer 8" not in f"{gap.message} {gap.needed}"
    tied = f"{general[:-1]} \\evidence{{{PROBE['id']}}}."
    assert any("layer 8" in f.rewording for f in lint(tied, manifest_of([PROBE])).findings)


def test_a_sentence_that_points_back_to_a_part_is_put_in_its_words() -> None:
    before = "A probe reads the gender of the subject from layer 8 with 95\\% accuracy. "
    claim = "{} stores the gender of the subject."
    found = lint(before + claim.format("This layer"), manifest_of([PROBE])).findings
    (wording,) = (finding.rewording for finding in found if finding.gap)
    assert "decodable from layer 8 activations" in wording
    found = lint(before + claim.format("The network"), manifest_of([PROBE])).findings
    assert not any("layer 8" in finding.rewording for finding in found)


PATCHED = {
    "id": "patch-17",
    "method": "activation_patching",
    "model": "gpt2",
    "prompts": "names",
    "target": {"layer": [17], "site": "mlp_out"},
    "behaviour": "capital city",
    "direction": "denoising",
    "effect": POINTS,
}
STEERED = {
    **PATCHED,
    "id": "steer-3",
    "method": "steering",
    "target": {"layer": [3]},
    "behaviour": "refusal",
    "direction": None,
}


@pytest.mark.parametrize(
    ("experiment", "text", "wording"),
    [
        (PATCHED, "The MLP stores the capital city.", "the MLP stores the capital city"),
        (
            {**PATCHED, "behaviour": "refusal"},
            "Refusal is encoded in one direction.",
            "refusal is encoded in one direction",
        ),
        (
            PATCHED,
            "Had the activation been different, the model would have named the capital city.",
            "the model would have named the capital city had the activation been different",
        ),
        (
            PATCHED,
            "A drop of 0.92 proves that the MLP stores the capital city.",
            "the MLP stores the capital city",
        ),
    ],
)
def test_a_claim_of_no_part_is_offered_as_the_open_question_that_it_is(
    experiment: dict[str, Any], text: str, wording: str
) -> None:
    found = [f for f in lint(text, manifest_of([experiment])).findings if f.gap]
    assert {f.rewording for f in found} == {f"Whether {wording} remains to be tested."}


def test_a_corrected_word_leaves_nothing_else_that_was_not_tested() -> None:
    text = "The refusal direction in layer 3 generalises to other languages."
    found = {
        f.name: f.rewording for f in lint(text, manifest_of([STEERED]), config=Config(preview=True)).findings
    }
    assert found["the-direction"]
    assert "other languages" not in found["the-direction"].replace("remains to be tested", "")


def test_what_nothing_was_measured_for_keeps_the_claims_own_subject() -> None:
    fit = {"id": "e", "method": "identifiability", "target": {"layer": [3]}}
    asked = offered(
        fit, "Layer 3 stores the tense.", components=(Component("Layer 3", "layer", 3, None, 0, 7),)
    )
    assert asked == "Whether layer 3 stores the tense remains to be tested."


def test_an_indirect_effect_is_not_said_to_be_on_itself() -> None:
    effect = {"metric": "indirect effect", "value": 80, "unit": "percent", "n": 400}
    wording = offered({"method": "causal_mediation", "target": {"layer": [12]}, "effect": effect})
    assert "the indirect effect through layer 12 is 80% (n = 400)" in wording


def test_what_was_measured_of_another_behaviour_is_not_said_of_the_claims() -> None:
    (finding,) = lint("# Results\n\nLayer 8 encodes number.\n", manifest_of([PROBE]), path="p.md").findings
    assert "uses gender" not in finding.message
    assert "probe-8 is about gender" in finding.message
    assert finding.rewording
    assert not re.search("gender|number|95", finding.rewording, re.IGNORECASE)
    (finding,) = lint("# Results\n\nLayer 8 encodes gender.\n", manifest_of([PROBE]), path="p.md").findings
    assert "uses gender" in finding.message
    assert "Gender is linearly decodable" in finding.rewording


def test_an_edit_shows_no_co_variation() -> None:
    head = Component("Head 7.3", "head", 7, 3, 0, 8)
    edited = {
        "method": "ablation",
        "target": {"head": "7.3"},
        "effect": {"metric": "accuracy", "value": -31, "unit": "points"},
    }
    wording = offered(edited, "Head 7.3 is the gender head.", components=(head,))
    assert wording == "On these prompts, ablating head 7.3 lowers accuracy by 31 points on average."


def test_an_acronym_is_written_as_one() -> None:
    latent = Component("Latent 55", "feature", None, 55, 0, 9)
    fires = {
        "method": "sae_attribution",
        "target": {"feature": 55},
        "effect": {"metric": "auc", "value": 0.91, "unit": "fraction"},
    }
    wording = offered(fires, "Latent 55 is the gender feature.", components=(latent,))
    assert wording == "The activity of latent 55 co-varies with gender on one contrast (AUC 0.91)."


def test_a_circuit_is_as_faithful_as_it_was_measured() -> None:
    circuit = {
        "method": "circuit_evaluation",
        "target": {"head": ["5.1", "6.9"]},
        "circuit": {"alone": 0.93},
        "effect": {"metric": "faithfulness", "value": 93, "unit": "percent"},
    }
    wording = offered(circuit, "We found the circuit for gender.", kind="uniqueness")
    assert "gives a faithfulness of 93% with everything else ablated" in wording
