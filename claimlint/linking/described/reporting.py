"""Which sentences report a finding of this work on a model's insides, whatever they claim of it."""

from __future__ import annotations

from claimlint.claims.model import Claim
from claimlint.linking.described.arguable import reports
from claimlint.linking.described.pack import vocabulary

#: How sure the engine has to be that it is one.
_SURE = 0.6


def reporting(claim: Claim) -> bool:
    """Whether what the sentence rests on may be asked for.

    That takes less than holding its wording against the experiments: what a paper does not say of its
    experiments is missing for every finding from them, however the sentence puts it. A caption names what it
    shows as often as it reports.
    """
    words, text = vocabulary(), claim.sentence.text
    about = words.speaks_of("parts", text) or bool(words.methods(text))
    finding = claim.sentence.block.kind != "caption" and reports(claim.sentence)
    return claim.reading.confidence >= _SURE and about and finding
