"""Numbers in words: "two thirds", "ten points", "three times as many"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from claimlint.claims.model import Quantity

# Of a part: "a third" is said of a quarter to a third more easily than "a tenth" of an eleventh.
_SLACK = 0.1
# How far before a number the word may begin that makes it none.
_REACH = 20


class WordedNumbers:
    """Reads them with the words of one language's packs.

    Args:
        words: regular expressions of ``of``, ``by``, ``ordinal``, ``article``, ``percent``, ``points``,
            ``times``, ``than`` and ``factor``.
        lists: ``numerals``, ``tens``, ``parts`` and ``multiples``.
    """

    def __init__(self, words: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> None:
        self._values = {word: n for n, word in enumerate(lists["numerals"], 1)}
        self._values |= {word: 10 * n for n, word in enumerate(lists["tens"], 1)}
        self._values |= {
            f"{ten}-{one}": 10 * n + m
            for n, ten in enumerate(lists["tens"][1:], 2)
            for m, one in enumerate(lists["numerals"][:9], 1)
        }
        self._parts = {n: re.compile(rf"(?:{part})\Z", re.I) for n, part in enumerate(lists["parts"], 2)}
        self._multiples = {word: n for n, word in enumerate(lists["multiples"], 1) if n > 1}
        numeral = "|".join(sorted(self._values, key=len, reverse=True))
        parts = "|".join(lists["parts"])
        multiples = "|".join(self._multiples)
        self._fraction = re.compile(
            rf"(?<![\w-])(?:(?P<by>{words['by']})\s+)?"
            rf"(?P<whole>(?:(?P<count>{words['article']}|{numeral})[\s-]+)?(?P<part>{parts}))(?![\w-])"
            rf"(?P<of>\s+(?:{words['of']})\b)?",
            re.IGNORECASE,
        )
        # Most sentences hold none of them, and that is quickly seen.
        self._any_part = re.compile(rf"\b(?:{parts})\b")
        self._any_times = re.compile(rf"(?:{words['times']}|{words['factor']}|\d\s?[x×]|\b(?:{multiples})\b)")
        self._ordinal = re.compile(rf"(?:{words['ordinal']})\s+$", re.IGNORECASE)
        self._counted = re.compile(
            rf"(?<![\w-])(?P<whole>(?P<count>{numeral})[\s-]+(?:(?P<percent>{words['percent']})|(?P<points>{words['points']})))",
            re.IGNORECASE,
        )
        number = rf"(?P<count>\d+(?:\.\d+)?|{numeral})"
        self._times = re.compile(
            rf"(?<![\w.-])(?P<factor>{words['factor']}\s+)?(?P<whole>(?:{number}(?:\s?[x×](?!\w)|\s?(?:{words['times']}))?"
            rf"|(?P<multiple>{multiples})))(?P<than>\s+(?:{words['than']})\b)?",
            re.IGNORECASE,
        )

    def read(self, text: str) -> Iterator[Quantity]:
        """Every fraction, percentage and multiple that is written in words."""
        lower = text.lower()
        if self._any_part.search(lower):
            yield from self._fractions(text)
        if not self._values.keys().isdisjoint(lower.replace("-", " ").split()):
            yield from self._amounts(text)
        if self._any_times.search(lower):
            yield from self._multiples_in(text)

    def _amounts(self, text: str) -> Iterator[Quantity]:
        for match in self._counted.finditer(text):
            unit = "percent" if match["percent"] else "points"
            yield _quantity(match, self._values[match["count"].lower()], unit)

    def _fractions(self, text: str) -> Iterator[Quantity]:
        for match in self._fraction.finditer(text):
            parts = next(n for n, pattern in self._parts.items() if pattern.match(match["part"]))
            count = self._values.get((match["count"] or "").lower(), 1)
            alone = parts > 2 and not match["count"]
            if alone or not (match["of"] or match["by"]) or self._before(match, text):
                continue
            yield _quantity(match, count / parts, "fraction", slack=_SLACK / parts)

    def _before(self, match: re.Match[str], text: str) -> bool:
        """Whether an ordinal stands before the words."""
        start = match.start("whole")
        return bool(self._ordinal.search(text, max(0, start - _REACH), start))

    def _multiples_in(self, text: str) -> Iterator[Quantity]:
        for match in self._times.finditer(text):
            whole = match["whole"]
            bare = whole == (match["count"] or "")
            # "Run three times" counts runs; "three times as many" compares.
            if (bare and not match["factor"]) or (
                not bare and not (match["factor"] or match["than"] or _glued(whole))
            ):
                continue
            count = (match["count"] or "").lower()
            value = self._multiples.get(
                (match["multiple"] or "").lower(), self._values.get(count, 0)
            ) or float(count)
            decimals = len(count.partition(".")[2]) if count[:1].isdigit() else 0
            yield _quantity(match, value, "times", decimals=decimals)


def _glued(whole: str) -> bool:
    """``2.5x`` and ``threefold`` need no comparison behind them."""
    return not re.search(r"\s", whole) and not whole.lower().endswith("times")


def _quantity(
    match: re.Match[str], value: float, unit: str, *, decimals: int = 0, slack: float | None = None
) -> Quantity:
    start, end = match.span("whole")
    return Quantity(value, unit, decimals, match["whole"], start, end, slack=slack)
