"""GPT-2s whose mechanism is known because every weight is set by hand.

The task is in ``agreement.py``. In layer 0, at the last position,

- head 0 copies the noun's number there: the only route to the verb,
- head 1 copies the adjective's colour there: perfectly decodable, read by nothing that reaches the verb,
- head 2 is a second copy of head 0 in the redundant models, where either suffices, and writes zero elsewhere,
- head 3, all heads of layer 1 and the MLP of layer 0 write exactly zero.

The MLP of layer 1 turns the number into the verb's direction, and writes number XOR colour where nothing
reads it.

A feature lives in a pair of residual dimensions as (x, -x): means are zero and every token has the same
norm, so LayerNorm is one known factor. In the ``linear`` models its epsilon is so large that the factor
is a constant; effects are then exact fractions. The ``layernorm`` models keep GPT-2's epsilon: there even
a write that nothing reads changes the norm, and through it the logits.

    python -m experiments.models.constructed        writes the four models beside this file
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from experiments.models.agreement import PROMPT_LENGTH, save_tokenizer, vocabulary

WIDTH = 64
HEADS = 4
HEAD_WIDTH = WIDTH // HEADS
ACTIVE_AT_LAST = 6
"""Pairs that are not zero in any embedding: word class, number or colour or neither, three lemma bits,
position."""

MODELS = {
    "single-linear": (False, 1e4),
    "single-layernorm": (False, 1e-5),
    "redundant-linear": (True, 1e4),
    "redundant-layernorm": (True, 1e-5),
}
"""Folder name -> (is the number head doubled?, epsilon of LayerNorm)."""

LOGIT = 5.0
"""The correct verb's logit; the other verb has its negative, so the logit difference is twice this."""


class Pair(IntEnum):
    """Which pair of residual dimensions (2i, 2i + 1) holds what."""

    NUMBER = 0
    COLOUR = 1
    NUMBER_XOR_COLOUR = 2
    VERB = 3
    NUMBER_AT_LAST = 4
    COLOUR_AT_LAST = 5
    NEITHER = 6  # keeps the norm of words without number or colour equal to the others'
    NOUN = 7
    ADJECTIVE = 8
    ATTRACTOR = 9
    FILLER = 10
    QUESTION = 11
    BOS = 12
    LEMMA_BIT_0 = 13
    LEMMA_BIT_1 = 14
    LEMMA_BIT_2 = 15
    POSITION_0 = 16


def build(name: str) -> GPT2LMHeadModel:
    """The model of that name, made from nothing but this file."""
    redundant, epsilon = MODELS[name]
    model = _blank(epsilon)
    _write_embeddings(model)
    _write_copying_head(model, 0, Pair.NOUN, Pair.NUMBER, Pair.NUMBER_AT_LAST)
    _write_copying_head(model, 1, Pair.ADJECTIVE, Pair.COLOUR, Pair.COLOUR_AT_LAST)
    if redundant:
        _write_copying_head(model, 2, Pair.NOUN, Pair.NUMBER, Pair.NUMBER_AT_LAST)
    copies = 2 if redundant else 1
    active = ACTIVE_AT_LAST + copies**2 + 1
    _write_mlp(model, number_scale=copies, factor=_norm_factor(active, epsilon))
    final = _norm_factor(active + 2, epsilon)
    words = vocabulary()
    model.lm_head.weight[words["is"], 2 * Pair.VERB] = LOGIT / final
    model.lm_head.weight[words["are"], 2 * Pair.VERB] = -LOGIT / final
    return model


def _blank(epsilon: float) -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=len(vocabulary()),
        n_positions=PROMPT_LENGTH,
        n_embd=WIDTH,
        n_layer=2,
        n_head=HEADS,
        n_inner=16,
        activation_function="relu",
        layer_norm_epsilon=epsilon,
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=0,
        attn_pdrop=0.0,
        embd_pdrop=0.0,
        resid_pdrop=0.0,
    )
    model = GPT2LMHeadModel(config).eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False).zero_()
    norms = [model.transformer.ln_f]
    for block in model.transformer.h:
        norms += [block.ln_1, block.ln_2]
    for norm in norms:
        norm.weight.fill_(1)
    return model


def _norm_factor(active_pairs: float, epsilon: float) -> float:
    """What LayerNorm multiplies by where the squared pairs sum to ``active_pairs`` and the mean is zero."""
    return float((2 * active_pairs / WIDTH + epsilon) ** -0.5)


def _put(vector: torch.Tensor, pair: int, value: float) -> None:
    vector[2 * pair] += value
    vector[2 * pair + 1] -= value


def _write_embeddings(model: GPT2LMHeadModel) -> None:
    classes = {
        "noun": Pair.NOUN,
        "adjective": Pair.ADJECTIVE,
        "attractor": Pair.ATTRACTOR,
        "filler": Pair.FILLER,
        "?": Pair.QUESTION,
        "<bos>": Pair.BOS,
    }
    values = {
        "sg": (Pair.NUMBER, 1),
        "pl": (Pair.NUMBER, -1),
        "red": (Pair.COLOUR, 1),
        "blue": (Pair.COLOUR, -1),
    }
    for word, index in vocabulary().items():
        stem, _, value = word.partition(".")
        lemma = int(stem[-1]) if stem[-1].isdigit() else 0
        embedding = model.transformer.wte.weight[index]
        # The verbs are only ever predicted; as fillers they would keep the norm all the same.
        _put(embedding, classes.get(stem.rstrip("0123456789"), Pair.FILLER), 1)
        _put(embedding, *values.get(value, (Pair.NEITHER, 1)))
        for bit in range(3):
            _put(embedding, Pair.LEMMA_BIT_0 + bit, 1 if lemma >> bit & 1 else -1)
    for position in range(PROMPT_LENGTH):
        _put(model.transformer.wpe.weight[position], Pair.POSITION_0 + position, 1)


def _write_copying_head(model: GPT2LMHeadModel, head: int, look_for: Pair, read: Pair, write: Pair) -> None:
    """A head of layer 0 that at the question mark attends to ``look_for`` and copies ``read`` into ``write``.

    Everywhere else it attends to the first word, which holds no number and no colour, and so writes nothing.
    """
    attention = model.transformer.h[0].attn
    factor = _norm_factor(ACTIVE_AT_LAST, model.config.layer_norm_epsilon)
    query, key, value = attention.c_attn.weight.split(WIDTH, dim=1)
    first = head * HEAD_WIDTH
    # A match scores 60, the first word 30, all else 0: the softmax is one-hot within 1e-13.
    gain = (60.0 * HEAD_WIDTH**0.5) ** 0.5
    query[2 * Pair.QUESTION, first] = gain / factor
    key[2 * look_for, first] = gain / factor
    attention.c_attn.bias[first + 1] = gain / 2
    key[2 * Pair.BOS, first + 1] = gain / factor
    value[2 * read, first + 2] = 1 / factor
    _put(attention.c_proj.weight[first + 2], write, 1)


def _write_mlp(model: GPT2LMHeadModel, number_scale: int, factor: float) -> None:
    """Layer 1: number -> verb by a saturating pair of neurons, and number XOR colour by another pair.

    Saturation is why a second copy of the number adds nothing: relu(x + 1) - relu(x - 1) - 1 is x cut at
    -1 and 1. The slack of 0.9 saturates it even where LayerNorm's factor is a little smaller than
    computed.
    """
    mlp = model.transformer.h[1].mlp
    number, colour = 2 * Pair.NUMBER_AT_LAST, 2 * Pair.COLOUR_AT_LAST
    into, out = mlp.c_fc, mlp.c_proj
    for neuron, (sign, offset) in enumerate([(1, 1), (-1, -1)]):
        into.weight[number, neuron] = 1 / (0.9 * factor)
        into.bias[neuron] = offset
        _put(out.weight[neuron], Pair.VERB, sign)
    _put(out.bias, Pair.VERB, -1)
    for neuron, sign in [(2, 1), (3, -1)]:
        into.weight[number, neuron] = sign / (number_scale * factor)
        into.weight[colour, neuron] = sign / factor
        _put(out.weight[neuron], Pair.NUMBER_XOR_COLOUR, -1)
    _put(out.bias, Pair.NUMBER_XOR_COLOUR, 1)


def main() -> None:
    for name in MODELS:
        folder = Path(__file__).parent / name
        build(name).save_pretrained(folder)
        save_tokenizer(vocabulary(), folder)


if __name__ == "__main__":
    main()
