"""Claims of whole documents."""

from __future__ import annotations

import pytest

from claimlint.claims import claims
from claimlint.claims.tied import tied as tied_to_comments
from claimlint.manuscript import read

SENTENCE = "Transformers depend on a late attention head to keep two names apart"


@pytest.mark.parametrize(
    "tied", [f"{SENTENCE}\\evidence{{ablate-h11}}.", f"{SENTENCE}. % claimlint: evidence[ablate-h11]"]
)
def test_a_sentence_tied_to_an_experiment_is_its_authors_own_claim(tied: str) -> None:
    plain, linked = (
        claims(read("paper.tex", f"\\section{{Introduction}}\nThese are old questions. {text}\n"))
        for text in (f"{SENTENCE}.", tied)
    )
    assert plain[1].reading.stance == "background"
    assert (linked[1].reading.stance, linked[1].reading.level) == ("own", 2)


CLAIM = "Head 3.1 stores the number of the subject."


@pytest.mark.parametrize(
    "line",
    [
        f"We like dogs. {CLAIM} Cats too. % claimlint: evidence[ablate-h11]",
        f"% claimlint: evidence[ablate-h11]\nWe like dogs. {CLAIM} Cats too.",
    ],
)
def test_a_comment_ties_the_claim_on_its_line_and_not_a_sentence_that_is_none(line: str) -> None:
    document = read("paper.tex", f"\\section{{Results}}\n{line}\n")
    found = claims(document)
    assert [claim.sentence.text for claim in found if claim.reading.level] == [CLAIM]
    ((_, meant),) = tied_to_comments(document, found)
    assert meant is not None
    assert meant.sentence.text == CLAIM
