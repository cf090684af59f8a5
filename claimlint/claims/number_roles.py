"""What a number says about another one: the ends of an interval, its coverage, a spread, the n behind it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from claimlint.claims.model import Quantity

_NUMBER = r"[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SPREAD = r"\s*\(?\s*(?:±|\\pm\b|\+\s?/?\s?[-−])\s*"
_UNITS = ("percent", "points", "nats", "bits", "logits")
# How far before an interval the number may stand that it is of.
_REACH = 80
# Between the two stand at most so many numbers, such as the coverage.
_FEW = 6


class Roles:
    """Tells the roles with the words of one language's packs.

    Args:
        words: regular expressions of the units, and of ``level``, ``interval``, ``between``, ``size``.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        units = "|".join(rf"(?P<{unit}>[\s~-]*(?:{words[unit]}))" for unit in _UNITS)
        either = "|".join(words[unit] for unit in _UNITS)
        ends = (
            rf"(?P<low>{_NUMBER})(?:\s*(?:{either}))?"
            rf"\s*(?:[,;–—]|[-−](?=\s*[\d.])|\s(?:{words['between']})\s)\s*(?P<high>{_NUMBER})(?![\w.]*\d)"
            rf"(?:{units})?"
        )
        self._brackets = re.compile(rf"\[\s*{ends}\s*\]", re.IGNORECASE)
        self._named = re.compile(
            rf"(?:{words['interval']})[^.;()\[\]\d]{{0,25}}[\[(]?\s*{ends}", re.IGNORECASE
        )
        self._level = re.compile(rf"\s*-?(?:{words['level']})", re.IGNORECASE)
        self._size = re.compile(rf"(?<!\w)(?:{words['size']})\s*[=:]\s*$", re.IGNORECASE)
        self._factor = re.compile(rf"(?:{words['factor']})\s+$", re.IGNORECASE)
        self._spread = re.compile(rf"{_SPREAD}(?P<value>\d+(?:\.\d+)?)(?:{units})?", re.IGNORECASE)

    def play(self, text: str, numerals: Sequence[Quantity]) -> tuple[Quantity, ...]:
        """The numbers with their roles; the ends of an interval have the unit of the number that it is of."""
        if not numerals:
            return ()
        kept: list[Quantity] = []
        intervals = list(self._intervals(text, numerals))
        starts = [start for start, _, _ in intervals]
        spread_from, spread_to = 0, 0
        for quantity in numerals:
            inside = bisect_right(starts, quantity.start) - 1
            if inside >= 0 and quantity.start < intervals[inside][1]:
                continue
            if spread_from <= quantity.start < spread_to:
                kept.append(replace(quantity, role="spread"))
                continue
            spread = self._spread.match(text, quantity.end)
            if spread:
                spread_from, spread_to = spread.span()
                unit = spread.lastgroup if spread.lastgroup in _UNITS else ""
                kept.append(replace(quantity, unit=quantity.unit or unit))
            else:
                kept.append(self._played(text, quantity))
        ends = [end for _, _, match in intervals for end in _ends(match, kept)]
        return tuple(sorted((*kept, *ends), key=lambda quantity: quantity.start))

    def _played(self, text: str, quantity: Quantity) -> Quantity:
        if self._level.match(text, quantity.end):
            return replace(quantity, role="level")
        if self._size.search(text, max(0, quantity.start - 8), quantity.start):
            return replace(quantity, role="size", unit="count")
        if not quantity.unit and self._factor.search(text, max(0, quantity.start - 20), quantity.start):
            return replace(quantity, unit="times")
        return quantity

    def _intervals(self, text: str, numerals: Sequence[Quantity]) -> Iterator[tuple[int, int, re.Match[str]]]:
        end = 0
        # Two numbers in brackets may be citations, or heads; an interval holds the number before it.
        brackets = (match for match in self._brackets.finditer(text) if _holds_one(match, numerals))
        found = [*self._named.finditer(text), *brackets]
        for match in sorted(found, key=lambda match: match.start("low")):
            if match.start("low") >= end:
                end = match.end("high")
                yield match.start("low"), end, match


def _before(match: re.Match[str], values: Sequence[Quantity]) -> Quantity | None:
    """The number that an interval is of; ``values`` are in their order."""
    start = match.start("low")
    at = bisect_right(values, start, key=lambda quantity: quantity.end)
    near = (q for q in reversed(values[max(0, at - _FEW) : at]) if q.end >= start - _REACH)
    return next((q for q in near if q.role == "value" and q.unit != "count"), None)


def _holds_one(match: re.Match[str], values: Sequence[Quantity]) -> bool:
    value = _before(match, values)
    low, high = (abs(_number(match[role])) for role in ("low", "high"))
    return value is not None and min(low, high) <= abs(value.value) <= max(low, high)


def _number(digits: str) -> float:
    return float(digits.replace(",", "").replace("−", "-"))


def _ends(match: re.Match[str], values: Sequence[Quantity]) -> Iterator[Quantity]:
    before = _before(match, values)
    unit = match.lastgroup if match.lastgroup in _UNITS else before.unit if before else ""
    for role in ("low", "high"):
        decimals = len(match[role].partition(".")[2])
        start, end = match.span(role)
        yield Quantity(_number(match[role]), unit or "", decimals, match[role], start, end, role=role)
