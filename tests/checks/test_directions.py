"""Which way an effect goes: who turns it round or denies it is contradicted, who tells it is not."""

from __future__ import annotations

from typing import Any

import pytest

from claimlint.checks import load_rules
from tests.checks.papers import lint, manifest_of

RULES = tuple(rule for rule in load_rules() if rule.name == "number-drift")

ABLATION = {
    "id": "abl-9",
    "method": "ablation",
    "model": "gpt2",
    "behaviour": "refusal",
    "target": {"layer": 9},
    "replacement": "mean",
    "effect": {"metric": "accuracy", "value": -12.44, "unit": "points", "ci": [-15.2, -9.1], "n": 1000},
}
PATCH = {
    "id": "patch-3",
    "method": "activation_patching",
    "direction": "denoising",
    "model": "gpt2",
    "behaviour": "agreement",
    "target": {"layer": 3},
    "effect": {"metric": "accuracy", "value": 33.4, "unit": "points", "n": 1000},
}


def contradicted(sentence: str, *experiments: dict[str, Any]) -> list[str]:
    """The words of a sentence that are reported; the verdict has to say the same."""
    outcome = lint(f"# Results\n\n{sentence}\n", manifest_of(experiments), path="paper.md", rules=RULES)
    (claim,) = (claim for claim in outcome.claims if claim.claim.sentence.text == sentence)
    found = [finding.cue for finding in outcome.findings]
    assert (claim.verdict == "contradicted") == bool(found)
    return found


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Ablating layer 9 raises accuracy by 12 points.", "raises"),
        ("Ablating layer 9 increases accuracy.", "increases"),
        ("Ablating layer 9 improves refusal accuracy by +12.4 points.", "improves"),
        ("Ablating layer 9 leads to an increase of 12 points in refusal accuracy.", "increase"),
        ("Accuracy rises by 12 points when layer 9 is ablated.", "rises"),
        ("Patching layer 3 lowers agreement accuracy by 33.4 points.", "lowers"),
        ("Patching layer 3 hurts agreement accuracy.", "hurts"),
        ("Ablating layer 9 has no effect on refusal.", "has no effect on"),
        ("Ablating layer 9 does not affect accuracy.", "does not affect"),
        ("Layer 9 does not cause refusal.", "does not cause"),
        ("Layer 9 plays no role in refusal.", "plays no role in"),
    ],
)
def test_a_turned_or_denied_effect_is_contradicted(sentence: str, words: str) -> None:
    assert contradicted(sentence, ABLATION, PATCH) == [words]


@pytest.mark.parametrize(
    "sentence",
    [
        "Ablating layer 9 lowers accuracy by 12 points.",
        "Ablating layer 9 reduces the error rate by 12 points.",
        "Ablating layer 9 raises the loss.",
        "Layer 9 contributes 12 points of accuracy.",
        "Layer 9 increases refusal accuracy by 12 points.",
        "Ablating layer 9 does not raise accuracy.",
        "Ablating layer 9 may raise accuracy.",
        "Ablating layer 9 increases the accuracy gap.",
        "Restoring layer 9 raises accuracy by 12 points.",
        "Corrupting layer 3 lowers agreement accuracy by 33 points.",
        "Patching layer 3 from the corrupted run lowers agreement accuracy by 33 points.",
        "Ablating layer 9 raises toxicity and lowers accuracy by 12 points.",
        "Ablating layer 9 lowers accuracy rather than raising it.",
        "Layer 9 does not directly cause refusal.",
        "Layer 9 alone does not cause refusal.",
        "Ablating layer 9 has no effect on perplexity.",
    ],
)
def test_an_honest_wording_is_not(sentence: str) -> None:
    assert not contradicted(sentence, ABLATION, PATCH)


@pytest.mark.parametrize(
    ("told", "metric", "value", "expected"),
    [
        ("improves the error rate", "error_rate", -8, []),
        ("worsens the error rate", "error_rate", -8, ["worsens"]),
        ("reduces the loss", "loss_increase", 0.4, ["reduces"]),
        ("raises the loss", "loss_increase", 0.4, []),
        ("lowers accuracy", "accuracy_drop", 12, []),
        ("raises accuracy", "accuracy_drop", 12, ["raises"]),
        ("improves the number of refusals", "number_of_refusals", -8, []),
    ],
)
def test_the_metric_tells_which_way_is_better_and_what_its_number_means(
    told: str, metric: str, value: float, expected: list[str]
) -> None:
    ablation = {**ABLATION, "effect": {"metric": metric, "value": value, "unit": "points"}}
    assert contradicted(f"Ablating layer 9 {told}.", ablation) == expected


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ({"value": -12.44, "ci": [-15.2, -9.1]}, True),
        ({"value": -1.2, "ci": [-3.0, 0.6]}, False),
        ({"value": -12.44, "n": 1000}, True),
        ({"value": -1.2, "n": 1000}, False),
        ({"value": -12.44}, False),
    ],
)
def test_an_effect_is_denied_wrongly_only_where_it_is_no_accident(
    effect: dict[str, Any], expected: bool
) -> None:
    ablation = {**ABLATION, "effect": {"metric": "accuracy", "unit": "points", **effect}}
    assert bool(contradicted("Ablating layer 9 has no effect on refusal.", ablation)) == expected


def test_a_removal_may_be_noted_by_its_size_unless_the_backend_wrote_it() -> None:
    by_size = {**ABLATION, "effect": {"metric": "accuracy", "value": 12.44, "unit": "points"}}
    assert not contradicted("Ablating layer 9 lowers accuracy.", by_size)
    assert contradicted("Ablating layer 9 lowers accuracy.", {**by_size, "grade": "executed"})


def test_a_direction_that_one_of_the_experiments_found_stands() -> None:
    other = {**ABLATION, "id": "zero-9", "replacement": "zero"}
    risen = {**other, "effect": {**ABLATION["effect"], "value": 3.0, "ci": [1, 5]}}  # type: ignore[dict-item]
    assert contradicted("Ablating layer 9 raises accuracy.", ABLATION, other)
    assert not contradicted("Ablating layer 9 raises accuracy.", ABLATION, {**risen, "grade": "executed"})


def test_the_rewording_tells_what_was_measured() -> None:
    sentence = "Ablating layer 9 raises accuracy by 12 points."
    (finding,) = lint(sentence, manifest_of([ABLATION]), path="p.md", rules=RULES).findings
    assert "ablating layer 9 lowers accuracy by 12.4 points" in finding.rewording
