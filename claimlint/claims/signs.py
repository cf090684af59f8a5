"""Everything that was seen in a sentence, before any of it is weighed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from claimlint.claims.clauses import Words
from claimlint.claims.cues import Hit
from claimlint.claims.main_clause import MainClause
from claimlint.claims.model import Component, Quantity


@dataclass(frozen=True)
class Signs:
    """One sentence: its text, what was masked, the cues that fired, and where nothing is asserted.

    ``role`` is the part that the section plays; ``hypothetical``
    sentences open with a condition that no past counterfactual fulfils.
    """

    text: str
    masked: str
    words: Words
    hits: list[Hit]
    components: tuple[Component, ...]
    quantities: tuple[Quantity, ...]
    role: str
    unasserted: list[tuple[int, int]]
    subjects: dict[tuple[int, int], str] = field(default_factory=dict)
    hypothetical: bool = False
    clauses: list[tuple[int, int]] = field(default_factory=list)
    main: MainClause = field(default_factory=MainClause)

    def asserted(self, hit: Hit) -> bool:
        for start, end in self.unasserted:  # noqa: SIM110  (asked often, and a loop is quicker)
            if start <= hit.start and hit.end <= end:
                return False
        return True

    def counts(self, hit: Hit, loose: tuple[str, ...] = ()) -> bool:
        """Whether the words make the claim that they usually make: asserted, and of a fitting subject.

        ``loose`` are subjects that will do as well.
        """
        return self.asserted(hit) and (not hit.cue.subject or self.subject(hit) in (*hit.cue.subject, *loose))

    def subject(self, hit: Hit) -> str:
        return self.subjects.get((hit.start, hit.end), "other")

    @cached_property
    def tags(self) -> frozenset[str]:
        return frozenset(hit.cue.tag for hit in self.hits if hit.cue.tag)

    @cached_property
    def capitals(self) -> float:
        """The share of words that begin with a capital letter."""
        words = [word[0].isupper() for word in self.text.split() if word[0].isalpha()]
        return sum(words) / len(words) if words else 0.0
