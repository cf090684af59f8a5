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
