"""Same-target matching: an experiment is a candidate for a claim where nothing tells their targets apart.

Parts of the model, behaviour and model may contradict each other, and one contradiction ends it. What agrees
adds to the score and is what the user reads as the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from claimlint.claims.model import Claim, Component, Quantity
from claimlint.evidence.licence import licence, method_level, rung_of
from claimlint.evidence.model import Experiment, Manifest
from claimlint.evidence.numbers import Number, numbers_of
from claimlint.evidence.parts import Part, parts_of
from claimlint.evidence.units import family
from claimlint.linking.company import Company
from claimlint.linking.concepts import read_out, same_concept
from claimlint.linking.models import named_models
from claimlint.linking.prompts import named_prompts, same_prompt
from claimlint.linking.targets import Cover, cover, is_called, named_parts, parts_by_name, with_parts
from claimlint.linking.words import Words

#: What each agreement is worth: the method and the number that a claim names tell its experiment from the
#: others on its part, and sooner than the behaviour does.
PART = 0.4
PART_INSIDE = 0.3  # the MLP or the attention of the layer that the claim names
SHOWN = 0.3
ALONE = 0.3  # nothing else goes by the words that the claim uses
PROMPT = 0.3  # the outcome of the very prompt that the claim names
METHOD = 0.2
NUMBER = 0.2
METRIC = 0.1  # by its name and with its number
NAME = 0.2
BEHAVIOUR = 0.1
BEHAVIOUR_HALF = 0.05  # at most half of the words that describe the behaviour
MODEL = 0.05
#: A match is not as sure as a link that the authors made.
MOST = 0.95

#: Kinds of claim that tell what came out of something; all others may rest on whatever bears on their target.
_OUTCOMES = ("association", "effect", "performance")
_OBSERVED = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """An experiment that may speak to a claim: what they share, in words, and how much that is worth.

    It is ``doubtful`` where the claim describes the behaviour in words that the manifest does not know,
    ``quoted`` where the claim states its number, and ``by_method`` where it names its method.
    """

    experiment: Experiment
    agreements: tuple[str, ...]
    score: float
    cover: Cover | None
    doubtful: bool = False
    quoted: bool = False
    by_method: bool = False


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
        self.by_name = parts_by_name(self.done)
        self.behaviours = tuple(dict.fromkeys(e.behaviour for e in manifest.experiments))

    def candidates(self, claim: Claim, components: tuple[Component, ...]) -> tuple[Candidate, ...]:
        """The experiments on the same target as the claim, in the manifest's order.

        Args:
            claim: a claim of the authors.
            components: the parts that it gives by number, or that it points back to.
        """
        matcher = _Matcher(claim, components, self)
        found = _covering(matcher.named, tuple(filter(None, map(matcher.match, self.done))))
        if claim.reading.kind in _OUTCOMES:
            found = _known(_of_its_method(found), numbered=matcher.numbered)
        return _beyond_doubt(claim, self.manifest, found)


def _beyond_doubt(claim: Claim, manifest: Manifest, found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Without the doubtful candidates where one of them would support the claim.

    Unknown words may paraphrase the behaviour or name another one. As evidence that falls short either way
    they are worth showing; as support they would be borrowed.
    """
    if any(c.doubtful and claim.reading.kind in licence(c.experiment, manifest).kinds for c in found):
        return tuple(c for c in found if not c.doubtful)
    return found


def _of_its_method(found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Those of the method that the claim names, if it names one and they are about all of its parts."""
    meant = tuple(c for c in found if c.by_method or c.quoted or not method_level(c.experiment))
    return meant if any(c.by_method for c in meant) and _covered(meant) == _covered(found) else found


def _known(found: tuple[Candidate, ...], *, numbered: bool) -> tuple[Candidate, ...]:
    """Those on the target of the experiment whose method and number the claim names.

    Only a part that it gives by its number tells more; a name may be that of others: "none a name mover".
    """
    targets = [c.experiment.target for c in found if c.by_method and c.quoted]
    return found if numbered or not targets else tuple(c for c in found if c.experiment.target in targets)


def _covered(found: Iterable[Candidate]) -> frozenset[Part]:
    return frozenset[Part]().union(*(c.cover.parts for c in found if c.cover))


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
    return found if _covered(found) == parts else tuple(c for c in found if c.cover is None)


class _Matcher:
    """One claim, held against one experiment after the other."""

    def __init__(self, claim: Claim, components: tuple[Component, ...], matching: Matching) -> None:
        manifest, words = matching.manifest, matching.words
        numbered = named_parts(components)
        names = [name for name in matching.by_name if is_called(name, claim.sentence.text)]
        self.numbered = bool(numbered)
        self._names = [] if numbered else names
        self.named = numbered or tuple(part for name in names for part in matching.by_name[name])
        self._company = matching.company
        self._numbers = matching.numbers
        self._claim = claim
        self._text = claim.sentence.text
        self._manifest = manifest
        self._words = words
        self._stems = words.stems(self._text)
        self._about = words.about(claim.reading.behaviour)
        self._methods = words.methods(with_parts(self._text, names, words.any_part))
        self._edited = claim.reading.kind == "effect" and any(rung_of(m) > _OBSERVED for m in self._methods)
        self._concept = read_out(self._text, words)
        self._prompts = named_prompts(claim)
        self._inner = words.parts_within(self._text)
        self._figures = [q for q in claim.reading.quantities if _tells_apart(q)]
        self._labels = {key for mark in claim.sentence.marks if mark.kind == "reference" for key in mark.keys}
        self._models = named_models(claim, manifest, words)
        self._behaviours = {behaviour: self._common(behaviour) for behaviour in matching.behaviours}
        self._only = self._only_ones(matching.done)

    def match(self, experiment: Experiment) -> Candidate | None:
        """The candidate, or None where a target contradicts the claim's or too little agrees."""
        part = cover(self.named, experiment, self._inner) if self.named else None
        called = self._name(experiment)
        elsewhere = self.named and part is None and (not called or parts_of(experiment.target))
        if elsewhere and self.numbered:
            return None
        place = [*self._part_agreements(experiment, part, called)]
        place += [(SHOWN, f"table or figure ({label})") for label in self._shown(experiment)]
        place += [(PROMPT, f"prompt ({name})") for name in self._prompt(experiment)[:1]]
        place += [(ALONE, told) for told in self._only.get(experiment.id, ())]
        behaviour = list(self._behaviour(experiment))
        method = [(METHOD, told) for told in self._method(experiment)]
        number = [(NUMBER, f"number ({text})") for text in self._number(experiment)]
        metric = [(METRIC, f"metric ({text})") for text in self._metric(experiment)]
        several = sum(map(bool, (behaviour, method, number, metric))) > 1
        enough = place or several or self._told_by(experiment, behaviour)
        on_part = bool(part and part.whole)
        if not enough or (elsewhere and not (method and number)):
            return None
        known = bool(number and (method or on_part))
        if self._contradicts(experiment, by_method=bool(method), known=known):
            return None
        doubtful = self._unknown_behaviour(experiment)
        if doubtful and not on_part:
            return None
        found = [*method, *number, *metric, *place, *behaviour, *self._model(experiment)]
        score = min(sum(worth for worth, _ in found), MOST)
        told = tuple(text for _, text in found)
        return Candidate(experiment, told, score, part, doubtful, quoted=bool(number), by_method=bool(method))

    def _contradicts(self, experiment: Experiment, *, by_method: bool, known: bool) -> bool:
        """Whether it is about another model, concept or behaviour.

        Args:
            experiment: the experiment.
            by_method: whether the claim names its method; what an edit changes need not be what was read out.
            known: whether the claim gives its number, on its part or with its method.
        """
        observed = not by_method or method_level(experiment) <= _OBSERVED
        return (
            self._other_model(experiment)
            or (self._other_behaviour(experiment) and not known)
            or (observed and self._other_concept(experiment))
        )

    def _told_by(self, experiment: Experiment, behaviour: list[tuple[float, str]]) -> bool:
        """Whether the behaviour alone tells what is meant, by most of its words.

        What a named edit did is not seen by looking on.
        """
        seen = self._edited and method_level(experiment) == _OBSERVED
        return not seen and any(worth == BEHAVIOUR for worth, _ in behaviour)

    def _part_agreements(
        self, experiment: Experiment, part: Cover | None, name: str
    ) -> Iterator[tuple[float, str]]:
        if part:
            which = ", ".join(self._names or [str(p) for p in self.named if p in part.parts])
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
        return name if name and is_called(name, self._text) else ""

    def _common(self, behaviour: str) -> frozenset[str]:
        return frozenset(self._words.stems(behaviour).keys() & self._stems.keys())

    def _behaviour(self, experiment: Experiment) -> Iterator[tuple[float, str]]:
        common = self._behaviours[experiment.behaviour]
        # A claim that names no part is told apart by this alone, and by a mere modifier it is not.
        if common and (self.named or common & self._words.heads(experiment.behaviour)):
            told = ", ".join(sorted(self._stems[stem] for stem in common))
            half = 2 * len(common) <= len(self._words.stems(experiment.behaviour))
            yield BEHAVIOUR_HALF if half else BEHAVIOUR, f"behaviour ({told})"

    def _only_ones(self, done: tuple[Experiment, ...]) -> dict[str, tuple[str, ...]]:
        """What experiments are told by where the claim has no words of its own for part, behaviour or number.

        Their method, or parts that it takes for known ("the three heads"), will do where the manifest has
        them on a single target.
        """
        if self.named or self._stems or self._figures:
            return {}
        pointed = self._words.pointed(self._text)
        of_method = [e for e in done if e.method in self._methods]
        called = of_method or [e for e in done if pointed & {"any", *(p.kind for p in parts_of(e.target))}]
        if len({(parts_of(e.target), e.behaviour, e.model) for e in called}) > 1:
            return {}
        told = "method" if of_method else "component"
        return {e.id: (f"{told} (the manifest has one such target)",) for e in called}

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

    def _other_concept(self, experiment: Experiment) -> bool:
        """Whether the sentence says of another concept that it can be read out; numbers agree by chance."""
        if not self._concept or not experiment.behaviour:
            return False
        said, known = (self._words.stems(text).keys() for text in (self._concept, experiment.behaviour))
        if self._behaviours[experiment.behaviour] - said or same_concept(
            self._concept, experiment.behaviour, self._words
        ):
            return False
        return not self._company.equated(said - known, known - said)

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

    def _method(self, experiment: Experiment) -> Iterator[str]:
        if experiment.method in self._methods:
            kind = "edit" if rung_of(experiment.method) > _OBSERVED else "method"
            yield f"{kind} ({self._methods[experiment.method]})"

    def _metric(self, experiment: Experiment) -> list[str]:
        """The word for what was measured, where the claim says it with the number that it came to."""
        if not self._number(experiment):
            return []
        metric = experiment.effect.metric.replace("_", " ") if experiment.effect else ""
        said = sorted(self._words.stems(metric).keys() & self._stems.keys())
        return [self._stems[stem] for stem in said][:1]

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
