"""Which claims are held against what a paper describes: findings on parts of a model, and nothing else."""

from __future__ import annotations

import pytest

from claimlint.claims import claims
from claimlint.linking.described import arguable
from claimlint.manuscript import read


def is_held(sentence: str, heading: str = "Results", before: str = "We ran everything twice.") -> bool:
    found = claims(read("paper.md", f"# Dates\n\n## {heading}\n\n{before} {sentence}\n"))
    (claim,) = [c for c in found if c.sentence.text == sentence]
    return arguable(claim)


@pytest.mark.parametrize(
    "sentence",
    [
        "We find that the calendar heads copy the month to the last position.",
        "Our results show that the network computes the weekday in two steps.",
        "This suggests that the early MLP layers represent the century of a date.",
        "These results support our hypothesis that the year is stored in the residual stream of the comma.",
        "In the appendix we have shown how the model combines the day and the month.",
        "The calendar heads move the month to the last position.",
        "We observe that probes on these layers agree, indicating they encode the same date.",
        "We confirm that the middle layers can store one new date each.",
        "Thus the month and the day are moved to the last position in the middle layers.",
    ],
)
def test_a_finding_on_a_part_is_held_against_the_paper(sentence: str) -> None:
    assert is_held(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "We hypothesize that the calendar heads copy the month to the last position.",
        "The calendar heads might copy the month to the last position.",
        "Our results show that the heads could store the month.",
        "Ito et al. show that the calendar heads copy the month to the last position.",
        "The calendar heads copy the month to the last position (Ito, 2021).",
        "We test whether the calendar heads copy the month to the last position.",
        "Our results show that linear layers serve as an interpretable replacement for attention.",
        "We find that this holds for the heads that detect months.",
        "Our results show that the heads do not store the month.",
        "As the heads attend to the comma, they are a natural place to combine the day and the month.",
        "Layer Head Month Day Year Century The calendar heads copy 0.1 0.4 the month to the last position.",
        "We find that the calendar heads copy the mon- Figure of the last position.",
    ],
)
def test_what_is_no_finding_of_the_authors_on_a_part_is_left_in_peace(sentence: str) -> None:
    assert not is_held(sentence)


@pytest.mark.parametrize(
    "heading", ["Related Work", "Methods", "Further speculations", "Hypothesis: how dates are read"]
)
def test_a_section_that_reports_nothing_is_left_in_peace(heading: str) -> None:
    assert not is_held("We find that the calendar heads copy the month to the last position.", heading)


def test_what_goes_on_from_the_work_of_others_is_left_in_peace() -> None:
    told = "The calendar heads move the month to the last position."
    assert is_held(told)
    assert not is_held(told, before="Ito et al. describe such heads.")
