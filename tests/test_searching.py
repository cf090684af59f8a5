"""To be tried only where its letters stand changes nothing of what a pattern finds."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.checks import load_rules
from claimlint.checks.kinds import base
from claimlint.searching import Pattern, letters

ROOT = Path(__file__).parents[1]


def packs() -> Iterator[str]:
    """Every pattern of the pack that says what methods are called."""
    pack = tomllib.loads((ROOT / "rules" / "described" / "en.toml").read_text(encoding="utf-8"))
    yield from pack["words"].values()
    for table in (*pack["method"], *pack["said"]):
        yield table["words"]


def sentences() -> Iterator[str]:
    for path in sorted((ROOT / "corpus" / "sentences").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines()[:40]:
            yield json.loads(line)["text"]


def test_every_pattern_of_every_rule_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(base, "Pattern", lambda pattern: written.append(pattern) or Pattern(pattern))
    base._whole_words.cache_clear()
    load_rules()
    assert written
    for pattern in (*written, *packs()):
        re.compile(pattern, re.IGNORECASE)


def test_the_packs_patterns_find_what_they_would_find_by_themselves() -> None:
    texts = list(sentences())
    for words in packs():
        plain, ours = re.compile(words, re.IGNORECASE), Pattern(words)
        for text in texts:
            for shown in (text, text.upper()):
                assert [m.span() for m in ours.finditer(shown)] == [m.span() for m in plain.finditer(shown)]
                assert (ours.search(shown) is None) == (plain.search(shown) is None)


part = st.recursive(
    st.text("abcAB ", min_size=1, max_size=4),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
        inner.map(lambda one: f"(?<!x){one}"),
        st.tuples(inner, inner).map(lambda two: f"(?={two[0]}){two[1]}"),
    ),
    max_leaves=6,
)


@given(part, st.text("abcABx ", max_size=12))
def test_no_match_is_lost(pattern: str, text: str) -> None:
    found = re.search(pattern, text, re.IGNORECASE)
    ours = Pattern(pattern).search(text)
    assert (ours.span() if ours else None) == (found.span() if found else None)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\bprob(?:e|es|ing)\b", {"prob"}),
        ("linear probe|PCA", {"linear probe", "pca"}),
        ("(?:zero|mean) ablations?", {" ablation"}),
        ("ablations?|\\d+", set()),
        (r"(?<=figure )\d+|\\ref", {"figure ", "\\ref"}),
        ("a?", set()),
    ],
)
def test_letters_that_a_match_cannot_do_without(pattern: str, needed: set[str]) -> None:
    assert letters(pattern) == needed
