"""The labelled sentences keep to the code book, file by file."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from claimlint.claims.model import KINDS, STANCES

FOLDER = Path(__file__).parents[2] / "corpus" / "sentences"
FILES = sorted(FOLDER.glob("*.jsonl"))
FIELDS = {"text", "section", "previous", "stance", "level", "kind", "hedged", "negated", "scope"}
LEVEL_OF_KIND = {
    "association": 1,
    "effect": 2,
    "role": 2,
    "sufficiency": 2,
    "necessity": 3,
    "mechanism": 3,
    "uniqueness": 3,
    "counterfactual": 3,
    "performance": 0,
    "none": 0,
}


def sentences(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_there_is_a_level_for_every_kind() -> None:
    assert set(LEVEL_OF_KIND) == set(KINDS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_has_exactly_the_fields_and_values_of_the_code_book(file: Path) -> None:
    for number, sentence in enumerate(sentences(file), start=1):
        place = f"{file.name}:{number}"
        assert set(sentence) == FIELDS, place
        assert sentence["text"].strip() == sentence["text"] != "", place
        assert sentence["stance"] in STANCES, place
        assert sentence["kind"] in KINDS, place
        assert sentence["scope"] in {"", "general", "average", "instance"}, place
        assert {sentence["hedged"], sentence["negated"]} <= {0, 1}, place


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_kind_fixes_the_level(file: Path) -> None:
    for number, sentence in enumerate(sentences(file), start=1):
        assert sentence["level"] == LEVEL_OF_KIND[sentence["kind"]], f"{file.name}:{number}"


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.stem != "counterfactual"], ids=lambda file: file.stem
)
def test_only_own_sentences_claim_something(file: Path) -> None:
    for number, sentence in enumerate(sentences(file), start=1):
        assert sentence["stance"] == "own" or sentence["kind"] == "none", f"{file.name}:{number}"


def test_no_sentence_stands_in_the_corpus_twice() -> None:
    texts = Counter(sentence["text"].casefold() for file in FILES for sentence in sentences(file))
    assert [text for text, times in texts.items() if times > 1] == []


def test_every_stance_and_every_kind_has_examples_enough_to_measure() -> None:
    every = [sentence for file in FILES for sentence in sentences(file)]
    assert min(Counter(sentence["stance"] for sentence in every).values()) >= 40
    assert min(Counter(sentence["kind"] for sentence in every).values()) >= 6
    assert {sentence["stance"] for sentence in every} == set(STANCES)
    assert {sentence["kind"] for sentence in every} == set(KINDS)
