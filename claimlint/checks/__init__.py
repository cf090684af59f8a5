"""Claims and evidence in, findings and verdicts out."""

from claimlint.checks.check import RuleCrashed, check
from claimlint.checks.model import SEVERITIES, VERDICTS, Finding, Judged, Outcome
from claimlint.checks.rules import Rule, enabled, find_rule, load_rules

__all__ = [
    "SEVERITIES",
    "VERDICTS",
    "Finding",
    "Judged",
    "Outcome",
    "Rule",
    "RuleCrashed",
    "check",
    "enabled",
    "find_rule",
    "load_rules",
]
