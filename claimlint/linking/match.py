"""Same-target matching: an experiment is a candidate for a claim where nothing tells their targets apart.

Parts of the model, behaviour and model may contradict each other, and one contradiction ends it. What agrees
adds to the score and is what the user reads as the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from claimlint.claims.model import Claim, Component, Quantity
from claimlint.evidence.licence import licence, method_level
from claimlint.evidence.model import Experiment, Manifest
from claimlint.evidence.numbers import Number, numbers_of
from claimlint.evidence.parts import Part, parts_of
from claimlint.evidence.units import family
from claimlint.linking.company import Company
from claimlint.linking.models import named_models
from claimlint.linking.prompts import named_prompts, same_prompt
from claimlint.linking.targets import Cover, cover, named_parts
from claimlint.linking.words import Words

#: What each agreement is worth. A link needs `ENOUGH` and at least one agreement about the target itself:
#: a part, a name, a behaviour, a table, or method and number together.
PART = 0.45
PART_INSIDE = 0.3  # the MLP or the attention of the layer that the claim names
NAME = 0.35
SHOWN = 0.4
BEHAVIOUR = 0.3
BEHAVIOUR_HALF = 0.15  # at most half of the words that describe the behaviour
PROMPT = 0.3  # the outcome of the very prompt that the claim names
NUMBER = 0.2
METHOD = 0.15
MODEL = 0.1
ENOUGH = 0.3
#: A match is not as sure as a link that the authors made.
MOST = 0.95

_OBSERVED = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """An experiment that may speak to a claim: what they share, in words, and how much that is worth.

    It is ``doubtful`` where the claim describes the behaviour in words that the manifest does not know, and
    ``quoted`` where the claim states its number.
    """

    experiment: Experiment
    agreements: tuple[str, ...]
    score: float
    cover: Cover | None
    doubtful: bool = False
    quoted: bool = False


class Matching:
    """The experiments of a manifest, made ready to be held against one claim after the other.

    Args:
        manifest: where the experiments are; planned and failed ones are left out.
        words: the language's words.
        company: which of them the paper uses together.
    """

    def __init__(self, manifest: Manifest, words: Words, company: Company) -> None:
        self.manifest = manifest
        self.words = words
        self.company = company
        self.done = manifest.done
        self.numbers = {e.id: tuple(_numbers(e)) for e in self.done}
        self.behaviours = tuple(dict.fromkeys(e.behaviour for e in manifest.experiments))

    def candidates(self, claim: Claim, components: tuple[Component, ...]) -> tuple[Candidate, ...]:
        """The experiments on the same target as the claim, in the manifest's order.

        Args:
            claim: a claim of the authors.
            components: the parts it names, or those that it points back to.
        """
        matcher = _Matcher(claim, named_parts(components), self)
        found = tuple(filter(None, map(matcher.match, self.done)))
        return _beyond_doubt(claim, self.manifest, _covering(matcher.named, found))


def _beyond_doubt(claim: Claim, manifest: Manifest, found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Without the doubtful candidates where one of them would support the claim.

    Unknown words may paraphrase the behaviour or name another one. As evidence that falls short either way
    they are worth showing; as support they would be borrowed.
    """
    if any(c.doubtful and claim.reading.kind in licence(c.experiment, manifest).kinds for c in found):
        return tuple(c for c in found if not c.doubtful)
    return found


def _covering(named: tuple[Part, ...], found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Those that cover all the named parts, else those that do so together, else none.

    Evidence for one part is not evidence for another; and a part of a layer stands in for it only where
    nothing was done to the layer itself.
    """
    if not named:
        return found
    parts = frozenset(named)
    if any(c.cover and c.cover.whole for c in found):
        found = tuple(c for c in found if c.cover is None or c.cover.whole)
    if any(c.cover and c.cover.parts == parts and method_level(c.experiment) for c in found):
        return tuple(c for c in found if c.cover is None or c.cover.parts == parts or c.quoted)
    covered = frozenset[Part]().union(*(c.cover.parts for c in found if c.cover))
    return found if covered == parts else tuple(c for c in found if c.cover is None)


class _Matcher:
    """One claim, held against one experiment after the other."""

    def __init__(self, claim: Claim, named: tuple[Part, ...], matching: Matching) -> None:
        manifest, words = matching.manifest, matching.words
        self.named = named
        self._company = matching.company
        self._numbers = matching.numbers
        self._claim = claim
        self._text = claim.sentence.text
        self._manifest = manifest
        self._words = words
        self._stems = words.stems(self._text)
        self._about = words.about(claim.reading.behaviour)
        self._methods = words.methods(self._text)
        self._prompts = named_prompts(claim)
        self._inner = words.parts_within(self._text)
        self._figures = [q for q in claim.reading.quantities if _tells_apart(q)]
        self._labels = {key for mark in claim.sentence.marks if mark.kind == "reference" for key in mark.keys}
        self._models = named_models(claim, manifest, words)
        self._behaviours = {behaviour: self._common(behaviour) for behaviour in matching.behaviours}

    def match(self, experiment: Experiment) -> Candidate | None:
        """The candidate, or None where a target contradicts the claim's or too little agrees."""
        part = cover(self.named, experiment, self._inner) if self.named else None
        named = self._name(experiment)
        if self.named and part is None and (not named or parts_of(experiment.target)):
            return None
        on_target = [*self._part_agreements(experiment, part, named), *self._behaviour(experiment)]
        on_target += [(SHOWN, f"table or figure ({label})") for label in self._shown(experiment)]
        on_target += [(PROMPT, f"prompt ({name})") for name in self._prompt(experiment)[:1]]
        method = [(METHOD, f"method ({text})") for text in self._method(experiment)]
        if not on_target and not method:
            return None
        number = [(NUMBER, f"number ({text})") for text in self._number(experiment)]
        found = [*on_target, *self._model(experiment), *number, *method]
        score = sum(worth for worth, _ in found)
        if score < ENOUGH or not (on_target or number):
            return None
        meant = part and part.whole and number
        if (self._other_behaviour(experiment) and not meant) or self._other_model(experiment):
            return None
        doubtful = self._unknown_behaviour(experiment)
        if doubtful and not (part and part.whole):
            return None
        told = tuple(text for _, text in found)
        return Candidate(experiment, told, min(score, MOST), part, doubtful, quoted=bool(number))

    def _part_agreements(
        self, experiment: Experiment, part: Cover | None, name: str
    ) -> Iterator[tuple[float, str]]:
        if part:
            which = ", ".join(str(p) for p in self.named if p in part.parts)
            if part.whole:
                yield PART, f"component ({which})"
            else:
                kind = parts_of(experiment.target)[0].kind
                yield PART_INSIDE, f"component (the {'MLP' if kind == 'mlp' else kind} of {which})"
        elif name:
            yield NAME, f"component ({name})"

    def _name(self, experiment: Experiment) -> str:
        """The target's own name, where the sentence uses it."""
        name = experiment.target.name
        return name if name and re.search(rf"\b{re.escape(name)}\b", self._text, re.IGNORECASE) else ""

    def _common(self, behaviour: str) -> frozenset[str]:
        return frozenset(self._words.stems(behaviour).keys() & self._stems.keys())

    def _behaviour(self, experiment: Experiment) -> Iterator[tuple[float, str]]:
        common = self._behaviours[experiment.behaviour]
        # A claim that names no part is told apart by this alone, and by a mere modifier it is not.
        if common and (self.named or common & self._words.heads(experiment.behaviour)):
            told = ", ".join(sorted(self._stems[stem] for stem in common))
            half = 2 * len(common) <= len(self._words.stems(experiment.behaviour))
            yield BEHAVIOUR_HALF if half else BEHAVIOUR, f"behaviour ({told})"

    def _other_behaviour(self, experiment: Experiment) -> bool:
        """Whether the sentence shares more words with another behaviour of the manifest.

        An edit, however, is described by what was measured at the output; a claim about a concept that was
        read out on the same prompts may well rest on it.
        """
        mine = self._behaviours[experiment.behaviour]
        better = [
            behaviour
            for behaviour, common in self._behaviours.items()
            if mine < common and not (self._elsewhere(behaviour) and self._goes_with(experiment, common))
        ]
        return bool(
            experiment.behaviour
            and better
            and not any(self._read_out_beside(experiment, behaviour) for behaviour in better)
        )

    def _elsewhere(self, behaviour: str) -> bool:
        """Whether a behaviour was studied only on parts that the claim does not mean."""
        return bool(self.named) and all(
            parts_of(e.target) and not cover(self.named, e, self._inner)
            for e in self._manifest.experiments
            if e.behaviour == behaviour
        )

    def _goes_with(self, experiment: Experiment, said: frozenset[str]) -> bool:
        """Whether the claim's words are the experiment's own, or stand beside them elsewhere in the paper."""
        known = self._words.stems(experiment.behaviour)
        return bool(said & known.keys()) or self._company.kept(self._claim, said, known)

    def _unknown_behaviour(self, experiment: Experiment) -> bool:
        """Whether the sentence names a behaviour that is unknown to the manifest and kept apart by the paper.

        A number or a table of this very experiment tells that it is meant all the same.
        """
        if not experiment.behaviour or not self._about or any(self._behaviours.values()):
            return False
        known = self._words.stems(experiment.behaviour)
        return not (
            self._company.kept(self._claim, self._about, known)
            or self._number(experiment)
            or self._shown(experiment)
            or self._prompt(experiment)
        )

    def _read_out_beside(self, experiment: Experiment, behaviour: str) -> bool:
        return method_level(experiment) > _OBSERVED and any(
            other.behaviour == behaviour
            and method_level(other) == _OBSERVED
            and (other.prompts, other.model) == (experiment.prompts, experiment.model)
            for other in self._manifest.experiments
        )

    def _model(self, experiment: Experiment) -> Iterator[tuple[float, str]]:
        if experiment.model in self._models.ids:
            yield MODEL, f"model ({self._models.said})"

    def _other_model(self, experiment: Experiment) -> bool:
        return bool(self._models.said and experiment.model) and experiment.model not in self._models.ids

    def _shown(self, experiment: Experiment) -> list[str]:
        return [label for label in experiment.shown_in if label in self._labels]

    def _prompt(self, experiment: Experiment) -> list[str]:
        """The prompts that the sentence names and the experiment lists by themselves."""
        listed = experiment.instances if isinstance(experiment.instances, tuple) else ()
        return [name for name in self._prompts if any(same_prompt(one.prompt_id, name) for one in listed)]

    def _method(self, experiment: Experiment) -> list[str]:
        return [self._methods[experiment.method]] if experiment.method in self._methods else []

    def _number(self, experiment: Experiment) -> list[str]:
        said = self._figures
        equal = [q.text for q in said if any(_equal(q, number) for number in self._numbers[experiment.id])]
        return equal[:1]


def _numbers(experiment: Experiment) -> Iterator[Number]:
    """The numbers that an experiment can be known by; the ends of intervals are like many others."""
    known_by = ("effect", "further", "decomposition", "controls", "unit", "circuit")
    for number in numbers_of(experiment):
        table, _, part = number.field.partition(".")
        if table in known_by and part != "ci":
            yield number


def _tells_apart(said: Quantity) -> bool:
    """Whether a number can tell experiments apart; a bare digit is too common."""
    return said.role == "value" and bool(said.unit or said.decimals or abs(said.value) >= 10)


def _equal(said: Quantity, number: Number) -> bool:
    """Whether the number in the sentence is this one, rounded; signs are told in words ("lowers by 12")."""
    (mine, scale), (other, factor) = family(said.unit), family(number.unit)
    # Points are the difference of two percentages.
    if mine and other and mine != other and {mine, other} != {"share", "points"}:
        return False
    value = number.value * factor / scale if mine and other else number.value
    return abs(abs(said.value) - abs(value)) <= said.rounding + 1e-9
