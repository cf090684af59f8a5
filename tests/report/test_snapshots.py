"""One fixed outcome in every format: ``python -m tests.report.test_snapshots`` writes the files anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claimlint import __version__
from claimlint.report import FORMATS, render
from tests.report.fixed import outcome

FOLDER = Path(__file__).parent / "snapshots"
ENDINGS = {
    "text": "txt",
    "concise": "concise.txt",
    "json": "json",
    "jsonl": "jsonl",
    "sarif": "sarif",
    "github": "github.txt",
    "gitlab": "gitlab.json",
    "junit": "junit.xml",
    "checkstyle": "checkstyle.xml",
    "rdjson": "rdjson.json",
    "markdown": "md",
    "html": "html",
}
ASSET = re.compile(r"(<(?:script|style)>).*?(</(?:script|style)>)", re.DOTALL)
DIGEST = re.compile(r"sha256-[\w+/=]+")


def path(form: str) -> Path:
    return FOLDER / f"report.{ENDINGS[form]}"


def rendered(form: str) -> str:
    """The report, without what changes with every release, and of the page its words alone."""
    report = render(outcome(), form)
    if form == "html":
        report = ASSET.sub(r"\1\2", DIGEST.sub("sha256-", report))
    return report.replace(__version__, "0.0.0") if form in ("html", "sarif") else report


@pytest.mark.parametrize("form", FORMATS)
def test_the_report_is_the_one_in_the_file(form: str) -> None:
    assert rendered(form) == path(form).read_bytes().decode()


if __name__ == "__main__":
    for form in FORMATS:
        path(form).write_bytes(rendered(form).encode())
