"""JUnit XML, for the test tab of a CI server."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from claimlint.checks.model import Finding, Outcome
from claimlint.report.places import place_words
from claimlint.report.words import message_lines, rule_words
from claimlint.report.xml import xml


def junit(outcome: Outcome, *, color: bool = False) -> str:
    """A failed case a finding; a note passes, and a paper without findings is one case that passes.

    A rule that crashed is an error: servers call a suite without failures a success.
    """
    failures = sum(finding.severity != "info" for finding in outcome.findings)
    counts = {"failures": str(failures), "errors": str(len(outcome.crashes))}
    root = Element("testsuites")
    suite = SubElement(root, "testsuite", name=outcome.document.path)
    for finding in outcome.findings:
        _case(suite, outcome, finding)
    for words in outcome.crashes:
        case = SubElement(suite, "testcase", classname="claimlint", name="every rule did its work")
        SubElement(case, "error", type="crash", message=words)
    if not len(suite):
        SubElement(suite, "testcase", classname="claimlint", name="no findings")
    suite.attrib |= {"tests": str(len(suite)), **counts}
    root.attrib |= {"name": "claimlint", "tests": str(len(suite)), **counts}
    return xml(root)


def _case(suite: Element, outcome: Outcome, finding: Finding) -> None:
    where = place_words(outcome.document, finding.span)
    name = f"{rule_words(finding)} at {where}"
    case = SubElement(suite, "testcase", classname=f"claimlint.{finding.name}", name=name)
    if finding.severity == "info":
        SubElement(case, "system-out").text = message_lines(finding)
    else:
        problem = SubElement(case, "failure", type=finding.severity, message=finding.message)
        problem.text = f"{where}\n{message_lines(finding)}"
