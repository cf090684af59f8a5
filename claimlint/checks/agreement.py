"""Whether a number as it is written is a number of the manifest, as an author would round it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from claimlint.checks.drift_words import pattern
from claimlint.claims.model import Quantity
from claimlint.evidence.model import Effect, Experiment
from claimlint.evidence.numbers import numbers_of, unit_of
from claimlint.evidence.units import family

#: "About 30" is said of 33.4, and not of 35.
_ROUGHLY = 0.125
_SIGN = re.compile(r"[-−+]")
#: Points are the difference of two percentages.
_OF_SHARES = ("share", "points")
#: Fields that are read with their units; whatever else is a number may stand in any.
TYPED = frozenset(
    (
        "alignment", "circuit", "controls", "cross_prompt_transfer", "decomposition", "distribution_shift",
        "effect", "further_effects", "identifiability", "instances", "joint_effect", "label_eval",
        "natural_range", "rank_test", "robustness", "seeds", "shift_tests", "target", "unit",
    )
)  # fmt: skip


def in_family(quantity: Quantity) -> tuple[str, float]:
    """The family of a number's unit, with the factor to its base; a bare decimal below one is a fraction."""
    bare = not quantity.unit and abs(quantity.value) < 1 and not float(quantity.value).is_integer()
    found = family("fraction" if bare else quantity.unit)
    return ("", 1.0) if found[0] == "count" else found


def numbers_in_family(experiments: Iterable[Experiment], unit: str) -> list[float]:
    """Every number of the experiments that may be of this family of units, in the family's base."""
    found = []
    for experiment in experiments:
        for number in numbers_of(experiment):
            other, factor = family(number.unit)
            if not other:
                found += [number.value, number.value / 100]
            elif other == unit or {other, unit} <= set(_OF_SHARES):
                found.append(number.value * factor)
        plain = _plain_numbers(experiment.model_dump(exclude=set(TYPED)))
        found += [*plain, *(number / 100 for number in plain)]
    return found


def agrees(quantity: Quantity, value: float, text: str) -> bool:
    """Whether ``quantity`` is ``value`` as an author would round it; the verb tells the sign.

    Args:
        quantity: the number as written in ``text``.
        value: the exact number, in the base of the quantity's family.
    """
    _, factor = in_family(quantity)
    written, value = abs(quantity.value) * factor, abs(value)
    rounding = quantity.rounding * factor * (1 + 1e-9)
    before = text[: quantity.start]
    if pattern("about").search(before):
        return abs(written - value) <= max(rounding, _ROUGHLY * value)
    if pattern("at_least").search(before):
        return value >= written - rounding
    if pattern("at_most").search(before):
        return value <= written + rounding
    return abs(written - value) <= rounding


def as_written(effect: Effect | None, quantity: Quantity) -> str:
    """The effect's value, or its interval's end, with unit, decimals and sign as in the sentence."""
    if effect is None:
        return ""
    sign = _SIGN.match(quantity.text)
    ends = sorted(effect.ci or ()) if sign else sorted(effect.ci or (), key=abs)
    (exact,) = {"low": ends[:1], "high": ends[1:]}.get(quantity.role) or [effect.value]
    base = abs(exact) * family(unit_of(effect))[1]
    if quantity.slack is not None:
        return f"{100 * base:.0f}%"
    # Words ("ten points") have no digits before their unit.
    unit = re.search(r"(?<=\d)\D*\Z", quantity.text) or re.search(r"[\s-]+\S+\Z", quantity.text)
    minus = "-" if sign and exact < 0 else ""
    return f"{minus}{base / in_family(quantity)[1]:.{quantity.decimals}f}{unit.group() if unit else ''}"


def _plain_numbers(value: Any) -> list[float]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [float(value)]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [number for member in members for number in _plain_numbers(member)]
