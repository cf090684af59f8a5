"""What was found, for people and for programs."""

from claimlint.report.claims import render_claims
from claimlint.report.formats import FORMATS, render
from claimlint.report.measured import measured_table
from claimlint.report.rules import explain, rules_table

__all__ = ["FORMATS", "explain", "measured_table", "render", "render_claims", "rules_table"]
