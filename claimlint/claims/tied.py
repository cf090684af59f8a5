"""Which claim a comment ``evidence[id]`` ties to its experiments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claimlint.claims.model import Claim
from claimlint.manuscript.directives import reach
from claimlint.manuscript.model import Directive, Document


def tied(document: Document, claims: Sequence[Claim]) -> Iterator[tuple[Directive, Claim | None]]:
    """Every such comment with the nearest own claim within its reach.

    Where none is a claim as it reads, the nearest sentence is meant, whose authors then say that it is one;
    None where the comment reaches no sentence.
    """
    by_sentence = {id(claim.sentence): claim for claim in claims}
    for directive, reached in reach(document, [claim.sentence for claim in claims]):
        if directive.verb == "evidence":
            near = [by_sentence[id(sentence)] for sentence in reached]
            yield directive, next((claim for claim in near if _asserts(claim)), near[0] if near else None)


def _asserts(claim: Claim) -> bool:
    reading = claim.reading
    return reading.stance == "own" and (reading.level > 0 or reading.kind == "performance")
