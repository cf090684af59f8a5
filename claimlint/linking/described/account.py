"""The experiments that a paper says it ran, read off its sentences, captions and headings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimlint.claims import models_named
from claimlint.claims.model import Claim
from claimlint.evidence.licence import methods_for, rung_of
from claimlint.evidence.model import Experiment, Manifest, Method, Model, PromptSet
from claimlint.linking.described.pack import Vocabulary, vocabulary
from claimlint.linking.described.target import target_of
from claimlint.linking.words import english
from claimlint.manuscript.model import Document, Section, Sentence

#: Where a paper speaks of the work of others.
ELSEWHERE = ("references", "related_work", "acknowledgements", "background")
#: Where it sums up what it did; the experiment itself stands in another section.
SUMMARY = ("title", "abstract", "introduction", "discussion", "conclusion", "limitations")
#: What a sentence weighs that says it of this paper, and one that only names a method (a list, a table).
_SAID, _NAMED, _OPENING = 1.0, 0.3, 2.0
_FIRST_SENTENCES = 25
#: The share of its method sentences from which a paper rests on edits, and no longer on looking.
_RESTS_ON_EDITS = 0.3
#: The share from which a paper is on what is computed.
_ON_FUNCTIONS = 1 / 3
#: Methods that papers on other subjects use as well; they make no paper one about a model's insides.
_ANYWHERE: frozenset[Method] = frozenset(
    (
        "correlation",
        "behavioural",
        "pca",
        "attribution_patching",
        "attention_statistics",
        "activation_statistics",
        "weight_analysis",
        "weight_edit",
    )
)
#: The sentences on insides that tell of such a method; where only one does, those that speak of insides
#: anywhere, beside as many that tell.
_ENOUGH_SENTENCES, _ENOUGH_ANYWHERE = 3, 6
#: The numbers that follow the name of a model in a row of a table: "GPT-2 XL 22.2".
_TABLE_ROW = re.compile(r"(?<=\d)(\S*(?:\s+[A-Za-z]\S*)*)(?:\s+\d[\d.]*)+$")
#: The share of its sentences from which a paper proves what it claims.
_PROVES = 0.03
_FEW_PROOFS = 4
_OBSERVED = 1
#: Fewer words announce an experiment ("Two interventions are applied.").
_A_FEW_WORDS = 6


@dataclass(frozen=True, slots=True)
class Described:
    """One experiment as the paper describes it: a method in a section, and the sentences that say so.

    ``main`` tells whether the paper rests on experiments of this kind, ``everywhere`` whether this one went
    over all parts, whichever of them the sentences name.
    """

    experiment: Experiment
    section: Section
    sentences: tuple[Claim, ...]
    main: bool
    everywhere: bool

    @property
    def telling(self) -> Sentence:
        """The first of its sentences that tells best what was done: in prose, as a method, with a part."""
        return max(self.sentences, key=_tells).sentence


def _tells(claim: Claim) -> tuple[bool, bool, bool]:
    words, text = vocabulary(), claim.sentence.text
    prose = claim.sentence.block.kind == "paragraph" and len(text.split()) >= _A_FEW_WORDS
    done_here = claim.reading.stance == "method" and not words.speaks_of("citation", text)
    return prose, done_here, words.speaks_of("parts", text)


@dataclass(frozen=True, slots=True)
class Account:
    """All experiments that a paper describes, also as the manifest that would hold them.

    ``about_insides`` tells whether experiments on a model's insides are what the paper is about,
    ``on_functions`` whether a fair share of them says what is computed there, and not only what matters.
    """

    experiments: tuple[Described, ...]
    manifest: Manifest
    about_insides: bool
    on_functions: bool

    def experiment(self, id: str) -> Described | None:
        return next((d for d in self.experiments if d.experiment.id == id), None)


def account(document: Document, claims: Sequence[Claim], language: str = "en") -> Account:
    """What a paper says that it did.

    Args:
        document: the paper.
        claims: all its sentences with their readings, in reading order.
        language: which pack names the methods.

    Raises:
        ClaimlintError: there is no pack for the language.
    """
    words = vocabulary(language)
    mentions = tuple(_mentions(claims, words))
    main = _main_methods(mentions)
    conditions = tuple(_conditions(claims, words))
    sizes = {claim.id: words.size(claim.sentence.text) for claim, _, _ in mentions}
    named = _models(claims)
    found: list[Described] = []
    counts = Counter[Method]()
    for (method, section), told in _grouped(mentions).items():
        counts[method] += 1
        entry = {
            "id": f"{method.replace('_', '-')}-{counts[method]}",
            "method": method,
            "target": target_of([component for claim in told for component in claim.reading.components]),
            "model": next(iter(named), None),
        }
        if len(named) > 1:
            entry["robustness"] = {"models": list(named)}
        size = next((n for claim in told if (n := sizes[claim.id])), None)
        if size:
            entry["prompts"] = f"{entry['id']}-prompts"
        experiment = Experiment.model_validate(filled(entry, conditions))
        everywhere = any(words.speaks_of("everywhere", claim.sentence.text) for claim in told)
        found.append(Described(experiment, section, told, method in main, everywhere))
    manifest = _manifest(document, found, named, sizes)
    return Account(tuple(found), manifest, _about_insides(found, claims, words), _on_functions(found))


def _about_insides(found: Iterable[Described], claims: Sequence[Claim], words: Vocabulary) -> bool:
    told = {claim.id for d in found if d.experiment.method not in _ANYWHERE for claim in d.sentences}
    inside = {claim.id for claim in claims if words.speaks_of("insides", claim.sentence.text)}
    proofs = sum(words.speaks_of("proofs", claim.sentence.text) for claim in claims)
    both = told & inside
    spread = both and len(told) >= _ENOUGH_SENTENCES and len(inside) >= _ENOUGH_ANYWHERE
    enough = spread or len(both) >= _ENOUGH_SENTENCES
    return bool(enough) and proofs < max(_PROVES * len(claims), _FEW_PROOFS)


def _on_functions(found: Sequence[Described]) -> bool:
    """Whether the paper tests functions as such, or reads them off weights and has edits to confirm them."""
    telling = set(methods_for("mechanism"))
    if any(d.main and rung_of(d.experiment.method) > _OBSERVED for d in found):
        telling.add("weight_analysis")
    sentences = {claim.id for d in found for claim in d.sentences}
    told = {claim.id for d in found if d.experiment.method in telling for claim in d.sentences}
    return len(told) > _ON_FUNCTIONS * len(sentences)


Mention = tuple[Claim, frozenset[Method], float]


def _mentions(claims: Sequence[Claim], words: Vocabulary) -> Iterator[Mention]:
    """The sentences that name a method of this paper, with what each weighs."""
    has_abstract = any(claim.sentence.section.role == "abstract" for claim in claims)
    for number, claim in enumerate(claims):
        if claim.sentence.section.role in ELSEWHERE or claim.reading.stance in ("prior", "open"):
            continue
        said = claim.reading.stance in ("own", "method") or claim.sentence.block.kind == "caption"
        opening = claim.sentence.section.role in ("title", "abstract") or (
            not has_abstract and number < _FIRST_SENTENCES
        )
        if claim.reading.stance == "background" and not opening:
            continue
        methods = words.methods(claim.sentence.text)
        if methods:
            yield claim, frozenset(methods), _OPENING if opening else _SAID if said else _NAMED


def _main_methods(mentions: Iterable[Mention]) -> frozenset[Method]:
    """The methods that the paper rests on: edits where they have a fair share of it, else those that look."""
    weighed = [(methods, max(map(rung_of, methods)), weight) for _, methods, weight in mentions]
    enough = _RESTS_ON_EDITS * sum(weight for _, _, weight in weighed)
    rests_on_edits = sum(weight for _, level, weight in weighed if level > _OBSERVED) >= enough
    # A scrubbed hypothesis is a level of its own, and often only mentioned.
    scrubbed = sum(weight for _, level, weight in weighed if level == 3) >= enough
    return frozenset(
        method
        for methods, _, _ in weighed
        for method in methods
        if rung_of(method) == _OBSERVED
        or (rests_on_edits and rung_of(method) == 2)
        or (scrubbed and rung_of(method) == 3)
    )


def _grouped(mentions: Iterable[Mention]) -> Mapping[tuple[Method, Section], tuple[Claim, ...]]:
    """Every method with the section that describes it; summaries go to the first section that does."""
    told: dict[tuple[Method, Section], list[Claim]] = defaultdict(list)
    summed: list[tuple[Method, Claim]] = []
    for claim, methods, weight in mentions:
        for method in sorted(methods):
            if weight == _SAID and claim.sentence.section.role not in SUMMARY:
                told[method, claim.sentence.section].append(claim)
            elif weight >= _SAID:
                summed.append((method, claim))
    for method, claim in summed:
        home = next((place for place in told if place[0] == method), (method, claim.sentence.section))
        told[home].append(claim)
    return {place: tuple(told[place]) for place in told}


def _conditions(claims: Iterable[Claim], words: Vocabulary) -> Iterator[tuple[str, Any]]:
    for claim in claims:
        if claim.sentence.section.role not in ELSEWHERE and claim.reading.stance not in ("prior", "open"):
            yield from words.said(claim.sentence.text)


def filled(entry: dict[str, Any], conditions: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The entry with what the paper says about how it worked; lists grow, the first value of others stays."""
    filled = dict(entry)
    for field, value in conditions:
        table, _, name = field.rpartition(".")
        place = filled.setdefault(table, {}) if table else filled
        if isinstance(value, list):
            place[name] = sorted({*place.get(name, ()), *value})
        else:
            place.setdefault(name, value)
    return filled


def _models(claims: Iterable[Claim]) -> dict[str, str]:
    """The models that the paper names as its own, by id, the commonest first.

    "GPT-2" is no other model where the paper has a GPT-2 small, and neither is "GPT2-small".
    """
    stems = english().stems
    names = Counter(
        _TABLE_ROW.sub(r"\1", name)
        for claim in claims
        if claim.reading.model
        and claim.sentence.section.role not in ELSEWHERE
        and claim.reading.stance in ("own", "method")
        for name in models_named(claim.sentence.text)
        if re.search(r"\d", name) or stems(name)
    )
    commonest: dict[str, str] = {}
    for name, _ in names.most_common():
        commonest.setdefault(spelled(name), name)
    return {
        re.sub(r"[^\w.-]+", "-", name).lower(): name
        for short, name in commonest.items()
        if not any(long.startswith(short) and long != short for long in commonest)
    }


def spelled(model: str) -> str:
    """A model's name without what papers write in several ways: case, spaces and hyphens."""
    return re.sub(r"[^a-z0-9.]", "", model.lower())


def _manifest(
    document: Document, found: Iterable[Described], named: Mapping[str, str], sizes: Mapping[str, int | None]
) -> Manifest:
    prompt_sets = [
        PromptSet(id=d.experiment.prompts, n=next(n for c in d.sentences if (n := sizes[c.id])))
        for d in found
        if d.experiment.prompts
    ]
    return Manifest(
        paper=document.path,
        models=tuple(Model(id=id, name=name) for id, name in named.items()),
        prompt_sets=tuple(prompt_sets),
        experiments=tuple(d.experiment for d in found),
    )
