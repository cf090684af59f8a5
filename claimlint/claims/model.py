"""What the engine says about a sentence. Every label carries the cue that gave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from claimlint.manuscript.model import Sentence

Stance = Literal["own", "prior", "method", "open", "background", "other"]
Kind = Literal[
    "association",
    "effect",
    "role",
    "sufficiency",
    "necessity",
    "mechanism",
    "uniqueness",
    "counterfactual",
    "performance",
]
STANCES = get_args(Stance)
KINDS = (*get_args(Kind), "none")


@dataclass(frozen=True, slots=True)
class Cue:
    """The words that gave a label, and the cue rule that read them; offsets into the sentence's text."""

    rule: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a model named in a sentence: ``L9H6`` is ``kind`` head, ``layer`` 9, ``index`` 6.

    Ranges and lists give one component per member, all with the mention's offsets.
    """

    text: str
    kind: str
    layer: int | None
    index: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit: percent, points, fraction, count, nats, bits, logits, seconds, times, or none.

    ``decimals`` is the number of decimals as written, which says how far rounding may reach; a number in
    words ("a third") reaches as far as its ``slack``, in its own unit. ``role`` is what the number says about
    another one: ``low`` and ``high`` are the ends of an interval, ``level`` its coverage, ``spread`` what
    follows a plus-minus sign, ``size`` the n behind it; ``value`` is any other number.
    """

    value: float
    unit: str
    decimals: int
    text: str
    start: int
    end: int
    role: str = "value"
    slack: float | None = None

    @property
    def rounding(self) -> float:
        """How far the exact number may lie from the one that is written, in its unit."""
        return 0.5 * 10.0**-self.decimals if self.slack is None else self.slack


@dataclass(frozen=True, slots=True)
class Reading:
    """The labels of one sentence, after `CODEBOOK`: whose statement, which rung, which kind, about what."""

    stance: str
    level: int
    kind: str
    hedged: bool
    negated: bool
    scope: str
    confidence: float
    cues: tuple[Cue, ...] = ()
    components: tuple[Component, ...] = ()
    behaviour: str = ""
    model: str = ""
    quantities: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with its reading. ``id`` is stable for equal input: ``c12`` is the twelfth sentence read."""

    id: str
    sentence: Sentence
    reading: Reading
