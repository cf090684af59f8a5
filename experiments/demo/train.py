"""Trains the model of the demo paper: narrow, 18 layers deep, and short-sighted.

    python -m experiments.demo.train            ten minutes of CPU; writes narrow-18/ beside this file

A layer sees three tokens only, so what a name says takes several layers to reach the pronoun, and where it is
at which layer can be seen.

The same seed gives the same weights on one machine with one thread and one version of torch; elsewhere
rounding may take training another way, and the stored weights are the ones that results refer to.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import GPTNeoConfig, GPTNeoForCausalLM

from experiments.demo.stories import FRAMES, World, longest_cut, pronoun, sentence, words
from experiments.models.agreement import save_tokenizer

LAYERS, HEADS, WIDTH, SEES, LONGEST = 18, 4, 32, 3, 16
STEPS, SENTENCES, RATE = 2000, 64, 2e-3
ABRIDGED = 0.6
"""Share of training sentences that end early: close names teach the first layers to pass them on."""
CARRIED = 0.3
"""How much of what it sees a head passes on before training: with less, no name ever reaches the pronoun."""
OTHER_WORDS = 0.2
"""What the other words of a sentence count for in the loss, the pronoun being 1."""


def config() -> GPTNeoConfig:
    return GPTNeoConfig(
        vocab_size=len(words()),
        max_position_embeddings=LONGEST,
        hidden_size=WIDTH,
        num_layers=LAYERS,
        num_heads=HEADS,
        attention_types=[[["local"], LAYERS]],
        window_size=SEES,
        intermediate_size=4 * WIDTH,
        activation_function="relu",
        initializer_range=0.08,
        bos_token_id=0,
        eos_token_id=0,
    )


def untrained() -> GPTNeoForCausalLM:
    """Heads that pass on a part of what they see, and MLPs that write little."""
    model = GPTNeoForCausalLM(config())
    with torch.no_grad():
        for block in model.transformer.h:
            block.mlp.c_proj.weight /= math.sqrt(2 * LAYERS)
            values, write = block.attn.attention.v_proj.weight, block.attn.attention.out_proj.weight
            torch.nn.init.orthogonal_(values)
            write.copy_(CARRIED * values.T)
    return model


def batch(draw: random.Random, world: World) -> tuple[Tensor, Tensor]:
    """Sentences of one frame and length ``[sentences, tokens]`` with their pronouns ``[sentences]``."""
    ids = words()
    frame = draw.choice([*FRAMES])
    cut = draw.randint(0, longest_cut(frame)) if draw.random() < ABRIDGED else 0
    made = [sentence(draw, frame, cut) for _ in range(SENTENCES)]
    said = torch.tensor([[ids[word] for word in one.words] for one in made])
    return said, torch.tensor([ids[pronoun(draw, world, one)] for one in made])


def train(seed: int = 0) -> GPTNeoForCausalLM:
    torch.manual_seed(seed)
    draw, world = random.Random(seed), World.drawn()
    model = untrained().train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS, pct_start=0.1)
    for _ in range(STEPS):
        said, pronouns = batch(draw, world)
        logits = model(said).logits
        others = cross_entropy(logits[:, :-1].flatten(0, 1), said[:, 1:].flatten())
        loss = cross_entropy(logits[:, -1], pronouns) + OTHER_WORDS * others
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
    return model.eval()


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(__file__).parent / "narrow-18"
    train().half().save_pretrained(folder)
    save_tokenizer(words(), folder)


if __name__ == "__main__":
    main()
