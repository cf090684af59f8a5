"""Everything that was seen in a sentence, before any of it is weighed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from claimlint.claims.clauses import Word
from claimlint.claims.cues import Hit
from claimlint.claims.model import Component, Quantity


@dataclass(frozen=True)
class Signs:
    """One sentence: its text, what was masked, the cues that fired, and where nothing is asserted.

    ``role`` is the part that the section plays. ``before`` are the tags of the previous sentence and of the heading.
    """

    text: str
    masked: str
    words: list[Word]
    hits: list[Hit]
    components: tuple[Component, ...]
    quantities: tuple[Quantity, ...]
    role: str
    unasserted: list[tuple[int, int]]
    subjects: dict[tuple[int, int], str] = field(default_factory=dict)
    has_verb: bool = True
    before: frozenset[str] = frozenset()

    def asserted(self, hit: Hit) -> bool:
        return not any(start <= hit.start < end for start, end in self.unasserted)

    def subject(self, hit: Hit) -> str:
        return self.subjects.get((hit.start, hit.end), "other")

    @cached_property
    def tags(self) -> frozenset[str]:
        return frozenset(hit.cue.tag for hit in self.hits if hit.cue.tag)
