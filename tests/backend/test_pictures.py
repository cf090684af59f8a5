"""Pictures show every number that they are drawn from, and stand alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from claimlint.backend.activation_patching import activation_patching
from claimlint.backend.language_model import load_model
from claimlint.backend.linear_probe import LinearProbeResult, linear_probe
from claimlint.backend.pictures import agreement_plot, heat_map, probe_curve, write_picture
from claimlint.backend.prompts import Prompt, prompt_set
from claimlint.backend.robustness import Configuration, RobustnessResult, robustness
from claimlint.svg import as_file, number
from tests.backend.tiny import HEADS, LAYERS, random_pairs, tiny_model

SVG = "{http://www.w3.org/2000/svg}"


def test_every_cell_has_its_square_and_its_number(tmp_path: Path) -> None:
    result = activation_patching(load_model(tiny_model("gpt2")), random_pairs(), kind="z", heads="each")
    path = write_picture(tmp_path, "patch/tiny", heat_map("patch/tiny", result))
    assert path is not None
    assert path.name == "patch-tiny.svg"
    paper, *squares = ElementTree.parse(path).iter(f"{SVG}rect")
    assert paper.get("fill") == "#fff", "a viewer may have a dark ground"
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
    drawn = heat_map("a < b", result)
    assert drawn is not None
    _, *squares = ElementTree.fromstring(as_file(drawn)).iter(f"{SVG}rect")
    assert {square.get("fill") for square in squares} == {"#f7f7f7"}


def test_other_shapes_have_no_heat_map(tmp_path: Path) -> None:
    result = activation_patching(load_model(tiny_model("gpt2")), random_pairs())
    assert write_picture(tmp_path, "patch", heat_map("patch", result)) is None
    assert list(tmp_path.iterdir()) == []


def probed() -> LinearProbeResult:
    """A label that the second of three sites holds, eight prompts for each of twelve words."""
    rng = np.random.default_rng(0)
    words, labels = np.repeat(np.arange(12), 8), np.tile([0, 1], 48)
    activations = rng.normal(size=(96, 3, 4))
    activations[:, 1, 0] += 6 * labels
    sites = [f"L{layer}.resid_post@-1" for layer in range(3)]
    return linear_probe(
        activations, labels, words, sites=sites, token_types=words, permutations=2, bootstrap=20
    )


def test_a_probe_curve_has_every_site_and_the_controls() -> None:
    result = probed()
    curve = ElementTree.fromstring(as_file(probe_curve("probe", result)))
    texts = [text.text for text in curve.iter(f"{SVG}text")]
    for site, accuracy in zip(result.sites, result.site_accuracy, strict=True):
        assert texts[texts.index(site) :].index(f"{number(100 * float(accuracy))}%") <= 2
    assert {"chosen by 5 of 5 folds", "chosen site", "control task", "shuffled labels"} <= set(texts)
    shown = [kind for kind in curve.iter(f"{SVG}path") if kind.get("class") == "mark"]
    # The control task at three sites, three controls where the folds chose, and the legend.
    assert len(shown) == 3 + 3 + 3
    joined = [line for line in curve.iter(f"{SVG}line") if line.get("class") == "joined"]
    points = [float(point.get("cx", 0)) for point in curve.iter(f"{SVG}circle")]
    ends = [(float(line.get("x1", 0)), float(line.get("x2", 0))) for line in joined]
    assert ends == list(pairwise(points[:3])), "a line through the sites' points, and only theirs"


def compared(seeds: int, effects: Sequence[float]) -> RobustnessResult:
    rng = np.random.default_rng(0)
    runs = {
        Configuration("frames", seed, "tiny"): np.array(effects) + rng.normal(size=(20, len(effects))) / 10
        for seed in range(seeds)
    }
    return robustness(runs, [f"L0H{head}" for head in range(len(effects))], bootstrap=20)


def test_agreement_is_drawn_pair_by_pair_by_what_tells_the_runs_apart() -> None:
    result = compared(3, [0.0, 0.3, 0.6, 0.9])
    drawn = agreement_plot("agree", result)
    assert drawn is not None
    texts = [text.text for text in ElementTree.fromstring(as_file(drawn)).iter(f"{SVG}text")]
    assert {"seed 0", "and seed 1", "and seed 2", "Jaccard", "Pearson"} <= set(texts)
    assert "frames" not in "".join(text or "" for text in texts)
    for pair in result.pairs:
        assert pair.spearman is not None
        assert number(round(pair.spearman, 2)) in texts


def test_of_many_pairs_those_that_agree_least_are_drawn() -> None:
    drawn = agreement_plot("agree", compared(6, [0.0, 0.1, 0.2, 0.3]))
    assert drawn is not None
    assert drawn.count('class="point"') == 8
    assert "the 8 lowest of 15 pairs" in drawn


def test_nothing_found_has_no_picture() -> None:
    silent = {Configuration("frames", seed, "tiny"): np.zeros((5, 3)) for seed in (0, 1)}
    assert agreement_plot("agree", robustness(silent, ["a", "b", "c"], bootstrap=5)) is None
