"""Prompt sets: aligned token ids, in batches that a model can run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from claimlint.errors import ClaimlintError, near_name

MASK = "mask"
"""Name of the position that a masked language model predicts."""

PAD_ID = 0
"""Any token would do: padded positions are masked in every layer and never read."""


@dataclass(frozen=True)
class Prompt:
    """One prompt pair as token ids.

    Args:
        clean: the prompt's token ids.
        corrupted: the contrast prompt's, of the same length; ``None`` where the set has none.
        answers: ids of the right and the wrong answer to the clean prompt.
        labels: values of the variables that a probe or a causal model speaks about.
        positions: named token indices.
        template: prompts of one template belong together in folds and resampling.
    """

    id: str
    clean: tuple[int, ...]
    corrupted: tuple[int, ...] | None = None
    answers: tuple[int, int] | None = None
    labels: dict[str, str | int | float] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    template: str | None = None


@dataclass(frozen=True)
class PromptSet:
    """Prompts of one file; ``digest`` is the sha256 of what was read, ``remark`` what people should know."""

    id: str
    prompts: tuple[Prompt, ...]
    digest: str
    path: Path | None = None
    remark: str = ""

    def __len__(self) -> int:
        return len(self.prompts)


@dataclass(frozen=True, eq=False)
class Batch:
    """Prompts that go through the model together.

    Args:
        rows: each prompt's index in its set.
        clean, corrupted: token ids ``[batch, positions]``.
        answers: ``[batch, 2]``.
        padding: ``[batch]``, how many positions at the left of a row are padding.
    """

    prompts: tuple[Prompt, ...]
    rows: tuple[int, ...]
    clean: Tensor
    corrupted: Tensor | None
    answers: Tensor | None
    padding: Tensor

    @property
    def length(self) -> int:
        return int(self.clean.shape[1])

    @property
    def mask(self) -> Tensor | None:
        """Attention mask ``[batch, positions]``; ``None`` when nothing is padded."""
        if not bool(self.padding.any()):
            return None
        return (torch.arange(self.length, device=self.clean.device) >= self.padding[:, None]).long()

    def locate(self, position: int | str | None) -> Tensor | None:
        """Column of the position in each row ``[batch]``; ``None`` for all positions."""
        if position is None:
            return None
        if position not in self._located:
            columns = [_column(prompt, position, self.length) for prompt in self.prompts]
            self._located[position] = torch.tensor(columns, device=self.clean.device)
        return self._located[position]

    def tokens_at(self, position: int | str) -> Tensor:
        """Token id of each clean prompt at the position, ``[batch]``."""
        return self.clean[torch.arange(len(self.clean), device=self.clean.device), self.locate(position)]

    @cached_property
    def _located(self) -> dict[int | str, Tensor]:
        """A sweep asks for the same few positions once per cell."""
        return {}


def _column(prompt: Prompt, position: int | str, length: int) -> int:
    if isinstance(position, str):
        if position not in prompt.positions:
            raise ClaimlintError(
                f"prompt {prompt.id!r}: no position named {position!r}."
                f"{near_name(position, prompt.positions)}",
                "The site stands for this position in every prompt of the set.",
                f'Add it to the line\'s "positions" (named there: {sorted(prompt.positions) or "none"}).',
            )
        index = prompt.positions[position]
    else:
        index = position
    n = len(prompt.clean)
    if not -n <= index < n:
        raise ClaimlintError(
            f"prompt {prompt.id!r}: position {position!r} is outside its {n} tokens",
            "Positions count from 0, or from -1 at the end.",
            "Correct the position, or leave this prompt out.",
        )
    return length - n + index % n


def prompt_set(prompts: Iterable[Prompt], id: str = "prompts") -> PromptSet:
    """A prompt set made in Python."""
    kept = tuple(prompts)
    canonical = json.dumps([vars(prompt) for prompt in kept], sort_keys=True)
    return PromptSet(id, kept, hashlib.sha256(canonical.encode()).hexdigest())


def batches(
    prompts: PromptSet, size: int = 32, *, pad: bool = False, device: torch.device | str = "cpu"
) -> Iterator[Batch]:
    """The set in batches of at most ``size`` prompts.

    Without ``pad`` only prompts of one length share a batch, so nothing is padded. With it, prompts are taken
    in order and padded at the left; the mask and the position ids then hide the padding from the model.
    """
    order = list(range(len(prompts)))
    if not pad:
        order.sort(key=lambda row: len(prompts.prompts[row].clean))
    start = 0
    while start < len(order):
        stop = start + 1
        width = len(prompts.prompts[order[start]].clean)
        while stop < min(start + size, len(order)) and (
            pad or len(prompts.prompts[order[stop]].clean) == width
        ):
            stop += 1
        yield make_batch(prompts, order[start:stop], device)
        start = stop


def make_batch(prompts: PromptSet, rows: Sequence[int], device: torch.device | str = "cpu") -> Batch:
    """The prompts with these indices as one batch, left-padded to the longest."""
    chosen = [prompts.prompts[row] for row in rows]
    length = max(len(prompt.clean) for prompt in chosen)

    def stack(sequences: list[tuple[int, ...]]) -> Tensor:
        padded = [[PAD_ID] * (length - len(ids)) + list(ids) for ids in sequences]
        return torch.tensor(padded, device=device)

    corrupted = [prompt.corrupted for prompt in chosen if prompt.corrupted is not None]
    answers = [prompt.answers for prompt in chosen if prompt.answers is not None]
    return Batch(
        prompts=tuple(chosen),
        rows=tuple(rows),
        clean=stack([prompt.clean for prompt in chosen]),
        corrupted=stack(corrupted) if len(corrupted) == len(chosen) else None,
        answers=torch.tensor(answers, device=device) if len(answers) == len(chosen) else None,
        padding=torch.tensor([length - len(prompt.clean) for prompt in chosen], device=device),
    )


def labels_of(prompts: PromptSet, name: str) -> list[str | int | float]:
    """The label of every prompt."""
    missing = [prompt.id for prompt in prompts.prompts if name not in prompt.labels]
    if missing:
        raise ClaimlintError(
            f"prompt {missing[0]!r}: no label {name!r} ({len(missing)} such prompts)",
            "The experiment speaks about the variable of this name.",
            'Add it to "labels" of these lines of the prompt file.',
        )
    return [prompt.labels[name] for prompt in prompts.prompts]


def require_pairs(prompts: Sequence[Prompt]) -> None:
    """Raises unless every prompt has a corrupted partner."""
    _require(prompts, "corrupted", "The experiment swaps activations between a clean and a corrupted run.")


def require_answers(prompts: Sequence[Prompt]) -> None:
    """Raises unless every prompt has its two answers."""
    _require(prompts, "answers", "The metric compares the right answer with a wrong one.")


def _require(prompts: Sequence[Prompt], key: str, why: str) -> None:
    missing = [prompt.id for prompt in prompts if getattr(prompt, key) is None]
    if missing:
        raise ClaimlintError(
            f"{len(missing)} of {len(prompts)} prompts have no {key!r} (first: {missing[0]!r})",
            why,
            f'Add "{key}" to these lines.',
        )
