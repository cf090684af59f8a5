"""Tokens are those of spaCy's blank pipeline, whatever is left out to get them sooner."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from claimlint.claims.tokens import BETWEEN_SPACES, MASKED, Tokenizer, Tokens, import_spacy, joined

ROOT = Path(__file__).parents[2]
BLANK = import_spacy().blank("en")
TOKENIZER = Tokenizer("en")


def ours(text: str) -> Tokens:
    return joined((m.start(), TOKENIZER.pieces(m[0])) for m in BETWEEN_SPACES.finditer(text))


pieces = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="".join(MASKED)), max_size=8),
    st.text(alphabet="abYZ.,;:'’-–/()[]%$0123456789 ", max_size=12),
    st.sampled_from(
        [
            " ",
            "  ",
            "\n",
            "don't",
            "cannot",
            "e.g.",
            "U.S.",
            "him-vs.",
            "and/or",
            'DNA."',
            "a.m.",
            "12km",
            "US$5",
            ":)",
            "https://x.org/a-b",
            "İ",
        ]
    ),
)


@given(st.lists(pieces, max_size=8).map("".join))
def test_between_spaces_tokens_are_those_of_the_blank_pipeline(text: str) -> None:
    tokens = ours(text)
    pieces = [(match.start(), BLANK(match.group())) for match in re.finditer(r"\S+", text)]
    theirs = [(at + token.idx, token) for at, piece in pieces for token in piece]
    assert tokens.words == [token.lower_ for _, token in theirs]
    assert tokens.punctuation == [token.is_punct for _, token in theirs]
    assert tokens.starts == [start for start, _ in theirs]
    assert tokens.ends == [start + len(token) for start, token in theirs]


def test_spaces_between_words_change_nothing() -> None:
    for path in (ROOT / "corpus" / "sentences").glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines()[:200]:
            text = json.loads(line)["text"]
            assert ours(text).words == [token.lower_ for token in BLANK(text) if not token.is_space]


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
