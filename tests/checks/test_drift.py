"""Numbers in sentences against the manifest's: a rounding is no drift, a difference is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.checks import check, load_rules
from claimlint.claims.model import Quantity
from claimlint.config import Config
from tests.checks.cases import claims_of, document_of, link_of
from tests.checks.papers import manifest_of

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
