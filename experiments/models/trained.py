"""Small GPT-2s trained in a minute or two on tasks whose right answer is known.

Nobody set their weights, so nobody knows their mechanism: they are for agreement between methods, never
for truth.

    python -m experiments.models.trained            trains both and writes them beside this file

The same seed gives the same weights on one machine with one thread and one version of torch; elsewhere
rounding may take training another way, and the stored weights are the ones that results refer to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import GPT2Config, GPT2LMHeadModel

from experiments.models import induction
from experiments.models.agreement import (
    PROMPT_LENGTH,
    balanced_prompts,
    save_tokenizer,
    vocabulary,
)

WIDTH = 64
HEADS = 4
LAYERS = 2


@dataclass(frozen=True, slots=True)
class Task:
    """What is trained on, and when it is learned.

    Args:
        loss: below it, and above ``accuracy``, for ``patience`` batches in a row, training stops.
    """

    words: dict[str, int]
    length: int
    learning_rate: float
    batch_size: int
    accuracy: float
    loss: float
    patience: int


TASKS = {
    "agreement": Task(vocabulary(), PROMPT_LENGTH, 3e-3, 128, 0.999, 0.02, 10),
    "induction": Task(induction.WORDS, induction.LENGTH, 1e-3, 64, 0.99, 0.1, 5),
}


def agreement_batch(size: int, generator: torch.Generator) -> tuple[Tensor, Tensor, int]:
    """Prompts, the verbs' ids, and the first position whose next word counts (the last)."""
    seed = int(torch.randint(2**31, (1,), generator=generator))
    words = vocabulary()
    prompts = balanced_prompts(size // 8, seed)
    ids = torch.tensor([prompt.token_ids(words) for prompt in prompts])
    verbs = torch.tensor([[words[prompt.answer]] for prompt in prompts])
    return ids, verbs, PROMPT_LENGTH - 1


BATCHES = {"agreement": agreement_batch, "induction": induction.batch}


def train(name: str, seed: int = 0, steps: int = 4000) -> GPT2LMHeadModel:
    """The model of that name, trained from scratch until the task is learned."""
    task = TASKS[name]
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = GPT2LMHeadModel(_config(task)).train()
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=task.learning_rate, weight_decay=0.01, betas=(0.9, 0.98)
    )
    warm_up = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / 100))
    learned = 0
    for _ in range(steps):
        ids, answers, first = BATCHES[name](task.batch_size, generator)
        logits = model(ids).logits[:, first:].flatten(0, 1)
        loss = cross_entropy(logits, answers.flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        warm_up.step()
        accuracy = (logits.argmax(-1) == answers.flatten()).float().mean().item()
        learned = learned + 1 if accuracy >= task.accuracy and loss.item() < task.loss else 0
        if learned == task.patience:
            return model.eval()
    raise RuntimeError(
        f"{name}: not learned in {steps} steps; loss {loss.item():.3f}, accuracy {accuracy:.3f}"
    )


def accuracy(model: GPT2LMHeadModel, name: str, seed: int = 999) -> float:
    """Share of right next words on fresh prompts."""
    ids, answers, first = BATCHES[name](512, torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        guesses = model(ids).logits[:, first:].argmax(-1)
    return float((guesses == answers).float().mean())


def _config(task: Task) -> GPT2Config:
    return GPT2Config(
        vocab_size=len(task.words),
        n_positions=task.length,
        n_embd=WIDTH,
        n_layer=LAYERS,
        n_head=HEADS,
        bos_token_id=0,
        eos_token_id=0,
        attn_pdrop=0.0,
        embd_pdrop=0.0,
        resid_pdrop=0.0,
    )


def main() -> None:
    torch.set_num_threads(1)
    for name, task in TASKS.items():
        model = train(name)
        print(f"{name}: {accuracy(model, name):.1%} of next words right on fresh prompts")
        folder = Path(__file__).parent / name
        model.save_pretrained(folder)
        save_tokenizer(task.words, folder)


if __name__ == "__main__":
    main()
