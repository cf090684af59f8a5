"""The wording that a finding offers: true to the experiment, whole, and in good English."""

from __future__ import annotations

import re
from typing import Any

import pytest

from claimlint.checks import check, load_rules
from claimlint.claims.model import Component
from claimlint.config import Config
from claimlint.manuscript import read
from tests.checks.cases import claims_of, document_of, link_of
from tests.checks.papers import manifest_of

RULES = load_rules()
POINTS = {"metric": "accuracy", "value": 30, "unit": "points", "n": 1000}


def offered(experiment: dict[str, Any], text: str = "It does all this.", **labels: Any) -> str:
    experiment = {"id": "e", "model": "gpt2", "prompts": "names", "behaviour": "gender", **experiment}
    document = document_of(text)
    (claim,) = claims_of(document, **{"kind": "mechanism", "level": 3, **labels})
    outcome = check(document, (claim,), [link_of(claim, "e")], manifest_of([experiment]), RULES, Config())
    return outcome.findings[0].rewording


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
            "Steering at layer 9 changes the answer in 63% of the prompts.",
        ),
    ],
)
def test_a_rewording_says_what_was_done_and_found(experiment: dict[str, Any], wording: str) -> None:
    assert offered(experiment) == wording


@pytest.mark.parametrize(
    "experiment",
    [
        {"method": "activation_patching", "target": {"layer": 15}},
        {"method": "activation_patching", "effect": POINTS},
        {"method": "ablation", "target": {"layer": 1}, "effect": {**POINTS, "unit": "seconds"}},
        {"method": "attention_statistics", "target": {"head": "5.3"}},
        {"method": "linear_probe", "controls": {"control_task": 0.5}},
        {"method": "pca", "target": {"layer": 3}},
    ],
)
def test_what_would_have_a_blank_is_not_offered(experiment: dict[str, Any]) -> None:
    assert offered(experiment) == ""


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
        reworded("Layers 4 and 5 matter most.") == "Layers 4 and 5 came first on this prompt set (one seed)."
    )
    assert "came first" not in reworded("Layers 4 and 5 reliably copy the name.")


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
