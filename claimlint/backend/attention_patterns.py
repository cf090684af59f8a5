"""Attention patterns: what each head attends to, from the model's own weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from claimlint.backend.capture import padding_arguments
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import PromptSet, batches, prompt_set
from claimlint.errors import ClaimlintError
from claimlint.evidence.statistics import FloatArray


def collect_attention(language_model: LanguageModel, prompts: PromptSet, *, batch_size: int = 32) -> Tensor:
    """Attention weights of the clean prompts ``[prompts, layers, heads, queries, keys]``, in their order.

    The prompts need one length. Rows sum to one, or to less in models with attention sinks.
    """
    lengths = {len(prompt.clean) for prompt in prompts.prompts}
    if len(lengths) > 1:
        raise ClaimlintError(
            f"prompt set {prompts.id!r}: attention patterns over {min(lengths)} to {max(lengths)} tokens",
            "Patterns of prompts of different length have different shapes.",
            "Use prompts of one length.",
        )
    parts = []
    with torch.inference_mode(), _weights_returned(language_model):
        for batch in batches(prompts, batch_size, device=language_model.device):
            found = language_model.model(
                input_ids=batch.clean, output_attentions=True, use_cache=False, **padding_arguments(batch)
            ).attentions
            if not found or found[0] is None:
                raise ClaimlintError(
                    f"model {language_model.name!r} returns no attention weights",
                    "This architecture computes them in a kernel that keeps them to itself.",
                    "Leave attention statistics out for this model.",
                )
            parts.append(torch.stack(found, dim=1))
    patterns = torch.cat(parts)
    if language_model.sites.causal and bool(patterns.triu(1).any()):
        raise ClaimlintError(
            f"model {language_model.name!r} returns attention weights that look at later tokens",
            "They are not the weights that it predicts with; Falcon, for one, leaves the causal mask out.",
            "Leave attention statistics out for this model.",
        )
    return patterns


def collect_attended(
    language_model: LanguageModel,
    prompts: PromptSet,
    query: int | str,
    key: int | str,
    *,
    batch_size: int = 32,
) -> FloatArray:
    """Weight that every head gives to position ``key`` when it reads position ``query``, clean prompts.

    Returns:
        ``[prompts, layers, heads]``.
    """
    found: list[FloatArray] = []
    rows: list[int] = []
    for batch in batches(prompts, batch_size):
        weights = collect_attention(language_model, prompt_set(batch.prompts), batch_size=batch_size)
        here = torch.arange(len(weights), device=weights.device)
        at_query = weights[here, :, :, batch.locate(query)]
        found.append(at_query[here, :, :, batch.locate(key)].double().cpu().numpy())
        rows.extend(batch.rows)
    return np.concatenate(found)[np.argsort(rows)]


@contextmanager
def _weights_returned(language_model: LanguageModel) -> Iterator[None]:
    """Only the plain implementation hands the weights out; the fused ones never form them."""
    model = language_model.model
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)
