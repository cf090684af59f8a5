"""A sweep holds the caches of one batch, however many prompts and cells there are."""

from __future__ import annotations

import platform
import subprocess
import sys
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from claimlint.backend.ablation import ablation
from claimlint.backend.activation_patching import activation_patching
from claimlint.backend.causal_mediation import causal_mediation
from claimlint.backend.grids import components
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.prompts import PromptSet
from claimlint.backend.runs import RunOptions
from claimlint.backend.shared_forward import BaseRun
from claimlint.backend.sweep import SweepEngine
from tests.backend.tiny import random_pairs, tiny_model

OPTIONS = RunOptions(batch_size=3, tokens_per_forward=64)

Experiment = Callable[[LanguageModel, PromptSet], Any]
EXPERIMENTS: dict[str, Experiment] = {
    "patching": lambda model, prompts: activation_patching(model, prompts, positions="each", options=OPTIONS),
    "mean ablation": lambda model, prompts: ablation(
        model, prompts, components(model.sites, "heads"), direct=True, options=OPTIONS
    ),
    "resample ablation": lambda model, prompts: ablation(
        model,
        prompts,
        components(model.sites, "mlps"),
        replacement="resample",
        options=OPTIONS,
    ),
    "mediation": lambda model, prompts: causal_mediation(
        model, prompts, components(model.sites, "mlps"), options=OPTIONS
    ),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_caches_of_one_batch_are_alive_at_a_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, prompts = load_model(tiny_model("gpt2")), random_pairs(n=12)
    EXPERIMENTS[name](model, random_pairs(n=3))  # the check of the model's savings has runs of its own
    made: list[tuple[Any, weakref.ref[BaseRun]]] = []
    run = SweepEngine.base_run

    def counted(engine: SweepEngine, *args: Any) -> BaseRun:
        batches = {rows for rows, cache in made if cache() is not None}
        assert batches <= {engine.batch.rows}, "caches of an earlier batch are still held"
        found = run(engine, *args)
        made.append((engine.batch.rows, weakref.ref(found)))
        return found

    monkeypatch.setattr(SweepEngine, "base_run", counted)
    EXPERIMENTS[name](model, prompts)
    assert len({rows for rows, _ in made}) == 4
    assert not any(cache() for _, cache in made)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep memory in other ways")
def test_what_a_pass_frees_is_not_mapped_anew_by_the_next() -> None:
    """Page faults of three temporaries of 12 MB, freed together, before and after an engine was made."""
    program = """
import resource, torch
from claimlint.backend.sweep import keep_freed_memory

def faults():
    start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        temporaries = [torch.ones(3 * 2**20) for _ in range(3)]
        del temporaries
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start

before = faults()
keep_freed_memory()
faults()
print(before, faults())
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, after = map(int, ran.stdout.split())
    assert 4 * after < before
