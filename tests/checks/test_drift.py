"""Numbers in sentences against the manifest's: a rounding is no drift, a difference is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimlint.checks import check, load_rules
from claimlint.checks.agreement import TYPED
from claimlint.claims.model import Quantity
from claimlint.config import Config
from claimlint.evidence.model import Experiment
from tests.checks.cases import claims_of, document_of, link_of
from tests.checks.papers import lint, manifest_of

RULES = tuple(rule for rule in load_rules() if rule.name == "number-drift")


def drifts(
    text: str, written: str, quantity: dict[str, Any], *effects: dict[str, Any], **fields: Any
) -> bool:
    """Whether ``written`` in ``text`` is reported, with one experiment per effect linked to the sentence."""
    experiments = [
        {"id": f"e{n}", "method": "ablation", "model": "gpt2", "effect": effect, **fields}
        for n, effect in enumerate(effects)
    ]
    document = document_of(text)
    at = document.blocks[0].text.index(written)
    number = Quantity(text=written, start=at, end=at + len(written), **quantity)
    (claim,) = claims_of(document, kind="effect", quantities=(number,))
    links = [link_of(claim, experiment["id"]) for experiment in experiments]
    return bool(check(document, (claim,), links, manifest_of(experiments), RULES, Config()).findings)


@given(value=st.floats(1, 99), decimals=st.integers(0, 3), sign=st.sampled_from([1, -1]))
def test_a_rounded_number_is_the_number(value: float, decimals: int, sign: int) -> None:
    written = f"{value:.{decimals}f}%"
    quantity = {"value": float(written[:-1]), "unit": "percent", "decimals": decimals}
    text = f"Ablating the head lowers accuracy by {written} on average."
    for effect in (
        {"metric": "accuracy", "value": sign * value, "unit": "percent"},
        {"metric": "accuracy", "value": sign * value / 100, "unit": "fraction"},
    ):
        assert not drifts(text, written, quantity, effect)


@given(value=st.floats(1, 99), away=st.floats(1.1, 40), decimals=st.integers(0, 3))
def test_a_number_further_away_than_rounding_is_another(value: float, away: float, decimals: int) -> None:
    unit = 10.0**-decimals
    written = f"{value:.{decimals}f}%"
    quantity = {"value": float(written[:-1]), "unit": "percent", "decimals": decimals}
    effect = {"metric": "accuracy", "value": float(written[:-1]) + away * unit, "unit": "percent"}
    # A manifest's other numbers stand for fractions as well as percents, so only the effect is given here.
    assert drifts(f"Ablating it lowers accuracy by {written} on average.", written, quantity, effect)


ACCURACY = {"metric": "accuracy", "value": -12, "unit": "points"}
POINTS = {"value": 17.0, "unit": "points", "decimals": 0}


@pytest.mark.parametrize(
    "text",
    [
        "Ablating the head lowers accuracy by 17 points.",
        "Ablating the head lowers accuracy by at least 17 points.",
        "Ablating the head lowers accuracy by about 17 points.",
    ],
)
def test_another_number_is_drift(text: str) -> None:
    assert drifts(text, "17 points", POINTS, ACCURACY)


@pytest.mark.parametrize(
    ("text", "effects", "fields"),
    [
        ("Ablating the head lowers accuracy by less than 17 points.", [ACCURACY], {}),
        ("Ablating the head lowers fluency by 17 points.", [ACCURACY], {}),
        ("Ablating the head lowers accuracy, and raises fluency by 17 points.", [ACCURACY], {}),
        ("Ablating the head lowers accuracy by 17 points of the runs.", [ACCURACY], {}),
        ("Ablating the head lowers accuracy by 17 points.", [ACCURACY, ACCURACY], {}),
        ("Ablating the head lowers accuracy by 17 points.", [{**ACCURACY, "unit": "logits"}], {}),
        (
            "Ablating the head lowers accuracy by 17 points.",
            [ACCURACY],
            {"controls": {"random_direction": 17}},
        ),
        ("Ablating the head lowers accuracy by 17 points.", [{**ACCURACY, "ci": [-17, -9]}], {}),
        (
            "Ablating the head lowers accuracy by 17 points.",
            [ACCURACY],
            {"further_effects": [{"metric": "accuracy", "value": -16.8, "unit": "points"}]},
        ),
    ],
)
def test_what_may_be_another_number_altogether_is_left_alone(
    text: str, effects: list[dict[str, Any]], fields: dict[str, Any]
) -> None:
    written = "17 points of" if "of the runs" in text else "17 points"
    assert not drifts(text, written.removesuffix(" of"), POINTS, *effects, **fields)


def patched(value: float, unit: str = "percent", **more: Any) -> dict[str, Any]:
    effect = {"metric": "logit_difference_restored", "value": value, "unit": unit, **more}
    target = {"layer": [6], "site": "resid_post"}
    return {
        "id": "patch-6",
        "method": "activation_patching",
        "direction": "denoising",
        "model": "gpt2",
        "behaviour": "logit gap",
        "target": target,
        "effect": effect,
    }


def said(sentence: str, experiment: dict[str, Any], **sets: Any) -> list[str]:
    """The numbers of a sentence that are reported, read by the engine itself."""
    prompt_sets = [{"id": "names", **sets}] if sets else []
    manifest = manifest_of([{**experiment, **({"prompts": "names"} if sets else {})}], prompt_sets)
    return [finding.cue for finding in lint(sentence, manifest, rules=RULES).findings]


@settings(max_examples=40)
@given(value=st.floats(2, 99), decimals=st.integers(0, 3), low=st.floats(0.1, 1), high=st.floats(0.1, 1))
def test_a_sentence_that_rounds_the_manifest_is_never_drift(
    value: float, decimals: int, low: float, high: float
) -> None:
    ends = (value - low, value + high)
    text = f"{value:.{decimals}f}\\% [{ends[0]:.{decimals}f}, {ends[1]:.{decimals}f}]"
    sentence = f"Patching layer 6 restores {text} of the logit gap\\evidence{{patch-6}}."
    assert said(sentence, patched(value, ci=ends)) == []
    in_fractions = patched(value / 100, "fraction", ci=[end / 100 for end in ends])
    assert said(sentence, in_fractions) == []


@settings(max_examples=40)
@given(value=st.floats(2, 90), decimals=st.integers(0, 3), away=st.floats(0.6, 9))
def test_a_sentence_further_away_than_rounding_always_is(value: float, decimals: int, away: float) -> None:
    written = f"{value:.{decimals}f}"
    other = float(written) + away * 10.0**-decimals
    sentence = f"Patching layer 6 restores {written}\\% of the logit gap\\evidence{{patch-6}}."
    assert said(sentence, patched(other)) == [f"{written}%"]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("two thirds", []),
        ("a third", ["a third"]),
        ("about 70%", []),
        ("68% [61, 74]", []),
        ("68% (95% CI: 61-74)", []),
        ("68% [61, 79]", ["79"]),
        ("68% ± 3", []),
        ("58% ± 3", ["58%"]),
        ("0.68", []),
        ("68.2%", ["68.2%"]),
    ],
)
def test_ways_to_write_a_number(numbers: str, expected: list[str]) -> None:
    text = numbers.replace("%", "\\%")
    sentence = f"Patching layer 6 restores {text} of the logit gap\\evidence{{patch-6}}."
    assert said(sentence, patched(68.0, ci=[61.2, 74.1])) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ("for the rare verbs only (n = 1,460)", []),
        ("for the towns (n = 1,460 towns)", []),
        ("by 12 points (n = 1,460)", ["1,460"]),
        ("for prompts only (n = 1,460)", ["1,460"]),
        ("on average (n = 1,460 prompts)", ["1,460 prompts"]),
    ],
)
def test_an_n_that_is_said_of_something_else_is_no_number_of_prompts(
    counts: str, expected: list[str]
) -> None:
    effect = {"metric": "accuracy", "value": -12, "unit": "points", "n": 2000}
    ablation = {"id": "a", "method": "ablation", "target": {"layer": 3}, "effect": effect}
    text = f"# Results\n\nAblating layer 3 lowers accuracy {counts}.\n"
    found = lint(text, manifest_of([ablation]), path="paper.md", rules=RULES).findings
    assert [finding.cue for finding in found] == expected
    assert all(finding.cue.replace("1,460", "2,000") in finding.rewording for finding in found)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ("over 1,000 prompts", []),
        ("($n = 1{,}000$)", []),
        ("(n = 800)", ["800"]),
        ("over 800 prompts", ["800 prompts"]),
        ("on 2,000 prompts", []),
        ("in all 12 layers", []),
        ("with n = 5 seeds", []),
    ],
)
def test_numbers_of_prompts(counts: str, expected: list[str]) -> None:
    sentence = f"Patching layer 6 restores 68\\% of the logit gap {counts}\\evidence{{patch-6}}."
    assert said(sentence, patched(68.0), n=1000) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [("(n = 500)", ["500"]), ("on 500 prompts", ["500 prompts"]), ("on 500 pairs of prompts", [])],
)
def test_only_pairs_are_half_as_many(counts: str, expected: list[str]) -> None:
    ablated = {"id": "a", "method": "ablation", "target": {"layer": 9}, "behaviour": "refusal"}
    effect = {"metric": "accuracy", "value": -12.4, "unit": "points", "n": 1000}
    sentence = f"Ablating layer 9 lowers accuracy by 12.4 points {counts}."
    outcome = lint(sentence, manifest_of([{**ablated, "effect": effect}]), path="p.md", rules=RULES)
    assert [finding.cue for finding in outcome.findings] == expected
    assert outcome.claims[0].verdict == ("contradicted" if expected else "supported")


@pytest.mark.parametrize(
    ("told", "value", "expected"),
    [
        ("improves agreement accuracy by a half", 33.4, ["a half"]),
        ("improves agreement accuracy by 50%", 33.4, ["50%"]),
        ("improves agreement accuracy by a third", 33.4, []),
        ("improves agreement accuracy to 50%", 33.4, []),
        ("improves agreement accuracy by 80%", 33.4, []),
        ("lowers agreement accuracy by 20%", -12.4, []),
        ("lowers agreement accuracy by 10%", -12.4, ["10%"]),
        ("lowers agreement accuracy by 12.4 logits", -12.4, ["12.4 logits"]),
        ("lowers agreement accuracy by twenty points", -12.4, ["twenty points"]),
        ("improves agreement accuracy by about 30 points", 33.4, []),
        ("improves agreement accuracy by about 27 points", 33.4, ["27 points"]),
    ],
)
def test_a_change_in_another_unit_is_drift_where_it_can_only_be_a_slip(
    told: str, value: float, expected: list[str]
) -> None:
    edit = {"id": "p", "method": "activation_patching", "direction": "denoising", "target": {"layer": 3}}
    effect = {"metric": "accuracy", "value": value, "unit": "points"}
    manifest = manifest_of([{**edit, "behaviour": "agreement", "effect": effect}])
    found = lint(f"Patching layer 3 {told}.", manifest, path="p.md", rules=RULES).findings
    assert [finding.cue for finding in found] == expected


def test_logits_are_not_taken_for_a_share() -> None:
    ablated = {
        "id": "abl-3",
        "method": "ablation",
        "model": "gpt2",
        "target": {"layer": [3]},
        "metrics": ["logit_difference"],
        "effect": {"metric": "logit_difference", "value": -0.9, "unit": "logits"},
        "controls": {"random_direction": 0.31},
    }
    sentence = "Ablating layer 3 lowers the logit difference by 0.31 logits\\evidence{abl-3}."
    assert said(sentence, ablated) == []
    assert said(sentence.replace("0.31", "0.41"), ablated) == ["0.41 logits"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0.9", []),
        ("0.90 [0.80, 1.00]", []),
        ("0.7", ["0.7"]),
        ("0.9 [0.8, 1.3]", ["1.3"]),
        ("0.9 (p = 0.03)", []),
        ("0.4 of its clean value", []),
        ("three", []),
    ],
)
def test_the_unit_of_a_metric_may_be_left_out(number: str, expected: list[str]) -> None:
    effect = {"metric": "logit_difference", "value": -0.9, "unit": "logits", "ci": [-1.0, -0.8]}
    ablated = {"id": "abl-3", "method": "ablation", "model": "gpt2", "target": {"layer": [3]}}
    sentence = f"Ablating layer 3 lowers the logit difference by {number}\\evidence{{abl-3}}."
    assert said(sentence, {**ablated, "effect": effect}) == expected


def test_a_correlation_is_no_accuracy() -> None:
    probe = {"id": "p", "method": "linear_probe", "model": "gpt2", "target": {"layer": [3]}}
    accuracy = {**probe, "effect": {"metric": "accuracy", "value": 0.8, "unit": "fraction"}}
    spearman = {**probe, "effect": {"metric": "spearman", "value": -0.41}}
    told = "Accuracy of the probe at layer 3 reaches r = 0.6 with depth\\evidence{p}."
    assert said(told, accuracy) == []
    told = "At layer 3 entropy and accuracy are related (Spearman $\\rho = -0.45$)\\evidence{p}."
    assert said(told, spearman) == ["-0.45"]
    assert said(told.replace("0.45", "0.41"), spearman) == []


PROBE = {
    "id": "probe-3",
    "method": "linear_probe",
    "model": "gpt2",
    "target": {"layer": [3]},
    "effect": {"metric": "accuracy", "value": 88, "unit": "percent"},
    "controls": {"control_task": 0.39},
}


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("88\\%, against 39\\% for the control task", []),
        ("94\\%, against 39\\% for the control task", ["94%"]),
        ("88\\%, against 61\\% for another model", []),
        ("94\\%, against 61\\% for another model", []),
        ("60\\% to 88\\%", []),
    ],
)
def test_among_several_numbers_the_one_that_nothing_explains_is_reported(
    numbers: str, expected: list[str]
) -> None:
    assert (
        said(f"A probe at layer 3 reaches an accuracy of {numbers}\\evidence{{probe-3}}.", PROBE) == expected
    )


@pytest.mark.parametrize(
    ("told", "metric", "expected"),
    [
        ("reaches an annotation kappa of 0.61", "annotation_kappa", ["0.61"]),
        ("reaches an annotation score of 0.61", "annotation_kappa", []),
        ("carries 61\\% of the annotations", "annotation_kappa", []),
        ("reaches a mean of 0.61", "mean absolute error", []),
        ("has a specificity rate of 61\\%", "success_rate", []),
        ("succeeds with a 61\\% specificity rate", "success_rate", []),
        ("has success rates of 29--61\\%", "success_rate", []),
        ("meets the 61\\% accuracy threshold", "accuracy", []),
        ("keeps the accuracy that is needed to reach 61\\%", "accuracy", []),
        ("correlates with depth ($p = 0.61$)", "spearman_correlation", []),
        ("correlates with depth ($d = 0.61$)", "spearman_correlation", []),
        ("correlates with depth ($d = 0.61$)", "cohen_d", ["0.61"]),
        ("correlates with depth ($\\rho = 0.61$)", "spearman_correlation", ["0.61"]),
    ],
)
def test_a_number_of_another_measure_is_no_drift(told: str, metric: str, expected: list[str]) -> None:
    probe = {**PROBE, "controls": {}, "effect": {"metric": metric, "value": 0.44, "unit": "fraction"}}
    sentence = f"The probe at layer 3 {told} on average\\evidence{{probe-3}}."
    assert said(sentence, probe) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ("across 2,583 examples", ["2,583 examples"]),
        ("across 2,583 examples of genes", []),
        ("across 2,583 pairs of prompts", ["2,583 pairs"]),
        ("across 2,583 gene pairs", []),
        ("for all features (blue, n = 2,583)", []),
        ("(n = 2,583 per class)", []),
        ("(n = 3)", []),
    ],
)
def test_what_is_no_prompt_is_no_number_of_prompts(counts: str, expected: list[str]) -> None:
    patch = {**patched(68.0), "seeds": [0, 1, 2]}
    sentence = f"Patching layer 6 restores 68\\% of the logit gap {counts}\\evidence{{patch-6}}."
    assert said(sentence, patch, n=1000) == expected


@pytest.mark.parametrize("effect", [None, {"metric": "loss_increase", "value": 76.6}])
def test_a_number_that_may_come_from_a_result_that_nobody_wrote_down_is_no_drift(
    effect: dict[str, Any] | None,
) -> None:
    told = {"metric": "loss_increase", "value": 46.4, "unit": "percent"}
    part = {"method": "ablation", "model": "gpt2", "behaviour": "loss on web text"}
    experiments = [{"id": "a", **part, "effect": told}, {"id": "b", **part, "effect": effect}]
    text = "# Results\n\nAblating the early heads increases the loss on web text by 76.6%.\n"
    assert [f.cue for f in lint(text, manifest_of(experiments[:1]), path="p.md", rules=RULES).findings]
    assert not lint(text, manifest_of(experiments), path="p.md", rules=RULES).findings


def test_fields_that_are_read_with_their_units_exist() -> None:
    assert set(Experiment.model_fields) >= TYPED
