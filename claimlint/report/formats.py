"""The list of formats."""

from __future__ import annotations

from claimlint.checks.model import Outcome
from claimlint.errors import ClaimlintError, near_name
from claimlint.report.checkstyle import checkstyle
from claimlint.report.concise import concise
from claimlint.report.github import github
from claimlint.report.gitlab import gitlab
from claimlint.report.html import html
from claimlint.report.json_report import json_report
from claimlint.report.jsonl import jsonl
from claimlint.report.junit import junit
from claimlint.report.markdown import markdown
from claimlint.report.rdjson import rdjson
from claimlint.report.sarif import sarif
from claimlint.report.text import text

FORMATS = {
    "text": text,
    "concise": concise,
    "json": json_report,
    "jsonl": jsonl,
    "sarif": sarif,
    "github": github,
    "gitlab": gitlab,
    "junit": junit,
    "checkstyle": checkstyle,
    "rdjson": rdjson,
    "markdown": markdown,
    "html": html,
}


def render(outcome: Outcome, form: str, *, color: bool = False) -> str:
    """The report in one of `FORMATS`, ending with a line end where it is not empty.

    Args:
        color: whether the reader is a terminal; the formats for programs take no notice.

    Raises:
        ClaimlintError: there is no such format.
    """
    if form not in FORMATS:
        raise ClaimlintError(
            f"{form!r} is no format.{near_name(form, list(FORMATS))}",
            "The report cannot be written.",
            f"Known formats: {', '.join(FORMATS)}.",
        )
    return FORMATS[form](outcome, color=color)
