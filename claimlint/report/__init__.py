"""What was found, for people and for programs."""

from claimlint.report.claims import render_claims
from claimlint.report.formats import FORMATS, render
from claimlint.report.rules import explain, rules_table

__all__ = ["FORMATS", "explain", "render", "render_claims", "rules_table"]
