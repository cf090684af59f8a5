"""The parts of a model that a target names, one by one, so that targets can be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from claimlint.evidence.model import Target

_BLOCK_SITES = {
    "mlp_out": "mlp",
    "mlp_hidden": "mlp",
    "attn_out": "attention",
    "attention_pattern": "attention",
}
_NODE = re.compile(r"(?:(?P<kind>mlp|attn|attention|layer)[ ._]?)?(?P<layer>\d+)(?:\.(?P<index>\d+))?")
_SPELLED = {"attn": "attention"}


@dataclass(frozen=True, slots=True)
class Part:
    """``kind`` is layer, head, mlp, attention, neuron or feature; a feature may have no layer."""

    kind: str
    layer: int | None
    index: int | None = None

    def __str__(self) -> str:
        if self.kind == "head":
            return f"head {self.layer}.{self.index}"
        if self.index is None:
            return f"{self.kind} {self.layer}"
        place = "" if self.layer is None else f" of layer {self.layer}"
        return f"{self.kind} {self.index}{place}"


def parts_of(target: Target) -> tuple[Part, ...]:
    """The parts: features, neurons or heads where such are listed, else MLPs, attention or whole layers.

    Of a path they are its nodes.
    """
    if target.path:
        return tuple(part for node in target.path for part in _nodes(node))
    layers: tuple[int | None, ...] = target.layer or (None,)
    if target.feature:
        return tuple(Part("feature", layer, index) for layer in layers for index in target.feature)
    if target.neuron:
        return tuple(Part("neuron", layer, index) for layer in layers for index in target.neuron)
    if target.head:
        return tuple(part for head in target.head for part in _heads(head, layers))
    if target.layer:
        kind = _BLOCK_SITES.get(target.site or "", "layer")
        return tuple(Part(kind, layer) for layer in target.layer)
    return ()


def _heads(head: int | str, layers: tuple[int | None, ...]) -> tuple[Part, ...]:
    if isinstance(head, int):
        return tuple(Part("head", layer, head) for layer in layers)
    layer, _, index = head.partition(".")
    return (Part("head", int(layer), int(index)),)


def _nodes(node: str) -> tuple[Part, ...]:
    """The part that a node of a path stands for; ``logits`` is none."""
    found = _NODE.fullmatch(node)
    if found is None:
        return ()
    layer = int(found["layer"])
    if found["index"] and not found["kind"]:
        return (Part("head", layer, int(found["index"])),)
    return (Part(_SPELLED.get(found["kind"], found["kind"]), layer),) if found["kind"] else ()
