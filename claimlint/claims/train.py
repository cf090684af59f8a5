"""Fit the second opinion on our own sentences: ``python -m claimlint.claims.train corpus/sentences``.

Needs torch (the ``experiments`` extra); equal sentences and packs give an equal file on one machine.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from claimlint.claims.engine import engine
from claimlint.claims.opinion import WEIGHTS
from claimlint.claims.profiles import JOSHI2026

FEWEST = 7
PARTS = 3
UNITS = 64
EPOCHS = 15
RATE = 4e-4
BATCH = 256
WEIGHT_OF_RUNG = 0.5
LARGEST = 127

Numbers = tuple[Any, ...]


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "corpus/sentences")
    sentences = [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.open(encoding="utf-8")
    ]
    seen, said = [], []
    for sentence in sentences:
        # Once with its heading and once without, since not every reader knows the heading.
        for section in dict.fromkeys((sentence.get("section") or "", "")):
            seen.append(_features(sentence, section))
            said.append(sentence["kind"] if sentence["stance"] == "own" else sentence["stance"])
    often = Counter(name for features in seen for name in features)
    names = sorted(name for name, count in often.items() if count >= FEWEST)
    labels = sorted(set(said))
    _write(names, labels, _fit(seen, said, names, labels))
    print(f"{len(sentences)} sentences, {len(names)} features -> {WEIGHTS}")


def _features(sentence: dict[str, Any], section: str) -> dict[str, float]:
    return engine().features(sentence["text"], section=section, previous=sentence.get("previous") or "")


def _fit(seen: list[dict[str, float]], said: list[str], names: list[str], labels: list[str]) -> Numbers:
    """Networks trained apart, put side by side: one network whose scores are the mean of theirs."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    row = {name: at for at, name in enumerate(names)}
    known = [[(row[name], value) for name, value in features.items() if name in row] for features in seen]
    target = torch.tensor([labels.index(label) for label in said])
    rungs = torch.tensor([JOSHI2026.get(label, 0) for label in labels])
    parts = [_part(known, target, rungs, len(names), seed) for seed in range(PARTS)]
    first, bias, second, offset = zip(*parts, strict=True)
    together = (torch.cat(first, 1), torch.cat(bias), torch.cat(second, 1).T / PARTS, sum(offset) / PARTS)
    return tuple(numbers.detach().contiguous().numpy() for numbers in together)


def _part(known: list[list[tuple[int, float]]], target: Any, rungs: Any, width: int, seed: int) -> Numbers:
    """One network, trained with dropout on the features and on the units, for the label and for its rung."""
    import torch  # noqa: PLC0415
    from torch.nn import functional  # noqa: PLC0415

    torch.manual_seed(seed)
    # Few of the features are there in a sentence: a sum over their rows costs a fraction of a product.
    first = torch.nn.EmbeddingBag(width, UNITS, mode="sum")
    torch.nn.init.uniform_(first.weight, -(width**-0.5), width**-0.5)
    bias = torch.nn.Parameter(torch.zeros(UNITS))
    second = torch.nn.Linear(UNITS, len(rungs))
    of_rung = functional.one_hot(rungs).float()
    optimizer = torch.optim.AdamW([first.weight, bias, *second.parameters()], lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(known)).split(BATCH):
            rows = [known[number] for number in batch.tolist()]
            values = torch.tensor([value for features in rows for _, value in features])
            units = first(
                torch.tensor([column for features in rows for column, _ in features]),
                torch.tensor([0, *map(len, rows[:-1])]).cumsum(0),
                per_sample_weights=functional.dropout(values, 0.5),
            )
            scores = second(functional.dropout(torch.relu(units + bias), 0.6))
            by_rung = (scores.softmax(1) @ of_rung).clamp_min(1e-6).log()
            loss = functional.cross_entropy(scores, target[batch], label_smoothing=0.05)
            loss = loss + WEIGHT_OF_RUNG * functional.nll_loss(by_rung, rungs[target[batch]])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return first.weight, bias, second.weight, second.bias


def _write(names: list[str], labels: list[str], fitted: Numbers) -> None:
    import numpy  # noqa: PLC0415
    from safetensors.numpy import save_file  # noqa: PLC0415

    first, bias, second, offset = fitted
    step = float(abs(first).max()) / LARGEST
    # One feature's numbers lie side by side, for a sentence asks for some two hundred of them.
    rows = numpy.ascontiguousarray(numpy.round(first / step).astype(numpy.int8))
    numbers = {
        "names": numpy.frombuffer("\n".join(names).encode(), dtype=numpy.uint8),
        "labels": numpy.frombuffer("\n".join(labels).encode(), dtype=numpy.uint8),
        "first": rows,
        "step": numpy.array([step], dtype=numpy.float32),
        "bias": bias,
        "second": second,
        "offset": offset,
    }
    save_file(numbers, WEIGHTS)


if __name__ == "__main__":
    main()
