"""From a sentence to its experiments in the manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from lsprotocol import types

from claimlint.lsp.places import offset_of, range_of, uri_of
from claimlint.lsp.project import Checked


def definition(
    found: Checked, path: str, position: types.Position, unsaved: Mapping[str, str]
) -> list[types.Location]:
    """The experiment that is named at a position, else all that the sentence is linked to."""
    source, outcome = found.sources.get(path), found.outcome
    if source is None or outcome is None or not outcome.manifest:
        return []
    offset = offset_of(source.text, position)
    named = _named(source.text, offset)
    judged = found.claim_at(path, offset)
    linked = [link.experiment for link in judged.links] if judged else []
    text = _text(outcome.manifest, unsaved)
    places = [place_of(id, text, toml=outcome.manifest.endswith(".toml")) for id in named or linked]
    return [
        types.Location(uri_of(outcome.manifest), range_of(text, *place))
        for place in places
        if place is not None
    ]


_NAMES = re.compile(r"(?:\\evidence\{|evidence\[)(?P<ids>[^\]}\n]*)[\]}]")


def _named(text: str, offset: int) -> list[str]:
    """The id that is written at an offset in ``\\evidence{...}`` or ``evidence[...]``, or all ids there."""
    line = text.rfind("\n", 0, offset) + 1
    for match in _NAMES.finditer(text, line):
        if match.start() > offset:
            break
        if offset <= match.end():
            ids = [(m.group(), m.start(), m.end()) for m in re.finditer(r"[^\s,]+", match["ids"])]
            at = offset - match.start("ids")
            return [id for id, start, end in ids if start <= at <= end] or [id for id, _, _ in ids]
    return []


def place_of(id: str, text: str, *, toml: bool) -> tuple[int, int] | None:
    """Where a manifest's text gives an experiment its id; models and prompt sets may have the same."""
    if toml:
        for table in re.finditer(
            r"^[ \t]*\[\[experiments\]\](?P<fields>.*?)(?=^[ \t]*\[\[|\Z)", text, re.M | re.S
        ):
            field = re.compile(rf"^[ \t]*id[ \t]*=[ \t]*[\"'](?P<id>{re.escape(id)})[\"']", re.MULTILINE)
            found = field.search(text, table.start("fields"), table.end("fields"))
            if found:
                return found.span("id")
        return None
    start = re.search(r'"experiments"\s*:', text)
    written = json.dumps(id), json.dumps(id, ensure_ascii=False)
    pattern = re.compile(rf'"id"\s*:\s*"(?P<id>{"|".join(re.escape(w[1:-1]) for w in written)})"')
    found = pattern.search(text, start.end()) if start else None
    return found.span("id") if found else None


def _text(path: str, unsaved: Mapping[str, str]) -> str:
    return unsaved.get(str(Path(path).resolve())) or Path(path).read_text(encoding="utf-8-sig")
