"""Whether words speak of what an experiment measured."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise

from claimlint.checks.drift_words import common, pattern
from claimlint.evidence.model import Effect, Experiment

_CLAUSE = re.compile(r"[,;:()]")


def beside(text: str, start: int, end: int) -> tuple[str, str]:
    """The words before and behind a stretch of a sentence, within its clause."""
    return _CLAUSE.split(text[:start])[-1], _CLAUSE.split(text[end:])[0]


def stems(text: str) -> frozenset[str]:
    """The first letters of its longer words, which stand for all their inflections."""
    return frozenset(word[:5] for word in re.findall(r"[a-z]{3,}", text.casefold().replace("_", " ")))


@cache
def common_stems() -> frozenset[str]:
    """Of words that metrics and headings have in common, and that tell none from another."""
    return stems(common("metrics"))


def mentions(words: str, effect: Effect, experiment: Experiment) -> bool:
    """Whether the words name the effect's metric: by all of its name, or by a word that tells it from others.

    What the metric shares with the behaviour tells nothing: "annotations" may be their number. Nor does a
    word that says what another measure is of: "annotation score" is no kappa.
    """
    metric = stems(effect.metric)
    if metric <= stems(words):
        return bool(metric)
    return bool((metric - common_stems() - stems(experiment.behaviour)) & _named(words, metric))


def other_measure(words: str, effect: Effect) -> bool:
    """Whether the words begin with a measure that is not the effect's: "(6%) specificity rate"."""
    first = re.findall(r"[a-z]{3,}", words.casefold())[:2]
    return any(pattern("measure").match(word) and word[:5] not in stems(effect.metric) for word in first)


@lru_cache(maxsize=4096)
def _named(words: str, metric: frozenset[str]) -> frozenset[str]:
    """The stems of the words, without those that are said of a measure that is not the metric's."""
    every = re.findall(r"[a-z]{3,}", words.casefold().replace("_", " "))
    pairs = pairwise([*every, ""])
    return frozenset(
        word[:5]
        for word, following in pairs
        if pattern("measure").match(word)
        or following[:5] in metric
        or not pattern("measure").match(following)
    )
