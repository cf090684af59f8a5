"""The claim engine: one sentence in, one reading out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from claimlint.claims.clauses import ClauseReader
from claimlint.claims.components import ComponentReader
from claimlint.claims.cues import Hit, Lexicon, load_packs, merged
from claimlint.claims.kind import Kind, decide
from claimlint.claims.model import Cue, Reading
from claimlint.claims.profiles import levels
from claimlint.claims.quantities import QuantityReader
from claimlint.claims.signs import Signs
from claimlint.claims.stance import Stance, weigh
from claimlint.claims.text import mask
from claimlint.packs import rules_folder

LONGEST_PHRASE = 10


class Engine:
    """Reads sentences with the cue packs of one language.

    Raises:
        ClaimlintError: a pack cannot be read, or holds a pattern that can never match.
    """

    def __init__(self, folder: Path, language: str = "en") -> None:
        packs = load_packs(folder, language)
        self.lexicon = Lexicon(packs, language)
        regex = self.lexicon.regex
        self._sections = [(re.compile(title), role) for title, role in merged(packs, "sections").items()]
        self._priors = merged(packs, "priors")
        self._components = ComponentReader(
            {name.removeprefix("component_"): r for name, r in regex.items() if name.startswith("component_")}
        )
        self._quantities = QuantityReader(
            {name.removeprefix("unit_"): r for name, r in regex.items() if name.startswith("unit_")}
        )
        self._clauses = ClauseReader(self.lexicon)
        self._marks = [(kind, re.compile(regex[name])) for kind, name in MARKS]
        self._family = re.compile(rf"(?<![\w-]){regex['families']}{regex['family_tail']}")

    def role(self, title: str) -> str:
        """The part that a section plays, by its heading."""
        heading = title.lower()
        return next((role for pattern, role in self._sections if pattern.search(heading)), "body")

    def read(
        self,
        text: str,
        *,
        section: str = "",
        role: str = "",
        previous: str = "",
        assume_claim: bool = False,
        level_of: Mapping[str, int] | None = None,
    ) -> Reading:
        signs = self.signs(text, section=section, role=role, previous=previous)
        stance = weigh(signs, self._priors)
        own = assume_claim or stance.name == "own"
        kind = decide(signs, assume_claim=assume_claim) if own else Kind("none", {}, ())
        level = (level_of or levels("joshi2026"))[kind.name]
        if assume_claim and kind.name != "performance":
            level = max(1, level)
        return Reading(
            stance="own" if assume_claim else stance.name,
            level=level,
            kind=kind.name,
            hedged=self._flag(signs, "hedged"),
            negated=self._flag(signs, "negated"),
            scope=self._scope(signs),
            confidence=_confidence(stance, kind),
            cues=_cues(text, (*kind.hits, *stance.hits)),
            components=signs.components,
            behaviour=self._behaviour(signs, kind),
            model=self._model(text),
            quantities=signs.quantities,
        )

    def signs(self, text: str, *, section: str = "", role: str = "", previous: str = "") -> Signs:
        components = self._components.read(text)
        spans = list(dict.fromkeys((c.start, c.end) for c in components))
        masked = mask(text, spans, "COMPONENT")
        for kind, pattern in self._marks:
            masked = mask(masked, [m.span() for m in pattern.finditer(masked)], kind)
        words = self._clauses.words(masked)
        hits = self.lexicon.find(masked, self.lexicon.words(masked))
        return Signs(
            text=text,
            masked=masked,
            words=words,
            hits=hits,
            components=components,
            quantities=self._quantities.read(text, spans),
            role=role or self.role(section),
            unasserted=self._clauses.unasserted(words),
            subjects={
                (hit.start, hit.end): self._clauses.subject(words, hit.start)
                for hit in hits
                if hit.cue.subject
            },
            has_verb=self._clauses.has_verb(words),
        )

    def _flag(self, signs: Signs, flag: str) -> bool:
        return any(hit.cue.flag == flag for hit in signs.hits)

    def _scope(self, signs: Signs) -> str:
        scopes = {hit.cue.scope for hit in signs.hits}
        return next((scope for scope in ("instance", "average", "general") if scope in scopes), "")

    def _model(self, text: str) -> str:
        found = self._family.search(text)
        return found.group().strip() if found else ""

    def _behaviour(self, signs: Signs, kind: Kind) -> str:
        if not kind.hits:
            return ""
        hit = kind.hits[0]
        if hit.cue.about == "before":
            phrase = re.split(r"[,;:.()]", signs.text[: hit.start])[-1].split()[-LONGEST_PHRASE:]
        else:
            phrase = re.split(r"[,;:()]|\.(?:\s|$)", signs.text[hit.end :])[0].split()[:LONGEST_PHRASE]
        return " ".join(phrase)


MARKS = (("CITE", "citation"), ("REF", "reference"), ("MATH", "math"), ("NUM", "numeral"))


def _confidence(stance: Stance, kind: Kind) -> float:
    first, second = sorted(stance.scores.values())[-1:-3:-1]
    return round(min(0.99, 0.5 + 0.12 * (first - second)), 3)


def _cues(text: str, hits: tuple[Hit, ...]) -> tuple[Cue, ...]:
    seen = dict.fromkeys((hit.cue.id, hit.start, hit.end) for hit in hits)
    return tuple(Cue(rule, text[start:end], start, end) for rule, start, end in seen)


@cache
def engine(language: str = "en") -> Engine:
    """The engine over the installed packs, compiled once."""
    return Engine(rules_folder() / "cues", language)
