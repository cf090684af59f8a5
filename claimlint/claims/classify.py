"""The engine alone, over JSON lines: one labelled object out for every line in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, TextIO

from claimlint.claims import read_sentence
from claimlint.claims.model import Reading

LONGEST_LINE = 1_000_000
ENCODER = json.JSONEncoder(ensure_ascii=False)
#: What JSON can escape and UTF-8 cannot say: one half of a pair that UTF-16 makes a character of.
SURROGATE = re.compile("[\ud800-\udfff]")

More = Callable[[Mapping[str, Any], Reading], Mapping[str, Any]]


def classify(
    lines: BinaryIO | Iterable[bytes],
    out: TextIO,
    *,
    assume_claim: bool = False,
    profile: str = "joshi2026",
    more: More | None = None,
) -> bool:
    """Label every line, in order; whether any could not be read.

    Args:
        lines: JSON objects with ``id`` (or ``n``) and ``text``, and perhaps ``section`` and ``previous``.
        assume_claim: every line is known to be an own claim.
        more: further fields for a line, from what it says and how it was read.
    """
    failed = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        answer: dict[str, Any]
        try:
            asked = _parse(line)
            reading = read_sentence(
                asked["text"],
                section=asked.get("section") or "",
                previous=asked.get("previous") or "",
                assume_claim=assume_claim,
                profile=profile,
                labels_only=more is None,
            )
            answer = _identity(asked) | labels(reading) | dict(more(asked, reading) if more else {})
        except _BadLineError as error:
            failed = True
            answer = {"line": number, "error": str(error)}
        out.write(ENCODER.encode(answer) + "\n")
    return failed


class _BadLineError(ValueError):
    pass


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise _BadLineError(f"the line is {len(line):,} bytes long; a sentence has at most {LONGEST_LINE:,}")
    try:
        asked = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _BadLineError(f"not UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise _BadLineError(f"not JSON: {error}") from error
    if not isinstance(asked, dict):
        raise _BadLineError("not a JSON object")
    if b"\\u" in line and (half := SURROGATE.search(ENCODER.encode(asked))):
        raise _BadLineError(f"{half[0]!a} is half a character and cannot be written")
    if not isinstance(asked.get("text"), str):
        raise _BadLineError("the object has no text" if "text" not in asked else "text is not a string")
    for key in ("section", "previous"):
        if not isinstance(asked.get(key), str | None):
            raise _BadLineError(f"{key} is not a string")
    return asked


def _identity(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The line's own name, under the key that it came with and as ``id``."""
    if "id" in asked:
        return {"id": asked["id"]}
    if "n" in asked:
        return {"id": asked["n"], "n": asked["n"]}
    return {"id": None}


def labels(reading: Reading) -> dict[str, Any]:
    """A reading as the interface gives it."""
    return {
        "stance": reading.stance,
        "level": reading.level,
        "kind": reading.kind,
        "hedged": reading.hedged,
        "negated": reading.negated,
        "scope": reading.scope,
        "confidence": reading.confidence,
        "components": [
            {
                "text": c.text,
                "kind": c.kind,
                "layer": c.layer,
                "index": c.index,
                "start": c.start,
                "end": c.end,
            }
            for c in reading.components
        ],
        "cues": [{"rule": c.rule, "text": c.text, "start": c.start, "end": c.end} for c in reading.cues],
    }
