"""A paper that quotes the manifest by its macros never drifts, today nor after the next run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimlint.checks import load_rules
from claimlint.checks.agreement import agrees, in_family
from claimlint.claims.engine import engine
from claimlint.errors import ClaimlintError
from claimlint.evidence import Manifest, load_manifest
from claimlint.evidence.appendix import appendix_table
from claimlint.evidence.macros import macro_name, macros
from claimlint.manuscript import read
from tests.checks.papers import lint

RULES = tuple(rule for rule in load_rules() if rule.name == "number-drift")

PAPER = r"""\documentclass{article}
\usepackage{claimlint}
\input{numbers}
\begin{document}
\begin{abstract}
Patching layer 15 raises accuracy by \PatchLOneFive on average over \PatchLOneFiveN
prompts\evidence{patch-l15}.
\end{abstract}
Ablating head 9.6 lowers the logit difference by \AblHNineDotSixSize, with a 95\% interval of
$[\AblHNineDotSixLow, \AblHNineDotSixHigh]$\evidence{abl-h9.6}.
A linear probe reads gender from layer 8 with an accuracy of \ProbeLEight (\ProbeLEightInterval), or
$\ProbeLEightValue\%$\evidence{probe-l8}.
The control task reaches \ProbeLEightControlTaskPercent\evidence{probe-l8}.
\begin{table}\begin{tabular}{lr}
layer & accuracy \\
8 & \ProbeLEight \\
\end{tabular}\caption{Accuracy of linear probes.}\end{table}
\end{document}
"""


def manifest_of(raised: float, lowered: float, read_off: float, n: int = 1000) -> Manifest:
    def effect(metric: str, value: float, unit: str) -> dict[str, Any]:
        return {"metric": metric, "value": value, "unit": unit, "ci": [value - 3, value + 3], "n": n}

    shared = {"behaviour": "gender"}
    return Manifest.model_validate(
        {
            "experiments": [
                {
                    "id": "patch-l15",
                    "method": "activation_patching",
                    "direction": "denoising",
                    "target": {"layer": 15},
                    "effect": effect("accuracy", raised, "points"),
                    **shared,
                },
                {
                    "id": "abl-h9.6",
                    "method": "ablation",
                    "target": {"head": "9.6"},
                    "effect": effect("logit_difference", lowered, "logits"),
                    **shared,
                },
                {
                    "id": "probe-l8",
                    "method": "linear_probe",
                    "target": {"layer": 8},
                    "effect": effect("accuracy", read_off, "percent"),
                    "controls": {"control_task": 0.54},
                    **shared,
                },
                {"id": "later", "method": "ablation", "status": "planned"},
            ]
        }
    )


def drifted(folder: Path, manifest: Manifest) -> list[str]:
    (folder / "paper.tex").write_text(PAPER)
    return [f.message for f in lint(None, manifest, path=str(folder / "paper.tex"), rules=RULES).findings]


@settings(max_examples=25)
@given(
    raised=st.floats(4, 60),
    lowered=st.floats(-60, -4),
    read_off=st.floats(4, 96),
    n=st.integers(2, 100_000),
    decimals=st.none() | st.integers(0, 3),
)
def test_a_paper_that_quotes_the_macros_never_drifts(
    tmp_path_factory: pytest.TempPathFactory,
    raised: float,
    lowered: float,
    read_off: float,
    n: int,
    decimals: int | None,
) -> None:
    folder = tmp_path_factory.mktemp("paper")
    manifest = manifest_of(raised, lowered, read_off, n)
    (folder / "numbers.tex").write_text(macros(manifest, decimals=decimals))
    assert drifted(folder, manifest) == []


def test_a_paper_with_old_macros_drifts_until_they_are_written_again(tmp_path: Path) -> None:
    (tmp_path / "numbers.tex").write_text(macros(manifest_of(30, -1.2, 95)))
    later = manifest_of(24, -2.5, 91)
    told = drifted(tmp_path, later)
    assert "The sentence says 30 points, experiment patch-l15 says 24 points." in told
    assert "The sentence says 1.2 logits, experiment abl-h9.6 says 2.5 logits." in told
    assert any("The table says 95%" in message for message in told)
    (tmp_path / "numbers.tex").write_text(macros(later))
    assert drifted(tmp_path, later) == []


def test_the_reader_sees_what_latex_prints(tmp_path: Path) -> None:
    (tmp_path / "numbers.tex").write_text(macros(manifest_of(30, -1.2, 95)))
    (tmp_path / "paper.tex").write_text(PAPER)
    text = " ".join(block.text for block in read(str(tmp_path / "paper.tex")).blocks)
    assert "raises accuracy by 30 points on average over 1,000 prompts" in text
    assert "by 1.2 logits, with a 95% interval of [-4.2, 1.8]" in text
    assert "an accuracy of 95% ([92, 98]), or 95%." in text
    assert "The control task reaches 54%." in text


def defined(text: str) -> dict[str, str]:
    return dict(re.findall(r"\\newcommand\{\\([A-Za-z]+)\}\{(.*)\\xspace\}", text))


def test_every_line_is_a_definition_that_latex_takes() -> None:
    text = macros(manifest_of(30, -1.2, 95))
    lines = [line for line in text.splitlines() if line and not line.startswith("%")]
    assert lines[0] == r"\RequirePackage{xspace}"
    assert len(defined(text)) == len(lines) - 1
    assert "Later" not in text, "what was not carried out has no number"
    assert macros(manifest_of(30, -1.2, 95)) == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("patch-l15", "PatchLOneFive"),
        ("abl-h9.6", "AblHNineDotSix"),
        ("patch/L8H3.z@-1", "PatchLEightHThreeDotZAtMinusOne"),
        ("probe_é", "ProbeE"),
    ],
)
def test_names_are_letters_alone(name: str, expected: str) -> None:
    assert macro_name(name) == expected


def test_rounding_is_as_told() -> None:
    manifest = manifest_of(30.456, -1.2345, 95)
    plain = defined(macros(manifest))
    assert (plain["PatchLOneFive"], plain["PatchLOneFiveInterval"]) == ("30.5~points", "[27.5, 33.5]")
    assert plain["AblHNineDotSix"] == r"\ensuremath{-}1.23~logits"
    assert (plain["ProbeLEight"], plain["PatchLOneFiveN"]) == (r"95\%", "1{,}000")
    told = defined(macros(manifest, decimals=0, by_id={"abl-h9.6": 3}, prefix="my"))
    assert (told["myPatchLOneFive"], told["myProbeLEight"]) == ("30~points", r"95\%")
    assert told["myAblHNineDotSixSize"] in ("1.234~logits", "1.235~logits")


@settings(max_examples=60)
@given(value=st.floats(-999, 999).filter(lambda x: abs(x) > 1e-3), decimals=st.none() | st.integers(0, 4))
def test_a_macro_is_a_rounding_of_its_number(value: float, decimals: int | None) -> None:
    effect = {"metric": "accuracy", "value": value, "unit": "percent"}
    manifest = Manifest.model_validate({"experiments": [{"id": "e", "method": "pca", "effect": effect}]})
    text = defined(macros(manifest, decimals=decimals))["ESize"].replace("\\", "").replace("{,}", ",")
    (quantity,) = engine().read(f"It is {text}.").quantities
    assert agrees(quantity, value * in_family(quantity)[1], f"It is {text}.")


@pytest.mark.parametrize(
    ("ids", "told"),
    [(["a-1", "a_1"], r'"a-1" and "a_1" would both define \A'), (["é", "œ"], "œ"), (["日本"], "no letter")],
)
def test_names_that_would_clash_are_refused(ids: list[str], told: str) -> None:
    effect = {"metric": "accuracy", "value": 1, "unit": "percent"}
    entries = [{"id": id, "method": "pca", "effect": effect} for id in ids]
    with pytest.raises(ClaimlintError) as error:
        macros(Manifest.model_validate({"experiments": entries}))
    assert told in str(error.value)


def test_decimals_of_nothing_are_refused() -> None:
    with pytest.raises(ClaimlintError, match="no experiment of that id"):
        macros(manifest_of(1, 2, 3), by_id={"patch-l16": 1})


def test_the_appendix_says_what_each_experiment_licenses(tmp_path: Path) -> None:
    manifest = manifest_of(30, -1.2, 95)
    lines = appendix_table(manifest, "markdown").splitlines()
    assert lines[0].startswith("| experiment | method | target | n | result | rung |")
    assert lines[2] == (
        "| patch-l15 | activation patching | layer 15 | 1,000 | accuracy 30 points [27, 33] "
        "| 2 intervention | effect, role, sufficiency |"
    )
    assert "later" not in "".join(lines)


def test_the_latex_appendix_is_a_table_that_the_reader_reads(tmp_path: Path) -> None:
    entry = {"id": "a_b", "method": "pca", "note": "", "target": {"name": "50% & more"}}
    manifest = Manifest.model_validate({"experiments": [json.loads(json.dumps(entry))]})
    text = appendix_table(manifest, "latex")
    assert r"a\_b & pca & 50\% \& more &" in text
    paper = f"\\documentclass{{article}}\\begin{{document}}See it.\n{text}\\end{{document}}"
    blocks = {block.kind: block.text for block in read("paper.tex", paper).blocks}
    assert "a_b \tpca \t50% & more" in blocks["table"]
    assert blocks["caption"].startswith("The experiments that this paper rests on.")


def test_in_latex_a_number_below_zero_has_a_minus_and_a_name_its_hyphen() -> None:
    effect = {"metric": "accuracy", "value": -12, "unit": "points", "ci": [-15, -9]}
    manifest = Manifest.model_validate(
        {"experiments": [{"id": "a-9", "method": "ablation", "effect": effect}]}
    )
    assert r"a-9 & ablation" in appendix_table(manifest, "latex")
    assert r"\ensuremath{-}12 points [\ensuremath{-}15, \ensuremath{-}9]" in appendix_table(manifest, "latex")


def test_the_demo_paper_may_quote_its_manifest() -> None:
    demo = load_manifest(Path(__file__).parents[2] / "corpus" / "demo" / "manifest.json")
    assert defined(macros(demo))["PatchLOneFive"] == "33.9~points"


def test_a_number_whose_unit_nobody_gives_is_printed_in_none() -> None:
    effect = {"metric": "accuracy", "value": 12}
    manifest = Manifest.model_validate({"experiments": [{"id": "a", "method": "ablation", "effect": effect}]})
    assert "Percent" not in macros(manifest)
    assert r"\newcommand{\A}{12\xspace}" in macros(manifest)
