"""The main clause, found without a tagger: what the sentence is about, its verb, and the verb's form.

A guess from word lists and order, good enough to weigh: "The runs share one seed" is about data and says
*share*; "Ablating it lowers recall" is about a deed and says *lower*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from claimlint.claims.clauses import ENDS, Words
from claimlint.claims.cues import Lexicon
from claimlint.claims.text import MASKS

KIND_OF_MASK = {mask: name.lower() for name, mask in MASKS.items()}
SUBJECTS = ("authors", "pointer", "agent", "tool", "part", "measure", "outcome", "anaphor", "data")
LISTS = (
    "be",
    "modal",
    "auxiliary",
    "perfect",
    "past_auxiliary",
    "openers",
    "leading",
    "article",
    "prepositions",
    "nouns_like_verbs",
    "adverbs",
    "pronouns",
    "not",
    "complement",
    "subordinate",
    "infinitive",
)
LONGEST_LEAD = 30


@dataclass(frozen=True, slots=True)
class MainClause:
    """``subject`` is the class of the ``head`` noun; ``form`` is a tense, modal, passive or none."""

    subject: str = "none"
    head: str = ""
    verb: str = ""
    form: str = "none"
    opening: str = ""


class MainClauseReader:
    """Reads main clauses with one language's verbs and word lists."""

    def __init__(self, lexicon: Lexicon) -> None:
        def words(name: str) -> frozenset[str]:
            return frozenset(lexicon.speller.words(f"@{name}"))

        self._is = {name: words(name) for name in LISTS}
        self._openers = self._is["openers"] - self._is["leading"]
        self._skipped = self._is["adverbs"] | self._is["not"]
        self._gerund, self._third, self._plural_noun = (
            re.compile(lexicon.regex[name]) for name in ("gerund", "third_person", "plural_noun")
        )
        self._lemma: dict[str, str] = {}
        self._form: dict[str, str] = {}
        for lemma in lexicon.verbs():
            base, *bent = lexicon.speller.forms(lemma)
            for form in (base, *bent):
                self._lemma.setdefault(form, lemma)
                self._form.setdefault(form, "base" if form == base else self._form_of(form))
        self._deeds = words("intervening") | words("intervention")
        named = [("deed", self._deeds), *((name, words(name)) for name in SUBJECTS)]
        self._named = {word: name for name, known in reversed(named) for word in known}
        self._surely = self._is["be"] | self._is["modal"] | self._is["auxiliary"]
        self._nominal = self._is["article"] | self._is["prepositions"] | self._is["infinitive"]
        self._telling = self._surely | self._form.keys() | frozenset("()[];:.")

    def read(self, words: Words) -> MainClause:
        texts = words.texts
        start, opening = self._start(texts)
        at = self._verb(texts, start)
        if at is None and start:
            start, opening = 0, ""
            at = self._verb(texts, 0)
        if at is None:
            subject, head = self._subject(texts[start : start + 8])
            return MainClause(subject, head, "", "none", opening)
        subject, head = self._subject(texts[start:at])
        verb, form = self._inflected(texts, at)
        return MainClause(subject, head, verb, form, opening)

    def _start(self, texts: list[str]) -> tuple[int, str]:
        """Past openers, and past a leading phrase that ends with a comma ("In this section, we")."""
        at = 0
        while at < len(texts) and (texts[at] in self._openers or texts[at] in ENDS):
            at += 1
        opening = ""
        while at < len(texts) and texts[at] in self._is["leading"] and "," in texts[at : at + LONGEST_LEAD]:
            opening = opening or texts[at]
            at += texts[at : at + LONGEST_LEAD].index(",") + 1
        return (at, opening) if at < len(texts) else (0, "")

    def _verb(self, texts: list[str], start: int) -> int | None:
        doubtful: int | None = None
        depth = 0
        for at in range(start, len(texts)):
            text = texts[at]
            if text not in self._telling:
                continue
            depth += (text in ("(", "[")) - (text in (")", "]"))
            if depth > 0 or (at == start and text not in self._is["be"]):
                continue
            if text in (";", ":", ".") and at > start + 1:
                break
            if self._subordinate(texts, start, at):
                continue
            sure = self._finite(texts, at)
            if sure:
                return doubtful if doubtful == at - 1 else at
            if sure is None and doubtful is None:
                doubtful = at
        return doubtful

    def _finite(self, texts: list[str], at: int) -> bool | None:
        """Whether the word is a finite verb; None where it may as well be a participle."""
        text, before = texts[at], texts[at - 1] if at else ""
        if text in self._surely:
            return True
        form = self._form.get(text, "")
        if not form or before in self._nominal:
            return False
        if before in self._is["pronouns"] or before[:1] == MASKS["CITE"]:
            return True
        following = texts[at + 1] if at + 1 < len(texts) else ""
        objected = following in self._is["article"] or following in self._is["complement"]
        if form == "past":
            return True if objected else None
        third = form == "third" and not self._starts_verb(following)
        fits = third or (form == "base" and self._plural(before))
        # "Layer 8 stores gender" tells what a part does; "the layer stores" may be about stores.
        verbal = before[:1] == MASKS["COMPONENT"] or text not in self._is["nouns_like_verbs"]
        return fits and (objected or verbal)

    def _starts_verb(self, following: str) -> bool:
        return (
            following in self._is["be"]
            or following in self._is["modal"]
            or self._form.get(following) == "base"
        )

    def _plural(self, before: str) -> bool:
        return (
            before in self._is["adverbs"]
            or self._plural_noun.search(before) is not None
            or before[:1] in KIND_OF_MASK
        )

    def _subordinate(self, texts: list[str], start: int, at: int) -> bool:
        return not self._is["subordinate"].isdisjoint(texts[max(start + 1, at - 2) : at])

    def _subject(self, phrase: list[str]) -> tuple[str, str]:
        if not phrase:
            return "none", ""
        if phrase[0] not in self._deeds and self._gerund.search(phrase[0]):
            return "doing", phrase[0]
        if phrase[0] in self._deeds:
            return "deed", phrase[0]
        cut = next(
            (i for i, word in enumerate(phrase) if i and word in self._is["prepositions"]), len(phrase)
        )
        for word in reversed(phrase[:cut]):
            if name := self._class(word):
                return name, "" if word[0] in KIND_OF_MASK else word
        return "other", phrase[0]

    def _class(self, word: str) -> str:
        if word[0] in KIND_OF_MASK:
            return KIND_OF_MASK[word[0]]
        other = "other" if word.isalpha() and word not in self._is["adverbs"] else ""
        return self._named.get(word, other)

    def _inflected(self, texts: list[str], at: int) -> tuple[str, str]:
        text = texts[at]
        following = next((word for word in texts[at + 1 : at + 5] if word not in self._skipped), "")
        after = self._form.get(following)
        past = text in self._is["past_auxiliary"]
        if text in self._is["be"]:
            if after == "past":
                return self._lemma[following], "passive_past" if past else "passive"
            return self._lemma.get(text, text), "past" if past else "present"
        if text in self._is["modal"]:
            return self._lemma.get(following, following), "modal"
        if text in self._is["auxiliary"] and after in ("past", "base"):
            perfect = text in self._is["perfect"]
            return self._lemma[following], "past" if past else "perfect" if perfect else "present"
        return self._lemma.get(text, text), "past" if self._form.get(text) == "past" else "present"

    def _form_of(self, form: str) -> str:
        if self._gerund.search(form):
            return ""
        return "third" if self._third.search(form) else "past"
