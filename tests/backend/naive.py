"""The reference: one whole forward pass per cell, hooks as one would write them by hand.

Written without the engine's code on purpose; only the resolved modules are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from claimlint.backend.prompts import PromptSet
from claimlint.backend.sites import SiteMap


def _first(output: Any) -> Tensor:
    return output[0] if isinstance(output, tuple) else output


Patch = tuple[str, int, Any, Any]
"""(kind, layer, index, value): ``activation[index] = value`` in ``[batch, positions, features]``."""


@contextmanager
def patched(sites: SiteMap, ids: Tensor, patches: Sequence[Patch]) -> Iterator[None]:
    """Hooks that make the patches in every forward pass over ``ids``, in the given order."""
    modules = {
        "resid_pre": sites.blocks,
        "z": sites.output_projection,
        "resid_post": sites.blocks,
        "attn_out": sites.attention_write,
        "mlp_out": sites.mlp_write,
    }
    handles = []
    for kind, layer, index, value in patches:

        def changed(raw: Tensor, index: Any = index, value: Any = value) -> Tensor:
            x = raw.clone().view(*ids.shape, -1)
            x[index] = value
            return x.view_as(raw)

        def before(_m: Any, a: Any, k: Any, change: Any = changed) -> Any:
            if a:
                return (change(a[0]), *a[1:]), k
            return a, {**k, "hidden_states": change(k["hidden_states"])}

        def after(_m: Any, _a: Any, o: Any, change: Any = changed) -> Any:
            return (change(o[0]), *o[1:]) if isinstance(o, tuple) else change(o)

        if kind in ("resid_pre", "z"):
            handles.append(modules[kind][layer].register_forward_pre_hook(before, with_kwargs=True))
        else:
            handles.append(modules[kind][layer].register_forward_hook(after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def naive_cache(sites: SiteMap, ids: Tensor, patches: Sequence[Patch] = ()) -> dict[tuple[str, int], Tensor]:
    """Every activation ``[batch, positions, features]`` of one pass, as it is after the patches."""
    cache: dict[tuple[str, int], Tensor] = {}
    handles = []
    with patched(sites, ids, patches):
        for layer in range(sites.n_layers):

            def before(_m: Any, a: Any, k: Any, layer: int = layer) -> None:
                cache["resid_pre", layer] = (a[0] if a else k["hidden_states"]).clone()

            def z(_m: Any, a: Any, layer: int = layer) -> None:
                cache["z", layer] = a[0].clone()

            handles.append(sites.blocks[layer].register_forward_pre_hook(before, with_kwargs=True))
            handles.append(sites.output_projection[layer].register_forward_pre_hook(z))
            for kind, module in (
                ("resid_post", sites.blocks[layer]),
                ("attn_out", sites.attention_write[layer]),
                ("mlp_out", sites.mlp_write[layer]),
            ):

                def after(_m: Any, _a: Any, o: Any, key: tuple[str, int] = (kind, layer)) -> None:
                    cache[key] = _first(o).clone().view(*ids.shape, -1)

                handles.append(module.register_forward_hook(after))
        with torch.no_grad():
            sites.model(ids, use_cache=False)
    for handle in handles:
        handle.remove()
    return cache


def naive_logits(sites: SiteMap, ids: Tensor, patches: Sequence[Patch], at: int = -1) -> Tensor:
    """Logits ``[batch, vocabulary]`` with the patches, at the last position or another."""
    with patched(sites, ids, patches), torch.no_grad():
        return sites.model(ids, use_cache=False).logits[:, at]


def difference(logits: Tensor, prompts: PromptSet) -> Tensor:
    """Right minus wrong answer's logit ``[prompts]``."""
    picked = logits.gather(1, torch.tensor([prompt.answers for prompt in prompts.prompts]))
    return picked[:, 0] - picked[:, 1]


def token_ids(prompts: PromptSet, which: str = "clean") -> Tensor:
    return torch.tensor([getattr(prompt, which) for prompt in prompts.prompts])
