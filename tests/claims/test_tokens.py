"""Tokens are those of spaCy's blank pipeline, whatever is left out to get them sooner."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from claimlint.claims.tokens import Tokenizer, import_spacy

BLANK = import_spacy().blank("en")
OURS = Tokenizer("en")

pieces = st.one_of(
    st.text(max_size=8),
    st.text(alphabet="abYZ.,;:'’-–/()[]%$0123456789 ", max_size=12),
    st.sampled_from(
        ["don't", "cannot", "e.g.", "U.S.", "a.m.", "12km", "US$5", ":)", "https://x.org/a-b", "İ"]
    ),
)


@given(st.lists(pieces, max_size=8).map("".join))
def test_tokens_are_those_of_the_blank_pipeline(text: str) -> None:
    tokens = OURS.tokens(text)
    theirs = BLANK(text)
    assert tokens.words == [token.lower_ for token in theirs]
    assert tokens.punctuation == [token.is_punct for token in theirs]
    assert tokens.starts == [token.idx for token in theirs]
    assert tokens.ends == [token.idx + len(token) for token in theirs]


def test_what_is_left_out_of_spacy_can_still_be_imported() -> None:
    code = "\n".join(
        (
            "from claimlint.claims.tokens import import_spacy",
            "import sys",
            "import_spacy()",
            "assert not {'torch', 'spacy.cli', 'weasel'} & set(sys.modules)",
            "import torch",
            "from spacy.cli import info",
            "assert callable(info) and callable(torch.zeros)",
        )
    )
    subprocess.run([sys.executable, "-c", code], check=True)
