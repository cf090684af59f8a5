"""Steering adds what it says, beside random directions of the same length and the natural range."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.prompts import Prompt, prompt_set
from claimlint.backend.sites import Site
from claimlint.backend.steering import difference_of_means, steering
from claimlint.errors import ClaimlintError
from tests.backend.naive import difference, naive_cache, naive_logits, token_ids
from tests.backend.tiny import WIDTH, random_pairs, tiny_model

SITE = Site(1, "resid_pre", position=-1)


def gpt2() -> LanguageModel:
    return load_model(tiny_model("gpt2", torch.float64))


def test_the_dose_curve_equals_hand_written_hooks() -> None:
    model, prompts = gpt2(), random_pairs(n=6)
    direction = difference_of_means(model, prompts, SITE)
    clean = naive_cache(model.sites, token_ids(prompts))["resid_pre", 1][:, -1]
    corrupted = naive_cache(model.sites, token_ids(prompts, "corrupted"))["resid_pre", 1][:, -1]
    torch.testing.assert_close(direction, (clean - corrupted).mean(0))
    found = steering(model, prompts, SITE, direction, doses=[-1, 0, 3])
    for row, dose in enumerate((-1, 0, 3)):
        patch = ("resid_pre", 1, (slice(None), -1), clean + dose * direction)
        expected = difference(naive_logits(model.sites, token_ids(prompts), [patch]), prompts)
        np.testing.assert_allclose(found.steered["logit_difference"][row], expected, rtol=0, atol=1e-12)
    assert found.summary(1).unchanged == 1
    assert found.within_natural_range[1] == 1
    assert found.within_natural_range[2] < 1


def test_opposite_prompts_are_those_that_move_against_the_mean() -> None:
    model, prompts = gpt2(), random_pairs(n=12)
    found = steering(model, prompts, SITE, torch.arange(WIDTH), doses=[0.1])
    change = found.steered["logit_difference"][0] - found.base["logit_difference"]
    assert found.share_opposite(0) == pytest.approx((np.sign(change) == -np.sign(change.mean())).mean())
    assert found.share_opposite(0) > 0


def test_random_directions_are_reproducible_and_differ() -> None:
    model, prompts = gpt2(), random_pairs()
    runs = [steering(model, prompts, SITE, torch.arange(WIDTH), random_directions=4) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].random["logit_difference"], runs[1].random["logit_difference"])
    assert runs[0].random["logit_difference"].shape == (4, 6, 4)
    assert len(set(runs[0].random_effects(5))) == 4


@pytest.mark.parametrize("direction", [torch.ones(3), torch.zeros(WIDTH), torch.full((WIDTH,), torch.nan)])
def test_a_direction_that_does_not_fit_is_refused(direction: torch.Tensor) -> None:
    with pytest.raises(ClaimlintError, match="steering direction"):
        steering(gpt2(), random_pairs(), SITE, direction)


def test_pairs_that_stand_there_both_ways_round_give_no_direction() -> None:
    both = [
        Prompt(f"{p.id} {turn}", *((p.clean, p.corrupted)[::turn]), p.answers)
        for p in random_pairs().prompts
        if p.corrupted is not None
        for turn in (1, -1)
    ]
    with pytest.raises(ClaimlintError, match=r"same mean at L1\.resid_pre@-1") as error:
        difference_of_means(gpt2(), prompt_set(both), SITE)
    assert "both ways round cancel" in error.value.why
