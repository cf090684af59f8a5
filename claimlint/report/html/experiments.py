"""The experiments, each as a card: what it was, what it gave, what it licenses, where the paper says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from claimlint.checks.model import Outcome
from claimlint.checks.phrases import METHOD_NAMES, rung, target_words
from claimlint.evidence import LEVELS, Experiment, Manifest, licence
from claimlint.evidence.model import Controls, Effect, Robustness
from claimlint.linking.described import Account
from claimlint.manuscript.model import Document
from claimlint.manuscript.quoting import quoted
from claimlint.phrasing import listed
from claimlint.report.places import place_words
from claimlint.svg import drawing, element, number

BAR, BAR_HEIGHT = 400, 12
#: So many cells in a row are shown as one sweep.
SWEEP = 4


@dataclass(frozen=True, slots=True)
class Card:
    """One experiment. ``place`` is its anchor, ``facts`` are label and words, ``claims`` lean on it.

    ``told`` are place and words of the sentences that it was read off, where no manifest holds it.
    """

    id: str
    place: str
    method: str
    target: str
    grade: str
    status: str
    level: int
    rung: str
    licenses: str
    unmet: tuple[str, ...]
    result: str
    facts: tuple[tuple[str, str], ...]
    outcomes: str
    claims: tuple[str, ...]
    told: tuple[tuple[str, str], ...] = ()


def cards(outcome: Outcome) -> dict[str, Card]:
    """By id, in the manifest's order; without a manifest, those that the paper describes."""
    if outcome.evidence is None:
        return {}
    leaning: dict[str, list[str]] = {}
    for judged in outcome.claims:
        for link in judged.links:
            leaning.setdefault(link.experiment, []).append(judged.claim.id)
    made = {
        experiment.id: _card(place, experiment, outcome.evidence, tuple(leaning.get(experiment.id, ())))
        for place, experiment in enumerate(outcome.evidence.experiments, 1)
    }
    if outcome.described is None:
        return made
    return {id: _described(card, outcome.described, outcome.document) for id, card in made.items()}


def _described(card: Card, account: Account, document: Document) -> Card:
    """What the paper says of an experiment; which conditions it met is not known."""
    found = account.experiment(card.id)
    sentences = [claim.sentence for claim in found.sentences] if found else []
    told = tuple((place_words(document, sentence.span), quoted(document, sentence)) for sentence in sentences)
    licenses = card.licenses if card.level else "nothing by itself"
    return replace(card, grade="described", licenses=licenses, unmet=(), told=told)


def grouped(all_cards: Iterable[Card]) -> tuple[tuple[str, tuple[Card, ...]], ...]:
    """The cells of a sweep under its name, and all others under ''."""
    groups = []
    for name, members in groupby(all_cards, key=lambda card: card.id.rpartition("/")[0]):
        cells = tuple(members)
        sweep = name if len(cells) >= SWEEP else ""
        groups.append((sweep, cells))
    return tuple(groups)


def _card(place: int, experiment: Experiment, manifest: Manifest, claims: tuple[str, ...]) -> Card:
    found = licence(experiment, manifest)
    kinds = [kind for kind in LEVELS if kind in found.kinds] + sorted(found.words)
    licenses = listed(kinds) or found.nothing
    return Card(
        id=experiment.id,
        place=f"x{place}",
        method=METHOD_NAMES[experiment.method],
        target=target_words(experiment.target),
        grade=experiment.grade,
        status=experiment.status,
        level=found.level,
        rung=rung(found.level),
        licenses=licenses,
        unmet=tuple(str(unmet) for unmet in found.unmet if str(unmet) not in licenses),
        result=effect_words(experiment.effect),
        facts=tuple((label, words) for label, words in _facts(experiment, manifest) if words),
        outcomes=_outcomes(experiment),
        claims=tuple(dict.fromkeys(claims)),
    )


def effect_words(effect: Effect | None) -> str:
    """``accuracy 30 points [27, 33], n = 1,000``."""
    if effect is None:
        return ""
    unit = {"percent": "%", "": "", "fraction": ""}.get(effect.unit, f" {effect.unit}")
    interval = f" [{number(effect.ci[0])}, {number(effect.ci[1])}]" if effect.ci else ""
    prompts = f", n = {effect.n:,}" if effect.n is not None else ""
    return f"{effect.metric.replace('_', ' ')} {number(effect.value)}{unit}{interval}{prompts}"


def _facts(experiment: Experiment, manifest: Manifest) -> Iterator[tuple[str, str]]:
    model = manifest.model(experiment.model)
    prompts = manifest.prompt_set(experiment.prompts)
    yield "behaviour", experiment.behaviour
    yield "model", (model.name or model.id) if model else ""
    if prompts:
        counts = [f"{prompts.n:,} prompts"] if prompts.n is not None else []
        counts += [f"{prompts.templates} templates"] if prompts.templates is not None else []
        yield "prompts", ", ".join([prompts.name or prompts.id, *counts])
    yield "seeds", ", ".join(map(str, experiment.seeds))
    yield "direction", experiment.direction or ""
    yield "replaced by", ", ".join(experiment.replacement)
    yield "also measured", "; ".join(effect_words(effect) for effect in experiment.further_effects)
    yield "controls", _controls(experiment.controls)
    yield "compared", _compared(experiment.robustness)
    yield "shown in", ", ".join(experiment.shown_in)
    yield "note", experiment.note


def _controls(controls: Controls) -> str:
    measured = {name: value for name, value in controls.model_dump().items() if value is not None}
    return ", ".join(
        name.replace("_", " ") + ("" if isinstance(value, bool) else f" {number(value)}")
        for name, value in measured.items()
    )


def _compared(found: Robustness | None) -> str:
    """Over what the result was repeated, and how well the repetitions agree."""
    if found is None:
        return ""
    over = [*found.prompt_sets, *found.models]
    over += [f"seeds {', '.join(map(str, found.seeds))}"] if found.seeds else []
    strength = f"{found.strength} agreement" if found.strength else ""
    return ": ".join(part for part in (", ".join(over), strength) if part)


def _outcomes(experiment: Experiment) -> str:
    """A bar of the prompts that the edit helped, left alone and harmed; '' where that was not recorded."""
    unit = experiment.unit
    shares = [("helped", unit.helped), ("unchanged", unit.unchanged), ("harmed", unit.harmed)] if unit else []
    known = [(name, share) for name, share in shares if share is not None]
    if not known:
        return ""
    parts, at = [], 0.0
    for name, share in known:
        parts.append(element("rect", class_=name, x=at * BAR, y=0, width=share * BAR, height=BAR_HEIGHT))
        at += share
    told = ", ".join(f"{name} {100 * share:.3g}%" for name, share in known)
    return drawing(BAR, BAR_HEIGHT, parts, f"Prompt by prompt: {told}")
