"""What a rule asks of an experiment's entry in the manifest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from claimlint.checks.kinds.base import Words, find_words
from claimlint.evidence import Experiment, Manifest


class Demand(BaseModel):
    """A field that must be filled in, and what it must hold; a bare string is the field alone.

    Args:
        field: dotted, of the experiment (``controls.mdl``) or of the manifest (``identification.strategy``).
        at_least: the least number, or the fewest members of a list.
        at_most: the largest number, or the field that holds it; a field that is empty does not exceed it.
        among: words of which the value is one, or a list holds one.
        other_than: words that are not enough by themselves; a field that is empty holds none of them.
        words: where given, asked for only by a sentence that has one of them.
        says: the demand in words; else the field's name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    at_least: float | None = None
    at_most: float | str | None = None
    among: tuple[str, ...] = ()
    other_than: tuple[str, ...] = ()
    words: Words = ()
    says: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it reads."""
        return (self.field, *([self.at_most] if isinstance(self.at_most, str) else []))

    def asked_by(self, text: str) -> bool:
        return not self.words or find_words(self.words, text) is not None

    def met(self, experiment: Experiment, manifest: Manifest | None) -> bool:
        value = field_of(experiment, manifest, self.field)
        if not filled(value):
            return self.at_most is not None or bool(self.other_than)
        if self.at_least is not None and not size(value) >= self.at_least:
            return False
        most = field_of(experiment, manifest, self.at_most) if isinstance(self.at_most, str) else self.at_most
        if isinstance(most, int | float) and size(value) > most:
            return False
        members = [str(member).casefold().replace("_", " ") for member in as_list(value)]
        if self.among and not any(member in self.among for member in members):
            return False
        return not self.other_than or not all(
            any(word in member for word in self.other_than) for member in members
        )

    def __str__(self) -> str:
        return self.says or self.field


def _spelled_out(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


Demands = tuple[Annotated[Demand, BeforeValidator(_spelled_out)], ...]


def unmet(
    all_of: Iterable[Demand],
    any_of: Iterable[Demand],
    experiments: Iterable[Experiment],
    manifest: Manifest | None,
    text: str = "",
) -> list[str]:
    """What none of the experiments has: each of ``all_of``, and all of ``any_of`` where one would do."""
    experiments = list(experiments)

    def met(demand: Demand) -> bool:
        return any(demand.met(experiment, manifest) for experiment in experiments)

    lacking = [str(demand) for demand in all_of if demand.asked_by(text) and not met(demand)]
    choices = [demand for demand in any_of if demand.asked_by(text)]
    if choices and not any(met(demand) for demand in choices):
        lacking.append(" or ".join(map(str, choices)))
    return lacking


def field_of(experiment: Experiment, manifest: Manifest | None, path: str) -> object:
    """The value of a dotted field, None where it or a table on the way is empty."""
    first, *_ = path.split(".")
    value: object = manifest if first in Manifest.model_fields else experiment
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def filled(value: object) -> bool:
    """Whether something is there; a score of 0 is."""
    return value is not None and value is not False and value not in ((), "")


def size(value: object) -> float:
    return float(value) if isinstance(value, int | float) else len(set(as_list(value)))


def as_list(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)
