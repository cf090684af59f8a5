"""The manifest's numbers as LaTeX macros, so that a paper can quote them and never drift from them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Effect, Experiment, Manifest
from claimlint.evidence.numbers import Number, numbers_of, unit_of
from claimlint.evidence.printing import digits, places, unit_word
from claimlint.evidence.units import family

_HEAD = """\
% The numbers of the manifest, written by `claimlint manifest tex`; run it again when the manifest changes.
\\RequirePackage{xspace}
"""
_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_SIGNS = {".": "Dot", "@": "At", "+": "And", "=": "Is", "->": "To", "@-": "AtMinus"}
_PIECE = re.compile(r"[A-Za-z]+|\d|->|@-(?=\d)|[.@+=]")
#: Fields whose bare numbers get a macro of their own, named by the field.
_BARE = ("controls", "circuit", "unit", "alignment", "decomposition")

Macro = tuple[str, str]


def macros(
    manifest: Manifest,
    *,
    prefix: str = "",
    decimals: int | None = None,
    by_id: Mapping[str, int] | None = None,
) -> str:
    """A LaTeX file that defines the numbers of every experiment that was carried out.

    Args:
        manifest: where the numbers are.
        prefix: letters that every name begins with.
        decimals: how many all numbers are rounded to; else three significant digits, without trailing zeros.
        by_id: decimals of single experiments.

    Raises:
        ClaimlintError: two numbers would get one name, a name would be empty, or ``by_id`` names nothing.
    """
    done = manifest.done
    unknown = sorted(set(by_id or ()) - {experiment.id for experiment in done})
    if unknown:
        raise ClaimlintError(
            f"decimals of {unknown[0]!r}: no experiment of that id was carried out",
            "The numbers that were meant would be rounded as all others are.",
            "Take the id from `claimlint manifest show`.",
        )
    blocks = []
    owners: dict[str, str] = {}
    for experiment in done:
        rounded = (by_id or {}).get(experiment.id, decimals)
        lines = []
        for name, text in _named(experiment, prefix, rounded):
            _claim(owners, name, experiment.id)
            lines.append(f"\\newcommand{{\\{name}}}{{{text}\\xspace}}\n")
        if lines:
            blocks.append(f"\n% {experiment.id}\n{''.join(lines)}")
    return _HEAD + "".join(blocks)


def macro_name(text: str) -> str:
    """Letters alone, as LaTeX wants them: ``patch-l15`` is ``PatchLOneFive``, ``9.6`` is ``NineDotSix``."""
    ascii = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    pieces = _PIECE.findall(ascii)
    return "".join(_DIGITS[int(p)] if p.isdigit() else _SIGNS.get(p, p[:1].upper() + p[1:]) for p in pieces)


def _claim(owners: dict[str, str], name: str, id: str) -> None:
    other = owners.setdefault(name, id)
    if other != id:
        raise ClaimlintError(
            f'experiments "{other}" and "{id}" would both define \\{name}',
            "LaTeX would stop, or one number would stand in the other's place.",
            "Give one of them an id that differs in a letter or a digit.",
        )


def _named(experiment: Experiment, prefix: str, decimals: int | None) -> Iterator[Macro]:
    stem = macro_name(experiment.id)
    if not stem:
        raise ClaimlintError(
            f'experiment "{experiment.id}": no letter of its id can stand in the name of a LaTeX macro',
            "Its numbers could not be quoted.",
            "Give it an id with a letter from a to z, or a digit.",
        )
    seen = Counter[str]()
    for name, text in _all(experiment, decimals):
        seen[name] += 1
        again = macro_name(str(seen[name])) if seen[name] > 1 else ""
        yield prefix + stem + name + again, text


def _all(experiment: Experiment, decimals: int | None) -> Iterator[Macro]:
    if experiment.effect:
        yield from _effect("", experiment.effect, decimals)
    if experiment.joint_effect:
        yield from _effect("Joint", experiment.joint_effect, decimals)
    for effect in experiment.further_effects:
        yield from _effect(macro_name(effect.metric), effect, decimals)
    for number in numbers_of(experiment):
        table, _, field = number.field.partition(".")
        if table in _BARE:
            yield from _number(macro_name(field), number, decimals)


def _effect(name: str, effect: Effect, decimals: int | None) -> Iterator[Macro]:
    ends = effect.ci or ()
    to = places([effect.value, *ends], decimals)
    yield from _number(name, Number(effect.value, unit_of(effect), "effect"), to)
    if effect.ci:
        low, high = (_tex(digits(end, to)) for end in effect.ci)
        yield f"{name}Interval", f"[{low}, {high}]"
        yield f"{name}Low", low
        yield f"{name}High", high
    if effect.share is not None:
        yield from _number(f"{name}Share", Number(effect.share, "fraction", "effect.share"), decimals)
    if effect.n is not None:
        yield f"{name}N", _tex(f"{effect.n:,}")


def _number(name: str, number: Number, decimals: int | None) -> Iterator[Macro]:
    """With its unit, bare, and without its sign; a fraction also in percent."""
    to, word = places([number.value], decimals), _tex(unit_word(number.unit))
    shown = _tex(digits(number.value, to))
    size = _tex(digits(abs(number.value), to))
    yield name, shown + word
    if word:
        yield f"{name}Value", shown
    yield f"{name}Size", size + word
    if family(number.unit) == ("share", 1.0):
        percent = 100 * number.value
        rounded = None if decimals is None else max(0, decimals - 2)
        yield f"{name}Percent", _tex(digits(percent, places([percent], rounded)) + "%")


def _tex(text: str) -> str:
    minus = r"\ensuremath{-}" if text.startswith("-") else ""
    plain = text.removeprefix("-").replace(",", "{,}").replace("%", r"\%")
    return minus + re.sub(r"^ ", "~", plain)
