"""Which parts of a sentence assert, and of what they speak: clauses and subjects, from function words."""

from __future__ import annotations

import re
from typing import NamedTuple

from claimlint.claims.cues import Lexicon
from claimlint.claims.text import MASKS

TOKEN = re.compile(r"[\uab30-\uab34]+|[^\W\d_][\w'’-]*|\d[\w.,%]*|[^\w\s]", re.UNICODE)
ENDS = frozenset(',;:()[]—–.?!"“”')
HARD = frozenset(";:.?!")


class Word(NamedTuple):
    text: str
    start: int
    end: int


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
        self._classes = [
            (name, words(name)) for name in ("authors", "pointer", "tool", "agent", "part", "anaphor")
        ]

    def words(self, masked: str) -> list[Word]:
        return [Word(m[0].lower(), m.start(), m.end()) for m in TOKEN.finditer(masked)]

    def unasserted(self, words: list[Word]) -> list[tuple[int, int]]:
        """The stretches that are no assertion: conditions, embedded questions, purposes at the start."""
        spans = []
        for at, word in enumerate(words):
            if word.text in self._condition or (word.text in self._question and self._asked(words, at)):
                spans.append((word.start, self._end(words, at)))
        if words and words[0].text in self._purpose:
            spans.append((words[0].start, self._end(words, 0)))
        return spans

    def clauses(self, words: list[Word]) -> list[tuple[int, int]]:
        """What the sentence is built on, in order: neither what hangs on it nor what is joined on.

        "That" hangs a clause on a noun ("heads that copy"), but gives what is reported ("we find that").
        """
        clauses = []
        start: int | None = 0
        hangs = False
        for at, word in enumerate(words):
            hanging, joined = self._hangs(words, at), self._joined(words, at)
            resumes = word.text in HARD or (word.text == "," and start is None and hangs)
            if start is not None and (hanging or joined or resumes):
                clauses.append((start, word.start))
                start = None
            if resumes:
                start = word.end
            elif hanging or joined:
                hangs = hanging
        return clauses if start is None else [*clauses, (start, words[-1].end if words else 0)]

    def _hangs(self, words: list[Word], at: int) -> bool:
        if words[at].text not in self._hanging:
            return False
        before = words[max(0, at - 3) : at]
        gives = words[at].text in self._complement and any(word.text in self._report for word in before)
        return not gives

    def _joined(self, words: list[Word], at: int) -> bool:
        if words[at].text not in self._joints:
            return at > 0 and words[at].text in self._joining  # an opening "so" joins the sentence itself
        beside = {word.text for word in words[max(0, at - 1) : at + 2]}
        return "," in beside or not self._predicate.isdisjoint(beside)

    def _asked(self, words: list[Word], at: int) -> bool:
        before = [word.text for word in words[max(0, at - 4) : at]]
        return words[at].text == "whether" or bool(before and before[-1] in self._inquire)

    def _end(self, words: list[Word], at: int) -> int:
        for word in words[at + 1 :]:
            if word.text in ENDS:
                return word.start
        return words[-1].end

    def subject(self, words: list[Word], start: int) -> str:
        """What the clause around a verb at ``start`` speaks of.

        One of ``part``, ``model``, ``authors``, ``tool``, ``pointer``, ``anaphor``, ``other`` and, where the
        clause begins with the verb, ``none``.
        """
        at = next((i for i, word in enumerate(words) if word.start >= start), len(words))
        begin = at
        while begin > 0 and words[begin - 1].text not in ENDS and words[begin - 1].text not in self._breaks:
            begin -= 1
        phrase = [word.text for word in words[begin:at]]
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
            for name, known in self._classes:
                if word in known:
                    return "model" if name == "agent" else name
        return "other" if phrase else "none"
