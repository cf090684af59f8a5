"""Claims of whole documents."""

from __future__ import annotations

import pytest

from claimlint.claims import claims
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
