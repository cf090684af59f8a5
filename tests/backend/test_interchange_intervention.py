"""Interchange where the mechanism is known: one head moves the number, another a colour for nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from claimlint.backend.grids import joint_sets
from claimlint.backend.interchange_intervention import (
    CausalModel,
    Pairs,
    RotationOptions,
    distributed_alignment_search,
    interchange_intervention,
    interchange_pairs,
)
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import PromptSet
from claimlint.backend.sites import Site
from claimlint.errors import ClaimlintError

FOLDER = Path(__file__).parents[2] / "experiments" / "models"
NUMBER_HEAD, COLOUR_HEAD = Site(0, "z", 0, -1), Site(0, "z", 1, -1)
LAST_STREAM = Site(0, "resid_post", position=-1)


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    torch.set_num_threads(1)
    return load_model(FOLDER / "single-linear")


@pytest.fixture(scope="module")
def prompts(model: LanguageModel) -> PromptSet:
    return read_prompts(FOLDER / "prompts" / "agreement-number.jsonl", model.tokenizer)


@pytest.fixture(scope="module")
def agreement(model: LanguageModel) -> CausalModel:
    """The verb follows the noun's number; the colour is computed too and plays no part."""
    tokens = {verb: model.tokenizer(verb, add_special_tokens=False)["input_ids"][0] for verb in ("is", "are")}
    return CausalModel(
        variables={"noun_number": lambda v: v["number"], "adjective_colour": lambda v: v["colour"]},
        output=lambda v: "is" if v["noun_number"] == "sg" else "are",
        tokens=tokens,
    )


def halves(prompts: PromptSet, agreement: CausalModel) -> tuple[Pairs, Pairs]:
    """Pairs from disjoint halves of the prompts."""
    half = len(prompts) // 2
    parts = (prompts.prompts[:half], prompts.prompts[half:])
    sets = [PromptSet(f"half{i}", part, "") for i, part in enumerate(parts)]
    train, test = (
        interchange_pairs(part, agreement, "noun_number", 96, seed=i) for i, part in enumerate(sets)
    )
    return train, test


def test_only_the_head_that_moves_the_number_holds_it(
    model: LanguageModel, prompts: PromptSet, agreement: CausalModel
) -> None:
    pairs = interchange_pairs(prompts, agreement, "noun_number", 128)
    grid = joint_sets(model.sites, [[NUMBER_HEAD], [COLOUR_HEAD]])
    found = interchange_intervention(model, pairs, agreement, grid)
    assert found.score(0).accuracy == 1
    assert found.score(0).cause == 1
    assert found.score(1).cause == 0
    # Half of the pairs have one number, and an edit without effect gets those right.
    assert 0.3 < found.score(1).accuracy < 0.7
    assert found.untouched == found.score(1)


def test_a_variable_without_effect_on_the_answer_has_no_cause_pairs(
    model: LanguageModel, prompts: PromptSet, agreement: CausalModel
) -> None:
    """The whole stream carries the number along with the colour: that is what isolation is for."""
    pairs = interchange_pairs(prompts, agreement, "adjective_colour", 128)
    grid = joint_sets(model.sites, [[COLOUR_HEAD], [LAST_STREAM]])
    found = interchange_intervention(model, pairs, agreement, grid)
    assert found.score(0).cause is None
    assert found.score(0).isolation == 1
    assert found.score(1).isolation == 0


def test_a_learned_direction_holds_the_number_and_a_random_model_has_none(
    model: LanguageModel, prompts: PromptSet, agreement: CausalModel
) -> None:
    train, test = halves(prompts, agreement)
    found = distributed_alignment_search(
        model, train, test, agreement, LAST_STREAM, rotation=RotationOptions(steps=80)
    )
    torch.testing.assert_close(found.basis.T @ found.basis, torch.eye(1), rtol=0, atol=1e-5)
    assert found.test.cause == 1
    assert found.test.accuracy == 1
    assert found.losses[-1] < 0.1 * found.losses[0]
    assert found.full_component.accuracy == 1
    assert found.random_model.accuracy < 0.8


def test_learning_is_reproducible(model: LanguageModel, prompts: PromptSet, agreement: CausalModel) -> None:
    train, test = halves(prompts, agreement)
    bases = [
        distributed_alignment_search(
            model, train, test, agreement, LAST_STREAM, rotation=RotationOptions(steps=3)
        ).basis
        for _ in range(2)
    ]
    assert torch.equal(*bases)


def test_variables_may_build_on_each_other() -> None:
    model = CausalModel(
        variables={"sum": lambda v: v["a"] + v["b"], "even": lambda v: v["sum"] % 2 == 0},
        output=lambda v: "even" if v["even"] else "odd",
        tokens={"even": 1, "odd": 2},
    )
    assert model.answer({"a": 1, "b": 2}) == 2
    assert model.answer({"a": 1, "b": 2}, {"sum": 4}) == 1
    assert model.answer({"a": 1, "b": 2}, {"even": True}) == 1


def test_what_the_causal_model_lacks_is_named(prompts: PromptSet, agreement: CausalModel) -> None:
    with pytest.raises(ClaimlintError, match="no variable 'tense'"):
        interchange_pairs(prompts, agreement, "tense", 4)
    mute = CausalModel(agreement.variables, lambda v: "were", agreement.tokens)
    with pytest.raises(ClaimlintError, match="the output 'were' has no token"):
        interchange_pairs(prompts, mute, "noun_number", 4)
    alike = CausalModel(agreement.variables, agreement.output, dict.fromkeys(agreement.tokens, 5))
    with pytest.raises(ClaimlintError, match="all outputs have the same token"):
        interchange_pairs(prompts, alike, "noun_number", 4)


def test_a_rotation_wider_than_the_site_is_refused(
    model: LanguageModel, prompts: PromptSet, agreement: CausalModel
) -> None:
    train, test = halves(prompts, agreement)
    with pytest.raises(ClaimlintError, match="rotation of 1000 dimensions"):
        distributed_alignment_search(
            model, train, test, agreement, LAST_STREAM, rotation=RotationOptions(dimensions=1000)
        )
