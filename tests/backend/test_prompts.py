"""Prompt files: what is read, what is refused, and how rows are batched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import Prompt, batches, make_batch, prompt_set, require_pairs
from claimlint.errors import ClaimlintError
from tests.backend.tiny import tiny_tokenizer

LINE = {
    "id": "p1",
    "clean": "the key to the doors",
    "corrupted": "the keys to the doors",
    "answers": ["is", "are"],
    "labels": {"number": "sg"},
    "positions": {"subject": 1},
    "template": "pp",
}


def write(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "agreement.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_a_line_becomes_aligned_token_ids(tmp_path: Path) -> None:
    prompts = read_prompts(write(tmp_path, LINE), tiny_tokenizer())
    (prompt,) = prompts.prompts
    assert prompts.id == "agreement"
    assert len(prompt.clean) == len(prompt.corrupted or ()) == 5
    differing = [
        i for i, (a, b) in enumerate(zip(prompt.clean, prompt.corrupted or (), strict=True)) if a != b
    ]
    assert differing == [1]
    assert prompt.labels == {"number": "sg"}
    assert prompt.answers is not None


def test_a_pair_that_splits_differently_shows_both_tokenisations(tmp_path: Path) -> None:
    path = write(tmp_path, {**LINE, "corrupted": "the un-known to the doors"})
    with pytest.raises(ClaimlintError) as error:
        read_prompts(path, tiny_tokenizer())
    assert "agreement.jsonl:1: clean has 5 tokens and corrupted has 6" in error.value.what
    assert "the|key|to|the|doors" in error.value.what
    assert "the|un-|known|to|the|doors" in error.value.what


def test_pairs_without_a_difference_are_named_by_line(tmp_path: Path) -> None:
    unknown = {
        **LINE,
        "id": "p3",
        "clean": "the snark to the doors",
        "corrupted": "the gruffalo to the doors",
    }
    path = write(tmp_path, LINE, {**LINE, "id": "p2", "corrupted": LINE["clean"]}, "", unknown)
    remark = read_prompts(path, tiny_tokenizer()).remark
    assert "the same tokens in 2 of 3 pairs (lines 2, 4); they count as pairs" in remark
    assert read_prompts(write(tmp_path, LINE), tiny_tokenizer()).remark == ""
    alone = write(tmp_path, {"id": "p1", "clean": "the key"})
    assert read_prompts(alone, tiny_tokenizer()).remark == ""


def test_a_file_in_which_no_pair_has_a_difference_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, *({**LINE, "id": str(i), "corrupted": LINE["clean"]} for i in range(12)))
    with pytest.raises(ClaimlintError, match="lines 1, 2, 3, 4, 5, 6, 7, 8 and 4 more") as error:
        read_prompts(path, tiny_tokenizer())
    assert "first: the|key|to|the|doors" in error.value.what


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answers": ["un-known", "are"]}, "has 2 tokens: un-|known"),
        ({"answers": ["is", "is"]}, "both answers are the token"),
        ({"clean": ""}, "clean has no tokens"),
        ({"cleen": "x"}, "cleen: no such key"),
        ({"id": 3}, "id: Input should be a valid string"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        read_prompts(write(tmp_path, "", {**LINE, **change}), tiny_tokenizer())
    assert "agreement.jsonl:2" in error.value.what
    assert message in error.value.what


def test_an_answer_that_the_tokenizer_does_not_know_is_refused(tmp_path: Path) -> None:
    """It would be the token of all that is unknown; whoever means that token may write it."""
    tokenizer = tiny_tokenizer()
    tokenizer.unk_token = "the"
    with pytest.raises(ClaimlintError, match=r"jsonl:1: the tokenizer does not know the answer 'were'"):
        read_prompts(write(tmp_path, {**LINE, "answers": ["is", "were"]}), tokenizer)
    path = write(tmp_path, {**LINE, "answers": ["is", "the"]})
    assert read_prompts(path, tokenizer).prompts[0].answers == (8, 3)


def test_two_prompts_with_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClaimlintError, match="already used in line 1"):
        read_prompts(write(tmp_path, LINE, LINE), tiny_tokenizer())


def test_text_needs_a_tokenizer_and_ids_do_not(tmp_path: Path) -> None:
    ids = {"id": "p1", "clean": [5, 6], "corrupted": [5, 7], "answers": [8, 9]}
    assert read_prompts(write(tmp_path, ids)).prompts[0].clean == (5, 6)
    with pytest.raises(ClaimlintError, match="no tokenizer"):
        read_prompts(write(tmp_path, LINE))


def test_an_empty_file_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClaimlintError, match="no prompts"):
        read_prompts(write(tmp_path, ""))
    with pytest.raises(ClaimlintError, match="No such file"):
        read_prompts(tmp_path / "absent.jsonl")


def _lengths() -> Any:
    return prompt_set(
        Prompt(id=str(i), clean=tuple(range(n)), positions={"first": 0}) for i, n in enumerate((5, 3, 5, 4))
    )


def test_without_padding_a_batch_has_one_length_and_every_prompt_comes_once() -> None:
    made = list(batches(_lengths(), size=8))
    assert [batch.length for batch in made] == [3, 4, 5]
    assert all(batch.mask is None for batch in made)
    assert sorted(row for batch in made for row in batch.rows) == [0, 1, 2, 3]


def test_padding_is_at_the_left_and_positions_follow_the_tokens() -> None:
    (batch,) = batches(_lengths(), size=8, pad=True)
    assert batch.mask is not None
    assert batch.mask.sum(1).tolist() == [5, 3, 5, 4]
    for position, expected in ((0, [0, 2, 0, 1]), (-1, [4, 4, 4, 4]), ("first", [0, 2, 0, 1])):
        located = batch.locate(position)
        assert located is not None
        assert located.tolist() == expected


@pytest.mark.parametrize(
    ("position", "message"),
    [(4, "outside its 3 tokens"), ("verb", "no position named 'verb'."), ("fisrt", "Did you mean 'first'")],
)
def test_a_position_that_a_prompt_lacks_is_named(position: int | str, message: str) -> None:
    with pytest.raises(ClaimlintError, match=message):
        make_batch(_lengths(), [1]).locate(position)


def test_a_set_without_pairs_cannot_be_patched() -> None:
    with pytest.raises(ClaimlintError, match="4 of 4 prompts have no 'corrupted'"):
        require_pairs(_lengths().prompts)


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    first = read_prompts(write(tmp_path, LINE), tiny_tokenizer()).digest
    second = read_prompts(write(tmp_path, {**LINE, "template": "other"}), tiny_tokenizer()).digest
    assert first != second
