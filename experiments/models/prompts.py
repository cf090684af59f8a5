"""Prompt files for the small models, in the format that every experiment reads.

    python -m experiments.models.prompts            writes prompts/*.jsonl beside this file

``agreement-CONCEPT.jsonl`` holds the same clean prompts three times over; the corrupted ones have the
other value of that concept. ``agreement-confounded.jsonl`` has the colour follow the number nine times in
ten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch

from experiments.models import induction
from experiments.models.agreement import (
    ADJECTIVE,
    ATTRACTOR,
    NOUN,
    Concept,
    Prompt,
    balanced_prompts,
    confounded_prompts,
)

FOLDER = Path(__file__).parent / "prompts"
CONCEPTS: tuple[Concept, ...] = ("number", "colour", "attractor")
INDUCTION_BLOCK = 10


def agreement_lines(prompts: Iterable[Prompt], concept: Concept) -> Iterator[dict[str, Any]]:
    for index, prompt in enumerate(prompts):
        yield {
            "id": f"a{index:03}",
            "clean": prompt.text,
            "corrupted": prompt.with_other(concept).text,
            "answers": [prompt.answer, prompt.wrong_answer],
            "labels": {
                "number": prompt.number,
                "colour": prompt.colour,
                "attractor": prompt.attractor,
                "number_xor_colour": int((prompt.number == "sg") != (prompt.colour == "red")),
                "noun_lemma": int(prompt.lemma.removeprefix("noun")),
            },
            "positions": {"noun": NOUN, "adjective": ADJECTIVE, "attractor": ATTRACTOR},
            "template": prompt.lemma,
        }


def induction_lines(n: int, seed: int) -> Iterator[dict[str, Any]]:
    """Corrupted prompts have another word where the answer stood the first time."""
    ids, answers, _ = induction.batch(n, torch.Generator().manual_seed(seed), INDUCTION_BLOCK)
    words = list(induction.WORDS)
    where = ids.shape[1] - INDUCTION_BLOCK
    for index, (row, answer) in enumerate(zip(ids.tolist(), answers[:, -1].tolist(), strict=True)):
        unused = next(w for w in range(answer + 1, answer + len(words)) if w % len(words) not in row)
        other = unused % len(words)
        corrupted = [*row[:where], other, *row[where + 1 :]]
        yield {
            "id": f"i{index:03}",
            "clean": " ".join(words[w] for w in row),
            "corrupted": " ".join(words[w] for w in corrupted),
            "answers": [words[answer], words[other]],
            "positions": {"first_answer": where, "after_previous": where - 1},
        }


def files() -> dict[str, list[dict[str, Any]]]:
    """Every prompt file by name."""
    balanced = balanced_prompts(repeats=16, seed=0)
    confounded = confounded_prompts(256, seed=0, agreement=0.9)
    return {
        **{f"agreement-{concept}": list(agreement_lines(balanced, concept)) for concept in CONCEPTS},
        "agreement-confounded": list(agreement_lines(confounded, "number")),
        "induction": list(induction_lines(64, seed=0)),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, lines in files().items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (FOLDER / f"{name}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
