"""The table for a paper's appendix: each experiment, its rung, and what it licenses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from claimlint.evidence.licence import LEVELS, licence
from claimlint.evidence.model import Experiment, Manifest
from claimlint.evidence.printing import effect_text
from claimlint.evidence.table import target_text

HEADINGS = ("experiment", "method", "target", "n", "result", "rung", "licenses")
RUNGS = ("none", "1 association", "2 intervention", "3 counterfactual")
_NUMERIC = HEADINGS.index("n")
_CAPTION = (
    "The experiments that this paper rests on. The rung is the highest one of Pearl's hierarchy that the "
    "experiment licenses a claim on, for its own target, model and prompts."
)
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def appendix_table(manifest: Manifest, format_: str) -> str:
    """What was run, as ``latex`` (labelled ``tab:evidence``; no package needed) or ``markdown``."""
    rows = [_row(experiment, manifest) for experiment in manifest.done]
    return _latex(rows) if format_ == "latex" else _markdown(rows)


def _row(experiment: Experiment, manifest: Manifest) -> tuple[str, ...]:
    found = licence(experiment, manifest)
    kinds = [kind for kind in LEVELS if kind in found.kinds] + sorted(found.words)
    prompts = manifest.prompt_set(experiment.prompts)
    n = experiment.effect.n if experiment.effect and experiment.effect.n is not None else None
    n = n if n is not None or prompts is None else prompts.n
    effect = experiment.effect
    return (
        experiment.id,
        experiment.method.replace("_", " "),
        target_text(experiment.target),
        "" if n is None else f"{n:,}",
        f"{effect.metric.replace('_', ' ')} {effect_text(effect)}" if effect else "",
        RUNGS[found.level],
        ", ".join(kinds) or "nothing by itself",
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    ruler = ["---:" if column == _NUMERIC else "---" for column in range(len(HEADINGS))]
    lines = [HEADINGS, ruler, *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _latex(rows: Sequence[Sequence[str]]) -> str:
    columns = "".join("r" if column == _NUMERIC else "l" for column in range(len(HEADINGS)))
    body = "".join(f"    {' & '.join(_escaped(cell) for cell in row)} \\\\\n" for row in rows)
    heading = " & ".join(HEADINGS)
    return (
        "\\begin{table}\n  \\centering\n  \\small\n"
        f"  \\begin{{tabular}}{{{columns}}}\n    \\hline\n    {heading} \\\\\n    \\hline\n"
        f"{body}    \\hline\n  \\end{{tabular}}\n"
        f"  \\caption{{{_CAPTION}}}\n  \\label{{tab:evidence}}\n\\end{{table}}\n"
    )


def _escaped(text: str) -> str:
    plain = re.sub(r"[\\~^&%$#_{}]", lambda sign: _SPECIAL[sign.group()], text)
    # A hyphen before a number is a minus, unless it stands in a name: "ablate-9".
    return re.sub(r"(?<![\w.-])-(?=\d)", r"\\ensuremath{-}", plain)
