"""Prompt sets: JSON lines in, aligned token ids out, in batches that a model can run.

One line of a prompt file::

    {"id": "p1", "clean": "The key to the doors", "corrupted": "The keys to the doors",
     "answers": [" is", " are"], "labels": {"number": "sg"}, "positions": {"subject": 1}, "template": "pp"}

``clean`` (and ``corrupted``) may also be a list of token ids. ``answers`` are the clean prompt's right answer
and the wrong one it is compared with, one token each. All but ``id`` and ``clean`` may be left out where an
experiment does not need it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from claimlint.errors import ClaimlintError

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
    """Prompts of one file; ``digest`` is the sha256 of what was read."""

    id: str
    prompts: tuple[Prompt, ...]
    digest: str
    path: Path | None = None

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
                f"prompt {prompt.id!r}: no position named {position!r}",
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


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: str
    clean: str | list[int]
    corrupted: str | list[int] | None = None
    answers: tuple[str | int, str | int] | None = Field(default=None, strict=False)
    labels: dict[str, str | int | float] = {}
    positions: dict[str, int] = {}
    template: str | None = None


def read_prompts(path: Path | str, tokenizer: Any = None) -> PromptSet:
    """Reads a prompt file and checks that clean and corrupted prompts align token by token.

    ``tokenizer`` may be left out where every line gives token ids.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimlintError(
            f"{path}: {error}",
            "The experiment runs on these prompts.",
            "Give a JSON Lines file in UTF-8, one prompt a line.",
        ) from error
    prompts: list[Prompt] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        prompt = _prompt(_parse(line, place), place, tokenizer)
        if prompt.id in seen:
            raise ClaimlintError(
                f"{place}: the id {prompt.id!r} is already used in line {seen[prompt.id]}",
                "Per-prompt outcomes are filed by this id.",
                "Give every prompt its own id.",
            )
        seen[prompt.id] = number
        prompts.append(prompt)
    if not prompts:
        raise ClaimlintError(
            f"{path}: no prompts", "There is nothing to run.", "Add one JSON object a line, or drop the file."
        )
    return PromptSet(path.stem, tuple(prompts), hashlib.sha256(data).hexdigest(), path)


def prompt_set(prompts: Iterable[Prompt], id: str = "prompts") -> PromptSet:
    """A prompt set made in Python."""
    kept = tuple(prompts)
    canonical = json.dumps([vars(prompt) for prompt in kept], sort_keys=True)
    return PromptSet(id, kept, hashlib.sha256(canonical.encode()).hexdigest())


def _parse(line: str, place: str) -> _Line:
    try:
        return _Line.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ClaimlintError(
            f"{place}: {where + ': ' if where else ''}{first['msg']}",
            "Each line of a prompt file is one JSON object with at least id and clean.",
            "Known keys: " + ", ".join(_Line.model_fields) + ".",
        ) from error


def _prompt(line: _Line, place: str, tokenizer: Any) -> Prompt:
    clean = _ids(line.clean, place, tokenizer)
    corrupted = None if line.corrupted is None else _ids(line.corrupted, place, tokenizer)
    if not clean:
        raise ClaimlintError(
            f"{place}: clean has no tokens", "There is nothing to run.", "Give a prompt text."
        )
    if corrupted is not None and len(corrupted) != len(clean):
        raise ClaimlintError(
            f"{place}: clean has {len(clean)} tokens and corrupted has {len(corrupted)}\n"
            f"    clean:     {_pieces(clean, tokenizer)}\n"
            f"    corrupted: {_pieces(corrupted, tokenizer)}",
            "Patching replaces position by position, so the two must have the same number of tokens.",
            "Change a word so that both split alike, or drop this pair.",
        )
    return Prompt(
        id=line.id,
        clean=clean,
        corrupted=corrupted,
        answers=None if line.answers is None else _answers(line.answers, place, tokenizer),
        labels=line.labels,
        positions=line.positions,
        template=line.template,
    )


def _ids(text: str | list[int], place: str, tokenizer: Any, *, special: bool = True) -> tuple[int, ...]:
    if isinstance(text, list):
        return tuple(text)
    if tokenizer is None:
        raise ClaimlintError(
            f"{place}: {text!r} is text, and the model has no tokenizer",
            "Only token ids can be run.",
            "Put the tokenizer's files beside the model, or give lists of token ids.",
        )
    return tuple(tokenizer(text, add_special_tokens=special)["input_ids"])


def _answers(answers: tuple[str | int, str | int], place: str, tokenizer: Any) -> tuple[int, int]:
    ids = []
    for answer in answers:
        pieces = (answer,) if isinstance(answer, int) else _ids(answer, place, tokenizer, special=False)
        if len(pieces) != 1:
            raise ClaimlintError(
                f"{place}: the answer {answer!r} has {len(pieces)} tokens: {_pieces(pieces, tokenizer)}",
                "The metric reads the next token's logits, so an answer is one token.",
                "Mind the leading space (' is'), or choose answers of one token.",
            )
        ids.append(pieces[0])
    if ids[0] == ids[1]:
        raise ClaimlintError(
            f"{place}: both answers are the token {_pieces((ids[0],), tokenizer)}",
            "Their logit difference is zero whatever the model does.",
            "Give the right answer first and a different wrong one second.",
        )
    return ids[0], ids[1]


def _pieces(ids: Sequence[int], tokenizer: Any) -> str:
    """The tokenisation as a person reads it: ``The| key| to``."""
    if tokenizer is None:
        return " ".join(str(i) for i in ids)
    return "|".join(tokenizer.decode([i]) for i in ids)


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
