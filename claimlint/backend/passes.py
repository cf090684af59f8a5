"""Which cells share a forward pass. The plan follows from shapes alone, so that a run can be repeated.

Cells that change nothing before position ``p`` need not run the positions before it. Cells of one first
position run together; those of a later one join them where the positions that they then run in vain cost less
than a pass of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from claimlint.backend.shared_forward import Cell

CALL_COST = {"cpu": 5e7, "cuda": 2e10}
"""Floating-point operations in the time that calling one block takes (Python, hooks, launches), roughly: half
a millisecond beside 1e11 a second on one core, and beside 4e13 on a graphics card."""


class Pass(NamedTuple):
    """Cells, sorted by the place at which they join, and the first position that is run."""

    first: int
    cells: list[Cell]


def shared_passes(
    cells: Sequence[Cell], *, rows: int, length: int, tokens_per_forward: int, spare: int
) -> list[Pass]:
    """The plan.

    Args:
        rows: prompts per cell.
        length: positions of the prompts.
        tokens_per_forward: bound on rows times positions of one pass; a single cell may exceed it.
        spare: tokens that may be run in vain to spare a pass.
    """
    groups: dict[int, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.first, []).append(cell)

    def per_pass(first: int) -> int:
        return max(1, tokens_per_forward // (rows * (length - first)))

    def passes(first: int, count: int) -> int:
        return -(-count // per_pass(first))

    merged: dict[int, list[Cell]] = {}
    later = length
    for first in sorted(groups, reverse=True):
        here, there = groups[first], merged.get(later, [])
        apart = passes(first, len(here)) + passes(later, len(there)) if there else 0
        in_vain = len(there) * rows * (later - first)
        if there and in_vain <= spare and passes(first, len(here) + len(there)) < apart:
            del merged[later]
            here = here + there
        merged[first] = here
        later = first
    plan = []
    for first, together in sorted(merged.items()):
        together.sort(key=lambda cell: cell.joins)
        size = per_pass(first)
        plan += [Pass(first, together[i : i + size]) for i in range(0, len(together), size)]
    return plan


def spare_tokens(device: str, width: int) -> int:
    """Tokens that go through a block (``12 * width ** 2`` weights) in the time that calling it takes."""
    return int(CALL_COST.get(device, CALL_COST["cpu"]) / (24 * width**2))
