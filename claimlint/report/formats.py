"""The list of formats."""

from __future__ import annotations

from importlib import import_module

from claimlint.checks.model import Outcome
from claimlint.errors import ClaimlintError, near_name

#: Each is a module that is loaded when it is asked for, with a function of its own name.
FORMATS = {
    "text": "text",
    "concise": "concise",
    "json": "json_report",
    "jsonl": "jsonl",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "checkstyle": "checkstyle",
    "rdjson": "rdjson",
    "markdown": "markdown",
    "html": "html",
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
    module = import_module(f"claimlint.report.{FORMATS[form]}")
    rendered: str = getattr(module, FORMATS[form])(outcome, color=color)
    return rendered
