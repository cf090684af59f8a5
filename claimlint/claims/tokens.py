"""spaCy's tokens: words in lower case, punctuation, and where they stand."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from claimlint.claims.text import MASKS

MASKED = frozenset(MASKS.values())
LETTERS = re.compile(r"[A-Za-z]+")
BETWEEN_SPACES = re.compile(r"\S+")

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
    """The tokenizer of spaCy's blank pipeline for one language; how words are spaced makes no tokens.

    It never looks beyond a space, so what it makes of a piece between two is kept for the next sentence.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._known: dict[str, tuple[Piece, ...]] = {}

    def tokens(self, masked: str) -> Tokens:
        words, punctuation = list[str](), list[bool]()
        starts, ends = list[int](), list[int]()
        for match in BETWEEN_SPACES.finditer(masked):
            at = match.start()
            for word, is_punctuation, start, end in self._known.get(match[0]) or self._learn(match[0]):
                words.append(word)
                punctuation.append(is_punctuation)
                starts.append(at + start)
                ends.append(at + end)
        return Tokens(words, punctuation, starts, ends)

    def _learn(self, text: str) -> tuple[Piece, ...]:
        if LETTERS.fullmatch(text) and text not in self._spacy.rules:
            pieces: tuple[Piece, ...] = ((text.lower(), False, 0, len(text)),)
        else:
            pieces = tuple(
                (_word(token.lower_), token.is_punct, token.idx, token.idx + len(token))
                for token in self._spacy(text)
            )
        self._known[text] = pieces
        return pieces

    @cached_property
    def _spacy(self) -> Any:
        return _blank(self._language)


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
