"""Which experiments are taken to speak to a claim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.claims.model import Component
from claimlint.config import LinkEntry
from claimlint.evidence import Manifest, licence
from claimlint.linking import Link, link
from claimlint.manuscript.model import Mark
from tests.linking.build import (
    Paper,
    component,
    evidence_comment,
    heads,
    layers,
    manifest,
    paper,
    quantity,
)

PROBE_8 = {
    "id": "probe-8",
    "method": "linear_probe",
    "target": {"layer": 8},
    "behaviour": "gender of the subject",
    "effect": {"metric": "accuracy", "value": 95, "unit": "percent"},
}
PATCH_15 = {
    "id": "patch-15",
    "method": "activation_patching",
    "direction": "denoising",
    "target": {"layer": 15},
    "effect": {"metric": "accuracy", "value": 30, "unit": "points", "n": 1000},
}
SWEEP = {"id": "sweep", "method": "ablation", "target": {"layer": [10, 11, 12, 13]}, "seeds": [0]}
HEAD_11_2 = {"id": "ablate-11.2", "method": "ablation", "target": {"head": "11.2"}}


def entry(sentence: str) -> LinkEntry:
    """An entry of the config that links a sentence to the probe."""
    return LinkEntry(sentence=sentence, evidence=("probe-8",))


def linked(one: Paper, evidence: Manifest) -> list[str]:
    return [made.experiment for made in link(one.claims, one.document, evidence)]


def only(one: Paper, evidence: Manifest) -> Link:
    (made,) = link(one.claims, one.document, evidence)
    return made


# The three pairs that the demo rests on.


def test_a_storage_claim_finds_the_probe_of_its_layer_and_concept() -> None:
    claim = paper(
        "Layer 8 is responsible for storing gender information.",
        level=3,
        kind="mechanism",
        components=layers(8),
        behaviour="gender information",
    )
    made = only(claim, manifest(PROBE_8, PATCH_15, SWEEP))
    assert made.experiment == "probe-8"
    assert made.reason == "same component (layer 8) and behaviour (gender)"
    assert not made.explicit


def test_a_counterfactual_about_one_prompt_finds_the_mean_effect_of_its_layer() -> None:
    claim = paper(
        "For this prompt, had layer 15's activation been different, the model would have answered correctly.",
        level=3,
        kind="counterfactual",
        components=layers(15),
        behaviour="answered correctly",
    )
    assert linked(claim, manifest(PROBE_8, PATCH_15, SWEEP)) == ["patch-15"]


def test_a_superlative_finds_the_sweep_that_its_layer_was_part_of() -> None:
    claim = paper("Layer 12 is the most important layer.", kind="role", components=layers(12))
    assert linked(claim, manifest(PROBE_8, PATCH_15, SWEEP)) == ["sweep"]


# Evidence is never borrowed across targets.


@pytest.mark.parametrize(
    ("components", "target"),
    [
        (layers(9), {"layer": 8}),
        (heads((9, 6)), {"head": "9.9"}),
        (heads((9, 6)), {"layer": 9}),
        (layers(9), {"head": "9.6"}),
        ((component("mlp", 9),), {"layer": 9, "site": "resid_post"}),
        ((component("feature", None, 812),), {"layer": 9, "feature": 813}),
        (layers(8), {}),
    ],
)
def test_another_component_is_no_evidence(components: tuple, target: dict) -> None:
    claim = paper("It stores gender.", components=components, behaviour="gender")
    assert linked(claim, manifest({"id": "a", "method": "linear_probe", "target": target})) == []


@pytest.mark.parametrize(
    ("components", "target"),
    [
        (heads((9, 6)), {"layer": 9, "head": 6}),
        (heads((9, 6)), {"head": ["9.6", "9.9"]}),
        ((component("mlp", 9),), {"layer": 9, "site": "mlp_out"}),
        ((component("attention", 9),), {"layer": 9, "site": "attn_out"}),
        ((component("neuron", 9, 4),), {"layer": 9, "neuron": 4}),
        ((component("feature", None, 812),), {"layer": 9, "feature": 812}),
        ((component("residual", 9),), {"layer": 9, "site": "resid_post"}),
        ((component("head", 9, 6), component("layer", 9)), {"head": "9.6"}),
        (layers(10, 11, 12), {"layer": [9, 10, 11, 12, 13]}),
        (heads((9, 6), (10, 7)), {"path": ["9.6", "10.7", "logits"]}),
        ((*heads((9, 6)), component("mlp", 10)), {"head": "9.6", "path": ["9.6", "mlp.10", "logits"]}),
        (layers(13, 14, 15, 16), {"layer": 15, "window": 4}),
    ],
)
def test_the_same_component_in_its_different_spellings(components: tuple, target: dict) -> None:
    claim = paper("It matters here.", components=components)
    assert linked(claim, manifest({"id": "a", "method": "path_patching", "target": target})) == ["a"]


def test_another_behaviour_at_the_same_layer_is_no_evidence() -> None:
    sentiment = PROBE_8 | {"id": "elsewhere", "target": {"layer": 3}, "behaviour": "sentiment"}
    claim = paper("Layer 8 stores sentiment.", components=layers(8), behaviour="sentiment")
    assert linked(claim, manifest(PROBE_8, sentiment)) == []


def test_a_behaviour_in_unknown_words_is_never_supported() -> None:
    text = "Patching layer 15 changes the sentiment."
    claim = paper(text, components=layers(15), behaviour="sentiment", kind="effect")
    assert linked(claim, manifest(PATCH_15)) == []


def test_a_behaviour_in_unknown_words_is_held_against_what_falls_short_of_it_anyway() -> None:
    text = "Layer 15 stores who did what."
    claim = paper(text, components=layers(15), behaviour="who did what", kind="mechanism", level=3)
    assert linked(claim, manifest(PATCH_15)) == ["patch-15"]


def test_the_paper_itself_tells_which_words_belong_together() -> None:
    texts = ("Gender agreement is what shapes the ending of a verb.", "Patching layer 15 changes the ending.")
    whole = Paper(*texts)
    whole.add(texts[0], stance="background", level=0, kind="none")
    whole.add(texts[1], components=layers(15), behaviour="the ending")
    assert linked(whole, manifest(PATCH_15)) == ["patch-15"]


def test_on_which_inputs_it_was_seen_makes_no_other_behaviour() -> None:
    text = "Patching layer 15 improves accuracy on distracted prompts."
    claim = paper(text, components=layers(15), behaviour="accuracy on distracted prompts")
    assert linked(claim, manifest(PATCH_15)) == ["patch-15"]


def test_an_amount_in_words_is_no_behaviour() -> None:
    claim = paper(
        "Patching the MLP of layer 12 raises the logit difference by roughly two logits.",
        components=layers(12),
        behaviour="the logit difference by roughly two logits",
    )
    assert linked(claim, manifest(MLP_12)) == ["mlp_out"]


def test_a_word_that_the_manifest_does_not_know_is_forgiven_where_the_number_agrees() -> None:
    claim = paper(
        "Patching layer 15 adds 30 points to the yield.",
        components=layers(15),
        behaviour="the yield",
        quantities=(quantity(30, "points"),),
    )
    assert linked(claim, manifest(PATCH_15)) == ["patch-15"]


def test_of_two_behaviours_that_share_words_the_nearer_one_is_meant() -> None:
    number = PROBE_8 | {"id": "probe-number", "behaviour": "number of the subject"}
    claim = paper("Layer 8 stores the number of the subject.", components=layers(8), behaviour="number")
    assert linked(claim, manifest(PROBE_8, number)) == ["probe-number"]


def test_a_claim_about_a_probed_concept_may_rest_on_an_edit_on_the_same_prompts() -> None:
    patch = PATCH_15 | {
        "id": "patch-15",
        "target": {"layer": 10, "site": "mlp_out"},
        "behaviour": "pronouns",
    }
    claim = paper(
        "MLP 10 computes the gender of the subject.",
        components=(component("mlp", 10),),
        behaviour="the gender of the subject",
    )
    assert linked(claim, manifest(PROBE_8, patch)) == ["patch-15"]
    assert linked(claim, manifest(PROBE_8, patch | {"prompts": "other"})) == []


def test_another_model_is_no_evidence() -> None:
    on_xl = PROBE_8 | {"id": "xl", "model": "gpt2-xl"}
    on_small = PROBE_8 | {"id": "small", "model": "gpt2"}

    def names(model: str) -> list[str]:
        claim = paper("In it, layer 8 stores gender.", components=layers(8), behaviour="gender", model=model)
        return linked(claim, manifest(on_xl, on_small))

    assert names("GPT-2 XL") == ["xl"]
    assert names("GPT-2 small") == ["small"]
    assert names("Pythia-1.4B") == []
    assert names("language models") == ["xl", "small"]


def test_a_model_that_only_the_text_names_counts_too() -> None:
    on_xl = PROBE_8 | {"id": "xl", "model": "gpt2-xl"}
    claim = paper("In Narrow-18, layer 8 stores gender.", components=layers(8), behaviour="gender")
    assert linked(claim, manifest(on_xl, PROBE_8)) == ["probe-8"]


@pytest.mark.parametrize(("unit", "fits"), [("percent", True), ("logits", False)])
def test_a_control_is_measured_in_the_unit_of_the_effect(unit: str, fits: bool) -> None:
    """0.57 logits are not the 57% of which the sentence speaks."""
    steered = {
        "id": "steer",
        "method": "steering",
        "effect": {"metric": "answer", "value": 3, "unit": unit},
        "controls": {"random_direction": 0.57},
    }
    claim = paper("Steering with random vectors changed 57%.", quantities=(quantity(57, "percent"),))
    assert linked(claim, manifest(steered)) == (["steer"] if fits else [])


def test_a_joint_edit_says_nothing_about_one_of_its_parts() -> None:
    circuit = {"id": "circuit", "method": "circuit_evaluation", "target": {"head": ["9.6", "9.9"]}}
    joint = {"id": "joint", "method": "ablation", "target": {"head": ["9.6", "9.9"], "joint": True}}
    one = paper("Head 9.6 is needed.", components=heads((9, 6)))
    both = paper("Heads 9.6 and 9.9 are needed.", components=heads((9, 6), (9, 9)))
    assert linked(one, manifest(circuit, joint)) == []
    assert linked(both, manifest(circuit, joint)) == ["circuit", "joint"]


def test_a_claim_about_several_parts_needs_evidence_for_each() -> None:
    claim = paper("Layers 8 and 15 matter for gender.", components=layers(8, 15), behaviour="gender")
    assert linked(claim, manifest(PROBE_8)) == []
    assert set(linked(claim, manifest(PROBE_8, PATCH_15))) == {"probe-8", "patch-15"}


def test_evidence_for_all_parts_leaves_evidence_for_some_aside() -> None:
    both = {"id": "both", "method": "activation_patching", "target": {"head": ["9.6", "9.9"]}}
    one = {"id": "one", "method": "ablation", "target": {"head": "9.6"}}
    claim = paper("Heads 9.6 and 9.9 are necessary.", components=heads((9, 6), (9, 9)))
    assert linked(claim, manifest(both, one)) == ["both"]


def test_the_mlp_of_a_layer_stands_in_for_it_only_without_anything_better() -> None:
    mlp = {"id": "mlp", "method": "ablation", "target": {"layer": 8, "site": "mlp_out"}}
    claim = paper("Layer 8 matters.", components=layers(8))
    made = only(claim, manifest(mlp))
    assert (made.experiment, made.reason) == ("mlp", "same component (the MLP of layer 8)")
    assert linked(claim, manifest(mlp, SWEEP | {"target": {"layer": 8}})) == ["sweep"]


RESIDUAL_12, MLP_12, ATTENTION_12 = (
    {"id": site, "method": "activation_patching", "behaviour": "tense", "target": {"layer": 12, "site": site}}
    for site in ("resid_post", "mlp_out", "attn_out")
)


def on_layer_12(text: str) -> Paper:
    start = text.index("ayer") - 1
    named = Component(text[start : start + 8], "layer", 12, None, start, start + 8)
    return paper(text, kind="role", components=(named,), behaviour="tense")


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("The MLP of layer 12 mediates tense.", "mlp_out"),
        ("The MLP output at layer 12 mediates tense.", "mlp_out"),
        ("Layer 12's MLP mediates tense.", "mlp_out"),
        ("The layer-12 MLP mediates tense.", "mlp_out"),
        ("The attention output of layer 12 mediates tense.", "attn_out"),
        ("Layer 12 mediates tense.", "resid_post"),
    ],
)
def test_the_mlp_of_a_layer_is_told_from_all_of_it(text: str, site: str) -> None:
    claim = on_layer_12(text)
    assert linked(claim, manifest(RESIDUAL_12, MLP_12, ATTENTION_12)) == [site]


def test_the_mlp_of_a_layer_may_be_meant_where_the_manifest_says_no_site() -> None:
    claim = on_layer_12("The MLP of layer 12 mediates tense.")
    unsaid = {**MLP_12, "id": "unsaid", "target": {"layer": 12}}
    assert linked(claim, manifest(RESIDUAL_12, unsaid)) == ["unsaid"]
    assert linked(claim, manifest(RESIDUAL_12)) == []


@given(
    named=st.sets(st.integers(0, 40), min_size=1, max_size=5),
    studied=st.lists(st.sets(st.integers(0, 40), min_size=1, max_size=5), max_size=5),
)
def test_linked_experiments_together_studied_every_layer_that_the_claim_names(
    named: set[int], studied: list[set[int]]
) -> None:
    evidence = manifest(
        *(
            {"id": f"e{n}", "method": "ablation", "target": {"layer": sorted(s)}}
            for n, s in enumerate(studied)
        )
    )
    claim = paper("They matter.", components=layers(*sorted(named)))
    found = [studied[int(id.removeprefix("e"))] for id in linked(claim, evidence)]
    assert all(one & named for one in found)
    assert bool(found) == (named <= set().union(*studied))
    assert not found or named <= set().union(*found)


# The edit and the number that a claim names come before the behaviour.

MOVERS = {
    "id": "attention",
    "method": "attention_statistics",
    "target": {"head": ["9.6", "9.9"], "name": "name movers"},
    "behaviour": "attention to the second name",
    "effect": {"metric": "attention", "value": 61, "unit": "percent"},
}
REMOVED = {
    "id": "removed",
    "method": "ablation",
    "target": {"head": ["9.6", "9.9"], "joint": True},
    "behaviour": "loss of the next token",
    "effect": {"metric": "loss", "value": 76.6, "unit": "percent"},
}
AT_RANDOM = REMOVED | {
    "id": "at-random",
    "target": {"head": ["1.1", "2.2"], "joint": True},
    "effect": {"metric": "loss", "value": 4.2, "unit": "percent"},
}
PASTED = PATCH_15 | {"id": "pasted", "target": {"layer": 8}, "behaviour": "gender of the subject"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Removing the 21 heads of the second name increases loss by 76.6%.", "edit (removing) and number"),
        (
            "Loss rises by 76.6% with heads of the second name deleted.",
            "edit (heads of the second name deleted) and number",
        ),
        ("Knocking out both name movers raises the loss by 76.6%.", "edit (knocking out), number"),
        ("Removing the 21 name-mover heads increases the loss by 76.6%.", "edit (removing), number"),
    ],
)
def test_the_edit_and_the_number_of_a_claim_come_before_what_it_shares_with_a_behaviour(
    text: str, reason: str
) -> None:
    claim = paper(text, quantities=(quantity(76.6, "percent", 1),))
    made = only(claim, manifest(MOVERS, REMOVED, AT_RANDOM))
    assert made.experiment == "removed"
    assert made.reason.startswith(f"same {reason} (76.6 percent)")


def test_a_name_stands_for_the_same_parts_in_all_experiments_on_them() -> None:
    claim = paper(
        "Removing the name movers increases the loss by 70%.", quantities=(quantity(70, "percent"),)
    )
    made = only(claim, manifest(MOVERS, REMOVED, AT_RANDOM))
    assert (made.experiment, made.reason) == ("removed", "same edit (removing) and component (name movers)")


def test_a_name_of_different_parts_stands_for_none() -> None:
    others = AT_RANDOM | {"target": {"head": ["1.1", "2.2"], "name": "name movers"}}
    claim = paper(
        "Removing the name movers increases the loss by 70%.", quantities=(quantity(70, "percent"),)
    )
    assert "removed" not in linked(claim, manifest(others, MOVERS, REMOVED))


def test_a_named_direction_is_not_all_of_its_layer() -> None:
    steered = {"id": "steered", "method": "steering", "target": {"layer": 9, "name": "refusal direction"}}
    whole = {"id": "whole", "method": "ablation", "target": {"layer": 9}}
    assert linked(paper("Ablating the refusal direction hurts."), manifest(steered, whole)) == ["steered"]


def test_edit_and_number_tell_more_than_a_name_which_may_be_that_of_others() -> None:
    text = "Removing two heads, neither of them a name mover, increases the loss by 4.2%."
    claim = paper(text, quantities=(quantity(4.2, "percent", 1),))
    assert linked(claim, manifest(MOVERS, REMOVED, AT_RANDOM)) == ["at-random"]


def test_what_an_edit_did_is_not_taken_from_looking_on_unless_it_is_the_same_part() -> None:
    text = "Removing the heads of the second name hurts."
    assert linked(paper(text), manifest(MOVERS | {"target": {}})) == []
    assert linked(
        paper(
            text.replace("the heads", "the name movers, heads"),
        ),
        manifest(MOVERS),
    ) == ["attention"]


def test_a_result_of_a_named_method_is_told_by_its_own_runs_and_a_conclusion_by_all() -> None:
    text = "Patching layer 8 changes the gender, which layer 8 determines."
    every = manifest(PROBE_8, PASTED, SWEEP | {"target": {"layer": 8}})
    result = paper(text, kind="effect", components=layers(8), behaviour="the gender")
    conclusion = paper(text, kind="role", components=layers(8), behaviour="the gender")
    assert linked(result, every) == ["pasted"]
    assert linked(conclusion, every) == ["pasted", "sweep", "probe-8"]


def test_runs_of_another_method_stay_where_those_of_the_named_one_lack_a_part() -> None:
    text = "Ablating layers 8 and 15 hurts."
    claim = paper(text, components=layers(8, 15))
    ablated = SWEEP | {"target": {"layer": 8}}
    assert linked(claim, manifest(ablated, PATCH_15)) == ["sweep", "patch-15"]


def test_removing_something_from_a_prompt_edits_no_part_of_the_model() -> None:
    behaved = {"id": "behaved", "method": "behavioural", "behaviour": "gender agreement"}
    claim = paper("Removing the distractor restores gender agreement.")
    assert linked(claim, manifest(behaved)) == ["behaved"]


# A concept that can be read out is the one that was read.


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("The gender of the subject is linearly decodable from layer 8 at 95%.", True),
        ("Gender can be read from layer 8 with 95% accuracy.", True),
        ("A probe on layer 8 recovers the gender of the noun at 95%.", True),
        ("A probe on layer 8 reaches 95%.", True),
        ("Grammatical number is linearly decodable from layer 8 at 95%.", False),
        ("The number of the subject is linearly decodable from layer 8 at 95%.", False),
        ("A probe for sentiment reaches 95% at layer 8.", False),
        ("Decoding tense from layer 8 succeeds at 95%.", False),
    ],
)
def test_a_probe_of_another_concept_is_no_evidence_though_the_number_agrees(text: str, same: bool) -> None:
    found = {"components": layers(8), "quantities": (quantity(95, "percent"),)}
    claim = paper(text, level=1, kind="association", **found)
    assert linked(claim, manifest(PROBE_8)) == ["probe-8"] * same


@pytest.mark.parametrize(
    ("first", "same"),
    [
        ("By grammatical category we mean the gender of the subject.", True),
        ("We probe every layer for gender and category.", False),
        ("Category, unlike gender, is marked on the verb, and either has two values.", False),
    ],
)
def test_two_words_for_one_concept_are_known_from_the_paper_unless_it_lists_both(
    first: str, same: bool
) -> None:
    second = "The category is linearly decodable from layer 8."
    whole = Paper(first, second)
    whole.add(first, stance="method", level=0, kind="none")
    whole.add(second, level=1, kind="association", components=layers(8), behaviour="the category")
    assert linked(whole, manifest(PROBE_8)) == ["probe-8"] * same


# What else links, and what does not.


@pytest.mark.parametrize(
    ("stance", "level", "kind", "quantities", "found"),
    [
        ("own", 1, "association", (), True),
        ("own", 0, "performance", (quantity(95, "percent"),), True),
        ("own", 0, "performance", (), False),
        ("own", 0, "none", (), False),
        ("prior", 0, "none", (), False),
        ("method", 0, "none", (), False),
    ],
)
def test_only_own_claims_and_own_figures_are_matched(
    stance: str, level: int, kind: str, quantities: tuple, found: bool
) -> None:
    claim = paper(
        "Gender is decodable at layer 8.",
        stance=stance,
        level=level,
        kind=kind,
        quantities=quantities,
        components=layers(8),
        behaviour="gender",
    )
    assert linked(claim, manifest(PROBE_8)) == (["probe-8"] if found else [])


@pytest.mark.parametrize("status", ["planned", "failed"])
def test_what_was_not_carried_out_is_not_matched(status: str) -> None:
    claim = paper("Gender is decodable at layer 8.", components=layers(8), behaviour="gender")
    assert linked(claim, manifest(PROBE_8 | {"status": status})) == []


def test_a_figure_is_known_by_method_and_number() -> None:
    claim = paper(
        "The probe reaches 95%.", level=0, kind="performance", quantities=(quantity(95, "percent"),)
    )
    other = paper(
        "The probe reaches 91%.", level=0, kind="performance", quantities=(quantity(91, "percent"),)
    )
    assert only(claim, manifest(PROBE_8, PATCH_15)).reason == "same method (probe) and number (95 percent)"
    assert linked(other, manifest(PROBE_8, PATCH_15)) == []


def test_a_number_of_prompts_tells_no_experiment_from_another() -> None:
    claim = paper("We give 1,000 prompts and a patching study.", quantities=(quantity(1000, "count"),))
    assert linked(claim, manifest(PATCH_15)) == []


def test_a_fraction_and_a_percentage_are_one_number() -> None:
    claim = paper(
        "The probe reads gender at layer 8 with accuracy 0.95.",
        components=layers(8),
        quantities=(quantity(0.95, "fraction", 2),),
    )
    assert "number (0.95 fraction)" in only(claim, manifest(PROBE_8)).reason


def test_a_table_that_both_name_links() -> None:
    seen = HEAD_11_2 | {"shown_in": ["tab:heads"]}
    claim = paper("Table 2 gives the effects.", (Mark("reference", 0, 7, ("tab:heads",)),))
    assert only(claim, manifest(seen)).reason == "same table or figure (tab:heads)"


def test_the_name_that_the_paper_gives_a_target_links() -> None:
    named = HEAD_11_2 | {"target": {"head": ["9.6", "9.9"], "name": "name mover heads"}}
    claim = paper("The name mover heads write the answer.")
    assert only(claim, manifest(named)).reason == "same component (name mover heads)"


@pytest.mark.parametrize(
    ("sentence", "links"),
    [
        ("The dictionary holds biological programs of every kind.", False),
        ("The dictionary holds biological annotations of every kind.", True),
        ("The annotation of the dictionary is stable.", True),
        ("The dictionary holds co-occurring programs.", False),
    ],
)
def test_a_claim_without_a_part_shares_more_with_its_behaviour_than_a_modifier(
    sentence: str, links: bool
) -> None:
    entry = {"method": "sae_attribution", "behaviour": "biological annotation; co-activation of genes"}
    assert linked(paper(sentence), manifest({"id": "sae", **entry})) == ["sae"] * links


@pytest.mark.parametrize(
    ("sentence", "links"),
    [
        ("The two heads are necessary for the task.", ["heads"]),
        ("Both heads are important.", ["heads"]),
        ("Ablation shows that the model needs them.", ["heads"]),
        ("Heads are important.", []),
        ("The heads that we left out are important.", []),
        ("The layer is necessary for the task.", []),
        ("The two heads are necessary for the task CITE.", ["heads"]),
        ("The two heads are necessary for plurals.", []),
    ],
)
def test_words_that_only_one_target_goes_by_are_enough(sentence: str, links: list[str]) -> None:
    pair = {"id": "heads", "method": "ablation", "target": {"head": ["11.2", "11.3"]}}
    assert linked(paper(sentence), manifest(pair, PROBE_8, PATCH_15)) == links


@pytest.mark.parametrize("differs", [{"target": {"head": "9.6"}}, {"behaviour": "plurals"}])
def test_words_that_several_targets_go_by_are_not_enough(differs: dict[str, object]) -> None:
    other = HEAD_11_2 | {"id": "other"} | differs
    assert linked(paper("The two heads are necessary for the task."), manifest(HEAD_11_2, other)) == []


def test_the_heads_are_those_of_the_sentence_before() -> None:
    other = {"id": "other", "method": "ablation", "target": {"head": "9.6"}}
    whole = Paper("We look at head 11.2.", "The head is necessary for the task.")
    whole.add("We look at head 11.2.", stance="method", level=0, kind="none", components=heads((11, 2)))
    whole.add("The head is necessary for the task.", level=3, kind="necessity")
    assert linked(whole, manifest(HEAD_11_2, other)) == ["ablate-11.2"]


@pytest.mark.parametrize(("value", "links"), [(0.92, ["circuit"]), (0.71, [])])
def test_a_metric_is_known_by_its_name_and_number(value: float, links: list[str]) -> None:
    effect = {"metric": "faithfulness", "value": 0.92, "unit": "fraction"}
    circuit = {"id": "circuit", "method": "circuit_evaluation", "target": {"head": "11.2"}, "effect": effect}
    claim = paper(
        f"A faithfulness of {value} proves that the model compares.",
        level=3,
        kind="mechanism",
        quantities=(quantity(value, "", 2),),
    )
    assert linked(claim, manifest(circuit, PROBE_8)) == links


def test_a_claim_that_names_nothing_of_the_target_is_left_alone() -> None:
    claim = paper("These results explain what the model does.", behaviour="what the model does")
    assert linked(claim, manifest(PROBE_8, PATCH_15, HEAD_11_2)) == []


def test_the_better_match_comes_first() -> None:
    patch = PATCH_15 | {"id": "patch-8", "target": {"layer": 8}, "behaviour": "gender of the subject"}
    text = "Patching layer 8 shows that it drives the gender."
    claim = paper(text, kind="role", components=layers(8), behaviour="the gender")
    first, second = link(claim.claims, claim.document, manifest(PROBE_8, patch))
    assert (first.experiment, second.experiment) == ("patch-8", "probe-8")
    assert first.score > second.score


def test_two_equally_good_targets_are_called_ambiguous() -> None:
    again = PROBE_8 | {"id": "probe-8b", "behaviour": "number of the subject"}
    claim = paper("Layer 8 matters most.", components=layers(8))
    first, second = link(claim.claims, claim.document, manifest(PROBE_8, again))
    assert first.reason == "same component (layer 8); ambiguous, probe-8b fits as well"
    assert second.reason == "same component (layer 8); ambiguous, probe-8 fits as well"


def test_many_equally_good_targets_are_counted() -> None:
    probes = [PROBE_8 | {"id": f"probe-{n}", "target": {"layer": n}} for n in range(5)]
    claim = paper("The gender of the subject is decodable.")
    made = link(claim.claims, claim.document, manifest(*probes))
    assert [m.reason for m in made] == [
        "same method (decodable) and behaviour (gender, subject); ambiguous, 4 others fit as well"
    ] * 5


def test_what_licenses_nothing_comes_last_and_makes_nothing_ambiguous() -> None:
    ranking = {"id": "ranking", "method": "robustness", "target": {"layer": 8}, "behaviour": "number"}
    claim = paper("Layer 8 matters.", components=layers(8))
    first, second = link(claim.claims, claim.document, manifest(ranking, PROBE_8))
    assert (first.experiment, second.experiment) == ("probe-8", "ranking")
    assert "ambiguous" not in first.reason + second.reason


def test_two_methods_on_one_target_are_not_ambiguous() -> None:
    patch = PATCH_15 | {"id": "patch-8", "target": {"layer": 8}, "behaviour": "gender of the subject"}
    claim = paper("Layer 8 matters most.", components=layers(8))
    assert all(
        "ambiguous" not in m.reason for m in link(claim.claims, claim.document, manifest(PROBE_8, patch))
    )


@pytest.mark.parametrize(
    ("second", "points_back"),
    [
        ("This layer therefore matters.", True),
        ("Removing it hurts.", True),
        ("Without that layer, nothing is left.", True),
        ("That layer alone matters.", True),
        ("Others do too.", False),
        ("We find that the circuit moves colours.", False),
        ("These results show that most heads copy.", False),
    ],
)
def test_this_layer_is_the_layer_of_the_sentence_before(second: str, points_back: bool) -> None:
    first = "Gender is decodable at layer 8."
    whole = Paper(first, second)
    whole.add(first, components=layers(8), behaviour="gender")
    whole.add(second)
    found = [made.claim for made in link(whole.claims, whole.document, manifest(PROBE_8))]
    assert found == ["c1", *["c2"] * points_back]


@pytest.mark.parametrize(
    ("second", "points_back"),
    [
        ("For this prompt, another state would have given the answer.", True),
        ("On that same prompt, another state gives the answer.", True),
        ("We find that prompts vary.", False),
        ("Its authors say that this depends.", False),
        ("Here the same holds.", False),
    ],
)
def test_this_prompt_is_the_prompt_of_the_sentence_before(second: str, points_back: bool) -> None:
    outcome = {"prompt_id": "412", "before": 0, "after": 1}
    first = "On prompt 412, patching flips the answer."
    whole = Paper(first, second)
    whole.add(first, stance="method", level=0, kind="none")
    whole.add(second)
    found = link(whole.claims, whole.document, manifest(PATCH_15 | {"instances": [outcome]}))
    assert [made.reason for made in found] == ["same prompt (412)"] * points_back


# Links made by hand.


def test_a_mark_in_the_sentence_wins_over_matching() -> None:
    mark = Mark("evidence", 30, 31, ("patch-15", "nowhere"))
    claim = paper("Gender is decodable at layer 8.", (mark,), components=layers(8), behaviour="gender")
    first, second = link(claim.claims, claim.document, manifest(PROBE_8, PATCH_15))
    assert (first.experiment, first.explicit, first.score) == ("patch-15", True, 1.0)
    assert second.experiment == "nowhere"
    assert (second.span.start, second.span.end) == (30, 31)


def test_words_of_a_papers_own_command_link_where_the_manifest_holds_them() -> None:
    mark = Mark("words", 30, 30, ("patch-15", "strongly"))
    made = only(paper("Gender is decodable at layer 8.", (mark,)), manifest(PATCH_15))
    assert (made.experiment, made.explicit) == ("patch-15", True)


def test_a_comment_links_the_sentence_that_it_stands_in() -> None:
    texts = ("We trained it twice.", "Gender matters.")
    whole = Paper(*texts, directives=(evidence_comment("probe-8", end=len(" ".join(texts))),))
    for text in texts:
        whole.add(text)
    (made,) = link(whole.claims, whole.document, manifest(PROBE_8))
    assert (made.claim, made.experiment, made.reason) == ("c2", "probe-8", "named in a comment")


def test_the_config_links_by_the_words_of_a_sentence_or_by_a_label() -> None:
    text = "Gender   matters in Table 1."
    claim = paper(text, (Mark("reference", 20, 27, ("tab:heads",)),))
    for words in ("Gender matters in", "tab:heads"):
        (made,) = link(claim.claims, claim.document, manifest(PROBE_8), [entry(words)])
        assert (made.experiment, made.reason) == ("probe-8", "named in the config")


def test_the_manifest_may_say_what_an_experiment_supports() -> None:
    claim = paper("The subject's gender is what counts.", stance="method", level=0, kind="none")
    made = only(claim, manifest(PATCH_15 | {"supports": ["gender is what counts"]}))
    assert made.explicit


def test_an_experiment_named_twice_is_one_link() -> None:
    mark = Mark("evidence", 0, 1, ("probe-8", "probe-8"))
    claim = paper("Gender matters.", (mark,))
    (made,) = link(claim.claims, claim.document, manifest(PROBE_8), [entry("Gender matters")])
    assert made.reason == "named in the sentence"


def test_a_link_never_raises_what_an_experiment_licenses() -> None:
    mark = Mark("evidence", 0, 1, ("probe-8",))
    claim = paper("Layer 15 causes gender.", (mark,), components=layers(15))
    evidence = manifest(PROBE_8, PATCH_15)
    (made,) = link(claim.claims, claim.document, evidence)
    experiment = evidence.experiment(made.experiment)
    assert experiment is not None
    assert licence(experiment, evidence).kinds == {"association"}
