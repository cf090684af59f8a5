"""The induction task: a block of words comes a second time, and the next word of the repeat is predicted."""

from __future__ import annotations

import torch
from torch import Tensor

WORDS = {f"w{i}": i for i in range(40)}
LENGTH = 24
"""Longest prompt with its answer."""


def batch(size: int, generator: torch.Generator, block: int | None = None) -> tuple[Tensor, Tensor, int]:
    """Prompts, the next words of the repeat, and the first position that has one.

    A prompt is noise, a block of distinct words, and the block again without its last word. Length and offset
    of the block vary: at a fixed offset, copying from a fixed distance would solve the task, which is not
    induction.
    """
    if block is None:
        block = int(torch.randint(4, LENGTH // 2 + 1, (1,), generator=generator))
    noise = int(torch.randint(0, LENGTH - 2 * block + 1, (1,), generator=generator))
    blocks = torch.stack([torch.randperm(len(WORDS), generator=generator)[:block] for _ in range(size)])
    start = torch.randint(0, len(WORDS), (size, noise), generator=generator)
    ids = torch.cat([start, blocks, blocks], dim=1)
    first = noise + block
    return ids[:, :-1], ids[:, first + 1 :], first
