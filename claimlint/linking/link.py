"""Which experiments speak to which claim: the links that somebody made, else those on the same target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from claimlint.claims.model import Claim, Component
from claimlint.config import LinkEntry
from claimlint.evidence.licence import method_level
from claimlint.evidence.model import Experiment, Manifest
from claimlint.evidence.parts import Part, parts_of
from claimlint.linking.company import Company
from claimlint.linking.explicit import explicit_links
from claimlint.linking.match import Candidate, Matching
from claimlint.linking.model import Link
from claimlint.linking.words import Words, english
from claimlint.manuscript.model import Document
from claimlint.phrasing import listed

_NAMED_RIVALS = 2


def link(
    claims: Sequence[Claim],
    document: Document,
    manifest: Manifest,
    links_from_config: Iterable[LinkEntry] = (),
) -> tuple[Link, ...]:
    """Link claims to experiments, in the order of the claims, the best link of each claim first.

    A link made by hand wins over all matching, and may be made on any sentence. Without one, the authors'
    own claims (and their performance figures) are matched to the experiments on the same target; planned and
    failed experiments are not matched.

    Args:
        claims: all sentences of the document with their readings, in reading order.
        document: what they were read from; it holds the comments to claimlint.
        manifest: the experiments.
        links_from_config: the config's ``[[link]]`` entries.
    """
    by_hand: dict[str, dict[str, Link]] = {}
    for made in explicit_links(claims, document, manifest, links_from_config):
        by_hand.setdefault(made.claim, {}).setdefault(made.experiment, made)
    words = english()
    matching = Matching(manifest, words, Company(claims, words))
    components = _components(claims, words)
    links: list[Link] = []
    for claim in claims:
        made_here = by_hand.get(claim.id, {}).values()
        links += made_here or _matched(claim, components[claim.id], matching)
    return tuple(links)


def _matched(claim: Claim, components: tuple[Component, ...], matching: Matching) -> Iterator[Link]:
    if not _asks_for_evidence(claim):
        return
    found = matching.candidates(claim, components)
    for candidate in sorted(found, key=lambda c: (-c.score, -method_level(c.experiment))):
        reason = "same " + listed(candidate.agreements) + _doubt(candidate, found, named=bool(components))
        yield Link(
            claim.id,
            candidate.experiment.id,
            reason,
            round(candidate.score, 2),
            explicit=False,
            points_back=candidate.cover is not None and not claim.reading.components,
            doubtful=candidate.doubtful,
        )


def _asks_for_evidence(claim: Claim) -> bool:
    reading = claim.reading
    figures = reading.kind == "performance" and bool(reading.quantities)
    return reading.stance == "own" and (reading.level >= 1 or figures)


def _doubt(candidate: Candidate, found: Sequence[Candidate], *, named: bool) -> str:
    """What to say where an experiment on another target, which licenses something, fits just as well."""

    def target(experiment: Experiment) -> tuple[object, ...]:
        # Where the claim names its parts, candidates of one cover are about the same ones.
        parts = frozenset[Part]() if named else frozenset(parts_of(experiment.target))
        return parts, experiment.behaviour, experiment.model

    rivals = [
        other.experiment.id
        for other in found
        if (other.score, other.cover) == (candidate.score, candidate.cover)
        and target(other.experiment) != target(candidate.experiment)
        and method_level(other.experiment)
    ]
    if not rivals or not method_level(candidate.experiment):
        return ""
    who = listed(rivals) if len(rivals) <= _NAMED_RIVALS else f"{len(rivals)} others"
    return f"; ambiguous, {who} {'fit' if len(rivals) > 1 else 'fits'} as well"


def _components(claims: Sequence[Claim], words: Words) -> dict[str, tuple[Component, ...]]:
    """The parts that each claim names, or those of the sentence before ("this layer", "the heads")."""
    found: dict[str, tuple[Component, ...]] = {}
    before: Claim | None = None
    for claim in claims:
        named = words.with_writes(claim.reading.components, claim.sentence.text)
        if not named and before and before.sentence.block is claim.sentence.block:
            named = found[before.id] if _points_back(claim, found[before.id], words) else ()
        found[claim.id] = named
        before = claim
    return found


def _points_back(claim: Claim, parts: tuple[Component, ...], words: Words) -> bool:
    text = claim.sentence.text
    return words.points_back(text) or bool(words.pointed(text) & {"any", *(part.kind for part in parts)})
