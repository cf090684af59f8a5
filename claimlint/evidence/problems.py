"""Why a manifest does not fit its schema, in words that a reader can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from claimlint.errors import near_name
from claimlint.evidence.schema import manifest_schema

_KINDS = {
    "string": "a text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table of fields",
}
_SHOWN = 40


def describe(error: ValidationError, data: Any) -> list[str]:
    """One line per place: where, what is wrong there, and what was expected.

    A value that may have several forms makes one error per form; they are told together.
    """
    by_place: dict[tuple[str | int, ...], list[ErrorDetails]] = {}
    for problem in error.errors(include_url=False):
        by_place.setdefault(_path(problem["loc"], data), []).append(problem)
    return [f"{_place(path, data)}: {_wrong(path, problems)}" for path, problems in by_place.items()]


def _path(loc: Sequence[str | int], data: Any) -> tuple[str | int, ...]:
    """The location without the names that the validator gives to the forms of a value."""
    path: list[str | int] = []
    for number, part in enumerate(loc):
        if _holds(data, part):
            data = data[part]
        elif number < len(loc) - 1 or not isinstance(data, Mapping if isinstance(part, str) else list):
            continue
        path.append(part)
    return tuple(path)


def _holds(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data


def _place(path: Sequence[str | int], data: Any) -> str:
    words = ""
    for part in path:
        data = data[part] if _holds(data, part) else None
        if isinstance(part, int):
            id = data.get("id") if isinstance(data, Mapping) else None
            words += f'[{part}] (id "{id}")' if isinstance(id, str) else f"[{part}]"
        else:
            words += f".{part}" if words else part
    return words or "the whole file"


def _wrong(path: tuple[str | int, ...], problems: Sequence[ErrorDetails]) -> str:
    problem = problems[0]
    name = str(path[-1]) if path else ""
    if problem["type"] == "extra_forbidden":
        return f"unknown field.{near_name(name, _fields(path[:-1]))}"
    if problem["type"] == "missing":
        return "missing, and required"
    if problem["type"] == "json_invalid":
        return problem["msg"]
    value = problem["input"]
    shown = repr(value) if len(repr(value)) <= _SHOWN else repr(value)[:_SHOWN] + "..."
    choices = [word for place in _schemas(path) for word in place.get("enum", ())]
    if choices and isinstance(value, str):
        near = near_name(value, choices)
        return f"{shown} is not one of {', '.join(choices)}.{near}"
    expected = " or ".join(dict.fromkeys(_expected(path))) or problem["msg"]
    return f"expected {expected}, got {shown}"


def _fields(path: Sequence[str | int]) -> list[str]:
    return [name for place in _schemas(path) for name in place.get("properties", ())]


def _expected(path: Sequence[str | int]) -> Iterator[str]:
    for place in _schemas(path):
        if "enum" in place:
            yield f"one of {', '.join(place['enum'])}"
        elif "pattern" in place:
            yield f"a text such as {place['examples'][0]!r} ({place['pattern']})"
        elif "minimum" in place:
            yield f"a {'whole ' if place['type'] == 'integer' else ''}number of at least {place['minimum']}"
        elif place.get("type") in _KINDS:
            yield _KINDS[place["type"]]


def _schemas(path: Sequence[str | int]) -> list[dict[str, Any]]:
    """The schemas that may hold at a path."""
    root = manifest_schema()
    found = _forms(root, root)
    for part in path:
        inner = [_step(place, part) for place in found]
        found = [form for place in inner if place is not None for form in _forms(place, root)]
    return found


def _step(place: dict[str, Any], part: str | int) -> dict[str, Any] | None:
    if isinstance(part, int):
        members = place.get("prefixItems", [])
        return members[part] if part < len(members) else place.get("items")
    found = place.get("properties", {}).get(part, place.get("additionalProperties"))
    return found if isinstance(found, dict) else None


def _forms(place: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema with its references followed and its alternatives laid side by side."""
    if "$ref" in place:
        return _forms(root["$defs"][re.sub(r".*/", "", place["$ref"])], root)
    inner = place.get("anyOf") or place.get("oneOf")
    return [form for option in inner for form in _forms(option, root)] if inner else [place]
