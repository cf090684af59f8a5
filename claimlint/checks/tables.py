"""Numbers in tables against the manifest's, with the headings of row and column as their sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from claimlint.checks.agreement import agrees, as_written, in_family, numbers_in_family
from claimlint.checks.drift_words import common, pattern
from claimlint.checks.mentions import common_stems, mentions, stems
from claimlint.checks.study import Hit
from claimlint.claims.engine import engine
from claimlint.claims.model import Quantity
from claimlint.evidence.model import Effect, Experiment, Manifest
from claimlint.evidence.numbers import unit_of
from claimlint.evidence.parts import parts_of
from claimlint.evidence.units import family
from claimlint.linking.targets import named_parts
from claimlint.manuscript.model import Block, Document

_RULER = re.compile(r"\|(?:\s*:?-{2,}:?\s*\|)+")
_FIGURE = re.compile(r"[-−+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?=\D|\Z)")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a table: where it stands in its block, and the words that belong to it.

    ``row`` are the other cells of its row, each with the heading of its column where it is a number itself.
    """

    block: Block
    start: int
    end: int
    column: str
    row: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.block.text[self.start : self.end]

    @property
    def words(self) -> str:
        return " ".join((*self.row, self.column))


def drifted_cells(document: Document, manifest: Manifest) -> Iterator[Hit]:
    """Cells that can only hold one experiment's main effect, and hold another number."""
    for number, block in enumerate(document.blocks):
        if block.kind != "table":
            continue
        beside = document.blocks[max(0, number - 1) : number + 2]
        caption = " ".join(other.text for other in beside if other.kind == "caption")
        for cell in cells(block):
            found = _drift(cell, caption, manifest)
            if found:
                yield _hit(cell, *found)


def cells(block: Block) -> Iterator[Cell]:
    """The cells of a table that hold numbers, below its first row."""
    rows = list(_rows(block.text))
    if not rows or len({len(row) for row in rows}) > 1:
        return
    header = [block.text[a:b].strip() for a, b in rows[0]]
    for row in rows[1:]:
        texts = [block.text[a:b].strip() for a, b in row]
        for column, (start, _) in enumerate(row):
            if column and _FIGURE.match(texts[column]):
                at = start + len(block.text[start:]) - len(block.text[start:].lstrip())
                others = [_labelled(header[k], text) for k, text in enumerate(texts) if k != column]
                named = header[column]
                heading = f"{header[0]} {named}" if _FIGURE.match(named) else named
                yield Cell(block, at, at + len(texts[column]), heading, tuple(filter(None, others)))


def _labelled(heading: str, text: str) -> str:
    """A cell in words: what stands in it, and for the number of a layer or head what it is the number of."""
    if not _FIGURE.match(text):
        return text if re.search(r"[A-Za-z]{2}", text) else ""
    named = f"{heading} {text}"
    return named if engine().components(named) else ""


def _rows(text: str) -> Iterator[list[tuple[int, int]]]:
    """The ranges of the cells, row by row."""
    ruler = _RULER.search(text)
    if ruler is None:
        for line in re.finditer(r"[^\n]+", text):
            yield _split(line.start(), line.group(), "\t")
        return
    width = ruler.group().count("|") - 1
    bars = [match.start() for match in re.finditer(r"\|", text)]
    ruled = range(ruler.start(), ruler.end())
    for first in range(0, len(bars) - width, width + 1):
        if bars[first] not in ruled:
            yield [(bars[first + k] + 1, bars[first + k + 1]) for k in range(width)]


def _split(start: int, line: str, sign: str) -> list[tuple[int, int]]:
    found, at = [], start
    for piece in line.split(sign):
        found.append((at, at + len(piece)))
        at += len(piece) + 1
    return found


def _drift(cell: Cell, caption: str, manifest: Manifest) -> tuple[Quantity, Experiment, Effect] | None:
    named = set(named_parts(engine().components(cell.words)))
    if not named:
        return None
    on_target = [e for e in manifest.done if set(parts_of(e.target)) == named]
    meant = [e for e in on_target if e.effect and _explains(e, e.effect, cell, caption, manifest)]
    meant = [e for e in meant if stems(e.method) & stems(caption)] or meant
    quantity = _quantity(cell, caption)
    if len(meant) != 1 or meant[0].effect is None or quantity is None:
        return None
    (experiment,), effect = meant, meant[0].effect
    unit, factor = family(unit_of(effect))
    if not quantity.unit:
        # A table rarely repeats the unit; the effect's own is meant, or percent for a share.
        share = "percent" if abs(quantity.value) > 1 else "fraction"
        said = share if unit == "share" else _NAMES.get((unit, factor), "")
        quantity = Quantity(
            quantity.value, said, quantity.decimals, quantity.text, quantity.start, quantity.end
        )
    if in_family(quantity)[0] != unit or not unit:
        return None
    known = numbers_in_family(on_target, unit)
    if any(agrees(quantity, number, cell.text) for number in known):
        return None
    return quantity, experiment, effect


def _is_count(quantity: Quantity) -> bool:
    """Whether a whole number without a unit is too large for a share, or written as counts are."""
    whole = not quantity.unit and not quantity.decimals
    return whole and (abs(quantity.value) > 100 or "," in quantity.text)


#: The unit that a family's numbers have in the effect's own scale.
_NAMES = {
    ("share", 0.01): "percent",
    ("share", 1.0): "fraction",
    ("points", 0.01): "points",
    ("logits", 1.0): "logits",
    ("nats", 1.0): "nats",
    ("bits", 1.0): "bits",
}


def _quantity(cell: Cell, caption: str) -> Quantity | None:
    """The number that a cell begins with; its unit may stand in the heading or in the caption."""
    values = [q for q in engine().quantities(cell.text) if q.role == "value"]
    if len(values) != 1 or values[0].start or _is_count(values[0]):
        return None
    (value,) = values
    told = pattern("unit").search(cell.column) or pattern("unit").search(caption)
    unit = value.unit or (_spelled(told.group()) if told else "")
    return replace(value, unit=unit)


def _spelled(unit: str) -> str:
    base, factor = family(unit)
    return _NAMES.get((base, factor), "")


def _explains(experiment: Experiment, effect: Effect, cell: Cell, caption: str, manifest: Manifest) -> bool:
    """Whether the experiment accounts for every word of the headings, and the effect's metric is named."""
    if not any(mentions(words, effect, experiment) for words in (cell.words, caption)):
        return False
    model, prompts = manifest.model(experiment.model), manifest.prompt_set(experiment.prompts)
    said = engine().model(caption)
    if said and not (model and stems(said) & stems(f"{model.id} {model.name}")):
        return False
    own = " ".join(
        (
            experiment.behaviour,
            experiment.method,
            experiment.target.name,
            " ".join(experiment.replacement),
            f"{model.id} {model.name}" if model else "",
            f"{prompts.id} {prompts.name}" if prompts else "",
        )
    )
    known = stems(f"{effect.metric} {own}") | _empty()
    rows = [stems(text) for text in cell.row]
    return stems(cell.column) <= known and all(words & known for words in rows if words)


@cache
def _empty() -> frozenset[str]:
    """Of words of a heading that do not tell one number from another."""
    return common_stems() | stems(common("headings"))


def _hit(cell: Cell, quantity: Quantity, experiment: Experiment, effect: Effect) -> Hit:
    recorded = as_written(effect, quantity)
    start = cell.start + quantity.start
    end = cell.start + quantity.end
    span = cell.block.span(start, end)
    return Hit(
        span=span,
        sentence=cell.block.span(cell.start, cell.end),
        text=cell.text,
        cue=cell.block.text[start:end],
        message="cell",
        experiments=(experiment,),
        values={
            "experiment": experiment.id,
            "written": f"{quantity.text} ({', '.join((*cell.row, cell.column))})",
            "recorded": recorded,
        },
    )
