"""``--since REV``: the findings whose sentences touch lines that changed since a revision of git."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from claimlint.checks.model import Finding, Outcome
from claimlint.errors import ClaimlintError
from claimlint.manuscript.model import Source, Span
from claimlint.manuscript.positions import line_index

_HUNK = re.compile(r"^@@ -\S+ \+(?P<first>\d+)(?:,(?P<count>\d+))? @@", re.MULTILINE)


def since(outcome: Outcome, revision: str) -> tuple[Outcome, int]:
    """The outcome with the findings on changed lines alone, and how many others there are.

    Where lines were taken out, the lines on both sides count as changed. A file unknown to git is new.

    Raises:
        ClaimlintError: git is not there, the paper is in no checkout, or there is no such revision.
    """
    changed = {source.name: _changed(source, revision) for source in outcome.document.sources}
    kept = tuple(finding for finding in outcome.findings if _touches(outcome, finding, changed))
    return replace(outcome, findings=kept), len(outcome.findings) - len(kept)


def _touches(outcome: Outcome, finding: Finding, changed: dict[str, list[range]]) -> bool:
    return any(
        lines.start <= last and first < lines.stop
        for span in (finding.sentence, finding.span)
        for first, last in _lines(outcome, span)
        for lines in changed[span.file]
    )


def _lines(outcome: Outcome, span: Span) -> Iterator[tuple[int, int]]:
    for source in outcome.document.sources:
        if source.name == span.file:
            index = line_index(source.text)
            last = max(span.start, span.end - 1)
            yield index.position(span.start).line, index.position(last).line


def _changed(source: Source, revision: str) -> list[range]:
    path = Path(source.name).absolute()
    commit = _git(
        path.parent, revision, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"
    )
    if not _git(path.parent, revision, "ls-files", "--", path.name):
        return [range(1, 10**9)]
    options = ("--unified=0", "--no-color", "--no-ext-diff", "--no-renames")
    diff = _git(path.parent, revision, "diff", *options, commit.strip(), "--", path.name)
    return [_hunk(int(hunk["first"]), int(hunk["count"] or 1)) for hunk in _HUNK.finditer(diff)]


def _hunk(first: int, count: int) -> range:
    return range(first, first + count) if count else range(first, first + 2)


def _git(folder: Path, revision: str, *args: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(folder), *args], capture_output=True, check=False)
    except OSError as error:
        raise _cannot(revision, f"git cannot be started ({error.strerror})") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _cannot(revision, said[0] if said else "git failed")
    return done.stdout.decode("utf-8", "replace")


def _cannot(revision: str, what: str) -> ClaimlintError:
    return ClaimlintError(
        f"--since {revision}: {what}",
        "Which lines changed is not known, and leaving findings out by guess would hide some.",
        "Name a branch, tag or commit that this checkout has; a shallow clone may lack it (fetch-depth: 0).",
    )
