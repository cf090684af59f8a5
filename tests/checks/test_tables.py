"""Numbers in tables: the headings say whose they are, and only a number of nobody's is reported."""

from __future__ import annotations

from typing import Any

import pytest

from claimlint.checks import load_rules
from tests.checks.papers import lint, manifest_of

RULES = tuple(rule for rule in load_rules() if rule.name == "number-drift")

PROBES = [
    {
        "id": f"probe-l{layer}",
        "method": "linear_probe",
        "model": "narrow-18",
        "behaviour": "gender of the antecedent",
        "target": {"layer": layer},
        "effect": {"metric": "accuracy", "value": value, "unit": "percent"},
        "controls": {"control_task": control},
    }
    for layer, value, control in ((6, 88.2, 0.57), (8, 95, 0.54))
]
LATEX = r"""\documentclass{article}\begin{document}
Table 1 lists the probes.
\begin{table}\begin{tabular}{llrr}
property & layer & accuracy & control task \\
gender & 6 & %s & 57\%% \\
gender & 8 & %s & 54\%% \\
\end{tabular}\caption{%s}\end{table}
\end{document}
"""
MARKDOWN = """# Results

Table 1 lists the probes.

| property | layer | accuracy |
|---|---:|---:|
| gender | 6 | %s |
| gender | 8 | %s |
"""
CAPTION = "Accuracy of linear probes."


def found(text: str, experiments: list[dict[str, Any]], path: str = "paper.tex") -> list[str]:
    return [f.cue for f in lint(text, manifest_of(experiments), path=path, rules=RULES).findings]


@pytest.mark.parametrize(
    ("six", "eight", "expected"),
    [
        (r"88\%", r"95\%", []),
        ("88.2", "95.0", []),
        (".882", "0.95", []),
        (r"88\%", r"97\%", ["97%"]),
        ("88", "0.97", ["0.97"]),
        (r"86 $\pm$ 1", r"95 $\pm$ 1", ["86"]),
    ],
)
def test_a_cell_is_held_against_its_experiment(six: str, eight: str, expected: list[str]) -> None:
    assert found(LATEX % (six, eight, CAPTION), PROBES) == expected


def test_the_finding_stands_at_the_number_and_names_its_headings() -> None:
    text = LATEX % (r"88\%", r"97\%", CAPTION)
    (finding,) = lint(text, manifest_of(PROBES), rules=RULES).findings
    assert text[finding.span.start : finding.span.end] == r"97\%"
    assert "97% (gender, layer 8, accuracy)" in finding.message
    assert "experiment probe-l8 says 95%" in finding.message
    assert finding.needed == "95% in its place, or a run of probe-l8 that says so"


def test_markdown_tables_are_read() -> None:
    assert found(MARKDOWN % ("88%", "97%"), PROBES, "paper.md") == ["97%"]
    assert found(MARKDOWN % ("88%", "95%"), PROBES, "paper.md") == []


def test_layers_may_stand_in_the_columns() -> None:
    text = "# Results\n\nSee the table.\n\n| layer | 6 | 8 |\n|---|---|---|\n| accuracy | 88% | 97% |\n"
    assert found(text, PROBES, "paper.md") == ["97%"]


@pytest.mark.parametrize(
    ("row", "heading", "caption"),
    [
        ("number", "accuracy", CAPTION),
        ("gender", "perplexity", CAPTION),
        ("gender", "accuracy on held-out stories", CAPTION),
        ("gender", "accuracy", "Accuracy of linear probes on Pythia-1.4B."),
    ],
)
def test_what_the_manifest_does_not_account_for_is_left_alone(row: str, heading: str, caption: str) -> None:
    text = LATEX % (r"88\%", r"97\%", caption)
    assert found(text.replace("gender", row).replace("& accuracy", f"& {heading}"), PROBES) == []


SAE = {
    "id": "annotated",
    "method": "sae_attribution",
    "behaviour": "annotation",
    "target": {"layer": 8},
    "effect": {"metric": "annotation_rate", "value": 0.56, "unit": "fraction"},
}
KAPPA = {**SAE, "effect": {"metric": "annotation_kappa", "value": 0.56, "unit": "fraction"}}
GAP = {
    "id": "gap",
    "method": "ablation",
    "behaviour": "gender",
    "target": {"layer": 8},
    "effect": {"metric": "logit_gap", "value": -0.12, "unit": "logits"},
}


@pytest.mark.parametrize(
    ("experiment", "heading", "cell", "expected"),
    [
        (SAE, "annotations", "6,312", []),
        (SAE, "annotations", "31", []),
        (SAE, "annotation rate", "6,312", []),
        (SAE, "annotation rate", "31", ["31"]),
        (SAE, "annotation rate", r"56\%", []),
        (KAPPA, "annotation kappa", "0.31", ["0.31"]),
        (KAPPA, "annotation score", "0.31", []),
        (GAP, "logit gap", "1,460", []),
        (GAP, "logit gap", "0.12", []),
        (GAP, "logit gap", "$-0.12$", []),
    ],
)
def test_a_count_or_another_measure_is_no_effect(
    experiment: dict[str, Any], heading: str, cell: str, expected: list[str]
) -> None:
    text = LATEX.replace("& accuracy", f"& {heading}").replace("gender", experiment["behaviour"])
    text = text.replace(r"57\%%", "--").replace(r"54\%%", "--")
    assert found(text % ("--", cell, f"The {heading} by layer."), [experiment]) == expected


def test_the_sign_of_a_number_is_kept_in_what_is_recorded() -> None:
    text = LATEX.replace("& accuracy", "& logit gap") % ("--", "$-0.20$", "The logit gap by layer.")
    (finding,) = lint(text, manifest_of([GAP]), rules=RULES).findings
    assert finding.message.endswith("experiment gap says -0.12.")


def test_two_experiments_on_one_part_decide_nothing_unless_the_caption_tells_their_method() -> None:
    patch = {**PROBES[1], "id": "patch-l8", "method": "activation_patching", "direction": "denoising"}
    patch["effect"] = {"metric": "accuracy", "value": 12, "unit": "percent"}
    text = LATEX % (r"88\%", r"97\%", CAPTION)
    assert found(text, [*PROBES, patch]) == ["97%"]
    assert found(text.replace("linear probes", "both methods"), [*PROBES, patch]) == []
    assert found(LATEX % (r"88\%", r"12\%", CAPTION), [*PROBES, patch]) == []
