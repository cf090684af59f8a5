"""What kind of claim is it? The best asserted cue decides, the higher rung first."""

from __future__ import annotations

from dataclasses import dataclass

from claimlint.claims.cues import Hit
from claimlint.claims.signs import Signs

ENOUGH = 0.5
ORDER = ("counterfactual", "uniqueness", "necessity", "mechanism", "sufficiency", "effect", "role")


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    scores: dict[str, float]
    hits: tuple[Hit, ...]


def decide(signs: Signs, *, assume_claim: bool) -> Kind:
    """The kind of an own sentence."""
    heard = [hit for hit in signs.hits if hit.cue.kind and _counts(signs, hit)]
    scores: dict[str, float] = {}
    for hit in heard:
        assert hit.cue.kind
        scores[hit.cue.kind] = max(scores.get(hit.cue.kind, 0.0), hit.cue.strength)
    name = _best(signs, scores, assume_claim)
    return Kind(name, scores, tuple(hit for hit in heard if hit.cue.kind == name))


def _counts(signs: Signs, hit: Hit) -> bool:
    if hit.cue.kind == "counterfactual":
        return True
    if not signs.asserted(hit):
        return False
    return not hit.cue.subject or signs.subject(hit) in hit.cue.subject


def _best(signs: Signs, scores: dict[str, float], assume_claim: bool) -> str:
    performance = scores.get("performance", 0.0)
    for kind in ORDER:
        if scores.get(kind, 0.0) >= max(ENOUGH, 0.0):
            return kind
    inside = bool(signs.tags & {"internals", "intervention"})
    association = scores.get("association", 0.0)
    if performance >= ENOUGH and performance >= association and not (assume_claim or inside and association):
        return "performance"
    if association:
        return "association"
    if performance and not assume_claim:
        return "performance"
    if signs.tags & {"intervention"}:
        return "effect" if signs.has_verb else "none"
    if signs.tags & {"internals", "model"} or assume_claim:
        return "association"
    return "none"
