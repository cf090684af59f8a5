"""What a rule looks at, and what it hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from claimlint.claims.model import Claim, Cue
from claimlint.config import LinkEntry
from claimlint.evidence import Experiment, Licence, Manifest, parts_of
from claimlint.linking.described import NAMED, Account, nearest
from claimlint.linking.model import Link
from claimlint.manuscript.model import Document, Span

#: Kinds that everything on a higher rung implies; sufficiency is none, for necessity does not imply it.
WEAKER = ("association", "effect", "role")
#: The rung of an edit.
EDITED = 2


@dataclass(frozen=True)
class Case:
    """One claim with everything that speaks for it.

    ``experiments`` are the linked ones that were really carried out, each with its licence at the same place
    in ``licences``; ``dangling`` are the links that lead to nothing, or to something that is only planned.
    ``described`` says that they were read off the paper, which seldom tells all their conditions;
    ``arguable`` is then whether the claim is plain enough to be held against them, and ``reporting`` whether
    it is a finding for which one may ask what they lack.
    """

    claim: Claim
    links: tuple[Link, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    licences: tuple[Licence, ...] = ()
    dangling: tuple[Link, ...] = ()
    described: bool = False
    arguable: bool = True
    reporting: bool = True

    @cached_property
    def own(self) -> bool:
        """Whether the authors assert something about a model here, which performance does not."""
        listed = self.claim.sentence.section.role == "references"
        return self.claim.reading.stance == "own" and self.claim.reading.level > 0 and not listed

    @cached_property
    def asserts(self) -> bool:
        """Whether the claim is no denial: "does not store X" is as often a disclaimer as a claim."""
        return self.own and self.arguable and not self.claim.reading.negated

    @cached_property
    def reports(self) -> bool:
        """Whether the claim is a finding whose experiments may be asked what they lack."""
        return self.own and self.reporting and not self.claim.reading.negated

    @cached_property
    def licensed(self) -> frozenset[str]:
        return frozenset[str]().union(*(licence.kinds for licence in self.licences))

    @property
    def evidence_level(self) -> int:
        return max((licence.level for licence in self.licences), default=0)

    @property
    def named(self) -> tuple[Experiment, ...]:
        """The described experiments whose method the sentence itself names."""
        near = {link.experiment for link in self.links if link.score >= NAMED}
        return tuple(experiment for experiment in self.experiments if experiment.id in near)

    @property
    def near(self) -> tuple[Experiment, ...]:
        """The described experiments that stand nearest to the claim."""
        near = nearest(self.links)
        return tuple(experiment for experiment in self.experiments if experiment.id in near)

    @property
    def observed(self) -> bool:
        """Whether the experiments only observe; of described ones, those that stand nearest to the claim."""
        if not self.described:
            return self.evidence_level < EDITED
        near = {experiment.id for experiment in self.near}
        pairs = zip(self.experiments, self.licences, strict=True)
        return all(licence.level < EDITED for e, licence in pairs if e.id in near)

    @property
    def speaking(self) -> tuple[Experiment, ...]:
        """The experiments that license something by themselves; all of them where none does."""
        pairs = zip(self.experiments, self.licences, strict=True)
        return tuple(experiment for experiment, licence in pairs if licence.level) or self.experiments

    def is_about(self, experiment: Experiment) -> bool:
        """Whether the claim is about the part that the experiment was on, and not about many.

        It names a part, or points back to the experiment's, or its authors tie the two.
        """
        if self.claim.reading.components or not parts_of(experiment.target):
            return True
        mine = [link for link in self.links if link.experiment == experiment.id]
        return any(link.explicit or link.points_back for link in mine)

    def doubts(self, experiment: Experiment) -> bool:
        """Whether the experiment may be about another behaviour than the one that the claim names.

        A counterfactual names none: what would have happened is told as it would have been seen.
        """
        if self.claim.reading.kind == "counterfactual":
            return False
        return any(link.doubtful for link in self.links if link.experiment == experiment.id)

    @property
    def covered(self) -> bool:
        """Whether some experiment licenses the claim's kind; whatever licenses rung 2 measured an effect.

        Where experiments are only described, one of rung 2 gets the benefit of the doubt for all of rung 2,
        unless all that was done is to push the model along some way.
        """
        kind = self.claim.reading.kind
        doubted = ("effect", "role", "sufficiency") if self.described and not self._pushed else ("effect",)
        return kind in self.licensed or (kind in doubted and self.evidence_level >= 2)

    @property
    def _pushed(self) -> bool:
        return {e.method for e in self.speaking} <= {"steering", "weight_edit"}

    @property
    def understated(self) -> bool:
        """Whether the experiments reach a higher rung, all of which implies what is claimed."""
        return self.claim.reading.kind in WEAKER and self.evidence_level > self.claim.reading.level


@dataclass(frozen=True)
class Study:
    """The whole paper as the rules see it; ``manifest`` is None where there is none.

    ``configured`` are the config's links. ``described`` is what the paper says it did, where that stands in
    for a manifest; ``manifest`` then holds the same experiments. ``plans`` is a manifest in which nothing was
    carried out yet. ``folder`` is where the manifest's paths begin.
    """

    document: Document
    cases: tuple[Case, ...]
    manifest: Manifest | None = None
    configured: tuple[LinkEntry, ...] = ()
    described: Account | None = None
    plans: Manifest | None = None
    folder: Path = Path()

    @cached_property
    def wording_alone(self) -> Study:
        """The same paper without any evidence, for the rules that do not take a paper at its word.

        What leads to nothing stays: it leans on a manifest of plans.
        """
        bare = tuple(
            Case(case.claim, dangling=case.dangling, arguable=case.arguable, reporting=case.reporting)
            for case in self.cases
        )
        return replace(self, cases=bare, manifest=None, described=None)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule fired: at which words, with which of its messages, and what the message may mention."""

    span: Span
    sentence: Span
    text: str
    cue: str = ""
    message: str = "main"
    case: Case | None = None
    severity: str = ""
    experiments: tuple[Experiment, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)


def hit_at(
    case: Case,
    words: tuple[int, int] | None = None,
    *,
    message: str = "main",
    severity: str = "",
    experiments: tuple[Experiment, ...] | None = None,
    **values: object,
) -> Hit:
    """A hit on a claim, at ``words`` of its sentence or else at the cue that gave the claim its kind."""
    sentence = case.claim.sentence
    start, end = words or main_cue(case.claim)
    return Hit(
        span=sentence.place(start, end),
        sentence=sentence.span,
        text=sentence.text,
        cue=sentence.text[start:end],
        message=message,
        case=case,
        severity=severity,
        experiments=case.experiments if experiments is None else experiments,
        values=values,
    )


def main_cue(claim: Claim) -> tuple[int, int]:
    """The words that gave the claim its kind; the whole sentence where no cue is recorded."""
    cues: tuple[Cue, ...] = claim.reading.cues
    return (cues[0].start, cues[0].end) if cues else (0, len(claim.sentence.text))
