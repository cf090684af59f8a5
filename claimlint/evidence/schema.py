"""The published JSON Schema of the manifest; its descriptions are the manual of the fields."""

from __future__ import annotations

from functools import cache
from typing import Any

from claimlint.evidence.model import Manifest


@cache
def manifest_schema() -> dict[str, Any]:
    """The schema of ``manifest.json`` as a JSON Schema of 2020-12."""
    schema = Manifest.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "claimlint manifest",
        "description": "The experiments that a paper's claims rest on.",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }
