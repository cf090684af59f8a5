"""The main clause, found without a tagger: what the sentence is about, its verb, and the verb's form.

A guess from word lists and order, good enough to weigh: "The runs share one seed" is about a tool and says *share*;
"Ablating it lowers recall" is about a deed and says *lower*.
"""

from __future__ import annotations

from dataclasses import dataclass

from claimlint.claims.clauses import ENDS, Word
from claimlint.claims.cues import Lexicon
from claimlint.claims.text import MASKS

MASKED = {mask: name.lower() for name, mask in MASKS.items()}


@dataclass(frozen=True, slots=True)
class MainClause:
    """``subject`` is the class of the head noun; ``form`` is present, past, modal, passive or none."""

    subject: str = "none"
    head: str = ""
    verb: str = ""
    form: str = "none"
    opening: str = ""
    definite: bool = False


class MainClauseReader:
    def __init__(self, lexicon: Lexicon) -> None:
        def words(name: str) -> frozenset[str]:
            return frozenset(lexicon.speller.words(f"@{name}"))

        self._lemma: dict[str, str] = {}
        self._form: dict[str, str] = {}
        for lemma in lexicon.verbs():
            base, *bent = lexicon.speller.forms(lemma)
            self._lemma.setdefault(base, lemma)
            self._form.setdefault(base, "base")
            for form in bent:
                self._lemma.setdefault(form, lemma)
                self._form.setdefault(form, _form_of(form))
        self._be = words("be")
        self._modal = words("modal")
        self._auxiliary = words("auxiliary")
        self._openers = words("openers")
        self._leading = words("leading")
        self._articles = words("article")
        self._prepositions = words("prepositions")
        self._nouns = words("nouns_like_verbs")
        self._adverbs = words("adverbs")
        self._classes = [
            (name, words(name))
            for name in (
                "authors",
                "pointer",
                "agent",
                "tool",
                "part",
                "measure",
                "outcome",
                "anaphor",
                "data",
            )
        ]
        self._pronouns = words("pronouns")
        self._deeds = words("intervening") | words("intervention")

    def read(self, words: list[Word]) -> MainClause:
        texts = [word.text for word in words]
        start, opening = self._start(texts)
        at = self._verb(texts, start)
        if at is None and start:
            start, opening = 0, ""
            at = self._verb(texts, 0)
        if at is None:
            subject, head = self._subject(texts[start : start + 8])
            return MainClause(subject, head, "", "none", opening, texts[start : start + 1] == ["the"])
        subject, head = self._subject(texts[start:at])
        verb, form = self._inflected(texts, at)
        return MainClause(subject, head, verb, form, opening, texts[start : start + 1] == ["the"])

    def _start(self, texts: list[str]) -> tuple[int, str]:
        """Past openers, and past a leading phrase that ends with a comma ("In this section, we")."""
        at = 0
        while at < len(texts) and (texts[at] in self._openers - self._leading or texts[at] in ENDS):
            at += 1
        opening = ""
        while at < len(texts) and texts[at] in self._leading and "," in texts[at : at + 30]:
            opening = opening or texts[at]
            at += texts[at : at + 30].index(",") + 1
        return (at, opening) if at < len(texts) else (0, "")

    def _verb(self, texts: list[str], start: int) -> int | None:
        doubtful = None
        depth = 0
        for at in range(start, len(texts)):
            text = texts[at]
            depth += (text in "([") - (text in ")]") if len(text) == 1 else 0
            if depth > 0 or at == start and text not in self._be:
                continue
            if text in (";", ":", ".") and at > start + 1:
                break
            before = texts[at - 1]
            if text in self._be or text in self._modal or text in self._auxiliary:
                if self._relative(texts, start, at):
                    continue
                return at
            form = self._form.get(text, "")
            if not form or before in self._articles or before in self._prepositions or before == "to":
                continue
            if self._relative(texts, start, at):
                continue
            following = texts[at + 1] if at + 1 < len(texts) else "."
            if before in self._pronouns or before[0] == MASKS["CITE"]:
                return at
            if form == "past" and (following in self._articles or following in ("that", "how", "no")):
                return at
            if form == "past":
                doubtful = at if doubtful is None else doubtful
            elif (
                form == "third"
                and not self._finite_next(following)
                or form == "base"
                and self._plural(before)
            ):
                if text in self._nouns and not (
                    following in self._articles or following in ("that", "how", "no")
                ):
                    continue
                return doubtful if doubtful is not None and doubtful == at - 1 else at
        return doubtful

    def _finite_next(self, following: str) -> bool:
        return following in self._be or following in self._modal or self._form.get(following) == "base"

    def _plural(self, before: str) -> bool:
        return (
            before in self._pronouns or before in self._adverbs or before.endswith("s") or before[0] in MASKED
        )

    def _relative(self, texts: list[str], start: int, at: int) -> bool:
        return any(
            texts[i] in ("that", "which", "who", "where", "when", "whose")
            for i in range(max(start + 1, at - 2), at)
        )

    def _subject(self, phrase: list[str]) -> tuple[str, str]:
        if not phrase:
            return "none", ""
        if phrase[0] in self._deeds or phrase[0].endswith("ing"):
            return ("deed" if phrase[0] in self._deeds else "doing"), phrase[0]
        cut = next((i for i, word in enumerate(phrase) if i and word in self._prepositions), len(phrase))
        for word in reversed(phrase[:cut]):
            if word[0] in MASKED:
                return MASKED[word[0]], ""
            if word in self._deeds:
                return "deed", word
            for name, known in self._classes:
                if word in known:
                    return name, word
            if word.isalpha() and word not in self._adverbs:
                return "other", word
        return "other", phrase[0]

    def _inflected(self, texts: list[str], at: int) -> tuple[str, str]:
        text = texts[at]
        rest = [
            word
            for word in texts[at + 1 : at + 5]
            if word not in self._adverbs and word not in ("not", "n't")
        ]
        if text in self._be:
            if rest and self._form.get(rest[0]) == "past":
                return self._lemma[rest[0]], "passive_past" if text in ("was", "were") else "passive"
            return "be", "past" if text in ("was", "were") else "present"
        if text in self._modal:
            return (self._lemma.get(rest[0], rest[0]) if rest else "", "modal")
        if text in self._auxiliary and rest and self._form.get(rest[0]) in ("past", "base"):
            return self._lemma[rest[0]], "past" if text in ("had", "did") else "perfect" if text in (
                "has",
                "have",
            ) else "present"
        return self._lemma.get(text, text), "past" if self._form.get(text) == "past" else "present"


def _form_of(form: str) -> str:
    if form.endswith("ing"):
        return ""
    return "third" if form.endswith("s") else "past"
