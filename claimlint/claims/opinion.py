"""A second opinion beside the rules: a small network over their features, kept as plain numbers.

`claimlint.claims.train` fits it on the project's own labelled sentences and writes the file read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy
from safetensors.numpy import load_file

from claimlint.claims.model import KINDS, STANCES

WEIGHTS = Path(__file__).parent / "opinion.safetensors"
#: The share of a kind that was never seen.
NEVER = 1e-9


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities of the stances, and of the kinds of an own sentence."""

    stances: dict[str, float]
    kinds: dict[str, float]


class Model:
    """One hidden layer of rectified units; labels are stances and, for own sentences, kinds.

    Args:
        numbers: ``names`` and ``labels``, one a line; ``first`` [features + 1, units], whole numbers of
            ``step``, with a last row of zeros for features that are not known; ``bias`` [units]; ``second``
            [units, labels]; ``offset`` [labels].
    """

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        names = bytes(numbers["names"]).decode().split("\n")
        self.labels = bytes(numbers["labels"]).decode().split("\n")
        self._row = dict(zip(names, range(len(names)), strict=True))
        self._first = numbers["first"]
        self._step = float(numbers["step"][0])
        self._bias, self._second, self._offset = numbers["bias"], numbers["second"], numbers["offset"]

    def judge(self, features: Mapping[str, float]) -> Opinion:
        rows = numpy.fromiter(map(self._row.get, features, repeat(len(self._row))), numpy.intp, len(features))
        values = numpy.fromiter(features.values(), numpy.float32, len(features))
        units = values @ self._first.take(rows, axis=0).astype(numpy.float32) * self._step + self._bias
        scores = numpy.maximum(units, 0) @ self._second + self._offset
        odds = numpy.exp(scores - scores.max())
        shares = dict(zip(self.labels, (odds / odds.sum()).tolist(), strict=True))
        kinds = {kind: shares.get(kind, 0.0) + NEVER for kind in KINDS}
        own = sum(kinds.values())
        stances = {stance: shares.get(stance, 0.0) for stance in STANCES} | {"own": own}
        return Opinion(stances, {kind: share / own for kind, share in kinds.items()})


@cache
def model() -> Model:
    return Model(load_file(WEIGHTS))
