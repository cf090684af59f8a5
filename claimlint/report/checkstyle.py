"""Checkstyle XML, which many CI servers and review bots read."""

from __future__ import annotations

from itertools import groupby
from xml.etree.ElementTree import Element, SubElement

from claimlint.checks.model import Outcome
from claimlint.report.places import line_and_column
from claimlint.report.words import message_lines
from claimlint.report.xml import xml


def checkstyle(outcome: Outcome, *, color: bool = False) -> str:
    """The findings by file, in the files' order."""
    root = Element("checkstyle", version="4.3")
    for name, findings in groupby(outcome.findings, key=lambda finding: finding.span.file):
        file = SubElement(root, "file", name=name)
        for finding in findings:
            line, column = line_and_column(outcome.document, finding.span)
            SubElement(
                file,
                "error",
                line=str(line),
                column=str(column),
                severity=finding.severity,
                message=message_lines(finding),
                source=f"claimlint.{finding.code}.{finding.name}",
            )
    return xml(root)
