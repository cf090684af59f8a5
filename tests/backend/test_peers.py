"""The same weights, cells and metric in other libraries, driven as their documentation does, and by hand."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from claimlint.backend.kernels import PLAIN
from claimlint.backend.language_model import load_model
from tests.benchmarks.backend.contenders import Engine, Hooks
from tests.benchmarks.backend.peers import PEERS
from tests.benchmarks.backend.task import Shape, Task, make_task

SWEEPS = ("residual", "heads", "zero", "mean")
SHAPE = Shape(layers=3, width=64, heads=4, vocabulary=211)


@cache
def task() -> Task:
    return make_task(SHAPE, pairs=8, positions=12)


def swept(contender: Any, sweep: str) -> Tensor:
    """Mean outcome of every cell of the grid."""
    cells = task().residual_cells() if sweep == "residual" else task().head_cells()
    found: Tensor = getattr(contender, sweep)(cells)
    return found.double()


@cache
def exact(sweep: str) -> Tensor:
    """By hand, in float64."""
    wide = Task(
        SHAPE, copy.deepcopy(task().model).double(), *(task().clean, task().corrupted, task().answers)
    )

    class Wide(Hooks):
        def zero(self, cells: Any) -> Tensor:
            nothing = torch.zeros(1, 1, SHAPE.width, dtype=torch.float64)
            return self._replaced(cells, dict.fromkeys(range(SHAPE.layers), nothing), self.task.clean)

    return swept(Wide(wide), sweep)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_means_lie_within_two_millionths_of_hooks(sweep: str) -> None:
    engine = Engine(task(), load_model(task().model), PLAIN, pruning=True)
    found = swept(engine, sweep)
    assert float(found.std()) > 1e-3
    assert float((found - swept(Hooks(task()), sweep)).abs().max()) < 2e-6


@pytest.mark.parametrize("sweep", SWEEPS)
@pytest.mark.parametrize("name", PEERS)
def test_libraries_agree_within_their_own_float32_error(name: str, sweep: str) -> None:
    try:
        peer = PEERS[name](task())
    except ImportError as missing:
        pytest.skip(f"{name} is not installed ({missing}): agreement with it is NOT tested")
    theirs = swept(peer, sweep)
    ours = swept(Engine(task(), load_model(task().model), PLAIN, pruning=True), sweep)
    step = torch.finfo(torch.float32).eps * float(exact(sweep).abs().max())
    own_error = max(float((theirs - exact(sweep)).abs().max()), step)
    assert float((ours - theirs).abs().max()) <= 2 * own_error
