"""Where a model can be read and changed: one table from architecture to modules, checked on the model itself.

A block adds two writes to the residual stream: ``block output - block input = attention write + MLP write``.
Blocks of BERT-like encoders normalise each sum: ``block output = norm(norm(block input + attention write) +
MLP write)``. Every layout in the table has to pass its identity on the loaded model before anything is
measured on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from claimlint.errors import ClaimlintError, near_name

Kind = Literal["resid_pre", "resid_post", "z", "attn_out", "mlp_out"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MODULE_OF_KIND: dict[Kind, str] = {
    "resid_pre": "residual stream before the block",
    "resid_post": "residual stream after the block",
    "z": "attention output per head, before the output projection",
    "attn_out": "what the attention adds to the residual stream",
    "mlp_out": "what the MLP adds to the residual stream",
}

IDENTITY_TOLERANCE = 1e-3
"""Largest relative residue of the identity at float32; a wrong module misses by the size of a whole write."""


@dataclass(frozen=True, order=True)
class Site:
    """A place in the network.

    Args:
        layer: block index from 0.
        kind: one of ``KINDS``.
        head: head index, only with ``kind="z"``; ``None`` means all heads together.
        position: token index (negative from the end), the name of a position that the prompts mark, or
            ``None`` for all positions.
    """

    layer: int
    kind: Kind
    head: int | None = None
    position: int | str | None = None

    def __str__(self) -> str:
        head = "" if self.head is None else f"H{self.head}"
        position = "" if self.position is None else f"@{self.position}"
        return f"L{self.layer}{head}.{self.kind}{position}"


_NOTATION = re.compile(r"L(?P<layer>\d+)(?:H(?P<head>\d+))?\.(?P<kind>\w+)(?:@(?P<position>-?\d+|\w+))?")


def parse_site(text: str) -> Site:
    """The site that prints as ``text``: ``L8H3.z@-1``, ``L0.resid_pre@subject``, ``L4.mlp_out``."""
    match = _NOTATION.fullmatch(text)
    if match is None or match["kind"] not in KINDS:
        raise ClaimlintError(
            f"site {text!r}",
            "A site is written as layer, head, kind and position, such as L8H3.z@-1 or L4.mlp_out; without a "
            "head or a position it means all of them.",
            "Kinds: " + "; ".join(f"{kind} ({what})" for kind, what in MODULE_OF_KIND.items()) + ".",
        )
    head, position = match["head"], match["position"]
    number = position is not None and position.removeprefix("-").isdigit()
    return Site(
        layer=int(match["layer"]),
        kind=match["kind"],
        head=None if head is None else int(head),
        position=int(position) if number else position,
    )


@dataclass(frozen=True)
class Layout:
    """Module paths of one architecture; all but ``blocks`` and ``final_norm`` are relative to a block.

    Args:
        attention: the module in which positions read each other; z is made from what it is given.
        output_projection: its input is the heads' concatenated z.
        mlp_input: the module through which the MLP is entered.
        attention_write: its output is what enters the residual sum (a post-norm in Gemma 2).
        mlp_write: the same for the MLP.
        final_norm: what reads the stream after the last block; an encoder's prediction head.
        sum_norms: what normalises the stream itself after the attention's write and after the MLP's, where
            something does.
    """

    blocks: str
    attention: str
    output_projection: str
    mlp_input: str
    attention_write: str
    mlp_write: str
    final_norm: str
    sum_norms: tuple[str, ...] = ()

    def describe(self) -> str:
        norms = f", norms of the sums {' and '.join(self.sum_norms)}" if self.sum_norms else ""
        return (
            f"blocks {self.blocks}, attention {self.attention}, output projection {self.output_projection}, "
            f"MLP {self.mlp_input}, "
            f"writes {self.attention_write} + {self.mlp_write}, final norm {self.final_norm}{norms}"
        )


def _plain(blocks: str, output_projection: str, final_norm: str, mlp: str = "mlp") -> Layout:
    attention, _, _ = output_projection.rpartition(".")
    return Layout(blocks, attention, output_projection, mlp, output_projection, mlp, final_norm)


_LLAMA = _plain("model.layers", "self_attn.o_proj", "model.norm")
_POST_NORM = Layout(
    blocks="model.layers",
    attention="self_attn",
    output_projection="self_attn.o_proj",
    mlp_input="mlp",
    attention_write="post_attention_layernorm",
    mlp_write="post_feedforward_layernorm",
    final_norm="model.norm",
)


def _bert(blocks: str, head: str) -> Layout:
    return Layout(
        blocks=blocks,
        attention="attention.self",
        output_projection="attention.output.dense",
        mlp_input="intermediate",
        attention_write="attention.output.dense",
        mlp_write="output.dense",
        final_norm=head,
        sum_norms=("attention.output.LayerNorm", "output.LayerNorm"),
    )


LAYOUTS: dict[str, Layout] = {
    "gpt2": _plain("transformer.h", "attn.c_proj", "transformer.ln_f"),
    "gpt_neo": _plain("transformer.h", "attn.attention.out_proj", "transformer.ln_f"),
    "gptj": _plain("transformer.h", "attn.out_proj", "transformer.ln_f"),
    "gpt_neox": _plain("gpt_neox.layers", "attention.dense", "gpt_neox.final_layer_norm"),
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "mixtral": _LLAMA,
    "qwen2": _LLAMA,
    "qwen3": _LLAMA,
    "qwen3_moe": _LLAMA,
    "gemma": _LLAMA,
    "gemma2": _POST_NORM,
    "gemma3_text": _POST_NORM,
    "olmo2": _POST_NORM,
    "phi": _plain("model.layers", "self_attn.dense", "model.final_layernorm"),
    "phi3": _LLAMA,
    "cohere": _LLAMA,
    "granite": _LLAMA,
    "gpt_oss": _LLAMA,
    "stablelm": _LLAMA,
    "starcoder2": _LLAMA,
    # OPT has no MLP module: the block calls its two linears itself.
    "opt": Layout(
        blocks="model.decoder.layers",
        attention="self_attn",
        output_projection="self_attn.out_proj",
        mlp_input="fc1",
        attention_write="self_attn.out_proj",
        mlp_write="fc2",
        final_norm="model.decoder.final_layer_norm",
    ),
    # BLOOM adds the residual inside the MLP module, so only its last linear is the write.
    "bloom": Layout(
        blocks="transformer.h",
        attention="self_attention",
        output_projection="self_attention.dense",
        mlp_input="mlp",
        attention_write="self_attention.dense",
        mlp_write="mlp.dense_4h_to_h",
        final_norm="transformer.ln_f",
    ),
    "falcon": _plain("transformer.h", "self_attention.dense", "transformer.ln_f"),
    "bert": _bert("bert.encoder.layer", "cls"),
    "roberta": _bert("roberta.encoder.layer", "lm_head"),
    "distilbert": Layout(
        blocks="distilbert.transformer.layer",
        attention="attention",
        output_projection="attention.out_lin",
        mlp_input="ffn",
        attention_write="attention.out_lin",
        mlp_write="ffn",
        final_norm="vocab_transform",
        sum_norms=("sa_layer_norm", "output_layer_norm"),
    ),
}


def first_tensor(output: Any) -> Tensor:
    """The hidden states of a module's output: blocks return tensors in most architectures, tuples in some."""
    return output[0] if isinstance(output, tuple) else output


def hidden_input(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The hidden states among a block's arguments."""
    return args[0] if args else kwargs["hidden_states"]


@dataclass(frozen=True, eq=False)
class SiteMap:
    """The modules of one model, by role.

    Args:
        blocks: one module per layer.
        attention: per layer, see ``Layout``.
        output_projection: per layer; input ``[batch, positions, heads * head_dim]`` is z.
        mlp_input, attention_write, mlp_write: per layer, see ``Layout``.
        final_norm: its input is the residual stream after the last block.
        unembedding: the linear map to the vocabulary.
        sum_norms: per layer, see ``Layout``.
        causal: no position sees later ones. Then the last one predicts the next token; else the masked one is
            what is predicted.
    """

    model: nn.Module
    layout: Layout
    blocks: tuple[nn.Module, ...]
    attention: tuple[nn.Module, ...]
    output_projection: tuple[nn.Module, ...]
    mlp_input: tuple[nn.Module, ...]
    attention_write: tuple[nn.Module, ...]
    mlp_write: tuple[nn.Module, ...]
    final_norm: nn.Module
    unembedding: nn.Module
    n_heads: int
    head_dim: int
    d_model: int
    sum_norms: tuple[tuple[nn.Module, ...], ...]
    causal: bool

    @property
    def n_layers(self) -> int:
        return len(self.blocks)

    def width(self, site: Site) -> int:
        """Features at the site."""
        if site.kind != "z":
            return self.d_model
        return self.head_dim * (self.n_heads if site.head is None else 1)

    def features(self, site: Site) -> slice:
        """Which of the tensor's last-axis entries belong to the site."""
        if site.head is None:
            return slice(None)
        return slice(site.head * self.head_dim, (site.head + 1) * self.head_dim)

    def require(self, sites: Iterable[Site]) -> None:
        """Raises unless every site exists in this model."""
        for site in sites:
            if site.kind not in KINDS:
                raise ClaimlintError(
                    f"site {site}: unknown kind {site.kind!r}.{near_name(site.kind, list(KINDS))}",
                    "A site names what is read or replaced in a block.",
                    "Use one of: " + "; ".join(f"{k} ({v})" for k, v in MODULE_OF_KIND.items()) + ".",
                )
            if not 0 <= site.layer < self.n_layers:
                raise ClaimlintError(
                    f"site {site}: layer {site.layer} does not exist",
                    f"The model has {self.n_layers} blocks, numbered 0 to {self.n_layers - 1}.",
                    "Correct the layer.",
                )
            if site.head is not None and (site.kind != "z" or not 0 <= site.head < self.n_heads):
                raise ClaimlintError(
                    f"site {site}: head {site.head} does not exist",
                    f"Only the site kind 'z' has heads, numbered 0 to {self.n_heads - 1} in this model.",
                    "Correct the head, use the kind 'z', or leave the head out for the whole layer.",
                )


def require_position(site: Site) -> None:
    """Raises where a site means all positions, and one activation per prompt is wanted."""
    if site.position is None:
        raise ClaimlintError(
            f"site {site}: no position",
            "One activation per prompt is compared.",
            f"Name the position, such as {site}@-1.",
        )


def resolve(model: nn.Module) -> SiteMap:
    """Finds the model's sites, and checks the identity and which tokens are seen on a small forward.

    The layout of the model's own ``model_type`` is the one that counts. For a type that the table lacks,
    every layout is tried, and the first that exists and passes the identity is taken.
    """
    config = model.config.get_text_config()
    known = LAYOUTS.get(config.model_type)
    candidates = [known] if known else list(dict.fromkeys(LAYOUTS.values()))
    attempts = []
    # Half precision rounds each sum: the identity can only hold to a few of its units.
    tolerance = max(IDENTITY_TOLERANCE, 4 * torch.finfo(model.dtype).eps)
    for layout in candidates:
        found = _bind(model, layout)
        if isinstance(found, str):
            attempts.append(f"{layout.describe()}: {found}")
            continue
        residue = identity_residue(found)
        if residue <= tolerance:
            return replace(found, causal=not sees_later_tokens(model))
        attempts.append(f"{layout.describe()}: the identity misses by {residue:.1e} of the block's output")
    raise ClaimlintError(
        f"model of type {config.model_type!r} ({type(model).__name__}): its sites were not found",
        "Interventions need the modules of each block, and the modules found must satisfy 'block output - "
        "block input = attention write + MLP write', with the norms of the sums where there are. Looked "
        "for:\n    " + "\n    ".join(attempts),
        "Add a layout for this architecture to claimlint/backend/sites.py, or use one of: "
        + ", ".join(sorted(LAYOUTS))
        + ". Or read its hidden states yourself and probe them with claimlint.backend.linear_probe, which "
        "takes arrays, and record your own interventions with claimlint.record.",
    )


def _bind(model: nn.Module, layout: Layout) -> SiteMap | str:
    """The layout's modules in this model, or what is missing."""
    try:
        blocks = tuple(model.get_submodule(layout.blocks))
        final_norm = model.get_submodule(layout.final_norm)
        per_block = {
            name: tuple(block.get_submodule(getattr(layout, name)) for block in blocks)
            for name in ("attention", "output_projection", "mlp_input", "attention_write", "mlp_write")
        }
        sum_norms = tuple(tuple(map(block.get_submodule, layout.sum_norms)) for block in blocks)
    except (AttributeError, TypeError) as missing:
        return str(missing)
    config = model.config.get_text_config()
    unembedding = model.get_output_embeddings()
    if not blocks or unembedding is None:
        return "no blocks" if not blocks else "no unembedding (not a language model)"
    return SiteMap(
        model=model,
        layout=layout,
        blocks=blocks,
        final_norm=final_norm,
        unembedding=unembedding,
        n_heads=config.num_attention_heads,
        head_dim=_input_width(per_block["output_projection"][0]) // config.num_attention_heads,
        d_model=config.hidden_size,
        sum_norms=sum_norms,
        causal=True,
        **per_block,
    )


def _input_width(linear: nn.Module) -> int:
    """Input features of a linear layer; GPT-2's Conv1D has no ``in_features`` and a transposed weight."""
    return int(linear.in_features if hasattr(linear, "in_features") else linear.weight.shape[0])


def identity_residue(sites: SiteMap) -> float:
    """Largest difference of a block's output and what the identity makes of its input and writes.

    Relative to the block's output; infinite when a module is never called or does not return hidden states.
    """
    seen: dict[tuple[str, int], Tensor] = {}

    def keep(name: str, layer: int) -> Callable[..., None]:
        def hook(_module: nn.Module, _args: Any, output: Any) -> None:
            # Cloned because Falcon adds the attention's write into the MLP's output in place.
            seen[name, layer] = first_tensor(output).clone()

        return hook

    def keep_input(layer: int) -> Callable[..., None]:
        def hook(_module: nn.Module, args: Any, kwargs: Any) -> None:
            seen["in", layer] = hidden_input(args, kwargs).clone()

        return hook

    handles = []
    for layer, block in enumerate(sites.blocks):
        handles.append(block.register_forward_pre_hook(keep_input(layer), with_kwargs=True))
        handles.append(block.register_forward_hook(keep("out", layer)))
        handles.append(sites.attention_write[layer].register_forward_hook(keep("attention", layer)))
        handles.append(sites.mlp_write[layer].register_forward_hook(keep("mlp", layer)))
    try:
        with torch.inference_mode():
            sites.model(input_ids=_some_ids(sites.model), use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    if any(
        (name, layer) not in seen or seen[name, layer].numel() != seen["in", layer].numel()
        for name in ("in", "out", "attention", "mlp")
        for layer in range(sites.n_layers)
    ):
        return float("inf")
    worst = 0.0
    for layer in range(sites.n_layers):
        stream, out = seen["in", layer], seen["out", layer].double()
        # OPT flattens batch and positions before its MLP.
        attention, mlp = seen["attention", layer], seen["mlp", layer].view_as(stream)
        residue = (out - _block_output(sites, layer, stream, attention, mlp)).abs().max()
        worst = max(worst, float(residue / out.abs().max().clamp(min=1e-12)))
    return worst


def _block_output(sites: SiteMap, layer: int, stream: Tensor, attention: Tensor, mlp: Tensor) -> Tensor:
    """What the identity makes of a block's input and its two writes, at double precision where it can."""
    norms = sites.sum_norms[layer]
    if not norms:
        return stream.double() + attention.double() + mlp.double()
    after_attention, after_mlp = norms
    with torch.inference_mode():
        return after_mlp(after_attention(stream + attention) + mlp).double()


def sees_later_tokens(model: nn.Module) -> bool:
    """Whether other tokens after the first change what the model says at the first, beyond rounding."""
    ids = _some_ids(model)
    ids[1, 0] = ids[0, 0]
    with torch.inference_mode():
        one, other = model(input_ids=ids, use_cache=False).logits[:, 0].double()
    return bool((one - other).abs().max() > torch.finfo(model.dtype).eps ** 0.5 * one.abs().max())


def _some_ids(model: nn.Module) -> Tensor:
    """Token ids ``[2, 4]``, no two of them equal."""
    vocabulary = model.config.get_text_config().vocab_size
    return torch.arange(3, 11, device=next(model.parameters()).device).view(2, 4) % vocabulary
