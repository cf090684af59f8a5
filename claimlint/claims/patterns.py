"""Token patterns: the shorthand of the packs, spelt out in spaCy's own pattern language.

``"~play a|an? _{0,3} +role in"`` is five tokens: any form of *play*; perhaps *a* or *an*; up to three words
that are no punctuation (``__{0,3}``: punctuation too); *role* or *roles*; *in*. ``@name`` stands for a list
of the packs and ``#name`` for one of their regular expressions, ``^`` for the sentence's start;
``COMPONENT``, ``CITE``, ``REF``, ``MATH`` and ``NUM`` for what was masked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claimlint.claims.matching import Element, element
from claimlint.claims.packs import Inflection, Pattern
from claimlint.claims.text import MASKS, anchor_of

TRAINED = ("LEMMA", "POS", "TAG", "DEP", "MORPH", "ENT_TYPE", "ENT_ID", "ENT_IOB", "ENT_KB_ID")
JOINED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
GAP = re.compile(r"(__?)\{(\d+),(\d+)\}")
OPERATOR = re.compile(r"(.+?)([?*+!]|\{\d+(?:,\d*)?\})?$", re.DOTALL)

Words = frozenset[str]


class PatternError(ValueError):
    """A pattern that spaCy would take and never match, or not take at all."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One pattern, with the anchors of which a sentence must hold one each before it is worth trying."""

    tokens: tuple[Element, ...]
    needs: tuple[Words, ...]
    at_start: bool


class Speller:
    """Spells patterns out with one language's lists and inflections."""

    def __init__(
        self, lists: Mapping[str, list[str]], regex: Mapping[str, str], inflection: Inflection
    ) -> None:
        self._lists = lists
        self._regex = regex
        self._inflection = inflection
        self._spelt: dict[str, list[str]] = {}
        self._parts: dict[str, tuple[Element, Words]] = {}

    def spell(self, pattern: Pattern) -> Compiled:
        words = pattern.removeprefix("^").split() if isinstance(pattern, str) else pattern
        if not words:
            raise PatternError("the pattern is empty")
        try:
            parts = [self._part(word) if isinstance(word, str) else _made(self._long(word)) for word in words]
        except (KeyError, re.error) as error:
            raise PatternError(f"{pattern!r}: {error} is not known of a token") from error
        needs = tuple(anchors for _, anchors in parts if anchors)
        if not needs:
            raise PatternError(
                f"{pattern!r} names no word that must be there, so it would be tried everywhere"
            )
        at_start = isinstance(pattern, str) and pattern.startswith("^")
        return Compiled(tuple(made for made, _ in parts), needs, at_start)

    def _part(self, word: str) -> tuple[Element, Words]:
        """One token of the shorthand; the same ones stand in many patterns."""
        if word not in self._parts:
            self._parts[word] = _made(_gap(word) or self._short(word))
        return self._parts[word]

    def forms(self, verb: str) -> list[str]:
        return self._inflection.forms(verb)

    def verbs(self, name: str) -> list[str]:
        """The verbs of a list and of the lists that it names."""
        found = []
        for entry in self._lists.get(name, ()):
            if entry.startswith("@"):
                found += self.verbs(entry[1:])
            elif entry.startswith("~"):
                found.append(entry[1:])
        return found

    def words(self, names: str) -> list[str]:
        """The forms that ``a|~b|+c|@d`` stands for."""
        if names not in self._spelt:
            self._spelt[names] = [word for name in names.split("|") for word in self._named(name)]
        return self._spelt[names]

    def all_of(self, names: str) -> dict[str, None]:
        """The different forms of the words between spaces, in order."""
        found = dict[str, None]()
        for name in names.split():
            found.update(dict.fromkeys(self._named(name) if name[0] in "~+" else (name,)))
        return found

    def _named(self, name: str) -> list[str]:
        if name.startswith("@"):
            if name[1:] not in self._lists:
                raise PatternError(f"there is no list {name!r}")
            return [word for entry in self._lists[name[1:]] for word in self.words(entry)]
        if name in MASKS:
            return [MASKS[name]]
        if name.startswith("~"):
            return self._inflection.forms(name[1:])
        return self._inflection.numbers(name[1:]) if name.startswith("+") else [name.lower()]

    def _short(self, word: str) -> dict[str, Any]:
        matched = OPERATOR.fullmatch(word)
        assert matched
        body, operator = matched.groups()
        joined = next((name for name in body.split("|") if JOINED.fullmatch(name)), "")
        if joined:
            apart = joined.replace("-", " - ")
            raise PatternError(f"{joined!r} is no single token; spell it {apart!r}, in a pattern of its own")
        token: dict[str, Any]
        if body == "_":
            token = {"IS_PUNCT": False}
        elif "#" in body:
            token = {"LOWER": {"REGEX": f"^(?:{'|'.join(map(self._expression, body.split('|')))})$"}}
        else:
            token = {"LOWER": {"IN": self.words(body)}}
        return token | ({"OP": operator} if operator else {})

    def _expression(self, name: str) -> str:
        if not name.startswith("#"):
            return "|".join(map(re.escape, self.words(name)))
        if name[1:] not in self._regex:
            raise PatternError(f"there is no regular expression {name!r}")
        return self._regex[name[1:]]

    def _long(self, token: dict[str, Any]) -> dict[str, Any]:
        if trained := [key for key in token if key in TRAINED]:
            raise PatternError(f"{trained[0]} needs a trained pipeline, so the pattern would never match")
        token = dict(token)
        if "FORM" in token:
            forms = token.pop("FORM")
            verbs = [forms] if isinstance(forms, str) else forms
            token["LOWER"] = {"IN": [form for verb in verbs for form in self._inflection.forms(verb)]}
        return token


def _gap(word: str) -> dict[str, Any]:
    """The token for some words more; nothing where the shorthand means another."""
    gap = GAP.fullmatch(word)
    if gap is None:
        return {}
    any_word: dict[str, Any] = {} if gap[1] == "__" else {"IS_PUNCT": False}
    return any_word | {"OP": f"{{{int(gap[2])},{int(gap[3])}}}", "GAP": True}


def _made(token: dict[str, Any]) -> tuple[Element, Words]:
    """A token ready to be run, and the anchors of the words of which it needs one."""
    anchors = frozenset(map(anchor_of, _required(token)))
    return element(token), anchors if all(anchors) else frozenset()


def _required(token: dict[str, Any]) -> Words:
    """The words of which a sentence must hold one for the token to match; none where it may be left out."""
    if token.get("OP", "1") in ("?", "*", "!") or str(token.get("OP", "")).startswith("{0"):
        return frozenset()
    lower = token.get("LOWER")
    if isinstance(lower, str):
        return frozenset([lower])
    if isinstance(lower, dict) and "IN" in lower:
        return frozenset(lower["IN"])
    return frozenset()
