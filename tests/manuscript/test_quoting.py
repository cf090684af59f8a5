"""What stands for a placeholder where a sentence is shown."""

from __future__ import annotations

import pytest

from claimlint.manuscript import read, sentences
from claimlint.manuscript.quoting import quoted
from claimlint.report import render
from tests.checks.papers import lint


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"Scores of $\frac{q_i}{2}$ fall.", r"Scores of \frac{q_i}{2} fall."),
        (r"Scores fall (Figure~\ref{fig:scores}).", "Scores fall (Figure fig:scores)."),
        (r"Scores of head 9.6 fall by 3\%.", "Scores of head 9.6 fall by 3%."),
    ],
)
def test_a_sentence_is_shown_with_its_formulas_and_labels(source: str, shown: str) -> None:
    document = read("paper.tex", source)
    (sentence,) = sentences(document)
    assert quoted(document, sentence) == shown


def test_a_formula_beyond_one_line_is_cut() -> None:
    document = read("paper.tex", rf"Scores of $\frac{{1}}{{2}}{'+x' * 200}$ fall.")
    (sentence,) = sentences(document)
    assert quoted(document, sentence).endswith("+x+… fall.")


def test_reports_show_the_formulas_of_a_sentence() -> None:
    outcome = lint(r"Layer 8 is responsible for storing $\frac{q_i}{2}$ (Figure~\ref{fig:scores}).")
    shown = render(outcome, "markdown")
    assert "MATH" not in shown
    assert "REF" not in shown
