"""Which described experiments speak for a claim: those of its sentence, its section, the paper as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from claimlint.claims.model import Claim, Component
from claimlint.evidence.licence import method_level
from claimlint.evidence.model import Method
from claimlint.evidence.parts import Part, parts_of
from claimlint.linking.described.account import SUMMARY, Account, Described
from claimlint.linking.described.concluding import concluding
from claimlint.linking.described.pack import vocabulary
from claimlint.linking.model import Link
from claimlint.linking.targets import cover, named_parts
from claimlint.manuscript.model import Section

#: How near an experiment stands that the sentence itself names.
NAMED = 0.9
_SECTION, _PAPER, _ELSEWHERE = 0.7, 0.5, 0.3
_SAME_PART = 0.05


@dataclass(frozen=True, slots=True)
class Spoken:
    """A described experiment that may stand behind a claim, and why."""

    described: Described
    reason: str
    score: float


def speaking(
    text: str, components: Sequence[Component], section: Section | None, account: Account
) -> tuple[Spoken, ...]:
    """The experiments that speak for a claim, the nearest first.

    Args:
        text: the claim's sentence.
        components: the parts that it names.
        section: where it stands, if that is known.
        account: what the paper describes.
    """
    named, used = named_parts(components), vocabulary().methods(text)
    found = [spoken for d in _about(named, account) if (spoken := _near(d, used, section, named))]
    return tuple(sorted(found, key=lambda s: (-s.score, -method_level(s.described.experiment))))


def evidence_of(spoken: Iterable[Spoken]) -> tuple[tuple[Spoken, ...], int]:
    """Those on which the paper rests for the claim, and the highest rung that their methods reach."""
    behind = tuple(s for s in spoken if s.score >= _PAPER)
    return behind, max((method_level(s.described.experiment) for s in behind), default=0)


def nearest(links: Sequence[Link]) -> frozenset[str]:
    """The experiments that a claim's sentence or section describes; else those on which the paper rests."""
    near = [link for link in links if link.score >= _SECTION]
    return frozenset(link.experiment for link in near or links if link.score >= _PAPER)


def link_described(claims: Sequence[Claim], account: Account) -> Iterator[Link]:
    """Links from claims and conclusions to what the paper describes for them, the nearest of each method."""
    for claim in claims:
        reading, sentence = claim.reading, claim.sentence
        if (reading.stance == "own" and reading.level >= 1) or concluding(claim):
            nearest: dict[Method, Spoken] = {}
            for s in speaking(sentence.text, reading.components, sentence.section, account):
                nearest.setdefault(s.described.experiment.method, s)
            for s in nearest.values():
                yield Link(claim.id, s.described.experiment.id, s.reason, s.score, explicit=False)


def _near(
    described: Described, used: Collection[Method], section: Section | None, named: tuple[Part, ...]
) -> Spoken | None:
    experiment = described.experiment
    part = cover(named, experiment) if named else None
    if experiment.method in used:
        reason, score = "its method is named in the sentence", NAMED
    elif section and _is_study(section) and described.section is section:
        reason, score = "described in the same section", _SECTION
    elif described.main:
        reason, score = "the paper rests on it", _PAPER
    else:
        reason, score = (
            "described elsewhere in the paper; ambiguous, it may be about something else",
            _ELSEWHERE,
        )
    if part:
        parts = ", ".join(str(p) for p in named if p in part.parts)
        return Spoken(described, f"{reason}; same component ({parts})", round(score + _SAME_PART, 2))
    return Spoken(described, reason, score)


def _is_study(section: Section) -> bool:
    """Whether a section tells of experiments; one without a heading opens the paper, and sums it up."""
    return bool(section.title) and section.role not in SUMMARY


def _about(named: tuple[Part, ...], account: Account) -> Iterable[Described]:
    """The experiments that may be about the parts that a claim names.

    Where the paper describes an experiment on these very parts, a method of which it names other parts only
    is left aside, unless it went over all of them.
    """
    if not named or not any(cover(named, d.experiment) for d in account.experiments):
        return account.experiments
    alike: dict[Method, list[Described]] = {}
    for d in account.experiments:
        alike.setdefault(d.experiment.method, []).append(d)
    return (d for same in alike.values() for d in _that_may_cover(named, same))


def _that_may_cover(named: tuple[Part, ...], alike: Sequence[Described]) -> Iterable[Described]:
    """Of the experiments by one method, those that may be about the parts."""
    if not any(parts_of(d.experiment.target) for d in alike):
        return alike
    if any(d.everywhere for d in alike):
        return (d for d in alike if d.everywhere or not parts_of(d.experiment.target))
    return (d for d in alike if cover(named, d.experiment))
