"""One manuscript that is open in an editor: its root, what was found last, and where in it one stands."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from claimlint.checks import Finding, Judged, Outcome, RuleCrashed
from claimlint.config import load_config
from claimlint.errors import ClaimlintError
from claimlint.manuscript.model import Source, Span
from claimlint.pipeline import lint


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check of a root gave: an outcome, or what kept it from one, or both where a rule crashed."""

    root: str
    outcome: Outcome | None
    trouble: str = ""

    @property
    def sources(self) -> dict[str, Source]:
        """The files that were read, by their real paths."""
        read = self.outcome.document.sources if self.outcome else ()
        return {os.path.realpath(source.name): source for source in read}

    def findings_in(self, path: str) -> Iterator[Finding]:
        for finding in self.outcome.findings if self.outcome else ():
            if os.path.realpath(finding.span.file) == path:
                yield finding

    def findings_at(self, path: str, start: int, end: int) -> list[Finding]:
        """The findings whose sentence, or place, meets the range."""
        return [
            f for f in self.findings_in(path) if _meets(f.sentence, start, end) or _meets(f.span, start, end)
        ]

    def claim_at(self, path: str, offset: int) -> Judged | None:
        """The sentence that stands there."""
        for judged in self.outcome.claims if self.outcome else ():
            span = judged.claim.sentence.span
            if _meets(span, offset, offset) and os.path.realpath(span.file) == path:
                return judged
        return None


def checked(root: str, unsaved: Mapping[str, str]) -> Checked:
    """Lint a manuscript with the texts that its editor holds. What is wrong is told, never raised."""
    try:
        config, folder = load_config(Path(root))
        return Checked(root, lint(root, config, folder, unsaved=unsaved))
    except RuleCrashed as crash:
        return Checked(root, crash.outcome, str(crash))
    except ClaimlintError as error:
        return Checked(root, None, str(error))
    except Exception as error:
        # The server outlives what it was not made for; the paper is not called checked.
        return Checked(root, None, f"claimlint failed ({type(error).__name__}: {error}); please report it")


def _meets(span: Span, start: int, end: int) -> bool:
    return span.start <= end and start <= span.end
