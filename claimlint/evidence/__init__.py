"""What was really run: the manifest, and what its experiments license."""

from claimlint.evidence.licence import LEVELS, Licence, Unmet, evidence_level, licence, licenses_instance
from claimlint.evidence.manifest import load_manifest
from claimlint.evidence.model import GRADES, METHODS, Experiment, Manifest
from claimlint.evidence.parts import Part, parts_of
from claimlint.evidence.schema import manifest_schema
from claimlint.evidence.store import add_entries, update_manifest, write_manifest

__all__ = [
    "GRADES",
    "LEVELS",
    "METHODS",
    "Experiment",
    "Licence",
    "Manifest",
    "Part",
    "Unmet",
    "add_entries",
    "evidence_level",
    "licence",
    "licenses_instance",
    "load_manifest",
    "manifest_schema",
    "parts_of",
    "update_manifest",
    "write_manifest",
]
