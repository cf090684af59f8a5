"""The experiment itself lacks something that its method asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from claimlint.checks.kinds.base import RuleKind, Words, find_words
from claimlint.checks.kinds.demands import Demands, unmet
from claimlint.checks.study import Case, Hit, Study, hit_at
from claimlint.evidence import Experiment
from claimlint.phrasing import listed


class Adequacy(RuleKind):
    """An experiment of one of ``methods`` that lacks one of ``all_of``, or every one of ``any_of``.

    It is reported once, at the first claim that leans on it. Of experiments that a paper only describes it is
    reported once a method, at the first claim that names it: what a paper says of its controls is not said of
    one experiment.

    Args:
        methods: whose experiments are asked.
        fewest: samples below which an experiment that lacks something is told so too (message ``few``).
        per_dim: the same, as a multiple of the width of the activations.
        about: words of which a claim has one, where what it leans on is only described.
    """

    kind: Literal["adequacy"]
    methods: tuple[str, ...]
    all_of: Demands = ()
    any_of: Demands = ()
    fewest: int = 0
    per_dim: int = 0
    about: Words = ()

    @property
    def messages(self) -> tuple[str, ...]:
        return ("main", "few") if self.fewest else ("main",)

    @property
    def needs_manifest(self) -> bool:
        return True

    @property
    def judges_wording(self) -> bool:
        return False

    @property
    def demanded(self) -> tuple[str, ...]:
        fields = [field for demand in (*self.all_of, *self.any_of) for field in demand.fields]
        sizes = [name for name, least in (("effect.n", self.fewest), ("dim", self.per_dim)) if least]
        return (*fields, *sizes)

    def find(self, study: Study) -> Iterator[Hit]:
        seen = set[str]()
        for case in study.cases:
            for experiment in self._leant_on(case):
                known_as = experiment.method if case.described else experiment.id
                if known_as in seen or experiment.method not in self.methods:
                    continue
                seen.add(known_as)
                lacking = unmet(self.all_of, self.any_of, (experiment,), study.manifest)
                if lacking:
                    few = self._few(experiment)
                    yield hit_at(
                        case,
                        message="few" if few else "main",
                        experiments=(experiment,),
                        experiment=experiment.id,
                        missing=listed(lacking),
                        tried=few,
                    )

    def _leant_on(self, case: Case) -> tuple[Experiment, ...]:
        if not case.described:
            return case.experiments if case.own else ()
        about = not self.about or find_words(self.about, case.claim.sentence.text)
        return case.named if case.reports and about else ()

    def _few(self, experiment: Experiment) -> str:
        """How many samples there are, where they are too few to be believed without a control."""
        n = experiment.effect.n if experiment.effect else None
        if n is None:
            return ""
        if n < self.fewest:
            return f"{n} samples"
        dim = experiment.dim or 0
        return f"{n} samples for {dim} dimensions" if n < self.per_dim * dim else ""
