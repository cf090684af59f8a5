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

FEWEST = 4
UNITS = 128
EPOCHS = 8
BATCH = 128
LARGEST = 127


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


def _fit(seen: list[dict[str, float]], said: list[str], names: list[str], labels: list[str]) -> Any:
    """The network, trained with dropout on the features and on the units."""
    import torch  # noqa: PLC0415

    torch.manual_seed(0)
    torch.set_num_threads(1)
    row = {name: at for at, name in enumerate(names)}
    known = [[(row[name], value) for name, value in features.items() if name in row] for features in seen]
    target = torch.tensor([labels.index(label) for label in said])
    net = torch.nn.Sequential(
        torch.nn.Dropout(0.5),
        torch.nn.Linear(len(names), UNITS),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.6),
        torch.nn.Linear(UNITS, len(labels)),
    )
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(seen)).split(BATCH):
            inputs = torch.zeros(len(batch), len(names))
            for at, number in enumerate(batch.tolist()):
                for column, value in known[number]:
                    inputs[at, column] = value
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(inputs), target[batch], label_smoothing=0.05)
            loss.backward()
            optimizer.step()
        schedule.step()
    return net


def _write(names: list[str], labels: list[str], net: Any) -> None:
    import numpy  # noqa: PLC0415

    first, second = net[1], net[4]
    weights = first.weight.detach().numpy().T
    step = float(abs(weights).max()) / LARGEST
    numpy.savez(
        WEIGHTS,
        names=numpy.frombuffer("\n".join(names).encode(), dtype=numpy.uint8),
        labels=numpy.frombuffer("\n".join(labels).encode(), dtype=numpy.uint8),
        # One feature's numbers lie side by side, for a sentence asks for some fifty of them.
        first=numpy.ascontiguousarray(numpy.round(weights / step).astype(numpy.int8)),
        step=numpy.float32(step),
        bias=first.bias.detach().numpy(),
        second=second.weight.detach().numpy().T.copy(),
        offset=second.bias.detach().numpy(),
    )


if __name__ == "__main__":
    main()
