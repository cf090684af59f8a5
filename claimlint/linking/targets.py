"""Whether a claim and an experiment speak of the same parts of the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from claimlint.claims.model import Component
from claimlint.evidence.model import Experiment, Target
from claimlint.evidence.parts import Part, parts_of

_WRITES = ("mlp", "attention")


@dataclass(frozen=True, slots=True)
class Cover:
    """Which of the claim's parts an experiment is about; ``whole`` is false where it is a part of a part."""

    parts: frozenset[Part]
    whole: bool = True


def named_parts(components: Iterable[Component]) -> tuple[Part, ...]:
    """The numbered parts that a sentence names, each once.

    A layer that only says where a named head, MLP, neuron or feature lies is no part of its own.
    """
    found = [
        Part("layer" if c.kind == "residual" else c.kind, c.layer, c.index)
        for c in components
        if c.layer is not None or c.index is not None
    ]
    inner = {part.layer for part in found if part.kind != "layer"}
    return tuple(dict.fromkeys(p for p in found if p.kind != "layer" or p.layer not in inner))


def parts_by_name(experiments: Iterable[Experiment]) -> Mapping[str, tuple[Part, ...]]:
    """The parts that the paper calls by each name of a target; a name of different parts stands for none.

    A direction in the residual stream is not all of its layer.
    """
    meant: dict[str, tuple[Part, ...]] = {}
    for target in (experiment.target for experiment in experiments):
        parts = parts_of(target)
        if target.name and parts:
            meant[target.name] = parts if set(meant.get(target.name, parts)) == set(parts) else ()
    return {name: parts for name, parts in meant.items() if all(part.kind != "layer" for part in parts)}


def is_called(name: str, text: str) -> bool:
    """Whether a text uses the name, however hyphenated: "name mover heads" are name-mover heads."""
    return _named(name).search(text) is not None


def with_parts(text: str, names: Iterable[str], part: str) -> str:
    """The text with ``part`` in place of names, so that an edit is known by what it was done to."""
    for name in names:
        text = _named(name).sub(part, text)
    return text


@cache
def _named(name: str) -> re.Pattern[str]:
    words = [re.escape(word.removesuffix("s")) for word in re.split(r"[\s-]+", name)]
    return re.compile(rf"\b{'s?[ -]'.join(words)}s?\b", re.IGNORECASE)


def cover(
    named: tuple[Part, ...], experiment: Experiment, inner: frozenset[str] = frozenset()
) -> Cover | None:
    """What the experiment covers of the parts that a claim names, or None where it is about others.

    ``inner`` are the kinds of parts that the claim speaks of within a layer, as in "heads of layer 5". Parts
    that were edited together speak for all of them at once, and not for one alone.
    """
    target = experiment.target
    studied = parts_of(target)
    if target.window and len(named) == target.window and any(part in named for part in studied):
        return Cover(frozenset(named))
    exact = frozenset(
        part for part in named if any(_same(part, other) or _may_be(part, target, other) for other in studied)
    )
    if exact:
        together = bool(target.joint or target.path) or experiment.method == "circuit_evaluation"
        left_out = any(not any(_same(part, other) for part in named) for other in studied)
        return None if together and left_out else Cover(exact)
    inside = frozenset(part for part in named if any(_lies_in(part, other, inner) for other in studied))
    return Cover(inside, whole=False) if inside else None


def _same(named: Part, studied: Part) -> bool:
    return (
        named.kind == studied.kind
        and named.index == studied.index
        and (
            named.layer == studied.layer or (named.index is not None and None in (named.layer, studied.layer))
        )
    )


def _may_be(named: Part, target: Target, studied: Part) -> bool:
    """Whether the experiment is about the layer of a named MLP or attention, and says not what of it."""
    return (
        named.kind in _WRITES
        and studied.kind == "layer"
        and named.layer == studied.layer
        and target.site is None
    )


def _lies_in(named: Part, studied: Part, inner: frozenset[str]) -> bool:
    """Whether the experiment is about the MLP, the attention or such a part of the layer that is named."""
    return named.kind == "layer" and studied.kind in (*_WRITES, *inner) and named.layer == studied.layer
