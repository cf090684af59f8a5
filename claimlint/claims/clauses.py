"""Which parts of a sentence assert, and of what they speak: clauses and subjects, from function words."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from claimlint.claims.cues import Lexicon
from claimlint.claims.text import MASKS

TOKEN = re.compile(r"[\uab30-\uab34]+|[^\W\d_][\w'’-]*|\d[\w.,%]*|[^\w\s]", re.UNICODE)
ENDS = frozenset(',;:()[]—–.?!"“”')
HARD = frozenset(";:.?!")


class Words(NamedTuple):
    """The words and signs of a sentence, in lower case, and where each of them starts and ends."""

    texts: list[str]
    starts: list[int]
    ends: list[int]


class ClauseReader:
    """Reads clauses with the function words of one language's packs."""

    def __init__(self, lexicon: Lexicon) -> None:
        def words(name: str) -> frozenset[str]:
            return frozenset(lexicon.speller.words(f"@{name}"))

        self._condition = words("condition")
        self._question = words("question")
        self._inquire = words("inquire")
        self._breaks = words("contrast") | words("reason") | words("condition") | words("breaks")
        self._hanging, self._joining, self._joints = words("hanging"), words("joining"), words("joints")
        self._report, self._complement = words("report"), words("complement")
        self._predicate = words("verbs") | words("not")
        self._relative = words("relative")
        self._adverbs = words("adverbs") | words("be") | words("modal") | words("not") | words("auxiliary")
        self._prepositions = words("prepositions")
        self._purpose = words("purpose_start")
        self._turning = self._hanging | self._joining | self._joints | HARD | {","}
        named = [(name, words(name)) for name in ("authors", "pointer", "tool", "agent", "part", "anaphor")]
        self._named = {word: name for name, known in reversed(named) for word in known}

    def words(self, masked: str) -> Words:
        found = list(TOKEN.finditer(masked))
        return Words([m[0].lower() for m in found], [m.start() for m in found], [m.end() for m in found])

    def unasserted(self, words: Words) -> list[tuple[int, int]]:
        """The stretches that are no assertion: conditions, embedded questions, purposes at the start."""
        texts, starts, _ = words
        spans = []
        for at, text in enumerate(texts):
            if text in self._condition or (text in self._question and self._asked(texts, at)):
                spans.append((starts[at], self._end(words, at)))
        if texts and texts[0] in self._purpose:
            spans.append((starts[0], self._end(words, 0)))
        return spans

    def clauses(self, words: Words) -> list[tuple[int, int]]:
        """What the sentence is built on, in order: neither what hangs on it nor what is joined on.

        "That" hangs a clause on a noun ("heads that copy"), but gives what is reported ("we find that").
        """
        texts, starts, ends = words
        clauses = []
        start: int | None = 0
        hangs = False
        for at, text in enumerate(texts):
            if text not in self._turning:
                continue
            hanging, joined = self._hangs(texts, at), self._joined(texts, at)
            resumes = text in HARD or (text == "," and start is None and hangs)
            if start is not None and (hanging or joined or resumes):
                clauses.append((start, starts[at]))
                start = None
            if resumes:
                start = ends[at]
            elif hanging or joined:
                hangs = hanging
        return clauses if start is None else [*clauses, (start, ends[-1] if ends else 0)]

    def _hangs(self, texts: list[str], at: int) -> bool:
        if texts[at] not in self._hanging:
            return False
        gives = texts[at] in self._complement and not self._report.isdisjoint(texts[max(0, at - 3) : at])
        return not gives

    def _joined(self, texts: list[str], at: int) -> bool:
        if texts[at] not in self._joints:
            return at > 0 and texts[at] in self._joining  # an opening "so" joins the sentence itself
        beside = texts[max(0, at - 1) : at + 2]
        return "," in beside or not self._predicate.isdisjoint(beside)

    def _asked(self, texts: list[str], at: int) -> bool:
        return texts[at] == "whether" or (at > 0 and texts[at - 1] in self._inquire)

    def _end(self, words: Words, at: int) -> int:
        for behind in range(at + 1, len(words.texts)):
            if words.texts[behind] in ENDS:
                return words.starts[behind]
        return words.ends[-1]

    def subject(self, words: Words, start: int) -> str:
        """What the clause around a verb at ``start`` speaks of.

        One of ``part``, ``model``, ``authors``, ``tool``, ``pointer``, ``anaphor``, ``other`` and, where the
        clause begins with the verb, ``none``.
        """
        texts = words.texts
        at = bisect_left(words.starts, start)
        begin = at
        while begin > 0 and texts[begin - 1] not in ENDS and texts[begin - 1] not in self._breaks:
            begin -= 1
        phrase = texts[begin:at]
        for i in range(len(phrase) - 1, -1, -1):
            if phrase[i] in self._relative and i > 0 and self._adverbs.issuperset(phrase[i + 1 :]):
                phrase = phrase[:i]
                break
            if phrase[i] in self._relative:
                phrase = phrase[i + 1 :]
                break
        return self._head(phrase)

    def _head(self, phrase: list[str]) -> str:
        cut = next((i for i, word in enumerate(phrase) if i and word in self._prepositions), len(phrase))
        for word in reversed(phrase[:cut]):
            if word[0] == MASKS["COMPONENT"]:
                return "part"
            if name := self._named.get(word):
                return "model" if name == "agent" else name
        return "other" if phrase else "none"
