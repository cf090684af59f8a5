"""Patterns mean what they mean to spaCy."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.claims.matching import element, find
from claimlint.claims.tokens import Tokens, import_spacy

spacy = import_spacy()
NLP = spacy.blank("en")

words = st.sampled_from(["encode", "store", "the", "role", ","])
tests = st.one_of(
    words.map(lambda word: {"LOWER": word}),
    st.lists(words, min_size=1, max_size=3).map(lambda several: {"LOWER": {"IN": several}}),
    st.sampled_from([{"LOWER": {"REGEX": "^.o"}}, {"IS_PUNCT": False}, {"IS_PUNCT": True}]),
)
tokens_of_patterns = st.tuples(tests, st.sampled_from(["1", "?"])).map(
    lambda pair: pair[0] if pair[1] == "1" else pair[0] | {"OP": pair[1]}
)


def tokens(sentence: list[str]) -> Tokens:
    doc = spacy.tokens.Doc(NLP.vocab, words=sentence)
    starts = [token.idx for token in doc]
    return Tokens([t.lower_ for t in doc], [t.is_punct for t in doc], starts, starts)


@given(
    sentence=st.lists(words, min_size=1, max_size=8),
    pattern=st.lists(tokens_of_patterns, min_size=1, max_size=4),
)
def test_matches_are_among_spacys_and_start_where_its_do(
    sentence: list[str], pattern: list[dict[str, Any]]
) -> None:
    from spacy.matcher import Matcher  # noqa: PLC0415  (must come after the import without torch)

    matcher = Matcher(NLP.vocab)
    matcher.add("pattern", [pattern])
    theirs = {
        (start, end) for _, start, end in matcher(spacy.tokens.Doc(NLP.vocab, words=sentence)) if end > start
    }
    ours = set(find([element(token) for token in pattern], tokens(sentence)))
    assert ours <= theirs
    assert {start for start, _ in ours} == {start for start, _ in theirs}


def test_a_gap_takes_as_little_as_it_can_and_no_more_than_it_may() -> None:
    gap = {"IS_PUNCT": False, "OP": "{0,2}", "GAP": True}
    pattern = [element(token) for token in ({"LOWER": "store"}, gap, {"LOWER": "role"})]
    assert find(pattern, tokens(["store", "the", "role", "role"])) == [(0, 3)]
    assert find(pattern, tokens(["store", "the", "the", "the", "role"])) == []
    assert find(pattern, tokens(["store", ",", "role"])) == []


@pytest.mark.parametrize(
    "token", [{"LEMMA": "store"}, {"LOWER": {"NOT_IN": ["store"]}}, {"LOWER": "a", "OP": "!"}]
)
def test_what_cannot_be_known_of_a_token_is_refused(token: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        element(token)
