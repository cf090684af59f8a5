"""The agreement task that the small models share: words, tokenizer, prompts.

A prompt is ``<bos> noun3.sg filler1 adjective2.red filler5 attractor0.pl filler7 ?`` and its answer is
``is`` or ``are``, after the number of the *noun*. The adjective's colour and the attractor's number are
there to be decodable and irrelevant.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

LEMMAS = 8
PROMPT_LENGTH = 8
NOUN, ADJECTIVE, ATTRACTOR, LAST = 1, 3, 5, 7
"""Positions of the words that vary, and of the question mark where the verb is predicted."""

ANSWERS = {"sg": "is", "pl": "are"}

Concept = Literal["number", "colour", "attractor"]

_OTHER = {"sg": "pl", "pl": "sg", "red": "blue", "blue": "red"}


def vocabulary() -> dict[str, int]:
    """Every word of the task and its token id."""
    words = ["<bos>", "?", "is", "are"]
    for lemma in range(LEMMAS):
        words += [f"noun{lemma}.{number}" for number in ("sg", "pl")]
        words += [f"adjective{lemma}.{colour}" for colour in ("red", "blue")]
        words += [f"attractor{lemma}.{number}" for number in ("sg", "pl")]
        words.append(f"filler{lemma}")
    return {word: index for index, word in enumerate(words)}


def save_tokenizer(words: dict[str, int], folder: Path) -> None:
    """One token per word, so that positions in a prompt are word positions."""
    tokenizer = Tokenizer(models.WordLevel(words, unk_token=next(iter(words))))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    first = next(iter(words))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=first, eos_token=first)
    fast.save_pretrained(folder)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt with the values that its words take."""

    words: tuple[str, ...]
    number: str
    colour: str
    attractor: str

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def answer(self) -> str:
        return ANSWERS[self.number]

    @property
    def wrong_answer(self) -> str:
        return ANSWERS[_OTHER[self.number]]

    @property
    def lemma(self) -> str:
        """The noun without its number: prompts are grouped by it, and a probe is scored on unseen nouns."""
        return self.words[NOUN].partition(".")[0]

    def token_ids(self, words: dict[str, int]) -> list[int]:
        return [words[word] for word in self.words]

    def with_other(self, concept: Concept) -> Prompt:
        """The same prompt with the other value of one concept, all lemmas kept."""
        position = {"number": NOUN, "colour": ADJECTIVE, "attractor": ATTRACTOR}[concept]
        lemma, _, value = self.words[position].partition(".")
        changed = list(self.words)
        changed[position] = f"{lemma}.{_OTHER[value]}"
        values = {"number": self.number, "colour": self.colour, "attractor": self.attractor}
        values[concept] = _OTHER[value]
        return Prompt(tuple(changed), **values)


def balanced_prompts(repeats: int, seed: int) -> list[Prompt]:
    """All eight combinations of number, colour and attractor, equally often, lemmas drawn at random.

    Balance makes the concepts exactly uncorrelated, so that what a probe reads of one it did not borrow
    from another.
    """
    draw = random.Random(seed)
    combinations = [
        (number, colour, attractor)
        for number, colour, attractor in product(("sg", "pl"), ("red", "blue"), ("sg", "pl"))
        for _ in range(repeats)
    ]
    draw.shuffle(combinations)
    return [_prompt(*values, draw) for values in combinations]


def confounded_prompts(n: int, seed: int, agreement: float) -> list[Prompt]:
    """Prompts whose colour follows the number (singular is red) in a share ``agreement`` of the cases."""
    draw = random.Random(seed)
    prompts = []
    for _ in range(n):
        number = draw.choice(("sg", "pl"))
        usual, unusual = ("red", "blue") if number == "sg" else ("blue", "red")
        colour = usual if draw.random() < agreement else unusual
        prompts.append(_prompt(number, colour, draw.choice(("sg", "pl")), draw))
    return prompts


def _prompt(number: str, colour: str, attractor: str, draw: random.Random) -> Prompt:
    def lemma() -> int:
        return draw.randrange(LEMMAS)

    words = (
        "<bos>",
        f"noun{lemma()}.{number}",
        f"filler{lemma()}",
        f"adjective{lemma()}.{colour}",
        f"filler{lemma()}",
        f"attractor{lemma()}.{attractor}",
        f"filler{lemma()}",
        "?",
    )
    return Prompt(words, number, colour, attractor)
