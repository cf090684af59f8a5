"""A check before anything is measured: do savings and kernels leave the numbers of this very model alone?

The test suite compares them with naive hooks on every listed architecture. A model may still be built
differently: share keys between layers, mix positions in a way that nobody foresaw.
"""

from __future__ import annotations

from functools import lru_cache

import torch

from claimlint.backend.interventions import Edit, Intervention
from claimlint.backend.kernels import PLAIN, Kernels
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.metrics import METRICS
from claimlint.backend.prompts import MASK, Batch, Prompt, make_batch, prompt_set
from claimlint.backend.sites import Kind, Site
from claimlint.backend.sweep import NO_SAVINGS, Savings, SweepEngine
from claimlint.errors import ClaimlintError

METRIC = "logit_difference"
_KINDS: tuple[Kind, ...] = ("z", "mlp_out")
_LENGTH = 6


@lru_cache(maxsize=1)  # what is remembered is kept in memory, model and all
def require_exact(language_model: LanguageModel, savings: Savings, kernels: Kernels = PLAIN) -> None:
    """Raises unless a few interventions come out as in whole forward passes, one each."""
    batch = _batch(language_model)
    plain = _measure(language_model, batch, NO_SAVINGS, PLAIN)
    saving = _measure(language_model, batch, savings, kernels)
    # What overflows in whole passes too is left to the prompts' own runs, which name the prompt.
    finite = plain.isfinite()
    plain, saving = plain.where(finite, 0), saving.where(finite, 0)
    # The root of the unit roundoff is far above what reordered sums do, and far below a wrong activation.
    allowed = max(torch.finfo(language_model.dtype).eps ** 0.5, 1e-5) * max(float(plain.abs().max()), 1.0)
    difference = float((plain - saving).abs().max())
    if not difference <= allowed:
        raise ClaimlintError(
            f"model {language_model.name!r}: sped-up interventions differ from plain ones: {difference:.0e}",
            f"They should agree to {allowed:.0e}: something in this architecture breaks what savings assume.",
            "Run with savings=NO_SAVINGS and plain kernels: whole forward passes only. Please report it too.",
        )


def _batch(language_model: LanguageModel) -> Batch:
    vocabulary = language_model.model.config.get_text_config().vocab_size
    ids = [[(7 * row + 3 * column + 3) % vocabulary for column in range(_LENGTH)] for row in range(2)]
    prompts = [
        Prompt(
            id=str(row),
            clean=tuple(clean),
            corrupted=(*clean[:2], (clean[2] + 1) % vocabulary, *clean[3:]),
            answers=(0, 1),
            positions={MASK: 3},
        )
        for row, clean in enumerate(ids)
    ]
    return make_batch(prompt_set(prompts), range(2), language_model.device)


def _measure(language_model: LanguageModel, batch: Batch, savings: Savings, kernels: Kernels) -> torch.Tensor:
    """Outcomes ``[cells, batch]`` of replaced stream, heads and MLP early, halfway and late."""
    sites = language_model.sites
    engine = SweepEngine(language_model, batch, [METRICS[METRIC]], savings, kernels=kernels)
    donor = engine.base_run(batch.clean, _KINDS)
    base = engine.base_run(batch.corrupted, _KINDS)
    streams: list[Intervention] = []
    writes: list[Intervention] = []
    for layer in sorted({0, sites.n_layers // 2, sites.n_layers - 1}):
        stream, head, mlp = Site(layer, "resid_pre", position=2), Site(layer, "z", 0), Site(layer, "mlp_out")
        streams.append((Edit(stream, donor.at(stream)[:, 2]),))
        writes += [
            (Edit(head, donor.at(head)[..., sites.features(head)]),),
            (Edit(mlp, torch.zeros((), dtype=language_model.dtype, device=language_model.device)),),
        ]
    # Together they would all run from the first position on, and no keys and values would be reused.
    return torch.cat([engine.sweep(base, cells).metrics[METRIC] for cells in (streams, writes)])
