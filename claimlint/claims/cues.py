"""The cue lexicon: every pack of a language, compiled once, tried only where its words occur."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from claimlint.claims.matching import Tokens, find
from claimlint.claims.packs import CueEntry, Inflection, Pack, Pattern, broken_pack, load_pack
from claimlint.claims.patterns import Compiled, PatternError, Speller
from claimlint.claims.text import MASKS, anchor_of, words_of

MASKED = frozenset(MASKS.values())
VERB = re.compile(r"~([a-z-]+)")


def import_spacy() -> ModuleType:
    """spaCy without torch, which its backend would import only to look for a GPU, at four times the cost."""
    hidden = "torch" not in sys.modules
    if hidden:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import spacy  # noqa: PLC0415
    finally:
        if hidden:
            del sys.modules["torch"]
    module: ModuleType = spacy
    return module


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue that fired, at character offsets."""

    cue: CueEntry
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Trial:
    """A pattern of a cue; ``others`` are the words that it needs besides the ones it is looked up by."""

    cue: int
    role: str
    pattern: Compiled
    others: tuple[frozenset[str], ...] = ()


class Lexicon:
    """All cues of one language.

    Args:
        packs: by file name.

    Raises:
        ClaimlintError: a cue stands in two packs, or one of its patterns can never match.
    """

    def __init__(self, packs: Mapping[str, Pack], language: str) -> None:
        self.language = language
        self.lists = merged(packs, "lists")
        self.regex = merged(packs, "regex")
        inflection = next((pack.inflection for pack in packs.values() if pack.inflection), Inflection())
        self.speller = Speller(self.lists, self.regex, inflection)
        self._joined = {
            whole: parts for whole, *parts in (entry.split() for entry in self.lists.get("joined", []))
        }
        self._openers = set(self.lists.get("openers", []))
        self._common = set(self.lists.get("common", []))
        self.cues: list[CueEntry] = []
        self._by_anchor: dict[str, list[_Trial]] = {}
        self._undoing: dict[int, list[_Trial]] = {}
        seen: dict[str, str] = {}
        for name, pack in packs.items():
            for cue in pack.cue:
                if cue.id in seen:
                    raise broken_pack(name, cue.id, f"stands in {seen[cue.id]} too")
                seen[cue.id] = name
                self._add(name, cue)
        self._nlp: Any = None

    def _add(self, name: str, cue: CueEntry) -> None:
        at = len(self.cues)
        self.cues.append(cue)
        try:
            for pattern in cue.match:
                trial, anchors = self._trial(at, "match", pattern)
                for anchor in anchors:
                    self._by_anchor.setdefault(anchor, []).append(trial)
            for role, patterns in (("overlapping", cue.overlapping), ("unless", cue.unless)):
                for pattern in patterns:
                    self._undoing.setdefault(at, []).append(self._trial(at, role, pattern)[0])
        except PatternError as error:
            raise broken_pack(name, cue.id, str(error)) from error

    def _trial(self, cue: int, role: str, pattern: Pattern) -> tuple[_Trial, frozenset[str]]:
        spelt = self.speller.spell(pattern)
        needs = [frozenset(map(anchor_of, need)) for need in spelt.needs]
        rarest = min(needs, key=lambda need: (len(need & self._common), len(need)))
        others = tuple(need for need in needs if need is not rarest)
        return _Trial(cue, role, spelt, others if role == "match" else tuple(needs)), rarest

    def verbs(self) -> list[str]:
        """The verbs that the packs bend anywhere, in order."""
        named = (VERB.findall(" ".join(p for p in cue.match if isinstance(p, str))) for cue in self.cues)
        listed = (entry[1:] for entries in self.lists.values() for entry in entries if entry.startswith("~"))
        return list(dict.fromkeys([*listed, *(verb for verbs in named for verb in verbs)]))

    def words(self, masked: str) -> set[str]:
        return words_of(masked, self._joined)

    def tokenize(self, masked: str) -> Tokens:
        if self._nlp is None:
            self._nlp = import_spacy().blank(self.language)
        doc = self._nlp.make_doc(masked)
        lexemes = [(token.lower_, token.is_punct, token.idx, len(token)) for token in doc]
        words = [lower[0] if lower[0] in MASKED else lower for lower, *_ in lexemes]
        punctuation = [is_punctuation for _, is_punctuation, *_ in lexemes]
        return Tokens(
            words,
            punctuation,
            [start for *_, start, _ in lexemes],
            [start + length for *_, start, length in lexemes],
            self._first(words, punctuation),
        )

    def _first(self, words: list[str], punctuation: list[bool]) -> int:
        """The first token behind openers such as "however ," or "first and foremost ,"."""
        first = 0
        while first < len(words) and (words[first] in self._openers or punctuation[first]):
            first += 1
        return first if first < len(words) else 0

    def find(self, masked: str, words: set[str]) -> list[Hit]:
        """Every cue that fires, in the order of its first words."""
        tried = [
            trial
            for word in words & self._by_anchor.keys()
            for trial in self._by_anchor[word]
            if not any(other.isdisjoint(words) for other in trial.others)
        ]
        if not tried:
            return []
        tokens = self.tokenize(masked)
        spans: dict[int, set[tuple[int, int]]] = {}
        for trial in tried:
            if found := self._run(trial, tokens):
                spans.setdefault(trial.cue, set()).update(found)
        hits = [
            Hit(self.cues[at], tokens.starts[start], tokens.ends[end - 1])
            for at, found in spans.items()
            for start, end in _longest(self._remaining(at, found, tokens, words))
        ]
        return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.cue.id))

    def _run(self, trial: _Trial, tokens: Tokens) -> list[tuple[int, int]]:
        starts = sorted({0, tokens.first}) if trial.pattern.at_start else None
        return find(trial.pattern.tokens, tokens, starts)

    def _remaining(
        self, at: int, found: set[tuple[int, int]], tokens: Tokens, words: set[str]
    ) -> Iterator[tuple[int, int]]:
        undone: list[tuple[int, int]] = []
        for trial in self._undoing.get(at, ()):
            if any(need.isdisjoint(words) for need in trial.others):
                continue
            blocks = self._run(trial, tokens)
            if blocks and trial.role == "unless":
                return
            undone += blocks
        for start, end in found:
            if not any(a < end and start < b for a, b in undone):
                yield start, end


def _longest(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of matches that overlap, the first and longest."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def load_packs(folder: Path, language: str) -> dict[str, Pack]:
    """The packs of a folder that speak the language, by file name."""
    packs = {path.name: load_pack(path) for path in sorted(folder.glob("*.toml"))}
    return {name: pack for name, pack in packs.items() if pack.language == language}


def merged(packs: Mapping[str, Pack], table: str) -> dict[str, Any]:
    """One table of several packs, put together."""
    whole: dict[str, Any] = {}
    for pack in packs.values():
        whole |= getattr(pack, table)
    return whole
