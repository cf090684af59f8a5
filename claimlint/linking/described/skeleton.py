"""A manifest to be filled in: what a paper says of its experiments, without what only a run can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from claimlint.claims.model import Claim, Component
from claimlint.evidence.model import Experiment, Manifest, Method, PromptSet
from claimlint.linking.described.account import Account, Described, filled, spelled
from claimlint.linking.described.pack import vocabulary
from claimlint.linking.described.target import target_of
from claimlint.linking.targets import named_parts
from claimlint.manuscript.model import Document
from claimlint.manuscript.quoting import quoted

_QUOTED = 3


@dataclass(frozen=True, slots=True)
class _Run:
    """One experiment as its authors would list it: a method on a model and on one kind of its parts."""

    method: Method
    model: str | None
    part: str
    sentences: tuple[Claim, ...]
    main: bool


def skeleton(account: Account, document: Document) -> Manifest:
    """The experiments as planned entries of grade ``declared``, without what was measured.

    What the sentences do not say is to be filled in, and stands there empty. Where several sections describe
    one, it is one entry. The methods on which the paper rests come first, and of those the ones that it tells
    most of.
    """
    runs = sorted(_runs(account), key=lambda run: (not run.main, -len(run.sentences)))
    counts = Counter[Method]()
    entries: list[Experiment] = []
    inputs: list[PromptSet] = []
    for run in runs:
        counts[run.method] += 1
        entry, prompts = _planned(run, f"{run.method.replace('_', '-')}-{counts[run.method]}", document)
        entries.append(entry)
        inputs += [prompts] if prompts else []
    used = {run.model for run in runs}
    return Manifest(
        version=1,
        paper=account.manifest.paper,
        models=tuple(model for model in account.manifest.models if model.id in used),
        prompt_sets=tuple(inputs),
        experiments=tuple(entries),
    )


def _runs(account: Account) -> Iterator[_Run]:
    ids = {spelled(model.name): model.id for model in account.manifest.models}
    for method in dict.fromkeys(d.experiment.method for d in account.experiments):
        described = [d for d in account.experiments if d.experiment.method == method]
        by_model: dict[str | None, list[Claim]] = {}
        for d in described:
            for claim, model in _with_model(d, ids):
                by_model.setdefault(model, []).append(claim)
        for model, told in by_model.items():
            for part, sentences in _by_part(told).items():
                yield _Run(method, model, part, tuple(sentences), described[0].main)


def _with_model(described: Described, ids: Mapping[str, str]) -> Iterator[tuple[Claim, str | None]]:
    """The sentences that tell of a run, each with its model: the one it names, its section's, the paper's."""
    told = [claim for claim in described.sentences if _tells_of_a_run(claim)]
    found = [ids.get(spelled(claim.reading.model)) for claim in told]
    named = {model for model in found if model}
    usual = named.pop() if len(named) == 1 else described.experiment.model
    for claim, model in zip(told, found, strict=True):
        yield claim, model or usual


def _tells_of_a_run(claim: Claim) -> bool:
    """Whether a sentence says that something was done, or what came out of it; a summary says neither."""
    reading = claim.reading
    numbered = bool(reading.quantities or named_parts(reading.components))
    return reading.stance == "method" or claim.sentence.block.kind == "caption" or numbered


def _by_part(told: Sequence[Claim]) -> Mapping[str, list[Claim]]:
    """The sentences by the kind of part that they name; those that name none go with most of the others."""
    kinds = {claim.id: {part.kind for part in named_parts(claim.reading.components)} for claim in told}
    counts = Counter(kind for found in kinds.values() for kind in found)
    usual = counts.most_common(1)[0][0] if counts else ""
    found: dict[str, list[Claim]] = {}
    for claim in told:
        for kind in kinds[claim.id] or {usual}:
            found.setdefault(kind, []).append(claim)
    return found


def _planned(run: _Run, id: str, document: Document) -> tuple[Experiment, PromptSet | None]:
    def parts_in(claim: Claim) -> list[Component]:
        parts = claim.reading.components
        return [part for part in parts if {p.kind for p in named_parts([part])} == {run.part}]

    # Whatever is written down can be checked against a sentence that is quoted.
    order = sorted(run.sentences, key=lambda c: (c.reading.stance != "method", not parts_in(c)))
    tellers = order[:_QUOTED]
    said = " / ".join(" ".join(quoted(document, claim.sentence).split()) for claim in tellers)
    details = [found for claim in tellers for found in vocabulary().details(claim.sentence.text, run.method)]
    target = target_of([part for claim in tellers for part in parts_in(claim)]).model_dump(exclude_unset=True)
    # No heading tells reliably what was studied.
    empty = {"behaviour": "", "prompts": None, "seeds": (), "effect": None}
    # Clean into corrupted and the other way round are two experiments, for whoever fills it in to part.
    if len({value for field, value in details if field == "direction"}) > 1:
        details = [(field, value) for field, value in details if field != "direction"]
    entry = filled({"id": id, "method": run.method, "model": run.model}, details)
    inputs = entry.pop("prompts", None)
    site = entry.pop("target", {}) if run.part in ("layer", "") else {}
    prompts = PromptSet(id=f"{id}-prompts", **inputs) if inputs else None
    return Experiment.model_validate(
        empty
        | entry
        | {
            "grade": "declared",
            "status": "planned",
            "target": site | target,
            "prompts": prompts and prompts.id,
            "note": f"Read off the paper, to be checked and completed, then set to done: {said}",
        }
    ), prompts
