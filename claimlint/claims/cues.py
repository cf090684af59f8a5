"""The cue lexicon: every pack of a language, compiled once, tried only where its words occur."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from claimlint.claims.matching import find
from claimlint.claims.packs import CueEntry, Inflection, Pack, Pattern, broken_pack, load_pack
from claimlint.claims.patterns import Compiled, PatternError, Speller
from claimlint.claims.text import words_of
from claimlint.claims.tokens import Piece, Tokenizer, Tokens, joined

#: More than the different words of a book.
KEPT = 50_000
VERB = re.compile(r"~([a-z-]+)")


class Hit(NamedTuple):
    """A cue that fired, at character offsets."""

    cue: CueEntry
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """A pattern of a cue; ``needs`` has a bit for every set of words of which it needs one."""

    cue: int
    role: str
    pattern: Compiled
    needs: int


class _Piece(NamedTuple):
    """What stands between two spaces: its tokens, the needs that it meets, and the patterns it is rare in."""

    tokens: tuple[Piece, ...]
    meets: int
    trials: tuple[_Trial, ...]


class Lexicon:
    """All cues of one language.

    Args:
        packs: by file name.

    Raises:
        ClaimlintError: a cue stands in two packs, or one of its patterns can never match.
    """

    def __init__(self, packs: Mapping[str, Pack], language: str) -> None:
        self.lists = merged(packs, "lists")
        self.regex = merged(packs, "regex")
        inflection = next((pack.inflection for pack in packs.values() if pack.inflection), Inflection())
        self.speller = Speller(self.lists, self.regex, inflection)
        self._joined = {
            whole: parts for whole, *parts in (entry.split() for entry in self.lists.get("joined", []))
        }
        self._openers = set(self.lists.get("openers", []))
        self._common = set(self.lists.get("common", []))
        self.classes: dict[str, tuple[str, ...]] = {}
        for name, words in merged(packs, "classes").items():
            for word in self.speller.all_of(words):
                self.classes[word] = (*self.classes.get(word, ()), name)
        self.cues: list[CueEntry] = []
        self._by_anchor: dict[str, list[_Trial]] = {}
        self._bit: dict[frozenset[str], int] = {}
        self._bits: dict[str, int] = {}
        self._undoing: dict[int, list[_Trial]] = {}
        seen: dict[str, str] = {}
        for name, pack in packs.items():
            for cue in pack.cue:
                if cue.id in seen:
                    raise broken_pack(name, cue.id, f"stands in {seen[cue.id]} too")
                seen[cue.id] = name
                self._add(name, cue)
        self._tokenizer = Tokenizer(language)
        # Papers say the same words again and again.
        self._pieces: dict[str, _Piece] = {}

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
        rarest = min(spelt.needs, key=lambda need: (len(need & self._common), len(need)))
        bits = 0
        for need in spelt.needs:
            bits |= self._bit_of(need)
        return _Trial(cue, role, spelt, bits), rarest

    def _bit_of(self, need: frozenset[str]) -> int:
        if need not in self._bit:
            self._bit[need] = 1 << len(self._bit)
            for word in need:
                self._bits[word] = self._bits.get(word, 0) | self._bit[need]
        return self._bit[need]

    def verbs(self) -> list[str]:
        """The verbs by which main clauses are known, in order: those listed, and those of the cues."""
        named = (VERB.findall(" ".join(p for p in cue.match if isinstance(p, str))) for cue in self.cues)
        listed = self.speller.verbs("main_verbs")
        return list(dict.fromkeys([*listed, *(verb for verbs in named for verb in verbs)]))

    def _first(self, tokens: Tokens) -> int:
        """The first token behind openers such as "however ," or "first and foremost ,"."""
        first, last = 0, len(tokens.words)
        while first < last and (tokens.words[first] in self._openers or tokens.punctuation[first]):
            first += 1
        return first if first < last else 0

    def find(self, masked: str) -> list[Hit]:
        """Every cue that fires, in the order of its first words."""
        met = 0
        worth: list[_Trial] = []
        places = []
        end = 0
        for between in masked.split():
            pieces, meets, trials = self._pieces.get(between) or self._learn(between)
            met |= meets
            worth += trials
            start = masked.index(between, end)
            end = start + len(between)
            places.append((start, pieces))
        tried = [trial for trial in dict.fromkeys(worth) if trial.needs & met == trial.needs]
        if not tried:
            return []
        tokens = joined(places)
        spans: dict[int, set[tuple[int, int]]] = {}
        for trial in tried:
            if found := self._run(trial, tokens):
                spans.setdefault(trial.cue, set()).update(found)
        hits = [
            Hit(self.cues[at], tokens.starts[start], tokens.ends[end - 1])
            for at, found in spans.items()
            for start, end in self._remaining(at, found, tokens, met)
        ]
        return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.cue.id))

    def _learn(self, text: str) -> _Piece:
        words = words_of(text, self._joined)
        meets = 0
        for word in words:
            meets |= self._bits.get(word, 0)
        trials = (trial for word in words for trial in self._by_anchor.get(word, ()))
        if len(self._pieces) == KEPT:
            self._pieces.clear()
        self._pieces[text] = _Piece(self._tokenizer.pieces(text), meets, tuple(trials))
        return self._pieces[text]

    def _run(self, trial: _Trial, tokens: Tokens) -> list[tuple[int, int]]:
        starts = sorted({0, self._first(tokens)}) if trial.pattern.at_start else None
        return find(trial.pattern.tokens, tokens, starts)

    def _remaining(
        self, at: int, found: set[tuple[int, int]], tokens: Tokens, met: int
    ) -> list[tuple[int, int]]:
        """The matches of a cue that nothing undoes; of those that overlap, the first and longest."""
        undone: list[tuple[int, int]] = []
        for trial in self._undoing.get(at, ()):
            if trial.needs & met != trial.needs:
                continue
            blocks = self._run(trial, tokens)
            if blocks and trial.role == "unless":
                return []
            undone += blocks
        kept: list[tuple[int, int]] = []
        for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
            overlaps = (kept and start < kept[-1][1]) or any(a < end and start < b for a, b in undone)
            if not overlaps:
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
