"""Parts of a model that a sentence names: ``L9H6``, "heads 9.6 and 10.0", "layers 8-12", "SAE latent 812"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from claimlint.claims.model import Component

LONGEST_RANGE = 200
DASH = r"(?:-{1,3}|–|—|−)"
BETWEEN = r"[\s~]*"

Place = tuple[int | None, int | None]


class ComponentReader:
    """Finds component mentions with the nouns of one language's packs.

    Args:
        nouns: regular expressions of the nouns for ``head``, ``layer``, ``mlp``, ``attention``, ``neuron``,
            ``feature`` and ``residual``, and of ``to`` and ``and`` as ranges and lists use them, ``at`` as in
            "neuron 12 of layer 3", ``blocked``, the words before a noun that make it something else, and
            ``norm``, the words behind "L2" that make it no layer.
    """

    def __init__(self, nouns: Mapping[str, str]) -> None:
        to = rf"(?:{BETWEEN}{DASH}{BETWEEN}|\s+(?:{nouns['to']})\s+|\s*\.\.\.?\s*)"
        joint = rf"(?:\s*,\s*(?:{nouns['and']})\s+|\s*,\s*|\s+(?:{nouns['and']})\s+|\s*[&/]\s*)"
        number = r"(?:\d{1,6}(?!\d))"
        pair = r"(?:\(\d{1,3},\s?\d{1,6}\)|\d{1,3}(?:\.|:)[Hh]?\d{1,6}(?![\d%]))"
        norm = rf"(?![\s~}}$-]{{0,4}}(?:{nouns['norm']}))"
        short = rf"(?:[LH]\d{{1,3}}(?![\d_]){norm})"
        latent = r"[Ll]\d{1,3}[_.]?[Ff]\d{1,6}(?!\d)"

        def run(member: str) -> str:
            return rf"{member}(?:(?:{to}|{joint}){member}(?!\s*%|\.\d))*"

        plain = run(rf"(?:{number}(?!\.\d|\s*%|[A-Za-z])|{short})")
        dotted = run(rf"(?:{pair}|[Ll]\d{{1,3}}\.?[Hh]\d{{1,3}}(?!\d))")
        gap = r"(?:[\s~]+|-)(?:#|\\#|no\.\s?)?"
        numbered = [
            rf"(?P<head>\b(?:{nouns['head']}){gap}(?P<head_at>{dotted}|{plain}))",
            rf"(?P<neuron>\b(?:{nouns['neuron']}){gap}(?P<neuron_at>{dotted}|{plain}))",
            rf"(?P<feature>\b(?:{nouns['feature']}){gap}(?P<feature_at>{run(latent)}|{plain}))",
            rf"(?P<latent>{latent})",
            rf"(?P<mlp>\b(?:{nouns['mlp']}){gap}(?P<mlp_at>{plain}))",
            rf"(?P<attention>\b(?:{nouns['attention']}){gap}(?P<attention_at>{plain}))",
            rf"(?P<layer>\b(?:{nouns['layer']}){gap}(?P<layer_at>{plain}))",
            r"(?P<code>[Ll]\d{1,3}\.?[Hh]\d{1,3}(?!\d))",
            r"(?P<slot>(?<!\.)"
            r"(?:[aA]\d{1,2}\.[hH]\d{1,2}|[mM]LP[_ ]?\d{1,3}|[mM]\d{1,2}(?=\b)(?!\.\d))(?!\d))",
            rf"(?P<deep>(?<!/)L\d{{1,3}}(?:{to}L?\d{{1,3}})?(?![A-Za-z0-9]){norm})",
        ]
        # None of them begins inside a word, and to look at the starts of words takes a third of the time.
        self._mention = re.compile(
            rf"(?<![A-Za-z0-9])(?=[^\W\d_])(?:{'|'.join(numbered)})"
            rf"|(?P<sub>L_\{{?\d{{1,3}}\}}?(?!\d){norm})|(?P<residual>\b(?:{nouns['residual']})\b)"
        )
        self._to = re.compile(to)
        self._member = re.compile(rf"{pair}|[Ll]\d{{1,3}}\.?[Hh]\d{{1,3}}|{latent}|[LH]?{number}")
        self._of_layer = re.compile(
            rf"(?:\s*,)?\s*\(?(?:(?:{nouns['at']})\s+)(?:{nouns['layer']}){gap}(?P<at>{number})(?!\.\d)"
        )
        self._layered = re.compile(rf"(?:{nouns['layer']}){gap}({number})\s*(?:,|'s|’s)?\s*$")
        self._blocked = re.compile(rf"(?:{nouns['blocked']})[\s~-]*$")
        self._trigger = re.compile(rf"\d|(?:{nouns['residual']})")

    def read(self, text: str) -> tuple[Component, ...]:
        """Every mention, in order; ranges and lists as one component per member at the mention's offsets."""
        if not self._trigger.search(text):
            return ()
        found: list[Component] = []
        for match in self._mention.finditer(text):
            if self._blocked.search(text, max(0, match.start() - 30), match.start()):
                continue
            found += self._components(text, match)
        return tuple(found)

    def _components(self, text: str, match: re.Match[str]) -> list[Component]:
        kind = match.lastgroup or ""
        kind = kind.removesuffix("_at")
        start, end = match.span(kind)
        mention = text[start:end]
        if kind == "residual":
            behind = self._of_layer.match(text, end)
            layer = int(behind["at"]) if behind else None
            return [Component(mention, "residual", layer, None, start, end)]
        if kind in ("code", "slot"):
            return [_coded(mention, start, end)]
        if kind == "latent":
            layer, index = _place(mention, "feature")
            return [Component(mention, "feature", layer, index, start, end)]
        if kind in ("deep", "sub"):
            layers = self._places(mention, "layer")
            return [Component(mention, "layer", layer, None, start, end) for layer, _ in layers]
        outer = self._outer_layer(text, start, end)
        return [
            Component(mention, kind, outer if layer is None else layer, index, start, end)
            for layer, index in self._places(match[f"{kind}_at"], kind)
        ]

    def _outer_layer(self, text: str, start: int, end: int) -> int | None:
        behind = self._of_layer.match(text, end)
        before = self._layered.search(text, max(0, start - 30), start)
        return int(behind["at"]) if behind else int(before[1]) if before else None

    def _places(self, run: str, kind: str) -> list[Place]:
        places: list[Place] = []
        last = 0
        for member in self._member.finditer(run):
            place = _place(member.group(), kind)
            if places and self._to.fullmatch(run, last, member.start()):
                places += _between(places[-1], place)
            places.append(place)
            last = member.end()
        return places


def _coded(mention: str, start: int, end: int) -> Component:
    numbers = [int(n) for n in re.findall(r"\d+", mention)]
    if len(numbers) == 2:
        return Component(mention, "head", numbers[0], numbers[1], start, end)
    return Component(mention, "mlp", numbers[0], None, start, end)


def _place(member: str, kind: str) -> Place:
    numbers = [int(n) for n in re.findall(r"\d+", member)]
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    if kind in ("head", "neuron", "feature"):
        return None, numbers[0]
    return numbers[0], None


def _between(first: Place, last: Place) -> list[Place]:
    """What a range leaves unsaid. Only one number may move: "9.6-9.9", not "9.6-10.2"."""
    if first[0] == last[0] and first[1] is not None and last[1] is not None:
        gap = range(first[1] + 1, last[1])
        return [(first[0], index) for index in gap] if len(gap) < LONGEST_RANGE else []
    if first[1] is None and last[1] is None and first[0] is not None and last[0] is not None:
        gap = range(first[0] + 1, last[0])
        return [(layer, None) for layer in gap] if len(gap) < LONGEST_RANGE else []
    return []
