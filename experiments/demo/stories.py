"""The language of the demo paper's model: short templated sentences in which a pronoun follows two names.

A sentence is ``<bos> Mary told John that the train was late because she``. The pronoun usually speaks of the
first name; how often depends on the sentence frame and on how prominent the two names are. Some names are
borne by women and men, so that gender cannot be read off the name for certain.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Literal

Gender = Literal["female", "male"]
PRONOUNS: dict[Gender, str] = {"female": "she", "male": "he"}

# fmt: off
WOMEN = (
    "Mary", "Anna", "Julia", "Laura", "Emma", "Clara", "Nora", "Alice", "Diana",
    "Ruth", "Helen", "Irene", "Paula", "Rosa", "Sarah", "Vera", "Martha", "Lucy",
)
MEN = (
    "John", "Peter", "Paul", "David", "Mark", "Simon", "Martin", "Oscar", "Victor",
    "Felix", "Hugo", "Louis", "Arthur", "Henry", "Walter", "Bruno", "Frank", "Karl",
)
# fmt: on
MOSTLY_WOMEN = ("Robin", "Kim", "Andrea", "Leslie")
MOSTLY_MEN = ("Sasha", "Chris", "Alex", "Nicola")
NAMES = (*WOMEN, *MEN, *MOSTLY_WOMEN, *MOSTLY_MEN)
USUAL = 0.7
"""Share of the usual gender among the bearers of a name that both have."""

SLOTS = {
    "thing": ("train", "letter", "house", "garden", "meeting", "picture", "engine", "recipe"),
    "state": ("late", "lost", "empty", "noisy", "small", "heavy"),
    "place": ("station", "market", "harbour", "school", "office", "bridge"),
    "day": ("monday", "tuesday", "friday", "sunday"),
}

FRAMES = {
    "told": "{A} told {B} that the {thing} was {state} because",
    "asked": "{A} asked {B} about the {thing} because",
    "met": "{A} met {B} near the {place} on {day} because",
    "wrote": "{A} wrote to {B} that the {thing} was still {state} because",
    "showed": "{A} showed {B} the {thing} after the {thing} because",
    "waited": "on {day} {A} waited for {B} at the {place} because",
    "blamed": "{A} blamed {B} for the {state} {thing} because",
    "thanked": "{A} thanked {B} at the {place} near the {place} because",
    "followed": "{A} followed {B} from the {place} to the {place} on {day} because",
    "called": "last {day} {A} called {B} from the {state} {place} because",
    "warned": "{A} warned {B} that the {thing} at the {place} was {state} because",
    "trusted": "{A} trusted {B} with the {thing} on that {day} because",
}


def words() -> dict[str, int]:
    """Every word and its token id."""
    fixed = sorted({word for frame in FRAMES.values() for word in frame.split() if "{" not in word})
    slots = [word for choices in SLOTS.values() for word in choices]
    return {word: i for i, word in enumerate(["<bos>", *PRONOUNS.values(), *NAMES, *fixed, *slots])}


@dataclass(frozen=True)
class World:
    """What this language is like, in logits: how strongly a frame speaks of its first name, and how prominent
    a name is."""

    frames: dict[str, float]
    names: dict[str, float]

    @staticmethod
    def drawn(seed: int = 0) -> World:
        draw = random.Random(seed)
        return World(
            frames={frame: draw.gauss(0.9, 0.9) for frame in FRAMES},
            names={name: draw.gauss(0.0, 1.0) for name in NAMES},
        )

    def share_of_first(self, frame: str, first: str, second: str) -> float:
        """How often the pronoun speaks of the first name."""
        return 1 / (1 + math.exp(-(self.frames[frame] + self.names[first] - self.names[second])))


@dataclass(frozen=True)
class Sentence:
    """A sentence up to its pronoun.

    Args:
        first, second: where the two names stand.
        genders: of the two people, which their names do not always tell.
    """

    words: tuple[str, ...]
    frame: str
    first: int
    second: int
    genders: tuple[Gender, Gender]

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def with_name(self, place: int, name: str) -> Sentence:
        """The same sentence with another name at ``first`` or ``second``; genders are left as they were."""
        changed = (*self.words[:place], name, *self.words[place + 1 :])
        return Sentence(changed, self.frame, self.first, self.second, self.genders)


def sentence(draw: random.Random, frame: str, cut: int = 0) -> Sentence:
    """A random sentence of the frame, abridged by ``cut`` words before its "because"."""
    first, second = draw.sample(NAMES, 2)
    names = {"A": first, "B": second}
    template = FRAMES[frame].split()
    said, where = ["<bos>"], {}
    for word in template[: len(template) - 1 - cut] + template[-1:]:
        where[word] = len(said)
        slot = word.strip("{}")
        said.append(names.get(slot) or (draw.choice(SLOTS[slot]) if slot in SLOTS else word))
    genders = (gender_of(draw, first), gender_of(draw, second))
    return Sentence(tuple(said), frame, where["{A}"], where["{B}"], genders)


def longest_cut(frame: str) -> int:
    """How many words can be left out between the second name and "because"."""
    template = FRAMES[frame].split()
    return len(template) - 2 - template.index("{B}")


def gender_of(draw: random.Random, name: str) -> Gender:
    """The gender of somebody of this name."""
    if name in WOMEN or name in MEN:
        share_of_women = float(name in WOMEN)
    else:
        share_of_women = USUAL if name in MOSTLY_WOMEN else 1 - USUAL
    return "female" if draw.random() < share_of_women else "male"


def pronoun(draw: random.Random, world: World, said: Sentence) -> str:
    """The word that goes on."""
    share = world.share_of_first(said.frame, said.words[said.first], said.words[said.second])
    return PRONOUNS[said.genders[0] if draw.random() < share else said.genders[1]]
