"""A second opinion beside the rules: a linear model over their features, kept as plain numbers.

`claimlint.claims.train` fits it on the project's own labelled sentences and writes the file read here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from claimlint.claims.model import KINDS, STANCES

WEIGHTS = Path(__file__).parent / "opinion.json"
SCALE = 100


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities of the stances, and of the kinds of an own sentence."""

    stances: dict[str, float]
    kinds: dict[str, float]


class Model:
    """Labels are stances and, for own sentences, kinds; a feature lists label, weight, label, weight."""

    def __init__(self, labels: list[str], bias: list[int], weights: Mapping[str, list[int]]) -> None:
        self.labels = labels
        self._bias = bias
        self._weights = weights

    def judge(self, features: Mapping[str, float]) -> Opinion:
        scores = [float(b) for b in self._bias]
        weights = self._weights
        for name, value in features.items():
            if pairs := weights.get(name):
                for at, weight in zip(pairs[::2], pairs[1::2], strict=True):
                    scores[at] += weight * value
        most = max(scores)
        odds = [math.exp((score - most) / SCALE) for score in scores]
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
    raw = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Model(raw["labels"], raw["bias"], raw["weights"])
