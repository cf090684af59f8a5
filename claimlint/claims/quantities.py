"""Numbers that a sentence reports, with their units."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from claimlint.claims.model import Quantity
from claimlint.claims.number_roles import Roles
from claimlint.claims.worded_numbers import WordedNumbers

# How far before a number its name or its measure may stand.
REACH = 60
UNITS = ("percent", "points", "nats", "bits", "logits", "seconds", "count")
NUMBER = (
    r"(?<![\w.,/\\-])(?<!\d\s)(?P<value>[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
    r"(?![\w]|\.\d|,\d{3}|/\d)"
)

_DIGIT = re.compile(r"\d")
# ``.95``, as some write shares and correlations.
_POINTED = re.compile(r"(?<![\w.,/\\-])(?P<value>\.\d+)(?![\w%]|\.\d)")


class QuantityReader:
    """Reads quantities with the unit words of one language's packs.

    Args:
        words: regular expressions of the words for each of `UNITS`, of what stands ``before`` a share between
            0 and 1 ("accuracy of"), of what makes a number a name ("Figure", "seed", "Section"), and those
            that `Roles` and `WordedNumbers` look for.
        lists: ``numerals`` in their order from one on, ``tens``, ``parts`` (half, third, ...), ``multiples``.
    """

    def __init__(self, words: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> None:
        self._roles = Roles(words)
        self._worded = WordedNumbers(words, lists)
        units = "|".join(rf"(?P<{unit}>[\s~-]*(?:{words[unit]}))" for unit in UNITS)
        self._quantity = re.compile(rf"{NUMBER}(?:{units})?", re.IGNORECASE)
        self._share = re.compile(rf"(?:{words['share']})\W*(?:\w+\W+){{0,3}}$", re.IGNORECASE)
        self._name = re.compile(rf"(?:{words['named']})[\s~]*[(#]?$", re.IGNORECASE)

    def complete(self, text: str, numerals: Sequence[Quantity]) -> tuple[Quantity, ...]:
        """What ``read`` gave and the numbers that it leaves out, each with the part that it plays."""
        pointed = (
            Quantity(float(m["value"]), "", len(m["value"]) - 1, m.group(), *m.span())
            for m in _POINTED.finditer(text)
        )
        played = self._roles.play(text, sorted((*numerals, *pointed), key=lambda quantity: quantity.start))
        starts = [quantity.start for quantity in played]

        def free(worded: Quantity) -> bool:
            before = bisect_left(starts, worded.end) - 1
            return before < 0 or played[before].end <= worded.start

        worded = filter(free, self._worded.read(text))
        return tuple(sorted((*played, *worded), key=lambda quantity: quantity.start))

    def read(self, text: str, taken: Iterable[tuple[int, int]]) -> tuple[Quantity, ...]:
        """Every number that is neither part of a name nor inside a span already ``taken``."""
        if not _DIGIT.search(text):
            return ()
        blocked = list(taken)
        found = []
        for match in self._quantity.finditer(text):
            start, end = match.span()
            if any(a < end and start < b for a, b in blocked) or self._name.search(
                text, max(0, start - REACH), start
            ):
                continue
            digits = match["value"].replace(",", "").replace("−", "-")
            decimals = len(digits.partition(".")[2])
            unit = match.lastgroup if match.lastgroup in UNITS else ""
            if (
                not unit
                and 0 <= float(digits) <= 1
                and decimals
                and self._share.search(text, max(0, start - REACH), start)
            ):
                unit = "fraction"
            found.append(Quantity(float(digits), unit, decimals, match.group(), start, end))
        return tuple(found)
