"""The prompt files of the demo paper.

    python -m experiments.demo.prompts            writes prompts/*.jsonl beside this file

A pair is a sentence about two people of one gender (clean) and the same sentence with a distractor, a second
person of the other gender (corrupted); the right answer is the pronoun of the first. In ``genders.jsonl`` the
clean sentence is about two women and the corrupted one about two men.

``nine-frames.jsonl`` and ``one-frame.jsonl`` are for exploration; ``pronouns.jsonl`` has three frames more,
and sites were chosen without it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from experiments.demo.stories import FRAMES, NAMES, PRONOUNS, Gender, Sentence, gender_of, sentence

FOLDER = Path(__file__).parent / "prompts"
HELD_OUT = ("thanked", "warned", "trusted")
OTHER: dict[Gender, Gender] = {"female": "male", "male": "female"}


def distracted(frames: list[str], n: int, seed: int) -> Iterator[dict[str, Any]]:
    """Pairs that differ in their second name, with as many women as men for first names."""
    draw = random.Random(seed)
    for index, frame in enumerate(islice(cycle(frames), n)):
        gender: Gender = "female" if index // len(frames) % 2 else "male"
        said = sentence(draw, frame)
        first = somebody(draw, gender)
        said = said.with_name(said.first, first)
        yield line(
            index,
            said.with_name(said.second, somebody(draw, gender, but=first)),
            said.with_name(said.second, somebody(draw, OTHER[gender], but=first)),
            gender,
        )


def genders(frames: list[str], n: int, seed: int) -> Iterator[dict[str, Any]]:
    """Pairs that differ in both names."""
    draw = random.Random(seed)
    for index, frame in enumerate(islice(cycle(frames), n)):
        said = sentence(draw, frame)
        made = []
        for gender in ("female", "male"):
            first = somebody(draw, gender)
            named = said.with_name(said.first, first)
            made.append(named.with_name(said.second, somebody(draw, gender, but=first)))
        yield line(index, *made, "female")


def somebody(draw: random.Random, gender: Gender, but: str = "") -> str:
    """The name of a random person of this gender."""
    while True:
        name = draw.choice(NAMES)
        if name != but and gender_of(draw, name) == gender:
            return name


def line(index: int, clean: Sentence, corrupted: Sentence, gender: Gender) -> dict[str, Any]:
    return {
        "id": str(index),
        "clean": clean.text,
        "corrupted": corrupted.text,
        "answers": [PRONOUNS[gender], PRONOUNS[OTHER[gender]]],
        "labels": {"gender": gender},
        "positions": {"first_name": clean.first, "second_name": clean.second},
        "template": clean.frame,
    }


def files() -> dict[str, list[dict[str, Any]]]:
    """Every prompt file by name."""
    explored = [frame for frame in FRAMES if frame not in HELD_OUT]
    return {
        "pronouns": list(distracted([*FRAMES], 1000, seed=1)),
        "nine-frames": list(distracted(explored, 180, seed=2)),
        "one-frame": list(distracted(["met"], 180, seed=3)),
        "genders": list(genders([*FRAMES], 180, seed=4)),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, lines in files().items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (FOLDER / f"{name}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
