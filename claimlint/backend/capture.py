"""Reading activations: plain forward passes, nothing replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import Batch, PromptSet, batches, require_pairs
from claimlint.backend.sites import Kind, Site, SiteMap, first_tensor, hidden_input
from claimlint.errors import ClaimlintError

Source = Literal["clean", "corrupted"]
Activations = dict[tuple[Kind, int], Tensor]
"""Site kind and layer -> ``[batch, positions, features]``."""


def collect(
    language_model: LanguageModel,
    prompts: PromptSet,
    sites: Sequence[Site],
    *,
    source: Source = "clean",
    batch_size: int = 32,
    pad: bool = False,
) -> dict[Site, Tensor]:
    """Activations at the sites, in the order of the prompts.

    Returns:
        Per site ``[prompts, features]``; a site without position gives ``[prompts, positions, features]`` and
        needs prompts of one length.
    """
    language_model.sites.require(sites)
    require_fits(language_model, prompts, pad=pad)
    if source == "corrupted":
        require_pairs(prompts.prompts)
    lengths = {len(prompt.clean) for prompt in prompts.prompts}
    whole = [site for site in sites if site.position is None]
    if whole and len(lengths) > 1:
        raise ClaimlintError(
            f"site {whole[0]}: all positions of prompts with {min(lengths)} to {max(lengths)} tokens",
            "Positions of prompts of different length do not correspond.",
            "Name one position (-1 is the last token), or use prompts of one length.",
        )
    kept: dict[Site, list[Tensor]] = {site: [] for site in sites}
    rows: list[int] = []
    for batch in batches(prompts, batch_size, pad=pad, device=language_model.device):
        ids = batch.clean if source == "clean" else batch.corrupted
        captured = capture(language_model, batch, ids, {(site.kind, site.layer) for site in sites})
        for site in sites:
            kept[site].append(pick(captured[site.kind, site.layer], site, batch, language_model.sites))
        rows.extend(batch.rows)
    order = torch.tensor(rows).argsort()
    return {site: torch.cat(parts)[order.to(parts[0].device)] for site, parts in kept.items()}


def require_fits(language_model: LanguageModel, prompts: PromptSet, *, pad: bool = False) -> None:
    """Raises unless the model can read every prompt: known tokens, no more of them than it has positions."""
    if pad and not language_model.sites.causal:
        raise ClaimlintError(
            f"model {language_model.name!r} sees later tokens, and prompts are to be padded at the left",
            "Encoders number positions in ways of their own, some from the first token that is no padding.",
            "Leave padding off; prompts of one length share a batch.",
        )
    config = language_model.model.config.get_text_config()
    limit = getattr(config, "max_position_embeddings", None)
    # RoBERTa counts its positions from the padding token's id on.
    unused = getattr(getattr(language_model.model.base_model, "embeddings", None), "padding_idx", None)
    if limit is not None and unused is not None:
        limit -= unused + 1
    for prompt in prompts.prompts:
        if limit is not None and len(prompt.clean) > limit:
            raise ClaimlintError(
                f"prompt {prompt.id!r} has {len(prompt.clean)} tokens, and the model has {limit} positions",
                "It has learned nothing about positions beyond that.",
                "Shorten the prompt, or choose a model with a longer context.",
            )
        unknown = [
            token
            for token in (*prompt.clean, *(prompt.corrupted or ()), *(prompt.answers or ()))
            if not 0 <= token < config.vocab_size
        ]
        if unknown:
            raise ClaimlintError(
                f"prompt {prompt.id!r}: token id {unknown[0]} is not among the model's {config.vocab_size}",
                "The ids were made by another tokenizer than this model's.",
                "Give the prompts as text, or make the ids with the model's own tokenizer.",
            )


def pick(activation: Tensor, site: Site, batch: Batch, sites: SiteMap) -> Tensor:
    """The site's part of ``[batch, positions, features]``: its head's features, at its position."""
    part = activation[..., sites.features(site)]
    columns = batch.locate(site.position)
    return part if columns is None else part[torch.arange(len(part), device=part.device), columns]


def capture(
    language_model: LanguageModel, batch: Batch, ids: Tensor, wanted: set[tuple[Kind, int]]
) -> Activations:
    """One forward pass over ``ids [batch, positions]``, without the unembedding; returns what was wanted."""
    activations: Activations = {}
    with torch.inference_mode(), recording(language_model.sites, wanted, activations, ids.shape):
        language_model.model.base_model(input_ids=ids, use_cache=False, **padding_arguments(batch))
    return activations


def padding_arguments(batch: Batch, first: int = 0) -> dict[str, Tensor]:
    """Attention mask and position ids that hide left padding; nothing for an unpadded batch.

    Args:
        first: first position that is run; those before come from a cache.
    """
    mask = batch.mask
    if mask is None:
        return {}
    return {"attention_mask": mask, "position_ids": (mask.cumsum(-1) - 1).clamp(min=0)[:, first:]}


@contextmanager
def recording(
    sites: SiteMap, wanted: set[tuple[Kind, int]], into: Activations, shape: Sequence[int]
) -> Iterator[None]:
    """While open, every forward pass files the wanted activations in ``into``.

    Args:
        shape: ``(batch, positions)``; OPT's MLP sees both as one axis.
    """

    def keep(kind: Kind, layer: int) -> Callable[[Tensor], None]:
        def store(activation: Tensor) -> None:
            # Cloned because some models (Falcon) go on to add into the very tensor.
            into[kind, layer] = activation.reshape(*shape, -1).clone()

        return store

    with ExitStack() as stack:
        for kind, layer in sorted(wanted):
            stack.callback(attach(sites, kind, layer, keep(kind, layer)).remove)
        yield


def attach(sites: SiteMap, kind: Kind, layer: int, see: Callable[[Tensor], Tensor | None]) -> Any:
    """Calls ``see`` with the activation whenever it is computed; what it returns takes its place.

    Returns:
        The hook's handle.
    """

    def from_output(_module: nn.Module, _args: Any, output: Any) -> Any:
        new = see(first_tensor(output))
        return (new, *output[1:]) if new is not None and isinstance(output, tuple) else new

    def from_input(_module: nn.Module, args: Any, kwargs: Any) -> Any:
        new = see(hidden_input(args, kwargs))
        if new is None:
            return None
        return ((new, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": new})

    match kind:
        case "resid_pre":
            return sites.blocks[layer].register_forward_pre_hook(from_input, with_kwargs=True)
        case "resid_post":
            return sites.blocks[layer].register_forward_hook(from_output)
        case "z":
            return sites.output_projection[layer].register_forward_pre_hook(from_input, with_kwargs=True)
        case "attn_out":
            return sites.attention_write[layer].register_forward_hook(from_output)
        case "mlp_out":
            return sites.mlp_write[layer].register_forward_hook(from_output)
