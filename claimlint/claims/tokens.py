"""spaCy's tokens: words in lower case, punctuation, and where they stand."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from claimlint.claims.text import MASKS

MASKED = frozenset(MASKS.values())
LETTERS = re.compile(r"[A-Za-z]+")
BETWEEN_SPACES = re.compile(r"\S+")
_LETTER = f"A-Za-z{''.join(MASKS.values())}"
#: Words that spaCy splits no other way than by their signs: most are such, but for "5km" and "5m/s".
PLAIN = re.compile(
    rf"[(\[\"]*+(?!.*\d[{_LETTER}/]++(?![\d-]))[{_LETTER}\d]++(?:[-/][{_LETTER}\d]++)*+"
    rf"(?:[,;:!?)\]\"]|(?<![A-Z.])\.|(?<=[A-Z][A-Z])\.)*+",
    re.ASCII,
)
#: A hyphen between a letter and a digit splits nothing, nor does a stroke before a digit.
WORD_OR_SIGN = re.compile(rf"(?:[{_LETTER}\d]|(?<=[{_LETTER}])-(?=\d)|/(?=\d))+|.", re.ASCII)

#: Of so many words and signs at most a special word is made.
MANY = 8

Piece = tuple[str, bool, int, int]
"""A word, whether it is punctuation, and where it starts and ends."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a sentence: in lower case (of a masked run its one character), at character offsets."""

    words: list[str]
    punctuation: list[bool]
    starts: list[int]
    ends: list[int]


class Tokenizer:
    """The tokenizer of spaCy's blank pipeline for one language; it never looks beyond a space."""

    def __init__(self, language: str) -> None:
        self._language = language

    @cached_property
    def _spacy(self) -> Any:
        return _blank(self._language)

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """The tokens of what stands between two spaces."""
        if text.isascii() and text.isalpha() and text not in self._spacy.rules:
            return ((text.lower(), False, 0, len(text)),)
        if PLAIN.fullmatch(text):
            places = [match.span() for match in WORD_OR_SIGN.finditer(text)]
            special = self._spacy.rules
            # Neighbours may be one special word, such as "e.g." or "and/or".
            runs = (
                text[start:end] for at, (start, _) in enumerate(places) for _, end in places[at : at + MANY]
            )
            if special.keys().isdisjoint(runs):
                return tuple((_word(text[a:b].lower()), not text[a].isalnum(), a, b) for a, b in places)
        return tuple(
            (_word(token.lower_), token.is_punct, token.idx, token.idx + len(token))
            for token in self._spacy(text)
        )


def joined(places: Iterable[tuple[int, tuple[Piece, ...]]]) -> Tokens:
    """A sentence's tokens, from those between its spaces and where each run of them starts."""
    words, punctuation = list[str](), list[bool]()
    starts, ends = list[int](), list[int]()
    for at, pieces in places:
        for word, is_punctuation, start, end in pieces:
            words.append(word)
            punctuation.append(is_punctuation)
            starts.append(at + start)
            ends.append(at + end)
    return Tokens(words, punctuation, starts, ends)


def _word(lower: str) -> str:
    return lower[0] if lower[0] in MASKED else lower


def _blank(language: str) -> Any:
    """spaCy's tokenizer, which looks at a new word no longer than it must.

    Of a word it works out only what patterns may ask for, not shape, stem and so on; one of plain letters is
    not searched for prefixes, suffixes and infixes, for it has none. The pipeline around it is not built.
    """
    spacy = import_spacy()
    from spacy.attrs import IS_PUNCT, LOWER  # noqa: PLC0415  (must come after the import without torch)
    from spacy.lang.lex_attrs import is_punct  # noqa: PLC0415

    split = spacy.util.get_lang_class(language).Defaults
    return spacy.tokenizer.Tokenizer(
        spacy.vocab.Vocab(lex_attr_getters={LOWER: str.lower, IS_PUNCT: is_punct}),
        rules=split.tokenizer_exceptions,
        prefix_search=spacy.util.compile_prefix_regex(split.prefixes).search,
        suffix_search=spacy.util.compile_suffix_regex(split.suffixes).search,
        infix_finditer=spacy.util.compile_infix_regex(split.infixes).finditer,
        token_match=LETTERS.fullmatch,
        url_match=split.url_match,
    )


def import_spacy() -> ModuleType:
    """spaCy without what takes most of its start-up and no tokenizer needs.

    Its backend would import torch to look for a GPU; `spacy.info`, None afterwards, would bring the command
    line and an HTTP client. Both modules can be imported as ever later on.
    """
    info = ModuleType("spacy.cli.info")
    info.info = None  # type: ignore[attr-defined]
    hidden: dict[str, Any] = {"torch": None, info.__name__: info}
    hidden = {name: module for name, module in hidden.items() if name not in sys.modules}
    sys.modules |= hidden
    try:
        import spacy  # noqa: PLC0415
    finally:
        for name in hidden:
            del sys.modules[name]
    module: ModuleType = spacy
    return module
