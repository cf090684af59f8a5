"""The claim engine: one sentence in, one reading out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from claimlint.claims.clauses import ClauseReader
from claimlint.claims.components import ComponentReader
from claimlint.claims.cues import Hit, Lexicon, load_packs, merged
from claimlint.claims.features import context, features
from claimlint.claims.kind import Kind, decide
from claimlint.claims.main_clause import MainClauseReader
from claimlint.claims.model import STANCES, Component, Cue, Quantity, Reading
from claimlint.claims.opinion import model
from claimlint.claims.profiles import JOSHI2026, levels
from claimlint.claims.quantities import QuantityReader
from claimlint.claims.signs import Signs
from claimlint.claims.stance import Stance, pulls, second, weigh
from claimlint.claims.text import mask
from claimlint.packs import rules_folder
from claimlint.searching import Pattern

LONGEST_PHRASE = 10
#: A book has fewer sentences.
KEPT = 20_000


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
            {name.removeprefix("unit_"): r for name, r in regex.items() if name.startswith("unit_")},
            self.lexicon.lists,
        )
        self._clauses = ClauseReader(self.lexicon)
        self._main = MainClauseReader(self.lexicon)
        self._hypothetical = frozenset(self.lexicon.lists["hypothetical"])
        self._complement = frozenset(self.lexicon.speller.words("@complement"))
        self._question = frozenset(self.lexicon.speller.words("@question"))
        self._article = frozenset(self.lexicon.speller.words("@article"))
        self._marks = [(kind, Pattern(regex[name], re.NOFLAG)) for kind, name in MARKS]
        # Sentences of one section follow one another.
        self.role = lru_cache(maxsize=8)(self._role)
        # A sentence is asked for again as the one before the next.
        self._weighed = lru_cache(maxsize=8)(self._weigh)
        # While somebody writes, all sentences but one are those of the last reading.
        self._kept = lru_cache(maxsize=KEPT)(self._read)
        self._family = re.compile(rf"(?<![\w-]){regex['families']}{regex['family_tail']}")

    def _role(self, title: str) -> str:
        """The part that a section plays, by its heading; one that is a statement heads results."""
        heading = title.lower()
        named = next((role for pattern, role in self._sections if pattern.search(heading)), "")
        return named or ("results" if self._states(title) else "body")

    def _states(self, heading: str) -> bool:
        """Whether a heading is a statement: "Late heads copy the name", and not "How late heads copy"."""
        words = self._clauses.words(heading)
        main = self._main.read(words)
        asserts = main.form in ("present", "passive", "modal") and main.subject not in ("none", "authors")
        asks = words.texts[:1] and words.texts[0] in self._question
        return asserts and not asks and not heading.rstrip().endswith((":", "?", ";"))

    def read(
        self,
        text: str,
        *,
        section: str = "",
        role: str = "",
        previous: str = "",
        assume_claim: bool = False,
        level_of: Mapping[str, int] | None = None,
        labels_only: bool = False,
    ) -> Reading:
        told = tuple((level_of or levels("joshi2026")).items())
        return self._kept(text, section, role, previous, assume_claim, told, labels_only)

    def _read(
        self,
        text: str,
        section: str,
        role: str,
        previous: str,
        assume_claim: bool,
        level_of: tuple[tuple[str, int], ...],
        labels_only: bool,
    ) -> Reading:
        signs, stance = self._weighed(text, role or self.role(section))
        opinion = model().judge(self._features(signs, stance, section, previous))
        stance = second(stance, opinion, signs)
        kind = decide(signs, opinion, assume_claim=assume_claim)
        label = _label(stance, kind, assume_claim=assume_claim)
        hits = tuple(hit for hit in signs.hits if explains(hit, label))
        return Reading(
            stance=label.stance,
            level=_level(label.kind, dict(level_of), assume_claim=assume_claim),
            kind=label.kind,
            hedged=label.stance in ("own", "open") and any(hit.cue.flag == "hedged" for hit in signs.hits),
            negated=_negated(signs, label),
            scope=_scope(signs, label.stance),
            confidence=label.confidence,
            cues=_cues(text, hits),
            components=signs.components,
            behaviour="" if labels_only else self._behaviour(signs, hits),
            model="" if labels_only else self.model(text),
            quantities=() if labels_only else self._quantities.complete(text, signs.quantities),
        )

    def components(self, text: str) -> tuple[Component, ...]:
        """The parts of a model that a few words name, such as the heading of a table."""
        return self._components.read(text)

    def quantities(self, text: str) -> tuple[Quantity, ...]:
        """The numbers in a few words, such as the cell of a table."""
        return self._quantities.complete(text, self._quantities.read(text, ()))

    def model(self, text: str) -> str:
        """The model that a text names, or nothing."""
        return next(iter(self.models(text)), "")

    def models(self, text: str) -> tuple[str, ...]:
        """All models that a text names, in the order in which it does."""
        return tuple(found.group().strip() for found in self._family.finditer(text))

    def features(self, text: str, *, section: str = "", previous: str = "") -> dict[str, float]:
        """What the second opinion is trained on."""
        signs, stance = self._weighed(text, self.role(section))
        return self._features(signs, stance, section, previous)

    def _features(self, signs: Signs, stance: Stance, section: str, previous: str) -> dict[str, float]:
        before, behind = self._weighed(previous, signs.role) if previous else (None, None)
        classes = self.lexicon.classes
        return features(signs, stance, section, classes) | context(before, behind, classes)

    def _weigh(self, text: str, role: str) -> tuple[Signs, Stance]:
        signs = self.signs(text, role)
        return signs, weigh(signs, self._priors)

    def signs(self, text: str, role: str = "body") -> Signs:
        components = self._components.read(text)
        spans = list(dict.fromkeys((c.start, c.end) for c in components))
        masked = mask(text, spans, "COMPONENT")
        for kind, pattern in self._marks:
            masked = mask(masked, [m.span() for m in pattern.finditer(masked)], kind)
        words = self._clauses.words(masked)
        hits = self.lexicon.find(masked)
        main = self._main.read(words)
        return Signs(
            text=text,
            masked=masked,
            words=words,
            hits=hits,
            components=components,
            quantities=self._quantities.read(text, spans),
            role=role,
            unasserted=self._clauses.unasserted(words),
            subjects={
                (hit.start, hit.end): self._clauses.subject(words, hit.start)
                for hit in hits
                if hit.cue.subject
            },
            clauses=self._clauses.clauses(words),
            main=main,
            hypothetical=main.opening in self._hypothetical
            and not any(hit.cue.kind == "counterfactual" for hit in hits),
        )

    def _behaviour(self, signs: Signs, hits: tuple[Hit, ...]) -> str:
        hit = next((hit for hit in hits if hit.cue.kind), None)
        if hit is None:
            return ""
        if hit.cue.about == "before" or _part_behind(signs, hit):
            phrase = self._reported(re.split(r"[,;:.()]", signs.text[: hit.start])[-1].split())
        else:
            phrase = re.split(r"[,;:()]|\.(?:\s|$)", signs.text[hit.end :])[0].split()[:LONGEST_PHRASE]
        return " ".join(phrase)

    def _reported(self, phrase: list[str]) -> list[str]:
        """A phrase without what says that it was found ("we find that"), and without its capital article."""
        told = [at for at, word in enumerate(phrase) if word in self._complement]
        phrase = phrase[told[-1] + 1 if told else 0 :][-LONGEST_PHRASE:]
        return [word.lower() if word.lower() in self._article else word for word in phrase]


def _part_behind(signs: Signs, hit: Hit) -> bool:
    """Whether a part stands right behind the cue ("is stored in layer 8"), and so the behaviour before it."""
    behind = any(
        c.start >= hit.end and len(signs.text[hit.end : c.start].split()) <= 1 for c in signs.components
    )
    return behind and not any(c.end <= hit.start for c in signs.components)


MARKS = (("CITE", "citation"), ("REF", "reference"), ("MATH", "math"), ("NUM", "numeral"))


#: The stances of statements: what states nothing, such as a heading, is known by its form.
STATED = tuple(stance for stance in STANCES if stance != "other")
#: Kinds too rare for the second opinion to have learned, and plain from their words ("the only", "required").
TOLD_BY_WORDS = ("sufficiency", "necessity", "uniqueness", "counterfactual")


# The second opinion is trained to be modest, and the rules' votes are counted as if they were independent of
# it; how far the odds are to be trusted was set on labelled sentences.
MODESTY = 0.85
ODDS = 1.2


def _calibrated(share: float) -> float:
    """How often a label that is believed this much is right."""
    share = min(max(share, 1e-6), 1 - 1e-6)
    odds: float = ODDS * (share / (1 - share)) ** MODESTY
    return round(odds / (1 + odds), 3)


@dataclass(frozen=True, slots=True)
class Label:
    stance: str
    kind: str
    confidence: float


def _label(stance: Stance, kind: Kind, *, assume_claim: bool) -> Label:
    """The likeliest rung first, then the likeliest kind on it; without a rung, the likeliest stance."""
    own = 1.0 if assume_claim else stance.scores["own"]
    rungs: dict[int, float] = {}
    for name, share in kind.scores.items():
        level = JOSHI2026[name]
        rungs[level] = rungs.get(level, 0.0) + own * share
    rungs[0] = rungs.get(0, 0.0) + 1 - own
    rung = max(rungs, key=rungs.__getitem__)
    name = stance.name
    if name == "own":
        # A silent statement is own as likely as own statements without a claim are, not as all are.
        silent = stance.scores | {"own": rungs[0] - 1 + own}
        name = max(STATED, key=silent.__getitem__)
    if rung or name == "own" or assume_claim:
        likeliest = max(
            (name for name in kind.scores if JOSHI2026[name] == rung), key=kind.scores.__getitem__
        )
        told = kind.by_rule in TOLD_BY_WORDS and JOSHI2026[kind.by_rule] == rung
        return Label("own", kind.by_rule if told else likeliest, _calibrated(rungs[rung]))
    return Label(name, "none", _calibrated(rungs[rung]))


def _level(kind: str, level_of: Mapping[str, int], *, assume_claim: bool) -> int:
    return max(1, level_of[kind]) if assume_claim and kind != "performance" else level_of[kind]


def _negated(signs: Signs, label: Label) -> bool:
    """Whether the sentence denies what it claims: the first of its clauses that denies or claims decides.

    A past counterfactual is made of denials ("had it not been") and denies nothing by them.
    """
    if label.stance != "own" or JOSHI2026[label.kind] == 0 or label.kind == "counterfactual":
        return False
    for start, end in signs.clauses:
        inside = [hit.cue for hit in signs.hits if start <= hit.start < end and signs.asserted(hit)]
        if any(cue.flag == "negated" for cue in inside):
            return True
        if any(cue.kind == label.kind for cue in inside):
            return False
    return False


def _scope(signs: Signs, stance: str) -> str:
    """Of how many inputs or models a statement speaks; one input, or many, is what own findings are of.

    "Olsson et al. find" speaks of the models that they looked at.
    """
    told: tuple[str, ...] = ()
    if stance == "own":
        told = ("instance", "average", "general")
    elif stance in ("prior", "background", "open") and signs.main.subject != "cite":
        told = ("general",)
    scopes = {hit.cue.scope for hit in signs.hits}
    return next((scope for scope in told if scope in scopes), "")


def explains(hit: Hit, label: Label) -> bool:
    """Whether a cue is a reason for a label."""
    if hit.cue.kind:
        return hit.cue.kind == label.kind
    return pulls(hit, label.stance)


def _cues(text: str, hits: tuple[Hit, ...]) -> tuple[Cue, ...]:
    """The cues, those that gave the kind first and the surest of them before the others."""
    reasons = sorted(hits, key=lambda hit: (hit.cue.kind is None, -hit.cue.strength))
    seen = dict.fromkeys((hit.cue.id, hit.start, hit.end) for hit in reasons)
    return tuple(Cue(rule, text[start:end], start, end) for rule, start, end in seen)


@cache
def engine(language: str = "en") -> Engine:
    """The engine over the installed packs, compiled once."""
    return Engine(rules_folder() / "cues", language)
