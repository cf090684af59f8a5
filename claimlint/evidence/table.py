"""A manifest as a plain-text table: what each experiment was, and what it licenses."""

from __future__ import annotations

from collections.abc import Sequence

from claimlint.evidence.licence import LEVELS, licence
from claimlint.evidence.model import Experiment, Manifest, Target
from claimlint.evidence.parts import parts_of

HEADINGS = ("experiment", "method", "target", "model", "n", "grade", "level", "licenses")
_LONGEST_TARGET = 32


def manifest_table(manifest: Manifest) -> str:
    """One line per experiment, in the manifest's order; nothing is licensed by what was not carried out."""
    rows = [HEADINGS, *(_row(experiment, manifest) for experiment in manifest.experiments)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"


def _row(experiment: Experiment, manifest: Manifest) -> tuple[str, ...]:
    found = licence(experiment, manifest)
    kinds = [kind for kind in LEVELS if kind in found.kinds] + sorted(found.words)
    model = manifest.model(experiment.model)
    return (
        experiment.id,
        experiment.method,
        target_text(experiment.target),
        (model.name or model.id) if model else "-",
        _prompts(experiment, manifest),
        experiment.grade,
        str(found.level),
        ", ".join(kinds)
        or (found.nothing if experiment.status == "done" else f"nothing ({experiment.status})"),
    )


def _prompts(experiment: Experiment, manifest: Manifest) -> str:
    if experiment.effect and experiment.effect.n is not None:
        return f"{experiment.effect.n:,}"
    prompts = manifest.prompt_set(experiment.prompts)
    return f"{prompts.n:,}" if prompts and prompts.n is not None else "-"


def target_text(target: Target) -> str:
    """The target in few words: "layer 8", "layers 10-13", "heads 11.2, 13.0", or its own name."""
    if target.path:
        text = " to ".join(target.path)
    elif parts := parts_of(target):
        kind = parts[0].kind
        numbers = [_number(part.layer, part.index) for part in parts]
        plain = [part.layer for part in parts if part.index is None and part.layer is not None]
        if len(plain) > 2 and plain == list(range(plain[0], plain[-1] + 1)):
            numbers = [f"{plain[0]}-{plain[-1]}"]
        plural = "s" if len(parts) > 1 and kind != "attention" else ""
        text = f"{kind}{plural} {', '.join(numbers)}"
    else:
        text = target.name or "whole model"
    return text if len(text) <= _LONGEST_TARGET else text[: _LONGEST_TARGET - 3] + "..."


def _number(layer: int | None, index: int | None) -> str:
    return ".".join(str(number) for number in (layer, index) if number is not None)
