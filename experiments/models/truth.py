"""The truth table: what each method must find on the models of known mechanism, and what it must miss.

    python -m experiments.models.truth            prints it, as the README beside this file shows it

The rows are in ``truth.toml``, which says how to read them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import product
from pathlib import Path
from typing import Any

MODELS = ("single-linear", "single-layernorm", "redundant-linear", "redundant-layernorm")
SINGLE = ("number head", "colour head", "idle heads", "stream")
REDUNDANT = ("number head", "both number heads", "colour head", "idle heads", "stream")
SETTINGS = ("receiver", "direction", "replacement", "concept", "rotation", "quantity")
"""What one method can be asked in several ways."""

SPOKEN = {
    "agreement-colour": "other colour",
    "agreement-attractor": "other attractor",
    "agreement-confounded": "confounded prompts",
    "number_xor_colour": "number XOR colour",
    "L1.mlp_out": "to the MLP",
    "logits": "to the logits",
    "test": "learned rotation",
    "random_model": "rotation learned on random weights",
    "left_without_circuit": "left without it",
    "iq": "stability of components",
    "mcc": "match with number and colour",
}
MARKS = {"find": "**{}**", "miss": "{}", "mislead": "*{}* !"}


@dataclass(frozen=True)
class Entry:
    """What one method, asked in one way, must say about one place of one model.

    Args:
        place: a part's name, sites as they print, or "" for a whole sweep.
        row: the row of the file, with one value where it has a list.
    """

    model: str
    place: str
    sites: tuple[str, ...]
    row: Mapping[str, Any]

    @property
    def method(self) -> str:
        return str(self.row["method"])

    @property
    def prompts(self) -> str:
        return str(self.row.get("prompts", "agreement-number"))

    @property
    def setting(self) -> str:
        asked = [self.row[key] for key in (*SETTINGS, "prompts") if key in self.row]
        return ", ".join(SPOKEN.get(value, value) for value in asked)

    @property
    def question(self) -> str:
        """Method and setting: ``ablation, zero``."""
        return ", ".join(filter(None, (f"`{self.method}`", self.setting)))

    @property
    def number(self) -> str:
        """What is expected, as short as a table has room for."""
        for key, sign in (("at_least", "≥ "), ("at_most", "≤ ")):
            if key in self.row:
                return f"{sign}{self.row[key]:g}"
        value = self.row["value"]
        if isinstance(value, str):
            return value
        return ("≈ " if "tolerance" in self.row else "") + f"{value:.3g}".replace("-", "−")

    @property
    def marked(self) -> str:
        return MARKS[self.row["must"]].format(self.number)


@dataclass(frozen=True)
class Table:
    """All rows, spelled out."""

    entries: tuple[Entry, ...]
    exceptions: tuple[Mapping[str, Any], ...]

    def exception(self, entry: Entry, place: str) -> str:
        """Why the question that the entry answers cannot be asked about another place; "" where it can."""
        for row in self.exceptions:
            if (
                entry.method in row["methods"]
                and place in row["target"]
                and ("rotation" not in row or entry.row.get("rotation") in row["rotation"])
            ):
                return str(row["why"])
        return ""

    def questions(self) -> dict[str, Entry]:
        """Every question that is asked about a part, with one entry that answers it."""
        return {entry.question: entry for entry in self.entries if entry.place in REDUNDANT}

    def answers(self, question: str, model: str, place: str) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if (entry.question, entry.model, entry.place) == (question, model, place)
        ]

    def gaps(self) -> list[tuple[str, str, str]]:
        """Question, model and part for which the file says nothing."""
        return [
            (question, model, place)
            for question, example in self.questions().items()
            for model in MODELS
            for place in parts_of(model)
            if not self.answers(question, model, place) and not self.exception(example, place)
        ]


def parts_of(model: str) -> Sequence[str]:
    return SINGLE if model.startswith("single") else REDUNDANT


def read() -> Table:
    """The table in ``truth.toml``."""
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    entries = (entry for row in found["truth"] for entry in _entries(row, found["parts"]))
    return Table(tuple(entries), tuple(found["does_not_apply"]))


def _entries(row: Mapping[str, Any], parts: Mapping[str, Sequence[str]]) -> Iterator[Entry]:
    lists = {key: _listed(row[key]) for key in (*SETTINGS, "target") if key in row}
    models = [model for model in MODELS if any(fnmatch(model, known) for known in _listed(row["models"]))]
    for model, *chosen in product(models, *lists.values()):
        one = {**row, **dict(zip(lists, chosen, strict=True))}
        place = one.get("target", "")
        yield Entry(model, place, tuple(parts.get(place, place.split(" + "))), one)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def page(table: Table) -> Iterator[str]:
    """The tables of the README in Markdown, line by line."""
    yield "One number head (`single-linear` / `single-layernorm`):\n"
    yield from _grid(table, "single", SINGLE)
    yield "\nTwo number heads, either suffices (`redundant-linear` / `redundant-layernorm`):\n"
    yield from _grid(table, "redundant", REDUNDANT)
    yield "\nDoes not apply:\n"
    for row in table.exceptions:
        methods = ", ".join(f"`{method}`" for method in row["methods"])
        asked = [SPOKEN[value] for value in row.get("rotation", ())]
        yield f"- {', '.join([methods, *asked])} at {', '.join(row['target'])}: {row['why']}"
    yield "\nOther places, and whole sweeps:\n"
    elsewhere = [entry for entry in table.entries if entry.place not in REDUNDANT]
    yield from _reasons(elsewhere)
    yield "\nRight numbers that mislead, and what a report has to add:\n"
    yield from _reasons([entry for entry in table.entries if entry.row["must"] == "mislead"])


def _grid(table: Table, mechanism: str, places: Sequence[str]) -> Iterator[str]:
    yield f"| method | {' | '.join(places)} |"
    yield f"|---|{'---|' * len(places)}"
    for question in table.questions():
        cells = []
        for place in places:
            told = [
                " or ".join(entry.marked for entry in table.answers(question, f"{mechanism}-{norm}", place))
                for norm in ("linear", "layernorm")
            ]
            cells.append(" / ".join(dict.fromkeys(told)) or "–")
        yield f"| {question} | {' | '.join(cells)} |"


def _reasons(entries: Sequence[Entry]) -> Iterator[str]:
    """One line for each reason, with the settings, places and models that it is about."""
    yield "| method | place | models | number | because |"
    yield "|---|---|---|---|---|"
    together: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        together.setdefault((entry.method, entry.marked, entry.row["why"]), []).append(entry)
    for (method, number, why), same in together.items():
        settings = " or ".join(dict.fromkeys(entry.setting for entry in same))
        question = ", ".join(filter(None, (f"`{method}`", settings)))
        places = ", ".join(dict.fromkeys(entry.place for entry in same)) or "all heads"
        models = list(dict.fromkeys(entry.model for entry in same))
        told = "all" if len(models) == len(MODELS) else ", ".join(f"`{model}`" for model in models)
        yield f"| {question} | {places} | {told} | {number} | {why} |"


if __name__ == "__main__":
    print("\n".join(page(read())))
