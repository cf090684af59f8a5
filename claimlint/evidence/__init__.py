"""What was really run: the manifest, and what its experiments license."""

from claimlint.evidence.check import Problem, check_manifest
from claimlint.evidence.files import file_digest, read_instances
from claimlint.evidence.licence import (
    IDENTIFICATION,
    LEVELS,
    Licence,
    Unmet,
    licence,
    licenses_instance,
    method_level,
    methods_for,
)
from claimlint.evidence.manifest import load_manifest
from claimlint.evidence.model import GRADES, METHODS, Experiment, Manifest
from claimlint.evidence.parts import Part, parts_of
from claimlint.evidence.schema import manifest_schema
from claimlint.evidence.store import add_entries, update_manifest, write_manifest
from claimlint.evidence.table import manifest_table

__all__ = [
    "GRADES",
    "IDENTIFICATION",
    "LEVELS",
    "METHODS",
    "Experiment",
    "Licence",
    "Manifest",
    "Part",
    "Problem",
    "Unmet",
    "add_entries",
    "check_manifest",
    "file_digest",
    "licence",
    "licenses_instance",
    "load_manifest",
    "manifest_schema",
    "manifest_table",
    "method_level",
    "methods_for",
    "parts_of",
    "read_instances",
    "update_manifest",
    "write_manifest",
]
