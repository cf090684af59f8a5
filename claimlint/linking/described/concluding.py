"""Which sentences draw a conclusion from what this work found, whatever kind of claim they are."""

from __future__ import annotations

from claimlint.claims.model import Claim
from claimlint.linking.described.arguable import reports
from claimlint.linking.described.pack import vocabulary

#: Stances that a conclusion is read as: what a result "rules out" is often taken for a step of the method.
_TOLD = ("own", "method", "background")


def concluding(claim: Claim) -> bool:
    """Whether what the sentence concludes may be held against what the paper describes.

    A sentence that is careful in any way is left in peace, and so is one that may be on the work of others.
    """
    reading, sentence = claim.reading, claim.sentence
    if reading.stance not in _TOLD or reading.hedged or not reports(sentence):
        return False
    return not vocabulary().speaks_of("guarded", sentence.text)
