"""What an intervention is: edits of activations, and how they are carried out on a tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from claimlint.backend.capture import Activations
from claimlint.backend.prompts import Batch
from claimlint.backend.sites import Kind, Site, SiteMap


@dataclass(frozen=True, eq=False)
class Edit:
    """One replaced activation.

    Args:
        value: with a position, broadcastable to ``[batch, features]``; without, to ``[batch, positions,
            features]``.
        how: put the value in place of the activation, or add it.
        basis: ``[features, k]`` with orthonormal columns; then only that subspace's component is replaced.
    """

    site: Site
    value: Tensor
    how: Literal["set", "add"] = "set"
    basis: Tensor | None = None

    def new(self, current: Tensor, value: Tensor) -> Tensor:
        """The activation after the edit; both arguments have the same shape."""
        if self.basis is not None:
            return current + ((value - current) @ self.basis) @ self.basis.T
        return current + value if self.how == "add" else value


Intervention = tuple[Edit, ...]
"""Edits that are made in one and the same run."""


@dataclass(frozen=True, eq=False)
class PlacedEdit:
    """An edit worked out for one batch.

    Args:
        layer: where it takes place; the stream after block ``l`` is the stream before block ``l + 1``, and
            the final norm counts as one more block.
        columns: ``[batch]`` position per row, a number where it is the same in all, ``None`` for every one.
        value: expanded to ``[batch, features]`` or ``[batch, positions, features]``.
        first: first position that can change.
        identical: the replacement equals the base run's activation bit for bit.
    """

    edit: Edit
    kind: Kind
    layer: int
    features: slice
    columns: Tensor | int | None
    value: Tensor
    first: int
    identical: bool

    def apply(self, activation: Tensor, length: int) -> None:
        """Edits ``[batch, last positions, features]`` in place; ``length`` is that of the whole prompt."""
        offset = length - activation.shape[1]
        if self.columns is None:
            current = activation[..., self.features]
            activation[..., self.features] = self.edit.new(current, self.value[:, offset:])
            return
        if isinstance(self.columns, int):
            if self.columns >= offset:
                current = activation[:, self.columns - offset, self.features]
                activation[:, self.columns - offset, self.features] = self.edit.new(current, self.value)
            return
        rows = (self.columns >= offset).nonzero()[:, 0]
        columns = self.columns[rows] - offset
        current = activation[rows, columns, self.features]
        activation[rows, columns, self.features] = self.edit.new(current, self.value[rows])


def normalise(kind: Kind, layer: int) -> tuple[Kind, int]:
    """The stream after a block is the stream before the next."""
    return ("resid_pre", layer + 1) if kind == "resid_post" else (kind, layer)


def place(edit: Edit, batch: Batch, sites: SiteMap, base: Activations) -> PlacedEdit:
    """Works an edit out for a batch.

    Args:
        base: activations of the base run, where known; only needed to find what an edit leaves as it was.
    """
    columns: Tensor | int | None = batch.locate(edit.site.position)
    first = 0
    if columns is not None:
        first, last = (int(column) for column in torch.aminmax(columns))
        columns = first if first == last else columns
    width = sites.width(edit.site)
    shape = (len(batch.rows), batch.length, width) if columns is None else (len(batch.rows), width)
    value = edit.value.expand(shape)
    kind, layer = normalise(edit.site.kind, edit.site.layer)
    features = sites.features(edit.site)
    identical = False
    known = base.get((kind, layer))
    if known is not None and edit.how == "set" and edit.basis is None:
        if columns is None:
            changed = (known[..., features] != value).any(-1).any(0).nonzero()
            identical = not len(changed)
            first = batch.length - 1 if identical else int(changed[0])
        else:
            rows = slice(None) if isinstance(columns, int) else torch.arange(len(value), device=value.device)
            identical = torch.equal(known[rows, columns, features], value)
    return PlacedEdit(edit, kind, layer, features, columns, value, first, identical)
