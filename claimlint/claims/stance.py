"""Whose statement is it? Votes of the cues, the section and the build of the sentence, added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claimlint.claims.cues import Hit
from claimlint.claims.model import STANCES
from claimlint.claims.signs import Signs

Votes = Mapping[str, float]
MUTED = 0.3


@dataclass(frozen=True, slots=True)
class Stance:
    name: str
    scores: dict[str, float]
    hits: tuple[Hit, ...]


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
    for build in _build(signs):
        vote(priors.get(build, {}))
    best = max(STANCES, key=lambda stance: scores[stance])
    return Stance(best, scores, tuple(hit for hit in heard.values() if hit.cue.votes.get(best, 0) > 0))


def _build(signs: Signs) -> list[str]:
    """How the sentence is built, by the names that the packs give priors for."""
    found = []
    text = signs.text.rstrip()
    if not signs.has_verb:
        found.append("no_verb")
    if text.endswith("?"):
        found.append("question_mark")
    if text.endswith(":"):
        found.append("colon")
    if len(signs.words) < 5:
        found.append("short")
    if signs.quantities and signs.has_verb:
        found.append("numbers")
    if text and text[-1] not in ".?!:;)\"'”":
        found.append("no_stop")
    if text[:1].islower():
        found.append("lower_case")
    return found
