"""Operations of matrix products: what whole passes take, what the engine runs, what is needed at least."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils.flop_counter import FlopCounterMode

from tests.benchmarks.backend.task import CHANGED, Cell, Shape, Task


def counted(run: Callable[[], Any]) -> int:
    """Operations that torch really ran; packed kernels are not seen."""
    with FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops())


def needed(task: Task, cells: list[Cell], *, heads: bool) -> int:
    """What has to be computed anew for the last position's two logits, and nothing else.

    At the layer of a patched stream only the patched position has other queries, keys and values; a patched
    head leaves its layer's attention as it was, and its z differs from the first changed position on. In the
    last block only the last position goes on.
    """
    pairs, length = task.clean.shape
    return pairs * sum(_cell(task.shape, length, cell, heads=heads) for cell in cells)


def _cell(shape: Shape, length: int, cell: Cell, *, heads: bool) -> int:
    layer, index = cell
    d = shape.width
    changed = length - (min(CHANGED) if heads else index)
    total = 4 * d
    for block in range(layer, shape.layers):
        on = 1 if block == shape.layers - 1 else changed
        mlp = on * 16 * d * d
        if heads and block == layer:
            total += on * 2 * (d // shape.heads) * d + mlp
        else:
            keys_values = 1 if block == layer else changed
            queries = min(keys_values, on)
            total += (2 * queries + 4 * keys_values + 2 * on) * d * d + on * 4 * length * d + mlp
    return total
