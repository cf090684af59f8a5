"""Faster linear layers on CPU: weights packed for oneDNN once, the activation fused into the product.

The numbers stay those of the model within float32 rounding. The packed operator is private to torch, so it
is used with the version that it was checked against only; other versions get the public
``torch.utils.mkldnn``, and where neither is faster on this machine, or the model is not float32 on CPU, the
model's own kernels stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils import mkldnn as public_mkldnn
from transformers.pytorch_utils import Conv1D

from claimlint.backend.language_model import LanguageModel
from claimlint.backend.shared_forward import replaced_forward

CHECKED_TORCH = "2.13."
"""Version whose private packed operator was checked against plain kernels."""

WORTH_IT = 1.1
"""Speed ratio from which packing pays for its memory (a second copy of the blocks' weights)."""

ROWS_TIMED = 256
"""Tokens in the quick measurement."""

Forward = Callable[[Tensor], Tensor]
Choice = Literal["plain", "packed", "public"]

_FUSED: dict[str, tuple[str, str]] = {
    "NewGELUActivation": ("gelu", "tanh"),
    "GELUTanh": ("gelu", "tanh"),
    "GELUActivation": ("gelu", "none"),
    "GELU": ("gelu", "none"),
    "SiLUActivation": ("swish", ""),
    "SiLU": ("swish", ""),
    "ReLU": ("relu", ""),
}
"""Activation class -> oneDNN's name for it, and for the variant."""


@dataclass(frozen=True, eq=False)
class Kernels:
    """Which modules compute what else; ``name`` is recorded with the results."""

    name: Choice
    replaced: tuple[tuple[nn.Module, Forward], ...] = ()

    @contextmanager
    def active(self) -> Iterator[None]:
        """While open, the model runs on these kernels; its hooks still fire."""
        with ExitStack() as stack:
            for module, forward in self.replaced:
                stack.enter_context(replaced_forward(module, forward))
            yield


PLAIN = Kernels("plain")


@lru_cache(maxsize=1)  # packing takes a second copy of the weights
def fast_kernels(language_model: LanguageModel) -> Kernels:
    """The fastest kernels for this model on this machine, measured in a few milliseconds."""
    choice = available(language_model)
    if choice == "plain" or speed_ratio(language_model, choice) < WORTH_IT:
        return PLAIN
    return prepare(language_model, choice)


def available(language_model: LanguageModel) -> Choice:
    """What this model and this torch allow."""
    if language_model.device.type != "cpu" or language_model.dtype != torch.float32:
        return "plain"
    if not torch.backends.mkldnn.is_available():
        return "plain"
    checked = str(torch.__version__).startswith(CHECKED_TORCH)
    return "packed" if checked and hasattr(torch.ops.mkldnn, "_linear_pointwise") else "public"


def prepare(language_model: LanguageModel, choice: Choice) -> Kernels:
    """Packs every linear layer of the blocks."""
    if choice == "plain":
        return PLAIN
    fused = _activations_after(language_model) if choice == "packed" else {}
    replaced: list[tuple[nn.Module, Forward]] = []
    for block in language_model.sites.blocks:
        for module in block.modules():
            if not isinstance(module, nn.Linear | Conv1D):
                continue
            activation = fused.get(module)
            if choice == "packed":
                replaced.append((module, _packed(module, activation)))
            else:
                replaced.append((module, _public(module)))
    replaced += [(activation, _identity) for activation in dict.fromkeys(fused.values())]
    return Kernels(choice, tuple(replaced))


def speed_ratio(language_model: LanguageModel, choice: Choice) -> float:
    """How many times faster the first block's products, with the activations after them, are than its own."""
    fused = _activations_after(language_model)
    own = other = 0.0
    for module in language_model.sites.blocks[0].modules():
        if not isinstance(module, nn.Linear | Conv1D):
            continue
        activation = fused.get(module)
        rows = torch.randn(ROWS_TIMED, _as_linear(module)[0].shape[1])
        after = _identity if activation is None else activation
        own += _best_time(_chained(module, after), rows)
        if choice == "packed":
            other += _best_time(_packed(module, activation), rows)
        else:
            other += _best_time(_chained(_public(module), after), rows)
    return own / other


def _best_time(forward: Forward, rows: Tensor) -> float:
    best = float("inf")
    with torch.inference_mode():
        for _ in range(6):
            start = time.perf_counter()
            forward(rows)
            best = min(best, time.perf_counter() - start)
    return best


def _chained(first: Forward, then: Forward) -> Forward:
    return lambda hidden: then(first(hidden))


def _identity(hidden: Tensor) -> Tensor:
    return hidden


def _as_linear(module: nn.Module) -> tuple[Tensor, Tensor | None]:
    """Weight ``[outputs, inputs]`` and bias; GPT-2's Conv1D keeps its weight the other way round."""
    weight = module.weight.detach()
    bias = None if module.bias is None else module.bias.detach()
    return (weight.t() if isinstance(module, Conv1D) else weight).contiguous(), bias


def _packed(module: nn.Module, activation: nn.Module | None) -> Forward:
    weight, bias = _as_linear(module)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, 256)
    name, variant = ("none", "") if activation is None else _FUSED[type(activation).__name__]
    product: Any = torch.ops.mkldnn._linear_pointwise

    def forward(hidden: Tensor) -> Tensor:
        return product(hidden, packed, bias, name, [], variant)

    return forward


def _public(module: nn.Module) -> Forward:
    weight, bias = _as_linear(module)
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    converted = public_mkldnn.to_mkldnn(layer.eval())

    def forward(hidden: Tensor) -> Tensor:
        return converted(hidden)

    return forward


def _activations_after(language_model: LanguageModel) -> dict[nn.Module, nn.Module]:
    """Linear layer -> the activation that reads exactly its output, seen in one forward pass.

    An activation counts only when every input that it gets comes straight from a linear layer.
    """
    produced: dict[int, tuple[nn.Module, Tensor]] = {}
    fused: dict[nn.Module, nn.Module] = {}
    refused: set[nn.Module] = set()
    handles = []

    def after_linear(module: nn.Module, _args: Any, output: Tensor) -> None:
        # The tensor is kept: its id may not be given to another one while the pass runs.
        produced[id(output)] = (module, output)

    def before_activation(module: nn.Module, args: Any) -> None:
        source = produced.get(id(args[0]))
        if source is None:
            refused.add(module)
        else:
            fused[source[0]] = module

    for block in language_model.sites.blocks:
        for module in block.modules():
            if isinstance(module, nn.Linear | Conv1D):
                handles.append(module.register_forward_hook(after_linear))
            elif type(module).__name__ in _FUSED:
                handles.append(module.register_forward_pre_hook(before_activation))
    ids = torch.arange(3, 7, device=language_model.device)[None]
    try:
        with torch.inference_mode():
            language_model.model(input_ids=ids, use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    return {linear: activation for linear, activation in fused.items() if activation not in refused}
