"""A second opinion beside the rules: a small network over their features, kept as plain numbers.

`claimlint.claims.train` fits it on the project's own labelled sentences and writes the file read here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
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
        numbers: ``names`` and ``labels``, one a line; ``first`` [features or more, units], whole numbers of
            ``step``; ``bias`` [units]; ``second`` [units, labels]; ``offset`` [labels].
    """

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        names = bytes(numbers["names"]).decode().split("\n")
        self.labels = bytes(numbers["labels"]).decode().split("\n")
        # A sentence's two hundred names are looked up at once: in a dict each would be a miss of the cache.
        hashes = _hashes(names)
        order = numpy.argsort(hashes)
        self._hashes = hashes[order]
        self._first = numbers["first"].take(order, axis=0)
        self._step = float(numbers["step"][0])
        self._bias, self._second, self._offset = numbers["bias"], numbers["second"], numbers["offset"]

    def judge(self, features: Mapping[str, float]) -> Opinion:
        hashes = _hashes(features)
        places = self._hashes.searchsorted(hashes)
        known = self._hashes.take(places, mode="clip") == hashes
        rows = self._first.take(places[known], axis=0)
        values = numpy.fromiter(features.values(), numpy.float32, len(features))[known]
        units = values @ rows.astype(numpy.float32) * self._step + self._bias
        scores = numpy.maximum(units, 0) @ self._second + self._offset
        odds = numpy.exp(scores - numpy.maximum.reduce(scores))
        shares = dict(zip(self.labels, (odds / numpy.add.reduce(odds)).tolist(), strict=True))
        kinds = {kind: shares.get(kind, 0.0) + NEVER for kind in KINDS}
        own = sum(kinds.values())
        stances = {stance: shares.get(stance, 0.0) for stance in STANCES} | {"own": own}
        return Opinion(stances, {kind: share / own for kind, share in kinds.items()})


def _hashes(names: Collection[str]) -> Any:
    """Python's own hashes, of 64 bits: too many for two names to share one."""
    return numpy.fromiter(map(hash, names), numpy.int64, len(names))


@cache
def model() -> Model:
    return Model(load_file(WEIGHTS))
