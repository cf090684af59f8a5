"""One forward pass that carries many cells: the model's own code runs, hooks join and edit the rows.

The rows of cell ``j`` are ``[j * batch : (j + 1) * batch]``. Cells are sorted by the place at which they
join, so everywhere the active cells are a prefix of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers.cache_utils import DynamicCache, DynamicLayer

from claimlint.backend.capture import Activations, padding_arguments
from claimlint.backend.interventions import PlacedEdit, normalise
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import MASK, Batch
from claimlint.backend.sites import Kind, Site, SiteMap, first_tensor, hidden_input

Reads = dict[tuple[Kind, int], Tensor]


@dataclass(frozen=True, eq=False)
class Cell:
    """One intervention.

    Args:
        index: its place in the sweep.
        entry: layer at which its rows join, from the base run's residual stream.
        first: position before which it changes nothing.
        behind_attention: in that layer its rows take no part in the attention; their z is the base run's.
    """

    index: int
    entry: int
    first: int
    edits: tuple[PlacedEdit, ...]
    behind_attention: bool = False

    @property
    def joins(self) -> tuple[int, bool]:
        """Orders cells by where they join."""
        return self.entry, self.behind_attention


@dataclass(frozen=True, eq=False)
class BaseRun:
    """What one plain forward pass left: everything that sweeps start from.

    Args:
        activations: the residual stream before every block and before the final norm, and what else was
            wanted.
        keys_values: per layer ``([batch, kv heads, positions, head_dim], same)``.
        logits: ``[batch, columns]`` where the model predicts.
    """

    ids: Tensor
    activations: Activations
    keys_values: tuple[tuple[Tensor, Tensor], ...]
    logits: Tensor
    tuple_output: bool

    def at(self, site: Site) -> Tensor:
        """The whole activation ``[batch, positions, features]`` that the site is a part of."""
        return self.activations[normalise(site.kind, site.layer)]


def shared_forward(
    language_model: LanguageModel,
    batch: Batch,
    base: BaseRun,
    cells: Sequence[Cell],
    first: int,
    *,
    columns: Tensor | None,
    only_last: bool,
    reads: set[tuple[Kind, int]],
) -> tuple[Tensor, Reads]:
    """Runs the cells together from position ``first`` on.

    Args:
        columns: token ids ``[batch, k]`` whose logits are wanted; ``None`` for the vocabulary.
        only_last: nothing but the last position is needed after the last block's attention.
        reads: activations to return, ``[rows, positions from first, features]``.

    Returns:
        Logits ``[cells * batch, columns]`` where the model predicts, and the reads.
    """
    wave = _Wave(language_model.sites, batch, base, cells, first, only_last, reads)
    arguments: dict[str, Any] = {"use_cache": False, **padding_arguments(batch, first)}
    if first:
        cache = DynamicCache()
        cache.layers = [PrefixLayer(k[:, :, :first], v[:, :, :first]) for k, v in base.keys_values]
        positions = torch.arange(first, batch.length, device=base.ids.device)[None]
        arguments = {"position_ids": positions, **arguments, **cached(language_model, cache)}
    with torch.inference_mode(), wave.installed():
        logits = predicted_logits(
            language_model, batch, base.ids[:, first:], columns=columns, only_last=only_last, **arguments
        )
    return logits, wave.seen


def cached(language_model: LanguageModel, cache: DynamicCache | None) -> dict[str, Any]:
    """Arguments of a pass with or without a cache."""
    if cache is None:
        return {"use_cache": False}
    return {"use_cache": True, language_model.cache_argument: cache}


class PrefixLayer(DynamicLayer):  # type: ignore[misc]  # transformers is not type-checked here
    """Keys and values of the base run's first positions, shared by all copies of its rows; never grows."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        super().__init__()
        self.keys, self.values = keys, values
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        return _behind(self.keys, key_states), _behind(self.values, value_states)

    def get_seq_length(self) -> int:
        return int(self.keys.shape[-2])

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.get_seq_length() + query_length, 0


def _behind(prefix: Tensor, new: Tensor) -> Tensor:
    """``new [n * batch, heads, q, d]`` behind ``prefix [batch, heads, p, d]``, which every copy shares."""
    rows, heads, queries, width = new.shape
    batch, _, known, _ = prefix.shape
    joined = new.new_empty(rows, heads, known + queries, width)
    joined.view(rows // batch, batch, heads, known + queries, width)[..., :known, :] = prefix
    joined[:, :, known:] = new
    return joined


@dataclass(eq=False)
class _Wave:
    """The hooks of one shared pass."""

    sites: SiteMap
    batch: Batch
    base: BaseRun
    cells: Sequence[Cell]
    first: int
    only_last: bool
    reads: set[tuple[Kind, int]]

    def __post_init__(self) -> None:
        self.seen: Reads = {}
        self.size = len(self.batch.rows)
        self.start = min(cell.entry for cell in self.cells)
        self.edits: dict[tuple[Kind, int], list[tuple[int, PlacedEdit]]] = {}
        for j, cell in enumerate(self.cells):
            for edit in cell.edits:
                self.edits.setdefault((edit.kind, edit.layer), []).append((j, edit))

    @contextmanager
    def installed(self) -> Iterator[None]:
        sites, last = self.sites, self.sites.n_layers - 1
        with ExitStack() as stack:

            def before(module: nn.Module, hook: Callable[..., Any]) -> None:
                stack.callback(module.register_forward_pre_hook(hook, with_kwargs=True).remove)

            for block in sites.blocks[: self.start]:
                stack.enter_context(replaced_forward(block, self._passed_through))
            for layer in range(self.start, sites.n_layers):
                before(sites.blocks[layer], self._join(layer))
                if self._joining(layer):
                    before(sites.attention[layer], self._leave_out(layer))
                cut = self.only_last and layer == last
                if self._joining(layer) or self._concerned("z", layer) or cut:
                    before(sites.output_projection[layer], self._edit_z(layer))
                writes: tuple[tuple[Kind, nn.Module], ...] = (
                    ("attn_out", sites.attention_write[layer]),
                    ("mlp_out", sites.mlp_write[layer]),
                )
                for kind, module in writes:
                    if self._concerned(kind, layer):
                        stack.callback(module.register_forward_hook(self._edit_write(kind, layer)).remove)
            before(sites.final_norm, self._join(last + 1))
            if self.only_last and self.start <= last:
                before(sites.mlp_input[last], self._cut_to_last)
            yield

    def _passed_through(self, *args: Any, **kwargs: Any) -> Any:
        hidden = hidden_input(args, kwargs)
        return (hidden,) if self.base.tuple_output else hidden

    def _concerned(self, kind: Kind, layer: int) -> bool:
        return (kind, layer) in self.reads or (kind, layer) in self.edits

    def _active(self, layer: int, *, behind_attention: bool) -> int:
        """Cells that have joined before the layer's attention, or behind it."""
        return sum(cell.joins <= (layer, behind_attention) for cell in self.cells)

    def _joining(self, layer: int) -> int:
        """Cells that join behind the layer's attention."""
        return self._active(layer, behind_attention=True) - self._active(layer, behind_attention=False)

    def _joined(self, kind: Kind, layer: int, activation: Tensor, here: int, joining: int) -> Tensor:
        """The rows of cells that are here, and behind them the base run's for those that join; all edited."""
        if not joining:
            return self._edited(kind, layer, activation)
        # After a cut BLOOM's last block returns one position, other blocks broadcast it back.
        known = self.base.activations[kind, layer][:, -activation.shape[1] :]
        joined = activation.new_empty(here + joining, *known.shape)
        joined[:here] = activation[: here * self.size].view(here, *known.shape)
        joined[here:] = known
        return self._edited(kind, layer, joined.flatten(0, 1), fresh=True)

    def _edited(self, kind: Kind, layer: int, activation: Tensor, *, fresh: bool = False) -> Tensor:
        """The activation ``[rows, positions, features]`` after this site's edits; also files what is read.

        Args:
            fresh: nobody else holds the tensor, so that it may be written to.
        """
        edits = self.edits.get((kind, layer), [])
        if edits and not fresh:
            activation = activation.clone()
        for j, edit in edits:
            edit.apply(activation[j * self.size : (j + 1) * self.size], self.batch.length)
        if (kind, layer) in self.reads:
            self.seen[kind, layer] = activation.clone()
        return activation

    def _join(self, layer: int) -> Callable[..., Any]:
        here = self._active(layer - 1, behind_attention=True)
        copies = self._active(layer, behind_attention=True)

        def hook(_module: nn.Module, args: Any, kwargs: Any) -> Any:
            hidden = self._joined("resid_pre", layer, hidden_input(args, kwargs), here, copies - here)
            rest = {k: self._copied(v, copies) for k, v in kwargs.items() if k != "hidden_states"}
            if not args:
                return (), {"hidden_states": hidden, **rest}
            return (hidden, *(self._copied(value, copies) for value in args[1:])), rest

        return hook

    def _copied(self, value: Any, copies: int) -> Any:
        """Masks, position embeddings and the like, once per active cell where they have a batch axis.

        BLOOM's position bias has batch and heads on one axis; an axis of length one broadcasts by itself.
        """
        if isinstance(value, tuple):
            return tuple(self._copied(part, copies) for part in value)
        if copies == 1 or not torch.is_tensor(value) or value.dim() < 2:
            return value
        batch_axis = {self.size, self.size * self.sites.n_heads} - {1}
        return value.repeat(copies, *[1] * (value.dim() - 1)) if value.shape[0] in batch_axis else value

    def _leave_out(self, layer: int) -> Callable[..., Any]:
        """Keeps cells that join behind the attention out of it."""

        def hook(_module: nn.Module, args: Any, kwargs: Any) -> Any:
            hidden = hidden_input(args, kwargs)
            cut = {name: self._attending(value, layer, hidden) for name, value in kwargs.items()}
            return self._attending(args, layer, hidden), cut

        return hook

    def _attending(self, value: Any, layer: int, hidden: Tensor) -> Any:
        """What an attention is given, without the rows of cells that join behind it."""
        if isinstance(value, tuple):
            return tuple(self._attending(part, layer, hidden) for part in value)
        # BLOOM's attention adds its write to the stream, in which every cell has its rows.
        is_stream = torch.is_tensor(value) and value is not hidden and value.shape == hidden.shape
        if not torch.is_tensor(value) or value.dim() < 2 or is_stream:
            return value
        each, rest = divmod(value.shape[0], self._active(layer, behind_attention=True))
        has_batch = not rest and each in {self.size, self.size * self.sites.n_heads}
        # Some attentions cannot do with no rows at all.
        attending = max(self._active(layer, behind_attention=False), 1)
        return value[: each * attending] if has_batch else value

    def _edit_z(self, layer: int) -> Callable[..., Any]:
        cut = self.only_last and layer == self.sites.n_layers - 1
        here = self._active(layer, behind_attention=False)

        def hook(_module: nn.Module, args: Any, kwargs: Any) -> Any:
            # The rest of the block broadcasts this one position over the others, which nobody reads.
            z = args[0][:, -1:] if cut else args[0]
            return (self._joined("z", layer, z, here, self._joining(layer)), *args[1:]), kwargs

        return hook

    def _edit_write(self, kind: Kind, layer: int) -> Callable[..., Any]:
        def hook(_module: nn.Module, _args: Any, output: Any) -> Any:
            raw = first_tensor(output)
            # OPT's MLP sees batch and positions as one axis.
            rows = raw if raw.dim() == 3 else raw.view(self._rows(layer), -1, raw.shape[-1])
            edited = self._edited(kind, layer, rows).view_as(raw)
            return (edited, *output[1:]) if isinstance(output, tuple) else edited

        return hook

    def _rows(self, layer: int) -> int:
        return self.size * self._active(layer, behind_attention=True)

    def _cut_to_last(self, _module: nn.Module, args: Any, kwargs: Any) -> Any:
        def cut(value: Any) -> Any:
            has_positions = torch.is_tensor(value) and value.dim() == 3
            return value[:, -1:] if has_positions else value

        return tuple(cut(value) for value in args), {name: cut(value) for name, value in kwargs.items()}


@contextmanager
def replaced_forward(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """While open, the module computes ``forward`` instead; its hooks still run."""
    # A module's own way of setting attributes is slow, and a pass replaces every linear layer's forward.
    attributes = module.__dict__
    before = attributes.get("forward")
    attributes["forward"] = forward
    try:
        yield
    finally:
        if before is None:
            del attributes["forward"]
        else:
            attributes["forward"] = before


@dataclass
class OutputType:
    is_tuple: bool = False


@contextmanager
def output_is_tuple(sites: SiteMap) -> Iterator[OutputType]:
    """Learns from the pass made while open whether this architecture's blocks return tuples."""
    seen = OutputType()

    def hook(_module: nn.Module, _args: Any, output: Any) -> None:
        seen.is_tuple = isinstance(output, tuple)

    handle = sites.blocks[0].register_forward_hook(hook)
    try:
        yield seen
    finally:
        handle.remove()


def predicted_logits(
    language_model: LanguageModel,
    batch: Batch,
    ids: Tensor,
    *,
    columns: Tensor | None,
    only_last: bool,
    **arguments: Any,
) -> Tensor:
    """Logits of the next or the masked token, ``[rows, k]`` for the columns or ``[rows, vocabulary]``."""
    unembedding = language_model.sites.unembedding
    plain = unembedding.forward
    masked = None if language_model.sites.causal else batch.locate(MASK)

    def forward(hidden: Tensor) -> Tensor:
        if masked is not None:
            rows = torch.arange(len(hidden), device=hidden.device)
            seen = hidden[rows, masked.repeat(len(hidden) // len(masked))][:, None]
        else:
            seen = hidden[:, -1:] if only_last else hidden
        return plain(seen) if columns is None else _columns_of(unembedding, seen, columns)

    with replaced_forward(unembedding, forward):
        return language_model.model(input_ids=ids, **arguments).logits[:, -1]


def _columns_of(unembedding: nn.Module, hidden: Tensor, columns: Tensor) -> Tensor:
    """``[rows, positions, k]`` logits of ``columns [batch, k]``, rows repeating the batch."""
    copies = len(hidden) // len(columns)
    rows = hidden.view(copies, len(columns), *hidden.shape[1:])
    logits = torch.einsum("nbtd,bkd->nbtk", rows, unembedding.weight[columns])
    if getattr(unembedding, "bias", None) is not None:
        logits = logits + unembedding.bias[columns][:, None]
    return logits.reshape(len(hidden), hidden.shape[1], -1)
