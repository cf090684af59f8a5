"""Which part of the model a described experiment is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from claimlint.claims.model import Component
from claimlint.evidence.model import Target

_SITES = {"mlp": "mlp_out", "attention": "attn_out"}


def target_of(components: Sequence[Component]) -> Target:
    """The numbered parts that the description names, of the kind that it names most often."""
    numbered = [c for c in components if c.layer is not None or c.index is not None]
    kinds = Counter(c.kind for c in numbered)
    if not kinds:
        return Target()
    kind = kinds.most_common(1)[0][0]
    mine = [c for c in numbered if c.kind == kind]
    layers = tuple(sorted({c.layer for c in mine if c.layer is not None}))
    indices = tuple(sorted({c.index for c in mine if c.index is not None}))
    if kind == "head":
        heads = {f"{c.layer}.{c.index}" for c in mine if c.layer is not None and c.index is not None}
        return Target(head=tuple(sorted(heads))) if heads else Target(layer=layers, head=indices)
    if kind == "neuron":
        return Target(layer=layers, neuron=indices)
    if kind == "feature":
        return Target(layer=layers, feature=indices)
    site = {"site": _SITES[kind]} if kind in _SITES else {}
    return Target.model_validate({"layer": layers, **site})
