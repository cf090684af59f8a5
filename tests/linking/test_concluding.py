"""Which conclusions are held against what a paper describes: the authors' own, told without reserve."""

from __future__ import annotations

import pytest

from claimlint.claims import claims
from claimlint.linking.described import concluding
from claimlint.manuscript import read


def is_concluding(sentence: str, heading: str = "Discussion") -> bool:
    found = claims(read("paper.md", f"# Dates\n\n## {heading}\n\nWe ran everything twice. {sentence}\n"))
    (claim,) = [c for c in found if c.sentence.text == sentence]
    return concluding(claim)


@pytest.mark.parametrize(
    "sentence",
    [
        "The same heads score highest on both sets, ruling out heads that serve one calendar only.",
        "Two explanations of the gap are ruled out.",
        "This overlap confirms that the two calendars share one circuit.",
    ],
)
def test_what_is_told_without_reserve_is_a_conclusion(sentence: str) -> None:
    assert is_concluding(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This overlap may confirm that the two calendars share one circuit.",
        "This overlap suggests that the two calendars share one circuit.",
        "This overlap is consistent with one circuit for the two calendars.",
        "If the overlap held, it would confirm that the two calendars share one circuit.",
        "Ito et al. confirm that the two calendars share one circuit.",
        "Does this overlap confirm that the two calendars share one circuit?",
    ],
)
def test_what_is_told_with_care_or_by_others_is_none(sentence: str) -> None:
    assert not is_concluding(sentence)


def test_the_work_of_others_is_left_alone() -> None:
    assert not is_concluding(
        "This overlap confirms that the two calendars share one circuit.", "Related work"
    )
