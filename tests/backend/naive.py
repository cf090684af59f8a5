"""The reference: one whole forward pass per cell, hooks as one would write them by hand.

Written without the engine's code on purpose; only the resolved modules are shared.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from claimlint.backend.sites import SiteMap


def _first(output: Any) -> Tensor:
    return output[0] if isinstance(output, tuple) else output


def naive_cache(sites: SiteMap, ids: Tensor, **kwargs: Any) -> dict[tuple[str, int], Tensor]:
    """Every activation ``[batch, positions, features]`` of one plain pass."""
    cache: dict[tuple[str, int], Tensor] = {}
    handles = []
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
        cache["logits", 0] = sites.model(ids, use_cache=False, **kwargs).logits
    for handle in handles:
        handle.remove()
    return cache


def naive_logits(
    sites: SiteMap, ids: Tensor, patches: list[tuple[str, int, Any, Any]], **kwargs: Any
) -> Tensor:
    """Last-position logits ``[batch, vocabulary]`` with ``patches`` of (kind, layer, index, value).

    ``index`` goes into ``activation[index]`` of shape ``[batch, positions, features]``.
    """
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

        modules = {
            "resid_pre": sites.blocks,
            "z": sites.output_projection,
            "resid_post": sites.blocks,
            "attn_out": sites.attention_write,
            "mlp_out": sites.mlp_write,
        }
        module = modules[kind][layer]
        if kind in ("resid_pre", "z"):
            handles.append(module.register_forward_pre_hook(before, with_kwargs=True))
        else:
            handles.append(module.register_forward_hook(after))
    with torch.no_grad():
        logits = sites.model(ids, use_cache=False, **kwargs).logits[:, -1]
    for handle in handles:
        handle.remove()
    return logits
