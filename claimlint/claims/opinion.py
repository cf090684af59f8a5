"""A second opinion beside the rules: a small network over their features, kept as plain numbers.

`claimlint.claims.train` fits it on the project's own labelled sentences and writes the file read here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from claimlint.claims.model import KINDS, STANCES

WEIGHTS = Path(__file__).parent / "opinion.npz"


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities of the stances, and of the kinds of an own sentence."""

    stances: dict[str, float]
    kinds: dict[str, float]


class Model:
    """One hidden layer of rectified units; labels are stances and, for own sentences, kinds.

    Args:
        numbers: ``names`` and ``labels``, one a line; ``first`` [features, units], whole numbers of ``step``;
            ``bias`` [units]; ``second`` [units, labels]; ``offset`` [labels].
    """

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        names = bytes(numbers["names"]).decode().split("\n")
        self.labels = bytes(numbers["labels"]).decode().split("\n")
        self._row = {name: at for at, name in enumerate(names)}
        self._first = numbers["first"]
        self._step = float(numbers["step"])
        self._bias, self._second, self._offset = numbers["bias"], numbers["second"], numbers["offset"]

    def judge(self, features: Mapping[str, float]) -> Opinion:
        rows, values = list[int](), list[float]()
        for name, value in features.items():
            if (row := self._row.get(name)) is not None:
                rows.append(row)
                values.append(self._step * value)
        units = values @ self._first.take(rows, axis=0) + self._bias if rows else self._bias
        scores = ((units * (units > 0)) @ self._second + self._offset).tolist()
        most = max(scores)
        odds = [math.exp(score - most) for score in scores]
        total = sum(odds)
        stances = dict.fromkeys(STANCES, 0.0)
        kinds = dict.fromkeys(KINDS, 1e-9)
        for label, odd in zip(self.labels, odds, strict=True):
            if label in stances:
                stances[label] += odd / total
            else:
                stances["own"] += odd / total
                kinds[label] += odd / total
        own = sum(kinds.values())
        return Opinion(stances, {kind: share / own for kind, share in kinds.items()})


@cache
def model() -> Model:
    import numpy  # noqa: PLC0415  (only where a sentence is read)

    with numpy.load(WEIGHTS, allow_pickle=False) as numbers:
        return Model(dict(numbers))
