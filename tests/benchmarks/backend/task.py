"""What every contender is given: a model built from a config, prompt pairs, and cells to patch or ablate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

CHANGED = (5, 11)
"""Positions at which clean and corrupted prompts differ."""


class Shape(NamedTuple):
    layers: int
    width: int
    heads: int
    vocabulary: int


GPT2_SMALL = Shape(12, 768, 12, 50257)
FOUR_LAYERS = Shape(4, 128, 4, 512)

Cell = tuple[int, int]
"""(layer, position or head)."""


@dataclass(frozen=True)
class Task:
    """Random weights large enough that every part of the network matters.

    Args:
        clean, corrupted: token ids ``[pairs, positions]``.
        answers: ``[pairs, 2]``, right and wrong.
    """

    shape: Shape
    model: Any
    clean: Tensor
    corrupted: Tensor
    answers: Tensor

    @property
    def positions(self) -> int:
        return int(self.clean.shape[1])

    def difference(self, logits: Tensor) -> Tensor:
        """Mean logit difference at the last position; logits ``[pairs, positions, vocabulary]``."""
        return self.differences(logits[:, -1]).mean()

    def differences(self, last: Tensor) -> Tensor:
        """``[rows]``; the rows repeat the pairs."""
        picked = last.gather(1, self.answers.repeat(len(last) // len(self.answers), 1))
        return picked[:, 0] - picked[:, 1]

    def residual_cells(self) -> list[Cell]:
        return [(layer, at) for layer in range(self.shape.layers) for at in range(self.positions)]

    def head_cells(self, heads: int | None = None) -> list[Cell]:
        """All heads of every layer, or the first so many."""
        each = min(heads or self.shape.heads, self.shape.heads)
        return [(layer, head) for layer in range(self.shape.layers) for head in range(each)]


def make_task(shape: Shape, pairs: int, positions: int) -> Task:
    torch.manual_seed(0)
    config = GPT2Config(
        n_layer=shape.layers,
        n_embd=shape.width,
        n_head=shape.heads,
        vocab_size=shape.vocabulary,
        initializer_range=0.05,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config).eval().requires_grad_(False)
    clean = torch.randint(1, shape.vocabulary, (pairs, positions))
    corrupted = clean.clone()
    for position in CHANGED:
        corrupted[:, position % positions] = torch.randint(1, shape.vocabulary, (pairs,))
    right = torch.randint(0, shape.vocabulary - 1, (pairs,))
    return Task(shape, model, clean, corrupted, torch.stack([right, right + 1], 1))


def spread(cells: list[Cell], some: int) -> list[Cell]:
    """Evenly over the grid, first and last layers among them."""
    some = min(some, len(cells))
    return [cells[(2 * i + 1) * len(cells) // (2 * some)] for i in range(some)]
