"""Entries made from plain fields; every field that does not fit is named, with what it takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Manifest
from claimlint.evidence.problems import describe
from claimlint.phrasing import counted


def manifest_of(data: Mapping[str, Any], place: str) -> Manifest:
    """A manifest from plain data; what has a ``tolist`` (numbers of numpy, torch or jax) counts as its value.

    Args:
        data: the tables, as a manifest file holds them.
        place: what the data stems from, for the message.

    Raises:
        ClaimlintError: a field is unknown, missing, or holds something else than it should.
    """
    text = json.dumps(data, default=plain)
    try:
        return Manifest.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise misfit(place, describe(error, json.loads(text))) from error


def misfit(place: str, problems: Sequence[str]) -> ClaimlintError:
    """All that is wrong with some entries, each problem with its place."""
    lines = "".join(f"\n    {problem}" for problem in problems)
    return ClaimlintError(
        f"{place} does not fit the manifest schema, in {counted(len(problems), 'place')}:{lines}",
        "Claims would be checked against evidence that is not there.",
        "Correct these entries; `claimlint manifest schema` prints every field with its meaning.",
    )


def plain(value: Any) -> Any:
    """What JSON holds in place of an array, or of anything else that it does not know."""
    if hasattr(value, "detach"):
        value = value.detach()
    return value.tolist() if hasattr(value, "tolist") else str(value)
