"""Claims and manifests put together by hand, so that linking is tested without the reader and the engine."""

from __future__ import annotations

from typing import Any

from claimlint.claims.model import Claim, Component, Quantity, Reading
from claimlint.evidence import Manifest
from claimlint.manuscript.model import Block, Directive, Document, Mark, Segment, Sentence, Source, Span

FILE = "paper.tex"


def component(kind: str, layer: int | None = None, index: int | None = None) -> Component:
    return Component(f"{kind} {layer}.{index}", kind, layer, index, 0, 0)


def layers(*numbers: int) -> tuple[Component, ...]:
    return tuple(component("layer", number) for number in numbers)


def heads(*pairs: tuple[int, int]) -> tuple[Component, ...]:
    return tuple(component("head", *pair) for pair in pairs)


def quantity(value: float, unit: str, decimals: int = 0) -> Quantity:
    return Quantity(value, unit, decimals, f"{value:g} {unit}", 0, 0)


class Paper:
    """One paragraph, to which claims are added sentence by sentence."""

    def __init__(self, *texts: str, directives: tuple[Directive, ...] = ()) -> None:
        whole = " ".join(texts)
        self.block = Block("paragraph", whole, (Segment(0, FILE, 0, len(whole), True),))
        self.document = Document(FILE, (Source(FILE, whole),), (self.block,), directives)
        self.claims: list[Claim] = []
        self._at = 0

    def add(self, text: str, marks: tuple[Mark, ...] = (), **reading: Any) -> Claim:
        previous = self.claims[-1].sentence.text if self.claims else ""
        start = self.block.text.index(text, self._at)
        self._at = start + len(text)
        labels = {"stance": "own", "level": 2, "kind": "effect"}
        claim = Claim(
            f"c{len(self.claims) + 1}",
            Sentence(text, self.block, start, self._at, previous, marks=marks),
            Reading(hedged=False, negated=False, scope="", confidence=1.0, **(labels | reading)),
        )
        self.claims.append(claim)
        return claim


def paper(text: str, marks: tuple[Mark, ...] = (), **reading: Any) -> Paper:
    """A paper of one sentence."""
    whole = Paper(text)
    whole.add(text, marks, **reading)
    return whole


def evidence_comment(*ids: str, end: int) -> Directive:
    return Directive("evidence", ids, "", Span(FILE, end, end), alone=False)


def manifest(*experiments: dict[str, Any]) -> Manifest:
    defaults = {"model": "narrow", "prompts": "pairs", "behaviour": "gender agreement"}
    return Manifest.model_validate(
        {
            "version": 1,
            "models": [
                {"id": "narrow", "name": "Narrow-18"},
                {"id": "gpt2", "name": "openai/gpt2"},
                {"id": "gpt2-xl", "name": "openai/gpt2-xl"},
            ],
            "prompt_sets": [{"id": "pairs", "n": 1000}, {"id": "other"}],
            "experiments": [defaults | experiment for experiment in experiments],
        }
    )
