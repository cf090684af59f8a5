"""What each method licenses, row by row and condition by condition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from claimlint.evidence import (
    METHODS,
    Experiment,
    Licence,
    Manifest,
    licence,
    licenses_instance,
    method_level,
    methods_for,
)

TWO_TYPES = {"replacement": ["zero", "mean"]}
CIRCUIT = {"circuit": {"complement": 0.1, "parts": True}} | TWO_TYPES
ALIGNMENT = {"map": "linear", "random_model": 0.5, "isolation": 0.9}
CONTROLS = {"controls": {"random_direction": 0.06}, "natural_range": True}
PAIR = {"prompt_id": "7", "site": "resid_post 15", "donor": "8", "before": False, "after": True}
EXACT = {"id": "exact", "method": "activation_patching", "target": {"head": ["9.6", "9.9"]}}


def licensed(method: str, *others: dict[str, Any], **fields: Any) -> Licence:
    entries = [{"id": "it", "method": method, **fields}, *others]
    manifest = Manifest.model_validate({"experiments": entries})
    return licence(manifest.experiments[0], manifest)


@pytest.mark.parametrize(
    ("method", "kinds"),
    [
        ("linear_probe", {"association"}),
        ("logit_lens", {"association"}),
        ("correlation", {"association"}),
        ("pca", {"association"}),
        ("attention_statistics", {"association"}),
        ("activation_statistics", {"association"}),
        ("sae_attribution", {"association"}),
        ("weight_analysis", {"association"}),
        ("behavioural", {"association"}),
        ("attribution_patching", {"association"}),
        ("activation_patching", {"effect", "role"}),
        ("ablation", {"effect", "role"}),
        ("path_patching", {"effect", "role"}),
        ("causal_mediation", {"effect", "role"}),
        ("steering", {"effect"}),
        ("weight_edit", {"effect"}),
        ("circuit_evaluation", set()),
        ("interchange_intervention", {"effect", "role"}),
        ("causal_scrubbing", {"mechanism"}),
        ("identifiability", set()),
        ("robustness", set()),
        ("distribution_shift", set()),
    ],
)
def test_a_method_alone_licenses_its_row(method: str, kinds: set[str]) -> None:
    assert licensed(method).kinds == kinds


def test_every_method_has_a_row() -> None:
    assert {method: licensed(method).grade for method in METHODS} == dict.fromkeys(METHODS, "declared")


@pytest.mark.parametrize(
    ("method", "fields", "kind"),
    [
        ("activation_patching", {"direction": "denoising"}, "sufficiency"),
        ("activation_patching", {"direction": "noising", "joint_ablation": True} | TWO_TYPES, "necessity"),
        ("activation_patching", {"direction": "noising", "backup_check": True} | TWO_TYPES, "necessity"),
        ("ablation", {"joint_ablation": True} | TWO_TYPES, "necessity"),
        ("ablation", {"backup_check": True} | TWO_TYPES, "necessity"),
        ("steering", CONTROLS, "role"),
        ("steering", CONTROLS | {"natural_range": 0.0}, "role"),
        ("circuit_evaluation", {"circuit": {"alone": 0.86}}, "sufficiency"),
        ("circuit_evaluation", {"circuit": {"alone": 0}}, "sufficiency"),
        ("circuit_evaluation", CIRCUIT, "necessity"),
        ("circuit_evaluation", {"circuit": {"alternatives_found": 0}}, "uniqueness"),
        ("interchange_intervention", {"alignment": ALIGNMENT}, "mechanism"),
        ("interchange_intervention", {"alignment": ALIGNMENT | {"map": "identity"}}, "mechanism"),
        ("ablation", {"instances": [PAIR]}, "counterfactual"),
        ("ablation", {"instances": {"path": "pairs.jsonl", "n": 40}}, "counterfactual"),
    ],
)
def test_a_condition_that_is_met_adds_its_kind(method: str, fields: dict[str, Any], kind: str) -> None:
    found = licensed(method, **fields)
    assert found.kinds == licensed(method).kinds | {kind}
    assert kind not in {unmet.kind for unmet in found.unmet}


@pytest.mark.parametrize(
    ("method", "fields", "unmet"),
    [
        ("activation_patching", {"direction": "noising"}, "sufficiency needs denoising"),
        (
            "activation_patching",
            {"direction": "denoising", "joint_ablation": True} | TWO_TYPES,
            "necessity needs noising or ablation",
        ),
        ("ablation", TWO_TYPES, "necessity needs a joint or backup check"),
        (
            "ablation",
            {"joint_ablation": True, "replacement": ["mean", "mean"]},
            "necessity needs at least two replacement types",
        ),
        (
            "ablation",
            {"backup_check": False},
            "necessity needs at least two replacement types and a joint or backup check",
        ),
        ("steering", {"natural_range": True}, "role needs a random-direction control"),
        ("steering", {"controls": {"random_direction": 0.1}}, "role needs a natural-range control"),
        ("steering", CONTROLS | {"natural_range": False}, "role needs a natural-range control"),
        (
            "steering",
            CONTROLS
            | {
                "effect": {"metric": "rate", "value": -6, "unit": "points"},
                "controls": {"random_direction": 7},
            },
            "role needs an effect above that of random directions (7)",
        ),
        ("circuit_evaluation", {}, "sufficiency needs a run of the circuit alone"),
        (
            "circuit_evaluation",
            {"circuit": {"parts": True}} | TWO_TYPES,
            "necessity needs a run of the complement",
        ),
        (
            "circuit_evaluation",
            {"circuit": {"complement": 0.1}} | TWO_TYPES,
            "necessity needs runs with the parts ablated",
        ),
        (
            "circuit_evaluation",
            CIRCUIT | {"replacement": "mean"},
            "necessity needs at least two replacement types",
        ),
        ("circuit_evaluation", {}, "uniqueness needs a search for alternatives"),
        (
            "circuit_evaluation",
            {"circuit": {"alternatives_found": 3}},
            "uniqueness needs a search that finds no alternative (this one found 3)",
        ),
        (
            "interchange_intervention",
            {"alignment": ALIGNMENT | {"map": "nonlinear"}},
            "mechanism needs a linear map",
        ),
        (
            "interchange_intervention",
            {"alignment": ALIGNMENT | {"random_model": None}},
            "mechanism needs a random-model baseline",
        ),
        (
            "interchange_intervention",
            {"alignment": ALIGNMENT | {"isolation": False}},
            "mechanism needs an isolation metric",
        ),
        (
            "interchange_intervention",
            {
                "alignment": ALIGNMENT | {"random_model": 0.9},
                "effect": {"metric": "interchange_accuracy", "value": 88, "unit": "percent"},
            },
            "mechanism needs a score above that of a randomly initialised model (0.9)",
        ),
        (
            "interchange_intervention",
            {},
            "mechanism needs a linear map, a random-model baseline and an isolation metric",
        ),
        ("ablation", {}, "counterfactual needs the prompt's own paired outcome (instances)"),
        (
            "ablation",
            {"instances": [PAIR | {"donor": ""}]},
            "counterfactual needs the replacement or the donor",
        ),
        ("ablation", {"instances": [PAIR | {"site": ""}]}, "counterfactual needs the site of the edit"),
        (
            "activation_patching",
            {"instances": [PAIR]},
            "counterfactual needs the direction of the patch",
        ),
    ],
)
def test_a_condition_that_is_not_met_says_what_is_missing(
    method: str, fields: dict[str, Any], unmet: str
) -> None:
    found = licensed(method, **fields)
    assert unmet in [str(one) for one in found.unmet]
    assert unmet.split(maxsplit=1)[0] not in found.kinds


SCORE = {"metric": "accuracy", "value": 88, "unit": "percent", "ci": [86, 90]}


@pytest.mark.parametrize(
    ("controls", "above"),
    [
        ({"majority": 0.87}, "the commonest answer (0.87)"),
        ({"label_permutation": 88}, "shuffled labels (88)"),
        ({"random_init": 0.88}, "an untrained model (0.88)"),
        ({"random_features": 0.9}, "random features (0.9)"),
        (
            {"input_embedding": 0.95, "random_init": 0.9},
            "an untrained model (0.9) and the input embeddings (0.95)",
        ),
        ({"control_task": 0.89}, "its control task (0.89)"),
        ({"control_task": 0.6, "selectivity": 0}, "its control task (selectivity 0)"),
    ],
)
def test_a_probe_no_better_than_its_controls_licenses_nothing(controls: dict[str, Any], above: str) -> None:
    found = licensed("linear_probe", effect=SCORE, controls=controls)
    assert (found.kinds, found.level) == (frozenset(), 0)
    assert f"association needs a score above that of {above}" in [str(unmet) for unmet in found.unmet]


@pytest.mark.parametrize(
    "fields",
    [
        {"controls": {"majority": 0.85, "random_init": 0.87, "input_embedding": 0.87, "control_task": 0.5}},
        # On the split that selectivity compares, the probe itself scores more too.
        {"controls": {"control_task": 0.9, "selectivity": 0.05}},
        {"controls": {"random_init": True, "majority": True, "mdl": 120}},
        {"controls": {"input_embedding": 0.88}, "target": {"site": "embedding"}},
        {"controls": {"random_init": 1.2}, "effect": {"metric": "code_length", "value": 0.9, "unit": "bits"}},
        {"controls": {"random_init": 0.5}, "effect": None},
    ],
)
def test_a_probe_above_its_controls_licenses_an_association(fields: dict[str, Any]) -> None:
    assert licensed("linear_probe", **{"effect": SCORE, **fields}).kinds == {"association"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"completeness": 0.94}, {"complete"}),
        ({"minimality": True}, {"minimal"}),
        ({"alone": 0.86}, set()),
    ],
)
def test_complete_and_minimal_need_their_own_tests(fields: dict[str, Any], words: set[str]) -> None:
    assert licensed("circuit_evaluation", circuit=fields).words == words


@pytest.mark.parametrize(
    ("fields", "identified"),
    [
        ({"assumptions": ["sparsity"], "match_rate": 0.8}, True),
        ({"assumptions": ["labelled_interventions"], "ground_truth": 0.95}, True),
        ({"assumptions": ["sparsity"], "ground_truth": 0.95}, False),
        ({"assumptions": ["independence"], "stability": 0.9}, False),
        ({"stability": 0.9}, False),
    ],
)
def test_factors_are_identified_by_assumptions_and_something_to_compare_with(
    fields: dict[str, Any], identified: bool
) -> None:
    found = licensed("identifiability", identifiability=fields)
    assert found.words == ({"identification"} if identified else set())
    assert found.kinds == set()


def test_an_attribution_counts_as_an_effect_once_every_named_part_was_patched() -> None:
    ranked = {"target": {"head": ["9.6", "9.9"]}, "verified_by": "exact"}
    assert licensed("attribution_patching", EXACT, **ranked).kinds == {"association", "effect"}
    for worse in (
        {"target": {"head": "9.6"}},
        {"status": "planned"},
        {"method": "ablation"},
    ):
        found = licensed("attribution_patching", EXACT | worse, **ranked)
        assert found.kinds == {"association"}
    partly = licensed("attribution_patching", EXACT | {"target": {"head": "9.6"}}, **ranked)
    assert "effect needs exact patching of head 9.9 (verified_by)" in [str(unmet) for unmet in partly.unmet]


@pytest.mark.parametrize("status", ["planned", "failed"])
def test_only_what_was_done_licenses_anything(status: str) -> None:
    found = licensed("causal_scrubbing", status=status, instances=[PAIR])
    assert (found.kinds, found.level, found.unmet) == (frozenset(), 0, ())
    experiment = Experiment(id="it", method="causal_scrubbing", status=status, instances=[PAIR])
    assert not method_level(experiment)
    assert not licenses_instance(experiment, "7")


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"method": "identifiability"}, 0),
        ({"method": "linear_probe"}, 1),
        ({"method": "weight_edit"}, 2),
        ({"method": "ablation", "joint_ablation": True} | TWO_TYPES, 3),
    ],
)
def test_the_level_is_the_highest_rung_among_the_kinds(fields: dict[str, Any], level: int) -> None:
    assert licensed(**fields).level == level


def test_the_level_cannot_be_written_down() -> None:
    with pytest.raises(ValueError, match="extra_forbidden"):
        Experiment.model_validate({"id": "it", "method": "pca", "level": 3})


@pytest.mark.parametrize("grade", ["executed", "recorded", "declared"])
def test_the_grade_travels_with_the_licence_and_changes_nothing(grade: str) -> None:
    found = licensed("ablation", grade=grade)
    assert (found.grade, found.kinds) == (grade, {"effect", "role"})


def test_the_pilot_counts_the_method_alone() -> None:
    levels = {method: method_level(Experiment(id="it", method=method)) for method in METHODS}
    zero = {"identifiability", "robustness", "distribution_shift"}
    one = {
        "linear_probe",
        "logit_lens",
        "correlation",
        "pca",
        "attention_statistics",
        "activation_statistics",
        "sae_attribution",
        "weight_analysis",
        "behavioural",
        "attribution_patching",
    }
    assert {method for method, level in levels.items() if level == 0} == zero
    assert {method for method, level in levels.items() if level == 1} == one
    assert {method for method, level in levels.items() if level == 3} == {"causal_scrubbing"}


def test_a_single_prompt_is_covered_by_its_own_outcome_and_by_no_other() -> None:
    listed = Experiment(id="it", method="ablation", instances=[PAIR])
    assert licenses_instance(listed, "7")
    assert not licenses_instance(listed, "8")
    vague = Experiment(id="it", method="ablation", instances=[PAIR | {"donor": ""}])
    assert not licenses_instance(vague, "7")
    assert licenses_instance(vague.model_copy(update={"replacement": ("zero",)}), "7")


def test_a_mean_effect_covers_no_single_prompt() -> None:
    effect = {"metric": "accuracy", "value": 30, "unit": "points", "n": 1000}
    found = licensed("activation_patching", direction="denoising", effect=effect, target={"layer": 15})
    assert "counterfactual" not in found.kinds


def test_the_methods_for_a_kind_name_the_plain_ones_first() -> None:
    assert methods_for("role")[:2] == ("activation_patching", "ablation")
    assert methods_for("role")[-1] == "steering"
    assert methods_for("association")[0] == "linear_probe"
    assert methods_for("mechanism") == ("causal_scrubbing", "interchange_intervention")
    assert methods_for("counterfactual") == ()


def test_the_table_of_licences_says_what_controls_ask() -> None:
    """A bare experiment has no controls to fall behind, so the conditions carry these words themselves."""
    page = (Path(__file__).parents[2] / "docs" / "levels.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert "association needs a score above that of each control" in rows["linear_probe"]
    assert "and an effect above that of random directions" in rows["steering"]
    assert "and a score above that of the random model" in rows["interchange_intervention"]
