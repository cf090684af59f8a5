"""Which experiment speaks to which claim, and why."""

from __future__ import annotations

from dataclasses import dataclass

from claimlint.manuscript.model import Span


@dataclass(frozen=True, slots=True)
class Link:
    """One experiment that bears on one claim.

    ``experiment`` is the id as it was named; an explicit link may name one that the manifest lacks, which a
    rule reports at ``span``. ``reason`` is shown to the user; ``score`` is 1.0 for an explicit link.
    ``points_back`` is whether the experiment is on the part that the claim points back to ("this layer");
    ``doubtful``, whether the claim names a behaviour in words that the manifest does not know.
    """

    claim: str
    experiment: str
    reason: str
    score: float
    explicit: bool
    span: Span | None = None
    points_back: bool = False
    doubtful: bool = False
