"""Pictures show every number that they are drawn from, and stand alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from claimlint.backend.activation_patching import activation_patching
from claimlint.backend.attention_statistics import attention_statistics, collect_entropy
from claimlint.backend.attribution_patching import attribution_patching
from claimlint.backend.causal_mediation import causal_mediation
from claimlint.backend.circuit_evaluation import circuit_evaluation
from claimlint.backend.distribution_shift import distribution_shift
from claimlint.backend.grids import joint_sets, site_grid
from claimlint.backend.interchange_intervention import (
    CausalModel,
    RotationOptions,
    distributed_alignment_search,
    interchange_intervention,
    interchange_pairs,
)
from claimlint.backend.language_model import load_model
from claimlint.backend.linear_probe import LinearProbeResult, linear_probe
from claimlint.backend.path_patching import path_patching
from claimlint.backend.pictures import (
    agreement_plot,
    attention_pictures,
    attribution_picture,
    circuit_picture,
    distance_curve,
    dose_curve,
    effects_picture,
    interchange_picture,
    mediation_picture,
    path_picture,
    probe_curve,
    rotation_picture,
    write_picture,
)
from claimlint.backend.prompts import Prompt, PromptSet, prompt_set
from claimlint.backend.robustness import Configuration, RobustnessResult, robustness
from claimlint.backend.sites import Site
from claimlint.backend.steering import difference_of_means, steering
from claimlint.svg import as_file, number
from tests.backend.tiny import HEADS, LAYERS, random_pairs, tiny_model

SVG = "{http://www.w3.org/2000/svg}"


Element = ElementTree.Element


def read(drawn: str | None) -> Element:
    assert drawn is not None
    return ElementTree.fromstring(as_file(drawn))


def texts(drawn: Element) -> list[str]:
    return [text.text or "" for text in drawn.iter(f"{SVG}text")]


def squares(drawn: Element) -> list[Element]:
    """The cells of a heat map; the squares of its key say no number."""
    return [square for square in drawn.iter(f"{SVG}rect") if square.find(f"{SVG}title") is not None]


def told(drawn: Element) -> list[float]:
    return [float((square.findtext(f"{SVG}title") or "").split(": ")[1]) for square in squares(drawn)]


def shown(values: Iterable[float]) -> list[float]:
    """To the four figures that a cell tells."""
    return [float(f"{value:.4g}") for value in values]


def lines(drawn: Element, kind: str) -> list[list[tuple[float, float]]]:
    """Places of the points of each curve of this kind, the legend's last."""
    found = drawn.findall(f".//{SVG}polyline[@class='{kind}']")
    return [[_place(point) for point in line.get("points", "").split()] for line in found]


def _place(point: str) -> tuple[float, float]:
    x, y = point.split(",")
    return float(x), float(y)


def test_every_cell_has_its_square_and_its_number(tmp_path: Path) -> None:
    result = activation_patching(load_model(tiny_model("gpt2")), random_pairs(), kind="z", heads="each")
    path = write_picture(tmp_path, "patch/tiny", effects_picture("patch/tiny", result))
    assert path is not None
    assert path.name == "patch-tiny.svg"
    drawn = ElementTree.parse(path).getroot()
    paper = drawn.find(f"{SVG}rect")
    assert paper is not None
    assert paper.get("fill") == "#fff", "a viewer may have a dark ground"
    means = result.mean_effects().flatten().tolist()
    assert told(drawn) == shown(means)
    largest = max(map(abs, means))
    strongest = squares(drawn)[[abs(mean) for mean in means].index(largest)]
    assert strongest.get("fill") in ("#2166ac", "#b2182b")
    assert texts(drawn)[-3:] == [number(-largest), "0", number(largest)], "the key to the colours"


def test_without_an_effect_nothing_is_coloured() -> None:
    same = prompt_set(
        Prompt(id=p.id, clean=p.clean, corrupted=p.clean, answers=p.answers) for p in random_pairs().prompts
    )
    result = activation_patching(load_model(tiny_model("gpt2")), same, kind="z", heads="each")
    drawn = read(effects_picture("a < b", result))
    assert {square.get("fill") for square in squares(drawn)} == {"#f7f7f7"}


def test_a_sweep_along_one_axis_is_a_curve_and_one_cell_no_picture(tmp_path: Path) -> None:
    model = load_model(tiny_model("gpt2"))
    result = activation_patching(model, random_pairs())
    drawn = read(effects_picture("patch", result))
    assert not squares(drawn)
    assert {number(result.summary(layer).mean) for layer in range(LAYERS)} <= set(texts(drawn))
    assert len(drawn.findall(f".//{SVG}line[@class='joined']")) == LAYERS - 1
    one = activation_patching(model, random_pairs(), layers=[1])
    assert write_picture(tmp_path, "patch", effects_picture("patch", one)) is None
    assert list(tmp_path.iterdir()) == []


def test_estimates_are_called_estimates() -> None:
    model, prompts = load_model(tiny_model("gpt2")), random_pairs()
    result = attribution_patching(model, prompts, site_grid(model.sites, prompts, "z", heads="each"))
    drawn = read(attribution_picture("rank", result))
    assert told(drawn) == shown(result.estimates.mean(axis=1))
    assert "effect estimated from gradients" in texts(drawn)[1]


def answered(prompts: PromptSet, as_they_are: Sequence[bool]) -> PromptSet:
    """With right and wrong answer exchanged where it says so."""
    return prompt_set(
        prompt if kept or prompt.answers is None else replace(prompt, answers=prompt.answers[::-1])
        for prompt, kept in zip(prompts.prompts, as_they_are, strict=True)
    )


def kept(share: float) -> str:
    return number(round(share, 3) + 0.0)


def test_a_circuit_is_shown_with_the_rest_and_without_each_part() -> None:
    circuit = [Site(0, "z", 1), Site(1, "z", 0), Site(2, "z", 3)]
    model = load_model(tiny_model("gpt2"))
    once = circuit_evaluation(model, random_pairs(), circuit, replacement="zero")
    gained = once.runs.base["logit_difference"] > once.nothing
    result = circuit_evaluation(model, answered(random_pairs(), gained.tolist()), circuit, replacement="zero")
    drawn = read(circuit_picture("circuit", result))
    faithful, rest = result.faithfulness.share, result.left_without_circuit.share
    assert faithful is not None
    assert rest is not None
    said = texts(drawn)
    assert "the circuit alone" in said
    assert {kept(faithful), kept(rest)} <= set(said)
    label = drawn.get("aria-label") or ""
    for left in result.left():
        assert left.circuit.share is not None
        assert left.model.share is not None
        parts = " + ".join(map(str, left.removed))
        told = f"{parts}, removed: {kept(left.circuit.share)} (the model without it {left.model.share:g})"
        assert told in label
    without = {site: summary.mean for site, summary in result.minimality()}
    whole = result.faithfulness.total_effect.mean
    for left in result.left()[: len(circuit)]:
        assert left.circuit.share is not None
        assert np.isclose(left.circuit.share - faithful, without[left.removed[0]] / whole)


def test_a_circuit_of_a_model_that_does_nothing_has_no_picture() -> None:
    model = load_model(tiny_model("gpt2"))
    there, back = (answered(random_pairs(), [way] * len(random_pairs())) for way in (True, False))
    both = [replace(prompt, id=f"{prompt.id}, turned") for prompt in back.prompts]
    result = circuit_evaluation(model, prompt_set([*there.prompts, *both]), [Site(0, "z", 1)])
    assert circuit_picture("circuit", result) is None


def test_senders_lie_by_layer_and_head_for_every_receiver() -> None:
    model = load_model(tiny_model("gpt2"))
    senders = [Site(layer, "z", head) for layer in (1, 0) for head in range(HEADS)]
    result = path_patching(model, random_pairs(), senders, [Site(2, "mlp_out"), None])
    for place, receiver in enumerate(["L2.mlp_out", "logits"]):
        drawn = read(path_picture("paths", result, place))
        assert texts(drawn)[0] == f"paths, to {receiver}"
        assert told(drawn) == shown(result.mean_effects()[place].reshape(2, HEADS)[::-1].flatten())
    mixed = path_patching(model, random_pairs(), [Site(0, "z", 1), Site(1, "mlp_out")])
    assert {"L0H1.z", "L1.mlp_out"} <= set(texts(read(path_picture("paths", mixed, 0))))


def test_a_mediator_stands_beside_the_other_effects() -> None:
    model, prompts = load_model(tiny_model("gpt2")), random_pairs()
    result = causal_mediation(model, prompts, joint_sets(model.sites, [[Site(1, "z", 2), Site(1, "z", 3)]]))
    drawn = set(texts(read(mediation_picture("mediate", result))))
    assert {"L1H2.z + L1H3.z", number(result.decomposition(0).pnie.mean)} <= drawn
    assert {"total indirect effect", "pure direct effect", "total effect"} <= drawn


def labelled() -> tuple[PromptSet, CausalModel]:
    prompts = [
        Prompt(p.id, p.clean, p.corrupted, p.answers, {"odd": i % 2}, p.positions)
        for i, p in enumerate(random_pairs(8).prompts)
    ]
    return prompt_set(prompts), CausalModel({"odd": lambda v: v["odd"]}, lambda v: v["odd"], {0: 5, 1: 9})


def test_interchange_is_drawn_site_by_site_beside_doing_nothing() -> None:
    model, (prompts, causal) = load_model(tiny_model("gpt2")), labelled()
    pairs = interchange_pairs(prompts, causal, "odd", 20)
    spread = [Site(layer, "resid_post", position=at) for layer in (0, 1) for at in (2, -1)]
    grid, one = (joint_sets(model.sites, [[site] for site in sites]) for sites in (spread, spread[:1]))
    result = interchange_intervention(model, pairs, causal, grid)
    drawn = read(interchange_picture("swap", result))
    assert told(drawn) == [result.score(cell).accuracy for cell in range(4)]
    assert f"{number(result.untouched.accuracy)} without interchange" in texts(drawn)[1]
    alone = interchange_picture("swap", interchange_intervention(model, pairs, causal, one))
    assert {number(result.score(0).accuracy), "no interchange"} <= set(texts(read(alone)))


def test_a_learned_subspace_stands_beside_its_baselines() -> None:
    model, (prompts, causal) = load_model(tiny_model("gpt2")), labelled()
    pairs, site = interchange_pairs(prompts, causal, "odd", 20), Site(2, "resid_post", position=-1)
    how = RotationOptions(steps=2)
    result = distributed_alignment_search(model, pairs, pairs, causal, site, rotation=how)
    drawn = set(texts(read(rotation_picture("learn", [result]))))
    assert {str(site), number(result.test.accuracy), "untrained model", "whole activation"} <= drawn


def test_a_dose_curve_goes_through_no_dose_and_has_every_random_direction() -> None:
    model, prompts, site = load_model(tiny_model("gpt2")), random_pairs(), Site(1, "resid_post", position=-1)
    direction = difference_of_means(model, prompts, site)
    result = steering(model, prompts, site, direction, doses=[8.0, -8.0], random_directions=3)
    drawn = read(dose_curve("steer", result))
    assert len(lines(drawn, "control")) == 3 + 1
    (low, none, high), _ = lines(drawn, "curve")
    assert low[0] < none[0] < high[0]
    # Up the page is a smaller number.
    assert [none[1] > end[1] for end in (high, low)] == [result.summary(i).mean > 0 for i in (0, 1)]
    assert "steering at L1.resid_post@-1, n = 4" in texts(drawn)
    outside = sum(share < 0.5 for share in result.within_natural_range)
    assert outside
    assert len(drawn.findall(f".//{SVG}circle[@class='mark']")) == outside + 1


def test_distances_of_patched_activations_run_beside_those_of_clean_ones() -> None:
    rng = np.random.default_rng(0)
    result = distribution_shift(rng.normal(size=(50, 3)) + 20, rng.normal(size=(80, 3)), bootstrap=10)
    drawn = read(distance_curve("shift", result.knn))
    assert "100 % of 50 patched activations lie beyond" in texts(drawn)
    (clean, _), (patched, _), (limit, _) = (lines(drawn, kind) for kind in ("control", "curve", "limit"))
    usual = limit[0][0]
    assert sum(x <= usual + 0.1 for x, _ in clean) in range(93, 99), "of 101 points"
    assert all(x > usual for x, _ in patched)


def test_heads_are_drawn_by_entropy_and_by_its_correlation() -> None:
    entropy = collect_entropy(load_model(tiny_model("gpt2")), random_pairs(6))
    assert [id for id, _ in attention_pictures("heads", attention_statistics(entropy))] == ["heads"]
    result = attention_statistics(entropy, np.arange(6), permutations=5, bootstrap=5)
    (_, spread), (id, correlation) = attention_pictures("heads", result)
    assert told(read(spread)) == shown(head.relative_entropy for head in result.heads)
    assert id == "heads-correlation"
    assert told(read(correlation)) == shown(h.correlation.spearman for h in result.heads if h.correlation)


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
