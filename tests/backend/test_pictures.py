"""A heat map shows every cell with its number, and zero as no colour."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from claimlint.backend.activation_patching import activation_patching
from claimlint.backend.language_model import load_model
from claimlint.backend.pictures import heat_map, write_heat_map
from claimlint.backend.prompts import Prompt, prompt_set
from tests.backend.tiny import HEADS, LAYERS, random_pairs, tiny_model

SVG = "{http://www.w3.org/2000/svg}"


def test_every_cell_has_its_square_and_its_number(tmp_path: Path) -> None:
    result = activation_patching(load_model(tiny_model("gpt2")), random_pairs(), kind="z", heads="each")
    path = write_heat_map(tmp_path, "patch/tiny", result)
    assert path is not None
    assert path.name == "patch-tiny.svg"
    squares = list(ElementTree.parse(path).iter(f"{SVG}rect"))
    assert len(squares) == LAYERS * HEADS
    numbers = [float((square.findtext(f"{SVG}title") or "").split(": ")[1]) for square in squares]
    means = result.mean_effects().flatten().tolist()
    assert numbers == [float(f"{mean:.4g}") for mean in means]
    strongest = squares[max(range(len(means)), key=lambda i: abs(means[i]))]
    assert strongest.get("fill") in ("#2166ac", "#b2182b")


def test_without_an_effect_nothing_is_coloured() -> None:
    same = prompt_set(
        Prompt(id=p.id, clean=p.clean, corrupted=p.clean, answers=p.answers) for p in random_pairs().prompts
    )
    result = activation_patching(load_model(tiny_model("gpt2")), same, kind="z", heads="each")
    squares = ElementTree.fromstring(heat_map("a < b", result)).iter(f"{SVG}rect")
    assert {square.get("fill") for square in squares} == {"#f7f7f7"}


def test_other_shapes_have_no_heat_map(tmp_path: Path) -> None:
    result = activation_patching(load_model(tiny_model("gpt2")), random_pairs())
    assert write_heat_map(tmp_path, "patch", result) is None
    assert list(tmp_path.iterdir()) == []
