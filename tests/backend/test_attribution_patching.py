"""Attribution patching is the slope of activation patching at the base run, and only that."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from claimlint.backend.attribution_patching import attribution_patching
from claimlint.backend.grids import joint_sets
from claimlint.backend.language_model import load_model
from claimlint.backend.metrics import METRICS
from claimlint.backend.runs import RunOptions
from claimlint.backend.sites import Site
from claimlint.errors import ClaimlintError
from tests.backend.naive import difference, naive_cache, naive_logits, token_ids
from tests.backend.tiny import ENCODERS, MASKED, random_pairs, tiny_model

SITES = [
    Site(0, "z", 1),
    Site(1, "mlp_out", position=5),
    Site(2, "attn_out"),
    Site(1, "resid_pre", position=2),
    Site(2, "resid_post", position=-1),
]


@pytest.mark.parametrize(
    ("architecture", "step", "tolerance"),
    [
        *((name, 1e-5, 1e-6) for name in ("gpt2", "gpt_neox", "opt", "falcon", *ENCODERS)),
        # These compute norms or attention in float32 whatever the weights are, which small steps drown in.
        *((name, 1e-2, 2e-3) for name in ("llama", "gemma2", "bloom")),
    ],
)
def test_the_estimate_is_the_slope_towards_the_donor(
    architecture: str, step: float, tolerance: float
) -> None:
    model, prompts = load_model(tiny_model(architecture, torch.float64)), random_pairs()
    found = attribution_patching(model, prompts, joint_sets(model.sites, [[site] for site in SITES]))
    base_ids = token_ids(prompts, "corrupted")
    base, donor = naive_cache(model.sites, base_ids), naive_cache(model.sites, token_ids(prompts))
    at = MASKED if architecture in ENCODERS else -1
    for cell, site in enumerate(SITES):
        columns = slice(None) if site.position is None else site.position
        index = (slice(None), columns, model.sites.features(site))
        here, there = base[site.kind, site.layer][index], donor[site.kind, site.layer][index]
        ahead, behind = (
            difference(
                naive_logits(
                    model.sites, base_ids, [(site.kind, site.layer, index, here + s * (there - here))], at
                ),
                prompts,
            )
            for s in (step, -step)
        )
        slope = (ahead - behind) / (2 * step)
        np.testing.assert_allclose(found.estimates[cell], slope, rtol=0, atol=tolerance)


def test_the_parts_of_a_joint_cell_add_up() -> None:
    model, prompts = load_model(tiny_model("gpt2", torch.float64)), random_pairs()
    found = attribution_patching(
        model, prompts, joint_sets(model.sites, [SITES[:2], SITES[:1], SITES[1:2]]), direction="noising"
    )
    np.testing.assert_allclose(found.estimates[0], found.estimates[1] + found.estimates[2])
    assert found.summary(0).n == 4


@pytest.mark.parametrize("name", ["probability", "kl_divergence"])
def test_other_smooth_metrics_have_slopes_too(name: str) -> None:
    model, prompts = load_model(tiny_model("gpt2")), random_pairs()
    options = RunOptions(metrics=(METRICS[name],))
    found = attribution_patching(
        model, prompts, joint_sets(model.sites, [[Site(0, "resid_pre")]]), options=options
    )
    assert found.metric == name
    assert np.abs(found.estimates).max() > 0


def test_a_right_or_wrong_metric_has_no_slope() -> None:
    model = load_model(tiny_model("gpt2"))
    options = RunOptions(metrics=(METRICS["accuracy"],))
    with pytest.raises(ClaimlintError, match="attribution patching with accuracy"):
        attribution_patching(model, random_pairs(), joint_sets(model.sites, [SITES[:1]]), options=options)
