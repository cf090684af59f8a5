"""A probe reports held-out accuracy of a site chosen elsewhere, next to everything that chance could do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.linear_probe import LinearProbeResult, linear_probe, probe_model
from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import Prompt, PromptSet, prompt_set
from claimlint.errors import ClaimlintError
from claimlint.evidence import Experiment
from experiments.models import constructed
from tests.backend.tiny import tiny_model

FAST: dict[str, Any] = {"permutations": 1, "bootstrap": 100}


def planted(n: int = 160, sites: int = 3, where: int = 1, dimension: int = 6, seed: int = 0) -> Any:
    """Noise everywhere; at one site the label lies along a direction. Ten groups, labels balanced in each."""
    rng = np.random.default_rng(seed)
    labels = np.tile([0, 1], n // 2)
    groups = np.arange(n) // 2 % 10
    activations = rng.standard_normal((n, sites, dimension))
    activations[:, where] += np.outer(2 * labels - 1, np.linspace(1, 2, dimension))
    return activations, labels, groups


def noise(n: int, sites: int, dimension: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    labels = np.tile([0, 1], n // 2)
    return rng.standard_normal((n, sites, dimension)), labels, np.arange(n) // 2 % 10


def test_reads_a_planted_concept_at_its_site_only() -> None:
    result = linear_probe(*planted(), sites=["embedding", "layer 1", "layer 2"], permutations=4)
    assert result.best_site == "layer 1"
    assert set(result.chosen) == {"layer 1"}
    assert result.accuracy > 0.97
    assert result.interval.low <= result.accuracy <= result.interval.high
    assert result.site_accuracy[0] < 0.65
    assert result.majority == 0.5
    assert result.permutation is not None
    assert result.permutation.p_value == pytest.approx(1 / 5)


def test_keeps_the_outcome_of_every_prompt() -> None:
    result = linear_probe(*planted(), **FAST)
    arrays = result.arrays()
    assert arrays["correct"].shape == (160,)
    assert arrays["site_correct"].shape == (160, 3)
    assert arrays["correct"].mean() == result.accuracy
    assert np.allclose(arrays["site_correct"].mean(axis=0), result.site_accuracy)


def test_equals_scikit_learn_on_the_same_folds() -> None:
    activations, labels, _ = planted(where=0, sites=1)
    activations -= 0.7 * np.outer(2 * labels - 1, np.linspace(1, 2, 6))[:, None]
    groups = np.arange(160) // 2 % 5  # five groups in five folds: the folds are the groups
    result = linear_probe(activations, labels, groups, **FAST)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    scores = cross_val_score(model, activations[:, 0], labels, groups=groups, cv=GroupKFold(5))
    assert 0.55 < result.accuracy < 1
    assert result.accuracy == pytest.approx(scores.mean(), abs=1e-12)


def test_choosing_among_many_sites_of_noise_gains_nothing() -> None:
    results = [linear_probe(*noise(40, 12, 4, seed), inner_folds=2, **FAST) for seed in range(3)]
    assert np.mean([r.site_accuracy.max() for r in results]) > 0.6
    assert np.mean([r.accuracy for r in results]) < 0.58


def test_few_prompts_for_the_dimension_are_warned_of() -> None:
    result = linear_probe(*noise(60, 1, 40, 0), **FAST)
    assert any("twice the dimensions" in warning for warning in result.warnings)
    assert any("below 100" in warning for warning in result.warnings)
    assert linear_probe(*planted(), **FAST).warnings == ()


def test_a_label_that_only_the_group_predicts_is_not_read() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 10)
    labels = groups % 2
    activations = (np.eye(20)[groups] + 0.01 * rng.standard_normal((200, 20)))[:, None]
    result = linear_probe(activations, labels, groups, **FAST)
    assert result.accuracy < 0.7
    assert result.permutation is not None
    assert result.permutation.unit == "group"
    # The same features, with words shared between folds, look perfect.
    shared = linear_probe(activations, labels, np.arange(200), **FAST)
    assert shared.accuracy > 0.95


def test_a_label_that_follows_the_group_is_permuted_among_groups() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 8)
    labels = groups % 2
    activations = (labels[:, None] * 4 + rng.standard_normal((160, 3)))[:, None]
    result = linear_probe(activations, labels, groups, permutations=9, bootstrap=10)
    assert result.accuracy > 0.95
    assert result.permutation is not None
    assert result.permutation.mean < 0.75
    assert result.permutation.p_value == 0.1


def with_token_types(activations: Any, *, held_out: bool = False) -> LinearProbeResult:
    """Every group has all token types, or each type is a group of its own, so that folds hold types out."""
    types = np.arange(200) % 20
    labels = types % 2
    groups = types if held_out else np.arange(200) // 20
    return linear_probe(
        activations(types, labels), labels, groups, token_types=[f"w{t}" for t in types], **FAST
    )


def test_a_probe_that_memorises_words_has_no_selectivity() -> None:
    result = with_token_types(lambda types, labels: np.eye(20)[types][:, None])
    assert result.accuracy == 1
    assert result.control is not None
    assert result.control.control_accuracy[0] == 1
    assert result.selectivity == 0


def test_the_control_task_is_scored_on_the_folds_of_the_probe_where_they_share_words() -> None:
    rng = np.random.default_rng(0)
    noise = 0.8 * rng.standard_normal((200, 20))
    result = with_token_types(lambda types, labels: (np.eye(20)[types] + noise)[:, None])
    assert result.control is not None
    assert result.control.task_accuracy[0] == result.accuracy
    assert "control task" not in result.manifest_fields()["note"]
    apart = with_token_types(lambda types, labels: (np.eye(20)[types] + noise)[:, None], held_out=True)
    assert apart.control is not None
    assert apart.control.task_accuracy[0] > apart.accuracy
    scored = (
        f"n = {apart.control.prompts}, where the probe itself scores {apart.control.task_accuracy[0]:.3g}"
    )
    note = apart.manifest_fields()["note"]
    assert f"control task and selectivity: on folds that share token types, {scored}" in note


def test_a_concept_that_is_not_the_words_is_selective() -> None:
    rng = np.random.default_rng(0)
    result = with_token_types(
        lambda types, labels: (labels[:, None] * 4 + rng.standard_normal((200, 3)))[:, None]
    )
    assert result.selectivity is not None
    assert result.selectivity > 0.25


def test_control_task_leaves_out_words_that_occur_once() -> None:
    types = [f"often{i % 4}" for i in range(100)] + [f"once{i}" for i in range(60)]
    result = linear_probe(*planted(), token_types=types, **FAST)
    assert result.control is not None
    assert result.control.prompts == 100


@pytest.mark.parametrize(
    ("types", "reason"),
    [
        (range(160), "every prompt is a token type of its own"),
        (["same"] * 160, "all prompts share one token type"),
        (None, "no token types were given"),
    ],
)
def test_control_task_says_why_it_does_not_apply(types: Any, reason: str) -> None:
    result = linear_probe(*planted(), token_types=types, **FAST)
    assert result.control is None
    assert result.selectivity is None
    assert reason in result.control_note


def test_baselines_are_scored_like_the_probe() -> None:
    activations, labels, groups = planted()
    result = linear_probe(
        activations,
        labels,
        groups,
        input_embeddings=activations[:, 1],
        random_init=activations[:, [0, 2]],
        **FAST,
    )
    assert result.input_embedding == result.site_accuracy[1]
    assert result.random_init is not None
    assert result.random_init < 0.65


def test_same_seed_same_result_and_permuted_labels_near_chance() -> None:
    data = planted()
    first = linear_probe(*data, permutations=4, bootstrap=50, seed=3)
    again = linear_probe(*data, permutations=4, bootstrap=50, seed=3)
    assert first.interval == again.interval
    assert first.permutation is not None
    assert again.permutation is not None
    assert np.array_equal(first.permutation.accuracies, again.permutation.accuracies)
    assert 0.4 < first.permutation.mean < 0.6


def test_standardising_makes_the_scale_of_a_dimension_irrelevant() -> None:
    activations, labels, groups = planted()
    scaled = activations * np.array([1e-6, 1, 1e3, 1, 1, 1e-3])
    assert np.array_equal(
        linear_probe(scaled, labels, groups, **FAST).correct,
        linear_probe(activations, labels, groups, **FAST).correct,
    )


def test_manifest_entry_holds_the_score_with_its_controls() -> None:
    activations, labels, groups = planted()
    result = linear_probe(
        activations, labels, groups, token_types=groups, random_init=activations[:, [0]], **FAST
    )
    experiment = Experiment(id="probe", **result.manifest_fields())
    assert experiment.effect is not None
    assert experiment.effect.value == result.accuracy
    assert experiment.effect.ci_unit == "group"
    assert experiment.dim == 6
    assert experiment.controls.majority == 0.5
    assert experiment.controls.random_init == result.random_init
    assert experiment.controls.selectivity == result.selectivity
    assert experiment.controls.input_embedding is None
    assert experiment.controls.label_permutation is not None
    unpermuted = linear_probe(activations, labels, groups, permutations=0, bootstrap=10)
    assert unpermuted.permutation is None
    assert unpermuted.manifest_fields()["controls"].label_permutation is None
    assert "null" not in experiment.model_dump_json(exclude_unset=True)
    assert "layer 1" in experiment.note


def broken(**changes: Any) -> dict[str, Any]:
    activations, labels, groups = planted()
    return {"activations": activations, "labels": labels, "groups": groups, **FAST, **changes}


NAN = planted()[0]
NAN[3, 1, 2] = np.nan


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (broken(labels=np.zeros(160)), "all 160 prompts have the label"),
        (broken(folds=200), "160 prompts for 200 folds"),
        (broken(groups=np.arange(160) % 4), "4 groups for 5 folds"),
        (broken(groups=np.arange(160) % 80 // 40, folds=2), "trains on one group"),
        (broken(groups=np.arange(160) % 3, folds=2), "trains on one group"),
        (broken(labels=[1] + [0] * 159), "has 1 prompts for 5 folds"),
        (
            broken(labels=np.arange(160) % 5 == 0, groups=np.arange(160) % 5),
            "trains on one class",
        ),
        (
            broken(activations=NAN),
            "1 of 2880 values are NaN or infinite, the first at (3, 1, 2)",
        ),
        (broken(activations=np.zeros((160, 3))), "activations: shape (160, 3)"),
        (broken(labels=[0, 1]), "labels: 2 entries for 160 prompts"),
        (broken(token_types=["a"]), "token_types: 1 entries for 160 prompts"),
        (broken(labels=[None, "sg"] * 80), "labels: 80 of 160 prompts have none, the first is number 0"),
        (broken(groups=["a"] * 159 + [None]), "groups: 1 of 160 prompts have none, the first is number 159"),
        (broken(folds=1), "folds = 1"),
        (broken(permutations=-1), "permutations = -1"),
        (broken(sites=["one"]), "sites: 1 names for 3 sites"),
        (broken(random_init=np.zeros((2, 1, 1))), "random_init: 2 entries for 160 prompts"),
    ],
)
def test_bad_input_is_told_apart(arguments: dict[str, Any], what: str) -> None:
    with pytest.raises(ClaimlintError) as error:
        linear_probe(**arguments)
    assert what in error.value.what
    assert error.value.why
    assert error.value.fix


def agreement() -> tuple[LanguageModel, PromptSet]:
    folder = Path(constructed.__file__).parent
    model = load_model(str(folder / "single-layernorm"))
    prompts = read_prompts(folder / "prompts" / "agreement-number.jsonl", model.tokenizer)
    return model, prompt_set(prompts.prompts[:80])


def test_probes_every_layer_of_a_model_with_all_baselines() -> None:
    result = probe_model(*agreement(), "number", **FAST)
    assert result.sites == ("L0.resid_post@-1", "L1.resid_post@-1")
    assert result.site_accuracy.tolist() == [1, 1]
    assert result.random_init is not None
    assert result.random_init < 0.75
    assert result.input_embedding is not None
    assert result.input_embedding < 0.6  # a question mark holds no number
    assert "share one token type" in result.control_note


def test_a_word_that_says_its_own_number_is_read_from_its_embedding_too() -> None:
    result = probe_model(*agreement(), "number", layers=[0], position="noun", **FAST)
    assert result.accuracy == result.input_embedding == 1
    assert result.control is not None
    assert result.control.prompts > 60


def test_a_head_can_be_probed() -> None:
    model, prompts = agreement()
    copying = probe_model(model, prompts, "number", layers=[0], kind="z", head=0, **FAST)
    idle = probe_model(model, prompts, "number", layers=[0], kind="z", head=3, **FAST)
    assert copying.dimension == 16
    assert copying.accuracy == 1
    assert idle.accuracy < 0.6


def test_prompts_without_the_label_are_named() -> None:
    with pytest.raises(ClaimlintError) as error:
        probe_model(*agreement(), "tense")
    assert "prompt 'a000': no label 'tense'" in error.value.what


def test_prompts_without_a_template_are_warned_of() -> None:
    model, prompts = agreement()
    ungrouped = prompt_set(replace(prompt, template=None) for prompt in prompts.prompts)
    result = probe_model(model, ungrouped, "number", layers=[0], **FAST)
    assert any("without a template" in warning for warning in result.warnings)


def test_prompts_of_different_length_are_probed_in_their_order() -> None:
    model = load_model(tiny_model("gpt2"))
    labels = ["a", "b", "b", "a"] * 10
    prompts = prompt_set(
        Prompt(f"p{i}", (5 + i % 7,) * (3 + i % 3) + (40 if label == "a" else 60,), labels={"last": label})
        for i, label in enumerate(labels)
    )
    result = probe_model(model, prompts, "last", **FAST)
    assert result.input_embedding == 1
    assert result.accuracy > 0.9
