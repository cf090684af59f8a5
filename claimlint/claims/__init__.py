"""Document to claims: what every sentence asserts, whose statement it is, and on which rung it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from claimlint.claims.model import Claim, Reading
from claimlint.claims.profiles import levels

if TYPE_CHECKING:
    from claimlint.manuscript.model import Document, Sentence


def read_sentence(
    text: str,
    *,
    section: str = "",
    role: str = "",
    previous: str = "",
    assume_claim: bool = False,
    profile: str = "joshi2026",
    profiles: Mapping[str, Mapping[str, int]] | None = None,
    labels_only: bool = False,
) -> Reading:
    """Read one sentence.

    Args:
        section: the heading that it stands under; ``role`` is the part that the section plays, where known.
        previous: the sentence before it.
        assume_claim: it is known to be the authors' own claim.
        profile: how kinds map to levels; ``profiles`` are the user's own.
        labels_only: leave behaviour, model and quantities out, which no label depends on.

    Raises:
        ClaimlintError: the profile is not known, or a cue pack cannot be read.
    """
    from claimlint.claims.engine import engine  # noqa: PLC0415  (compiles the packs)

    return engine().read(
        text,
        section=section,
        role=role,
        previous=previous,
        assume_claim=assume_claim,
        level_of=levels(profile, profiles),
        labels_only=labels_only,
    )


def models_named(text: str) -> tuple[str, ...]:
    """The models that a text names, as it names them: "GPT-2 XL", "Pythia".

    Raises:
        ClaimlintError: a cue pack cannot be read.
    """
    from claimlint.claims.engine import engine  # noqa: PLC0415  (compiles the packs)

    return engine().models(text)


def claims(
    document: Document,
    *,
    profile: str = "joshi2026",
    profiles: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[Claim, ...]:
    """A reading of every sentence of a document, in reading order; later stages pick the own ones."""
    from claimlint.claims.tied import tied  # noqa: PLC0415
    from claimlint.manuscript import sentences  # noqa: PLC0415

    read = partial(read_in_place, profile=profile, profiles=profiles)
    found = [
        Claim(f"c{number}", s, read(s, tied=any(mark.kind == "evidence" for mark in s.marks)))
        for number, s in enumerate(sentences(document), 1)
    ]
    by_comment = {claim.id for _, claim in tied(document, found) if claim}
    return tuple(
        replace(claim, reading=read(claim.sentence, tied=True)) if claim.id in by_comment else claim
        for claim in found
    )


def read_in_place(
    sentence: Sentence,
    *,
    tied: bool,
    profile: str = "joshi2026",
    profiles: Mapping[str, Mapping[str, int]] | None = None,
) -> Reading:
    """Read a sentence where it stands.

    Args:
        tied: its authors tie it to an experiment; it is then their own claim, whatever it seems to be.

    Raises:
        ClaimlintError: the profile is not known, or a cue pack cannot be read.
    """
    read = partial(
        read_sentence,
        sentence.text,
        section=sentence.section.title,
        role=sentence.section.role if sentence.section.role != "body" else "",
        previous=sentence.previous,
        profile=profile,
        profiles=profiles,
    )
    plain = read()
    silent = plain.kind == "none" and plain.stance in ("own", "background", "other")
    return read(assume_claim=True) if silent and tied else plain


__all__ = ["claims", "models_named", "read_in_place", "read_sentence"]
