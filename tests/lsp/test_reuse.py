"""What a keystroke costs: the words of a sentence that did not change are not looked through again."""

from __future__ import annotations

from pathlib import Path

from claimlint.checks.kinds.base import find_words
from claimlint.config import Config
from claimlint.manuscript.segmenter import split
from claimlint.pipeline import lint

PARAGRAPHS = [
    f"We patch layer {number} of Tern-{number}. Layer {number} stores the tense of verb {number}."
    for number in range(2, 42)
]


def searched(folder: Path, last: str) -> list[int]:
    """How many new texts each reader has met once the paper ends in ``last``."""
    before = [reader.cache_info().misses for reader in (find_words, split)]
    text = "# Results\n\n" + "\n\n".join([*PARAGRAPHS, last])
    path = folder / "paper.md"
    path.touch()
    lint(str(path), Config(), folder, unsaved={str(path.resolve()): text})
    after = [reader.cache_info().misses for reader in (find_words, split)]
    return [new - old for new, old in zip(after, before, strict=True)]


def test_a_keystroke_has_only_its_own_sentence_read_again(tmp_path: Path) -> None:
    first = searched(tmp_path, "Layer 50 stores the mood of the verb.")
    second = searched(tmp_path, "Layer 50 stores the mood of the verbs.")
    assert all(new <= old / 10 for new, old in zip(second, first, strict=True)), (first, second)
    assert all(new >= 1 for new in second)
