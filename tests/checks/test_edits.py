"""Rewordings as edits: exactly the sentence, nothing else lost, nothing else touched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.checks.edits import Edits, applied, edits
from claimlint.checks.model import Finding, Outcome
from claimlint.claims import claims
from claimlint.manuscript import read
from claimlint.manuscript.endings import PAPERS
from claimlint.manuscript.model import Span
from tests.checks.papers import PROBE, lint, manifest_of

ABLATION = {
    "id": "abl-3",
    "method": "ablation",
    "replacement": ["mean"],
    "model": "gpt2",
    "prompts": "names",
    "target": {"head": ["3.1"], "site": "z"},
    "behaviour": "name accuracy",
    "effect": {"metric": "accuracy", "value": -12, "unit": "points", "n": 500},
}
OVERCLAIM = "Layer 8 stores the gender of the subject."
HOLDS = "Gender is linearly decodable from layer 8 activations (95% probe accuracy)."


def outcome_of(text: str, path: str = "paper.tex", **more: Any) -> Outcome:
    return lint(text, manifest_of([{**PROBE, **more}, ABLATION]), path=path)


def edited(text: str, path: str = "paper.tex") -> str:
    outcome = outcome_of(text, path)
    found = edits(outcome.document, outcome.findings)
    return applied(outcome.document.sources[0], [edit for _, edit in found.made])


def reasons(text: str, path: str = "paper.tex") -> list[str]:
    outcome = outcome_of(text, path)
    return [reason for _, reason in edits(outcome.document, outcome.findings).left]


def test_the_sentence_is_replaced_and_nothing_around_it() -> None:
    around = "We use \\emph{one} model.  {}  % a comment\n\n\\section{{End}} We stop here.\n"
    assert edited(around.replace("{}", OVERCLAIM)) == around.replace("{}", HOLDS.replace("%", "\\%"))


def test_markdown_needs_no_escapes() -> None:
    assert edited(f"# Results\n\n{OVERCLAIM}\n", "paper.md") == f"# Results\n\n{HOLDS}\n"


@pytest.mark.parametrize("ending", PAPERS)
def test_every_file_that_is_read_as_a_paper_can_be_edited(ending: str) -> None:
    assert edited(OVERCLAIM, f"paper{ending}").replace("\\", "") == HOLDS


def test_the_mark_that_ties_a_sentence_to_its_experiment_is_kept() -> None:
    tied = f"{OVERCLAIM[:-1]}\\evidence{{probe-8}}."
    assert edited(tied) == f"{HOLDS[:-1]}\\evidence{{probe-8}}.".replace("%", "\\%")


@pytest.mark.parametrize(
    ("sentence", "wording"),
    [
        ("Here \\textbf{layer 8} stores the gender of the subject.", "\\textbf{layer 8} activations"),
        ("\\newcommand{\\eight}{layer 8}\nHere \\eight{} stores the gender.", "from \\eight{} activations"),
        ("\\newcommand{\\eight}{layer 8}\nHere \\eight\\ stores the gender.", "from \\eight{} activations"),
    ],
)
def test_a_macro_is_kept_around_words_that_the_wording_keeps(sentence: str, wording: str) -> None:
    changed = edited(sentence)
    assert wording in changed
    assert "stores" not in changed
    # What comes out is read as the wording that was offered.
    texts = [claim.sentence.text for claim in claims(read("paper.tex", changed))]
    assert any("linearly decodable from layer 8 activations" in text for text in texts)


def test_macros_whose_words_cannot_be_told_apart_are_left() -> None:
    named = "\\newcommand{\\one}{layer 8}\\newcommand{\\two}{stores}\n"
    sentence = f"{named}Here \\one{{}} \\two{{}} the gender of the subject."
    assert edited(sentence) == sentence


def test_a_sentence_over_several_lines_keeps_to_their_width() -> None:
    text = "    We begin. Layer 8 stores the gender\n    of the subject. We go on.\n"
    lines = edited(text).split("\n")
    assert all(line.startswith("    ") for line in lines[:-1])
    assert max(len(line) for line in lines[:-2]) <= 39
    assert " ".join(" ".join(lines).split()) == f"We begin. {HOLDS} We go on.".replace("%", "\\%")


@pytest.mark.parametrize(
    "sentence",
    [
        "Layer 8 \\emph{stores} the gender of the subject.",
        "Layer 8 stores the gender of the subject~\\cite{smith}.",
        "Layer 8 stores % so we think\nthe gender of the subject.",
        "\\newcommand{\\eight}{Layer 8}\\eight{} stores the gender of the subject.",
    ],
)
def test_what_would_lose_markup_is_left(sentence: str) -> None:
    assert edited(sentence) == sentence
    assert reasons(sentence) == ["its source holds macros, comments or markup that would be lost"]


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        (
            "Layer 8 stores the gender of the subject in 40 sentences.",
            "the rewording would drop the number 40",
        ),
        (
            "Layer 8 stores the gender of the subject, and it fires early.",
            "the sentence says more than the claim, and the rewording would drop it",
        ),
        (
            "The curve rises early: layer 8 stores the gender of the subject.",
            "the sentence says more than the claim, and the rewording would drop it",
        ),
    ],
)
def test_what_would_lose_something_said_is_left(sentence: str, reason: str) -> None:
    assert edited(sentence) == sentence
    assert reasons(sentence) == [reason]


def test_a_number_is_corrected_among_markup() -> None:
    text = "Ablating \\emph{head 3.1} lowers accuracy by 17 points~\\cite{smith}."
    assert edited(text.replace("~\\cite{smith}", "")) == text.replace("~\\cite{smith}", "").replace(
        "17", "12"
    )


def test_one_edit_a_sentence_and_the_more_severe_finding_makes_it() -> None:
    text = "In general, layer 8 stores the gender of the subject."
    outcome = outcome_of(text)
    found = edits(outcome.document, outcome.findings)
    assert [finding.name for finding, _ in found.made] == ["decodable-means-used"]
    assert reasons(text) == ["another finding rewords the same sentence"]


def test_no_two_sentences_are_made_to_read_the_same() -> None:
    twice = f"{OVERCLAIM}\n\nGender of the subject is stored by layer 8.\n"
    assert edited(twice) == twice
    assert reasons(twice) == ["several sentences would read the same"] * 2


def test_what_leads_over_to_a_list_is_left() -> None:
    assert reasons(f"{OVERCLAIM[:-1]}:\n\n- one head\n", "paper.md") == ["it leads over to what follows"]


def test_a_second_round_finds_nothing_to_do() -> None:
    once = edited(f"{OVERCLAIM} Ablating head 3.1 lowers accuracy by 17 points.")
    assert edited(once) == once


def test_text_that_no_file_holds_is_left() -> None:
    outcome = outcome_of(OVERCLAIM, "-")
    assert [reason for _, reason in edits(outcome.document, outcome.findings).left] == [
        "its text stands in no file that can be edited"
    ]


@given(
    before=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\%{}$&#~\r"), max_size=30),
    after=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\%{}$&#~\r"), max_size=30),
    wording=st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=30),
)
def test_only_the_span_changes_whatever_stands_around_it(before: str, after: str, wording: str) -> None:
    text = f"{before}{OVERCLAIM}{after}"
    document = read("paper.txt", text)
    span = Span("paper.txt", len(before), len(before) + len(OVERCLAIM))
    finding = Finding("CL102", "n", "error", span, span, OVERCLAIM, "", "m", rewording=f"{wording} 8")
    found: Edits = edits(document, [finding])
    assert [edit.span for _, edit in found.made] == [span]
    assert applied(document.sources[0], [edit for _, edit in found.made]) == f"{before}{wording} 8{after}"
