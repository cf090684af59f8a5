"""Which of the manifest's models a sentence names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from claimlint.claims.model import Claim
from claimlint.evidence.model import Manifest, Model
from claimlint.linking.words import Words

_SHORTEST_NAME = 4


@dataclass(frozen=True, slots=True)
class NamedModels:
    """``said`` is the name in the sentence, '' where there is none; ``ids`` are the models it may mean."""

    said: str = ""
    ids: frozenset[str] = frozenset()


def named_models(claim: Claim, manifest: Manifest, words: Words) -> NamedModels:
    """The models that the sentence names. "Language models" and "transformers" name none."""
    said = claim.reading.model
    if re.search(r"\d", said) or words.stems(said):
        fitting = (m.id for m in manifest.models if any(_fits(said, n, words.plain_size) for n in _names(m)))
        return NamedModels(said, frozenset(fitting))
    text = _squeezed(claim.sentence.text)
    found = {
        _squeezed(name): (name, model.id)
        for model in manifest.models
        for name in _names(model)
        if len(_squeezed(name)) >= _SHORTEST_NAME and _squeezed(name) in text
    }
    # "GPT-2 XL" also holds the letters of gpt2.
    longest = [found[key] for key in found if not any(key in other and key != other for other in found)]
    return NamedModels(longest[0][0], frozenset(id for _, id in longest)) if longest else NamedModels()


def _names(model: Model) -> tuple[str, ...]:
    return tuple(filter(None, (model.name.rpartition("/")[2], model.id)))


def _fits(said: str, known: str, plain: Iterable[str]) -> bool:
    """Whether a paper's name fits the manifest's: "GPT-2" fits gpt2-medium, "GPT-2 XL" does not fit gpt2."""
    name = _squeezed(said)
    return name in _squeezed(known) or any(name.removesuffix(word) == _squeezed(known) for word in plain)


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", name.casefold())
