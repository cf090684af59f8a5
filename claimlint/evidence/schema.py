"""The published JSON Schema of the manifest; its descriptions are the manual of the fields."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from claimlint.evidence import model
from claimlint.evidence.model import Manifest


@cache
def manifest_schema() -> dict[str, Any]:
    """The schema of ``manifest.json`` as a JSON Schema of 2020-12."""
    schema = Manifest.model_json_schema()
    tables = {"Manifest": schema, **schema["$defs"]}
    # pydantic can read the descriptions too, but it does so whenever a manifest is loaded, and that is slow.
    # What stands under a field of Entry holds for every table built on it.
    for table, field, text in _descriptions():
        for name in tables if table == "Entry" else [table]:
            if field in tables.get(name, {}).get("properties", {}):
                tables[name]["properties"][field]["description"] = text
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "claimlint manifest",
        "description": "The experiments that a paper's claims rest on.",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }


def _descriptions() -> Iterator[tuple[str, str, str]]:
    """Table, field and the string that stands under the field."""
    for table in ast.parse(inspect.getsource(model)).body:
        if not isinstance(table, ast.ClassDef):
            continue
        for field, under in pairwise(table.body):
            match field, under:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    yield table.name, name, " ".join(text.split())
