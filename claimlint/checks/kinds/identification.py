"""Whether the paper says why its effects may be read causally."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind, Words, find_words
from claimlint.checks.study import Hit, Study, hit_at
from claimlint.evidence.model import Identification
from claimlint.phrasing import listed

_PARTS = {
    "strategy": "the strategy",
    "assumptions": "the assumptions",
    "stress_tests": "a stress test",
    "if_violated": "what changes if they fail",
}


class NoIdentification(RuleKind):
    """Claims of rung 2 and above with no identification block, in the manifest or in a section.

    Args:
        least: how many such claims a paper has before it owes one.
        about: words of which such a claim has one.
        strategy, assumptions, stress_tests, if_violated: words of which a section that holds the block has
            one each.
    """

    kind: Literal["no-identification"]
    least: int
    about: Words
    strategy: Words
    assumptions: Words
    stress_tests: Words
    if_violated: Words

    @property
    def needs_manifest(self) -> bool:
        """A reader cannot tell whether what a paper says of controls and limits is meant to be the block."""
        return True

    @property
    def about_paper(self) -> bool:
        return True

    def find(self, study: Study) -> Iterator[Hit]:
        claims = [
            case
            for case in study.cases
            if case.asserts
            and case.claim.reading.level >= 2
            and (case.claim.reading.components or find_words(self.about, case.claim.sentence.text))
        ]
        if study.manifest is None or len(claims) < self.least:
            return
        lacking = min((self._lacking_in_text(study), _lacking_in(study)), key=len)
        if lacking:
            missing = listed(_PARTS[part] for part in lacking)
            yield hit_at(claims[0], experiments=(), tried=len(claims), missing=missing)

    def _lacking_in_text(self, study: Study) -> list[str]:
        """What the section that comes closest lacks; one that names no assumption is no such section."""
        sections: dict[int, list[str]] = defaultdict(list)
        for block in study.document.blocks:
            sections[id(block.section)].append(f"{block.text}\n")
        words = {part: getattr(self, part) for part in _PARTS}
        lacks = []
        for texts in sections.values():
            text = "".join(texts)
            if find_words(self.assumptions, text):
                lacks.append([part for part, named in words.items() if not find_words(named, text)])
        return min(lacks, key=len, default=list(_PARTS))


def _lacking_in(study: Study) -> list[str]:
    block = (study.manifest.identification if study.manifest else None) or Identification()
    return [part for part in _PARTS if not getattr(block, part)]
