"""Evidence without a manifest: experiments that a paper says it ran, and what of them speaks for a claim."""

from claimlint.linking.described.account import Account, Described, account
from claimlint.linking.described.arguable import arguable, held
from claimlint.linking.described.concluding import concluding
from claimlint.linking.described.lookup import Lookup
from claimlint.linking.described.pack import vocabulary
from claimlint.linking.described.reporting import reporting
from claimlint.linking.described.skeleton import skeleton
from claimlint.linking.described.speaking import NAMED, Spoken, evidence_of, link_described, nearest

__all__ = [
    "NAMED",
    "Account",
    "Described",
    "Lookup",
    "Spoken",
    "account",
    "arguable",
    "concluding",
    "evidence_of",
    "held",
    "link_described",
    "nearest",
    "reporting",
    "skeleton",
    "vocabulary",
]
