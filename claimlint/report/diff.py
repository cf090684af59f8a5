"""What the edits would change, as a unified diff that `patch` and `git apply` read."""

from __future__ import annotations

import difflib

from claimlint.checks.edits import Edits, applied
from claimlint.manuscript.model import Document

NO_NEWLINE = "\n\\ No newline at end of file\n"


def unified(document: Document, edits: Edits) -> str:
    """The diff of all files that the edits touch, in the document's order."""
    by_file = edits.by_file()
    parts = []
    for source in document.sources:
        if source.name in by_file:
            old, new = _lines(source.text), _lines(applied(source, by_file[source.name]))
            lines = difflib.unified_diff(old, new, source.name, source.name)
            parts += [line if line.endswith("\n") else f"{line}{NO_NEWLINE}" for line in lines]
    return "".join(parts)


def _lines(text: str) -> list[str]:
    """With their ends; form feeds and the like, which end no line for other tools, are left inside."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]
