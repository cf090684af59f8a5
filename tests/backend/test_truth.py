"""Every row of the truth table: what each method finds, misses, or says misleadingly on known models."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from claimlint.backend.ablation import ablation
from claimlint.backend.activation_patching import activation_patching, patch_cells
from claimlint.backend.activation_statistics import activation_statistics
from claimlint.backend.attention_statistics import attention_statistics, collect_entropy
from claimlint.backend.attribution_patching import attribution_patching
from claimlint.backend.capture import collect
from claimlint.backend.causal_mediation import causal_mediation
from claimlint.backend.circuit_evaluation import circuit_evaluation
from claimlint.backend.distribution_shift import distribution_shift
from claimlint.backend.grids import Grid, joint_sets
from claimlint.backend.identifiability import identifiability
from claimlint.backend.interchange_intervention import (
    CausalModel,
    RotationOptions,
    RotationResult,
    distributed_alignment_search,
    interchange_intervention,
    interchange_pairs,
)
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.linear_probe import linear_probe
from claimlint.backend.path_patching import path_patching
from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import PromptSet, labels_of, make_batch, prompt_set
from claimlint.backend.robustness import Configuration, robustness
from claimlint.backend.runs import RunOptions
from claimlint.backend.sites import Site, parse_site
from claimlint.backend.steering import difference_of_means, steering
from claimlint.errors import ClaimlintError
from experiments.models import constructed, prompts, trained, truth
from experiments.models.agreement import ANSWERS, vocabulary

FOLDER = Path(constructed.__file__).parent
OPTIONS = RunOptions(batch_size=128, draws=20)


@dataclass(frozen=True)
class Case:
    """One entry of the table, on its model."""

    entry: truth.Entry

    @property
    def row(self) -> Mapping[str, Any]:
        return self.entry.row

    @property
    def language_model(self) -> LanguageModel:
        return language_model(self.entry.model)

    @property
    def prompts(self) -> PromptSet:
        return prompts_for(self.entry.model, self.entry.prompts)

    @property
    def sites(self) -> list[Site]:
        return [parse_site(text) for text in self.entry.sites]

    @property
    def cell(self) -> Grid:
        return joint_sets(self.language_model.sites, [self.sites])

    @property
    def where(self) -> Site:
        """For methods that read one place: the last word unless another is named."""
        first = self.sites[0]
        return first if first.position is not None else replace(first, position=-1)

    def activations(self, source: Any = "clean") -> Any:
        found = collect(self.language_model, self.prompts, [self.where], source=source, batch_size=256)
        return found[self.where].numpy()

    def labels(self, concept: str) -> list[Any]:
        return labels_of(self.prompts, concept)


@cache
def language_model(name: str) -> LanguageModel:
    torch.set_num_threads(1)
    return load_model(str(FOLDER / name))


@cache
def prompts_for(model: str, name: str) -> PromptSet:
    return read_prompts(FOLDER / "prompts" / f"{name}.jsonl", language_model(model).tokenizer)


def probe_accuracy(case: Case) -> float:
    found = linear_probe(
        case.activations()[:, None],
        case.labels(case.row["concept"]),
        [prompt.template for prompt in case.prompts.prompts],
        permutations=1,
        bootstrap=10,
    )
    return found.accuracy


def patching_share(case: Case) -> float:
    found = patch_cells(
        case.language_model, case.prompts, case.cell, direction=case.row["direction"], options=OPTIONS
    )
    if case.row.get("quantity") == "change":
        assert found.recovery(0).share is None, "no total effect to be a share of"
        return float(np.abs(found.effects()).max())
    share = found.recovery(0).share
    assert share is not None
    return share


def attributed_share(case: Case) -> float:
    """Of what the other number does to the logit difference, which is the same for every prompt."""
    found = attribution_patching(
        case.language_model, case.prompts, case.cell, direction=case.row["direction"], options=OPTIONS
    )
    whole = 4 * constructed.LOGIT * (1 if case.row["direction"] == "denoising" else -1)
    return float(found.estimates.mean() / whole)


def ablation_share(case: Case) -> float:
    """Of the logit difference, lost."""
    found = ablation(
        case.language_model, case.prompts, case.cell, replacement=case.row["replacement"], options=OPTIONS
    )
    return -float(found.effects().mean() / found.base["logit_difference"].mean())


def mediated_share(case: Case) -> float:
    effects = causal_mediation(case.language_model, case.prompts, case.cell, options=OPTIONS).effects(0)
    assert np.allclose(effects["te"], effects["pnde"] + effects["tnie"])
    return float(effects[case.row["quantity"]].mean() / effects["te"].mean())


def path_share(case: Case) -> float:
    receiver = None if case.row["receiver"] == "logits" else parse_site(case.row["receiver"])
    found = path_patching(case.language_model, case.prompts, case.sites, [receiver], options=OPTIONS)
    share = found.recovery(0).share
    assert share is not None
    return share


WORDS = vocabulary()
VERB_FOLLOWS_NUMBER = CausalModel(
    variables={"seen number": itemgetter("number"), "seen colour": itemgetter("colour")},
    output=itemgetter("seen number"),
    tokens={number: WORDS[verb] for number, verb in ANSWERS.items()},
)
"""The colour is a variable that the output ignores."""


def interchange_share(case: Case) -> float:
    variable = f"seen {case.row['concept']}"
    if "rotation" in case.row:
        seed = case.row.get("seed", 0)
        score = getattr(rotation(case.entry.model, case.where, variable, seed), case.row["rotation"])
    else:
        pairs = interchange_pairs(case.prompts, VERB_FOLLOWS_NUMBER, variable, 200)
        cell = joint_sets(case.language_model.sites, [[replace(site, position=-1) for site in case.sites]])
        score = interchange_intervention(
            case.language_model, pairs, VERB_FOLLOWS_NUMBER, cell, options=OPTIONS
        ).score(0)
    share = getattr(score, case.row["quantity"])
    assert share is not None
    return float(share)


@cache
def rotation(model: str, where: Site, variable: str, seed: int) -> RotationResult:
    """Learned on every other prompt, tested on the rest."""
    everything = prompts_for(model, "agreement-number").prompts
    train, test = (
        interchange_pairs(prompt_set(everything[half::2]), VERB_FOLLOWS_NUMBER, variable, 64)
        for half in (0, 1)
    )
    how = RotationOptions(steps=20, learning_rate=0.1, seed=seed)
    return distributed_alignment_search(
        language_model(model), train, test, VERB_FOLLOWS_NUMBER, where, rotation=how, options=OPTIONS
    )


def circuit_share(case: Case) -> float:
    found = circuit_evaluation(case.language_model, case.prompts, case.sites, subsets=1, options=OPTIONS)
    share = getattr(found, case.row["quantity"]).share
    assert share is not None
    return float(share)


def steered_share(case: Case) -> float:
    """Of the effect of flipping every verb, on the prompts with one value of the concept."""
    everything = case.prompts.prompts
    value = everything[0].labels[case.row["concept"]]
    chosen = prompt_set(p for p in everything if p.labels[case.row["concept"]] == value)
    direction = difference_of_means(case.language_model, chosen, case.where)
    found = steering(case.language_model, chosen, case.where, direction, doses=[-1.0], options=OPTIONS)
    return -found.summary(0).mean / (2 * float(found.base["logit_difference"].mean()))


def head_agreement(case: Case) -> str:
    """Over two halves of the prompts."""
    effects = {}
    everything = case.prompts.prompts
    for name, part in (("first", everything[::2]), ("second", everything[1::2])):
        found = activation_patching(
            case.language_model,
            prompt_set(part),
            kind="z",
            direction="noising",
            heads="each",
            options=OPTIONS,
        )
        full = 2 * found.base["logit_difference"].mean()
        effects[Configuration(name, 0, case.entry.model)] = found.effects().T / full
    names = [f"L{layer}H{head}" for layer in range(2) for head in range(4)]
    return robustness(effects, names, bootstrap=20).strength


def entropy_share(case: Case) -> float:
    """Of the largest possible entropy, at the position of the target."""
    where = case.where
    entropy = collect_entropy(case.language_model, case.prompts, position=where.position)
    heads = attention_statistics(entropy).heads
    return next(h.relative_entropy for h in heads if (h.layer, h.head) == (where.layer, where.head))


def explained_by_token(case: Case) -> float:
    """Mean share over units of the variance that the token explains."""
    batch = make_batch(case.prompts, range(len(case.prompts)))
    tokens = batch.tokens_at(case.where.position).tolist()
    explained = activation_statistics(case.activations(), tokens).explained
    return float(np.mean([share for share in explained if share is not None]))


def component_quality(case: Case) -> float:
    found = identifiability(
        case.activations(),
        len(case.row["concepts"]),
        factors={concept: case.labels(concept) for concept in case.row["concepts"]},
        runs=6,
        rotations=20,
    )
    if case.row["quantity"] == "iq":
        return float(found.iq.min())
    assert found.headline is not None
    assert found.headline.metric == "mcc"
    return found.headline.value


def shift_percentile(case: Case) -> float:
    clean = case.activations()
    patched = {"zero": 0 * clean, "donor": case.activations("corrupted")}[case.row["replacement"]]
    found = distribution_shift(patched, clean, bootstrap=10)
    return float(getattr(found, case.row["quantity"]).median_percentile)


MEASURES: dict[str, Callable[[Case], float | str]] = {
    "linear_probe": probe_accuracy,
    "activation_patching": patching_share,
    "attribution_patching": attributed_share,
    "ablation": ablation_share,
    "causal_mediation": mediated_share,
    "path_patching": path_share,
    "circuit_evaluation": circuit_share,
    "interchange_intervention": interchange_share,
    "steering": steered_share,
    "robustness": head_agreement,
    "attention_statistics": entropy_share,
    "activation_statistics": explained_by_token,
    "identifiability": component_quality,
    "distribution_shift": shift_percentile,
}

TABLE = truth.read()


@pytest.mark.parametrize("entry", TABLE.entries, ids=lambda e: f"{e.model} {e.place} {e.question}")
def test_truth(entry: truth.Entry) -> None:
    measure, expected = MEASURES[entry.method], entry.row
    if expected.get("value") == "refused":
        with pytest.raises(ClaimlintError):
            measure(Case(entry))
        return
    found = measure(Case(entry))
    if isinstance(expected.get("value"), str):
        assert found == expected["value"]
        return
    assert isinstance(found, float)
    if "value" in expected:
        assert found == pytest.approx(expected["value"], abs=expected.get("tolerance", 1e-4))
    assert found >= expected.get("at_least", -np.inf)
    assert found <= expected.get("at_most", np.inf)


def test_every_method_is_asked_about_every_part_of_every_model() -> None:
    """Or the table says why it cannot be."""
    assert tuple(constructed.MODELS) == truth.MODELS
    assert {entry.method for entry in TABLE.entries} == set(MEASURES)
    assert TABLE.gaps() == []


def test_a_question_without_an_answer_is_a_gap() -> None:
    unanswered = [e for e in TABLE.entries if (e.model, e.place) != ("single-linear", "colour head")]
    gaps = truth.Table(tuple(unanswered), TABLE.exceptions).gaps()
    assert ("`ablation`, zero", "single-linear", "colour head") in gaps
    assert not [gap for gap in gaps if gap[0].startswith("`identifiability`")], "does not apply to a head"


@pytest.mark.parametrize("name", constructed.MODELS)
def test_stored_models_are_what_the_script_builds(name: str, tmp_path: Path) -> None:
    """Bit for bit, and with the configuration, where the norm's epsilon stands."""
    constructed.build(name).save_pretrained(tmp_path)
    built = load_model(str(tmp_path))
    assert language_model(name).digest == built.digest
    assert language_model(name).configuration == built.configuration


def test_stored_prompts_are_what_the_script_writes() -> None:
    for name, lines in prompts.files().items():
        text = (FOLDER / "prompts" / f"{name}.jsonl").read_text(encoding="utf-8")
        assert [json.loads(line) for line in text.splitlines()] == lines, name


@pytest.mark.parametrize("name", constructed.MODELS)
def test_constructed_models_answer_every_prompt_with_a_margin_of_ten(name: str) -> None:
    agreement = prompts_for(name, "agreement-number").prompts
    ids = torch.tensor([prompt.clean for prompt in agreement])
    answers = torch.tensor([prompt.answers for prompt in agreement])
    with torch.inference_mode():
        logits = language_model(name).model(ids).logits[:, -1].gather(1, answers)
    assert torch.allclose(logits[:, 0] - logits[:, 1], torch.tensor(2 * constructed.LOGIT), atol=1e-4)


def test_idle_components_write_exactly_zero() -> None:
    for name, (redundant, _) in constructed.MODELS.items():
        model, agreement = language_model(name), prompts_for(name, "agreement-number")
        idle = [Site(1, "attn_out"), Site(0, "mlp_out"), Site(0, "z", 3)]
        idle += [] if redundant else [Site(0, "z", 2)]
        for where, values in collect(model, agreement, idle, batch_size=128).items():
            assert not values.any(), (name, where)


@pytest.mark.parametrize(("name", "least"), [("agreement", 0.99), ("induction", 0.95)])
def test_trained_models_know_their_task(name: str, least: float) -> None:
    assert trained.accuracy(language_model(name).model, name) > least


def test_trained_agreement_model_under_two_methods_and_two_halves_of_the_prompts() -> None:
    """Its mechanism is unknown: the methods are compared with each other, not with a truth."""
    everything = prompts_for("agreement", "agreement-number").prompts
    effects = {}
    for half in (0, 1):
        part = prompt_set(everything[half::2])
        for direction in ("noising", "denoising"):
            found = activation_patching(
                language_model("agreement"),
                part,
                kind="resid_pre",
                direction=direction,
                positions="each",
                options=OPTIONS,
            )
            total = (found.donor or {})["logit_difference"].mean() - found.base["logit_difference"].mean()
            effects[Configuration(f"{direction} {half}", 0, "agreement")] = found.effects().T / total
    names = [f"L{layer}@{position}" for layer in range(2) for position in range(8)]
    assert robustness(effects, names, bootstrap=20).strength == "strong"
