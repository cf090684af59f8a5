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
OPERATOR = re.compile(r"(?:[?*+!]|\{\d+(?:,\d*)?\})$")

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
            every = names.split("|")
            # Each name is spelt out once, however many patterns and classes hold it.
            spelt = [word for name in every for word in self.words(name)] if every[1:] else self._named(names)
            self._spelt[names] = spelt
        return self._spelt[names]

    def all_of(self, names: str) -> dict[str, None]:
        """The different forms of the words between spaces, in order."""
        every = names.split()
        return {form: None for name in every for form in (self.words(name) if name[0] in "~+" else (name,))}

    def _named(self, name: str) -> list[str]:
        sign, rest = name[:1], name[1:]
        if sign == "~":
            return self._inflection.forms(rest)
        if sign == "+":
            return self._inflection.numbers(rest)
        if sign != "@":
            return [MASKS.get(name) or name.lower()]
        if rest not in self._lists:
            raise PatternError(f"there is no list {name!r}")
        return [word for entry in self._lists[rest] for word in self.words(entry)]

    def _short(self, word: str) -> dict[str, Any]:
        # The first sign of a word is none of its operators.
        found = OPERATOR.search(word, 1)
        body, operator = (word[: found.start()], found.group()) if found else (word, "")
        joined = next(filter(JOINED.fullmatch, body.split("|")), "") if "-" in body else ""
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
