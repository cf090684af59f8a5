"""Whose statement is it? Votes of the cues, the section and the build of the sentence, added up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claimlint.claims.cues import Hit
from claimlint.claims.model import STANCES
from claimlint.claims.opinion import Opinion
from claimlint.claims.signs import Signs

Votes = Mapping[Any, float]
MUTED = 0.3
RULES = 0.1
# Kinds that nobody takes for common ground where findings are told.
OUTSPOKEN = ("role", "sufficiency", "necessity", "mechanism", "uniqueness")
FINDINGS = ("results", "discussion", "conclusion")


@dataclass(frozen=True, slots=True)
class Stance:
    """``build`` is how the sentence is built, by the names that the packs give priors for."""

    name: str
    scores: dict[str, float]
    build: list[str]


def weigh(signs: Signs, priors: Mapping[str, Votes]) -> Stance:
    """The stance with the most votes; a cue votes once, and hardly where nothing is asserted."""
    scores = dict.fromkeys(STANCES, 0.0)

    def vote(votes: Votes, weight: float = 1.0) -> None:
        for stance, count in votes.items():
            scores[stance] += weight * count

    vote(priors.get("any", {}))
    vote(priors.get(signs.role, {}))
    heard: dict[str, Hit] = {}
    for hit in signs.hits:
        known = heard.get(hit.cue.id)
        if hit.cue.votes and (known is None or (not signs.asserted(known) and signs.asserted(hit))):
            heard[hit.cue.id] = hit
    for hit in heard.values():
        vote(hit.cue.votes, 1.0 if signs.asserted(hit) or "open" in hit.cue.votes else MUTED)
    build = _build(signs)
    for sign in build:
        vote(priors.get(sign, {}))
    return Stance(max(STANCES, key=scores.__getitem__), scores, build)


def second(stance: Stance, opinion: Opinion, signs: Signs) -> Stance:
    """The stance after the second opinion: its odds, moved by the votes of the rules."""
    odds = {name: chance * math.exp(RULES * stance.scores[name]) for name, chance in opinion.stances.items()}
    total = sum(odds.values())
    odds = _settled(odds, signs)
    best = max(STANCES, key=odds.__getitem__)
    return Stance(best, {name: odd / total for name, odd in odds.items()}, stance.build)


def _settled(odds: dict[str, float], signs: Signs) -> dict[str, float]:
    """What the codebook decides whatever the odds: they move from one stance to the other."""
    outspoken = any(hit.cue.kind in OUTSPOKEN and signs.counts(hit) for hit in signs.hits)
    moved = dict(odds)
    if signs.role in FINDINGS and outspoken:
        moved["own"] += moved["background"]
        moved["background"] = 0.0
    if signs.hypothetical:
        moved["open"] += moved["own"]
        moved["own"] = 0.0
    return moved


def pulls(hit: Hit, stance: str) -> bool:
    """Whether a cue speaks for a stance."""
    votes: Votes = hit.cue.votes
    return votes.get(stance, 0.0) > 0


def _build(signs: Signs) -> list[str]:
    main = signs.main
    found = [
        f"form {main.form}",
        f"subject {main.subject}",
        f"{main.subject} {main.form}",
        f"opening {main.opening}",
        f"verb {main.verb}",
    ]
    text = signs.text.rstrip()
    if text.endswith("?"):
        found.append("question_mark")
    if text.endswith(":"):
        found.append("colon")
    if len(signs.words.texts) < 5:
        found.append("short")
    if signs.quantities and main.form != "none":
        found.append("numbers")
    if text and text[-1] not in ".?!:;)\"'”":
        found.append("no_stop")
    if text[:1].islower():
        found.append("lower_case")
    if len(signs.words.texts) > 3 and signs.capitals > 0.6:
        found.append("title_case")
    return found
