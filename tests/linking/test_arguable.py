"""Which claims are held against what a paper describes: findings on parts of a model, and nothing else."""

from __future__ import annotations

import pytest

from claimlint.claims import claims
from claimlint.claims.model import Claim
from claimlint.linking.described import arguable, held, reporting
from claimlint.manuscript import read


def is_held(sentence: str, heading: str = "Results", before: str = "We ran everything twice.") -> bool:
    return arguable(read_in(sentence, heading, before))


def read_in(sentence: str, heading: str = "Results", before: str = "We ran everything twice.") -> Claim:
    found = claims(read("paper.md", f"# Dates\n\n## {heading}\n\n{before} {sentence}\n"))
    (claim,) = [c for c in found if c.sentence.text == sentence]
    return claim


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
        "Our results show that it stores the month in layer 4.",
        "The model detects shifted dates: 92% of them change a calendar feature.",
        "The model has learned that May follows April.",
        "The month is read at the comma, thus encoding the season in the heads.",
        "Pythia uses its layers to encode the month.",
        "Our results show that information about the month is encoded before the comma is read.",
        "The model has learned the order of the months, mirroring what is known of calendars (Ito, 2021).",
        "The model reads the heading, encoding the month as a feature.",
        "We find that heads 4.1 and 5.2 are necessary parts of the calendar.",
        "We find that heads 4.1 and 5.2 are the only circuit for dates.",
        "Had layer 4 been restored, the model would have answered May on this prompt.",
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
        "We find that the heads look left to identify the month.",
        "Our results show that the heads bring in the necessary date.",
        "We find that the calendar heads are not necessary for the month.",
        "We find that heads 4.1 and 5.2 are the circuit for dates.",
        "On this prompt the model answers May because head 4.1 attends to the month.",
        "We find that the calendar heads copy the month 1 2 3 4 5 6 to the last position.",
        f"We find that the heads copy the month, {'the day, ' * 30}and the year to the last position.",
        "As the heads attend to the comma, they are a natural place to combine the day and the month.",
        "Layer Head Month Day Year Century The calendar heads copy 0.1 0.4 the month to the last position.",
        "We find that the calendar heads copy the mon- Figure of the last position.",
        "The task requires the model to compute the number of days.",
        "For example, the calendar heads store the month of a date that may play no part in the answer.",
        "The month looks to be stored in the calendar heads, which move it to the last position.",
        "High probing scores suggest that the year is stored in the residual stream of the comma.",
        "The residual stream of the comma is encoded through the transcoder of layer 6.",
        "In layer 5 (Fig. 3), two-task training substantially increases alignment: all scores exceed 0.8.",
        "This is consistent with the view that the network first computes the month.",
        "An “almanac” is a computational pathway between two features.",
        "These heads could bypass the month, and store the day.",
        "An edge of the calendar graph with a large weight indicates that head 4.1 stores the month.",
        "Both accounts are consistent with our two-step story, in which the calendar heads copy the month.",
        "More than that, the late features carry the date:",
        "Since the heads attend to the comma, we can construct the calendar by hand.",
        "The model classifies all features as calendar features.",
        "In models of this size, we identify a concrete pathway of heads for the month.",
        "The early features act as calendar nodes, each influencing hundreds of later ones.",
    ],
)
def test_what_is_no_finding_of_the_authors_on_a_part_is_left_in_peace(sentence: str) -> None:
    assert not is_held(sentence)


def test_neither_models_in_general_nor_what_a_figure_shows_is_a_finding() -> None:
    assert not is_held("Neural representations encode the date and the author of a letter.")
    assert not is_held("The nodes are layers and the edges represent the heads between them.")
    assert is_held("The calendar heads encode the date and the author of a letter.")


def test_what_somebody_does_to_a_model_is_no_work_of_its_parts() -> None:
    assert not is_held("Clamping the calendar feature in this model recalls the month.")
    assert is_held("The calendar feature in this model recalls the month.")


def test_an_open_question_asks_for_no_evidence() -> None:
    sentence = "The calendar heads were found, and it remains to disentangle which of them are responsible."
    assert not reporting(read_in(sentence))


@pytest.mark.parametrize(
    "heading", ["Related Work", "Methods", "Further speculations", "Hypothesis: how dates are read"]
)
def test_a_section_that_reports_nothing_is_left_in_peace(heading: str) -> None:
    assert not is_held("We find that the calendar heads copy the month to the last position.", heading)


def test_what_goes_on_from_the_work_of_others_is_left_in_peace() -> None:
    told = "The calendar heads move the month to the last position."
    assert is_held(told)
    assert not is_held(told, before="Ito et al. describe such heads.")
    assert is_held(told, before="Dates are often given by the month (Ito et al., 2021).")
    assert not is_held(told, "Introduction", before="Dates are often given by the month (Ito et al., 2021).")


def test_what_these_and_they_lead_back_to_others_is_left_in_peace_until_the_authors_speak() -> None:
    told = "These heads move the month to the last position."
    assert not is_held(told, before="Ito et al. describe such heads. The heads attend to the comma.")
    assert not is_held(told, before="We repeat the study by Ito. Their method looks at the comma.")
    assert is_held(
        told, before="Ito et al. describe such heads. We look for them. The heads attend to the comma."
    )
    assert is_held(
        f"The calendar{told[5:]}", before="Ito et al. describe heads. The heads attend to the comma."
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "The scores confirm massive superposition: 99% of the features are near-orthogonal to the month.",
        "Head 4.1 attends to the comma in 90% of the dates, acting as a comma detector.",
        "The logit difference falls by 3 points, revealing a computational pathway for dates.",
        "The late heads commit the answer, with no single bottleneck among them.",
        "The content of the date is carried by the residual stream of the comma.",
        "The 65 negative edges indicate a distributed computation of the month.",
    ],
)
def test_what_goes_on_inside_is_held_as_a_mechanism_whatever_the_number_before_it(sentence: str) -> None:
    claim = held(read_in(sentence))
    assert claim.reading.kind == "mechanism"
    assert arguable(claim)


@pytest.mark.parametrize(
    "sentence",
    [
        "Head 4.1 attends to the comma in 90% of the dates.",
        "The logit difference may fall because a computational pathway for dates is cut.",
        "Ito et al. report a computational pathway for dates with 30 heads.",
        "The calendar features are comma detectors, firing at the comma and at no other sign.",
        "The scores show no superposition of months and days.",
    ],
)
def test_a_measured_difference_stays_what_it_is(sentence: str) -> None:
    claim = read_in(sentence)
    assert held(claim) == claim


def test_the_words_that_tell_of_a_mechanism_are_the_first_cue() -> None:
    told = held(read_in("The scores are high, confirming that the calendar heads encode the month."))
    assert told.reading.cues[0].text == "encode"
