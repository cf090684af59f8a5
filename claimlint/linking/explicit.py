"""Links that somebody made: ``\\evidence{id}``, ``% claimlint: evidence[id]``, ``[[link]]``, ``supports``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from claimlint.claims.model import Claim
from claimlint.claims.tied import tied
from claimlint.config import LinkEntry
from claimlint.evidence.model import Manifest
from claimlint.linking.model import Link
from claimlint.manuscript.model import Document, Span


def explicit_links(
    claims: Sequence[Claim], document: Document, manifest: Manifest, configured: Iterable[LinkEntry]
) -> Iterator[Link]:
    """Every link that was made by hand, whatever the sentence says; the ids need not exist."""
    for claim in claims:
        for mark in claim.sentence.marks:
            if mark.kind in ("evidence", "words"):
                sure = mark.kind == "evidence"
                ids = [key for key in mark.keys if sure or manifest.experiment(key)]
                span = claim.sentence.place(mark.start, mark.end)
                yield from _links(claim, ids, "named in the sentence", span)
    for directive, meant in tied(document, claims):
        if meant is not None:
            yield from _links(meant, directive.names, "named in a comment", directive.span)
    for entry in configured:
        for claim in claims:
            if is_meant(entry.sentence, claim):
                yield from _links(claim, entry.evidence, "named in the config")
    for experiment in manifest.experiments:
        for words in experiment.supports:
            for claim in claims:
                if is_meant(words, claim):
                    yield from _links(claim, [experiment.id], "the manifest says what it supports")


def _links(claim: Claim, ids: Iterable[str], reason: str, span: Span | None = None) -> Iterator[Link]:
    for id in ids:
        yield Link(claim.id, id, reason, 1.0, explicit=True, span=span)


def is_meant(words: str, claim: Claim) -> bool:
    """Whether the words are quoted from the sentence, or are a label that it refers to."""
    sentence = claim.sentence
    if any(mark.kind == "reference" and words in mark.keys for mark in sentence.marks):
        return True
    return " ".join(words.split()) in " ".join(sentence.text.split())
