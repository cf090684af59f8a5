"""What kind of claim is it? The best asserted cue decides, the higher rung first."""

from __future__ import annotations

from dataclasses import dataclass

from claimlint.claims.opinion import Opinion
from claimlint.claims.signs import Signs

ENOUGH = 0.5
# From here on words of association are no mere comparison, which known claims make of effects as well.
PLAIN = 0.65
OUTRIGHT = 0.8
RESOURCES = 0.95
WEAK = 0.65
# How much the rules' kind counts against the second opinion: plain words, and kinds that it hardly knows.
RULES_WHERE_PLAIN = 10.0
RULES_WHERE_RARE = 30.0
RULES_OF_CLAIMS = 200.0
SURE = ("counterfactual", "necessity", "uniqueness", "sufficiency")
ORDER = ("counterfactual", "uniqueness", "necessity", "mechanism", "sufficiency", "effect", "role")


@dataclass(frozen=True, slots=True)
class Kind:
    """``by_rule`` is what the cues alone say, ``scores`` what is made of it."""

    by_rule: str
    scores: dict[str, float]


def decide(signs: Signs, opinion: Opinion, *, assume_claim: bool) -> Kind:
    """The kind of an own sentence."""
    loose = ("other", "none") if assume_claim else ()
    scores: dict[str, float] = {}
    for hit in signs.hits:
        kind, strength = hit.cue.kind, hit.cue.strength
        if kind and (signs.counts(hit, loose) or kind == "counterfactual"):
            scores[kind] = max(scores.get(kind, 0.0), strength)
    by_rule = _best(signs, scores, assume_claim)
    shares = dict(opinion.kinds)
    if assume_claim:
        silent = {"none", "performance"} - {by_rule}
        shares = {kind: share for kind, share in shares.items() if kind not in silent}
    shares[by_rule] *= _weight(by_rule, scores.get(by_rule, 0.0), assume_claim)
    total = sum(shares.values())
    return Kind(by_rule, {kind: share / total for kind, share in shares.items()})


def _weight(kind: str, strength: float, assume_claim: bool) -> float:
    if kind == "counterfactual":
        return 100.0
    if assume_claim:
        return RULES_OF_CLAIMS
    return 1.0 + (RULES_WHERE_RARE * strength**2 if kind in SURE else RULES_WHERE_PLAIN * strength**8)


def _best(signs: Signs, scores: dict[str, float], assume_claim: bool) -> str:
    performance, association = scores.get("performance", 0.0), scores.get("association", 0.0)
    for kind in ORDER:
        # "is associated with reduced recall" speaks of no edit.
        outright = kind not in ("effect", "role") or association < OUTRIGHT or scores.get(kind, 0.0) > WEAK
        if scores.get(kind, 0.0) >= ENOUGH and outright:
            return kind
    inside = bool(signs.tags & {"internals", "intervention"})
    # Of a known claim, only plain words for how well something does, far from the insides, take the rung, and
    # what a run takes of time and hardware, whatever is run.
    plain = performance >= (RESOURCES if inside else OUTRIGHT) if assume_claim else performance > ENOUGH
    if plain and performance > association and not (inside and association):
        return "performance"
    if association >= (PLAIN if assume_claim else ENOUGH):
        return "association"
    return "effect" if assume_claim else _silent(signs, performance, association)


def _silent(signs: Signs, performance: float, association: float) -> str:
    """The kind where no cue says it: by what the sentence is about."""
    if performance:
        return "performance"
    if "intervention" in signs.tags and signs.main.form != "none" and not association:
        return "effect"
    return "association" if association or signs.tags & {"internals", "model"} else "none"
