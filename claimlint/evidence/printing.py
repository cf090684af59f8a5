"""Numbers of the manifest as a paper prints them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from claimlint.evidence.model import Effect
from claimlint.evidence.numbers import unit_of
from claimlint.evidence.units import FAMILIES, family

_SIGNIFICANT = 3


def places(values: Sequence[float], decimals: int | None = None) -> int:
    """How many decimals a number and its interval are printed with.

    Args:
        values: the number first, then the ends of its interval.
        decimals: what the user asked for; else three significant digits of the first number, or fewer where
            the dropped digits of all of them are zeros.
    """
    if decimals is not None:
        return decimals
    first = abs(values[0])
    most = max(0, _SIGNIFICANT - 1 - math.floor(math.log10(first))) if first else 0
    fewer = (n for n in range(most) if all(round(v, most) == round(v, n) for v in values))
    return next(fewer, most)


def digits(value: float, decimals: int) -> str:
    """``1,234.5``, with a plain minus sign; a number that rounds to zero has none."""
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def unit_word(unit: str) -> str:
    """What stands behind the number, such as ``%`` or `` points``; nothing for fractions and bare numbers."""
    base, factor = family(unit)
    if (base, factor) == ("share", 0.01):
        return "%"
    if base in ("", "share", "count"):
        return ""
    return " " + next(name for name, known in FAMILIES.items() if known == (base, factor))


def effect_text(effect: Effect) -> str:
    """``30 points [27, 33]``."""
    values = [effect.value, *(effect.ci or ())]
    decimals = places(values)
    shown = [digits(value, decimals) for value in values]
    interval = f" [{shown[1]}, {shown[2]}]" if effect.ci else ""
    return f"{shown[0]}{unit_word(unit_of(effect))}{interval}"
