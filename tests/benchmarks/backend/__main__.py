"""``make bench-backend``: sweeps by the engine, by hooks and by other libraries, interleaved in one process.

    python -m tests.benchmarks.backend                             both shapes, 16 and 32 pairs (an hour)
    python -m tests.benchmarks.backend --shapes small --pairs 16   the 4-layer model alone (a minute)

One thread, medians of CPU seconds. Hooks and libraries run on a few cells, each a whole forward pass, and are
scaled up to all; so is the engine with ``--heads``, which then sweeps over that many heads of every layer. A
line is printed as soon as it is known. Last come the operations saved, and how the cost grows.

What packed kernels gain depends on how slow a CPU's own are beside them. Intel's libraries can be told to use
older instructions, which turns a CPU on which both are alike into one whose own kernels are 2.7 times slower:

    MKL_ENABLE_INSTRUCTIONS=SSE4_2 ONEDNN_MAX_CPU_ISA=AVX2 python -m tests.benchmarks.backend ...
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from torch import Tensor

from claimlint.backend.kernels import PLAIN, available, fast_kernels, prepare, speed_ratio
from claimlint.backend.language_model import load_model
from tests.benchmarks.backend.contenders import Engine, Hooks
from tests.benchmarks.backend.cost import counted, needed
from tests.benchmarks.backend.peers import PEERS
from tests.benchmarks.backend.task import FOUR_LAYERS, GPT2_SMALL, Cell, Shape, Task, make_task, spread

SHAPES = {"small": FOUR_LAYERS, "gpt2": GPT2_SMALL}
SWEEPS = ("residual", "heads", "zero", "mean")
POSITIONS = 16
Run = Callable[[], Any]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--pairs", nargs="+", type=int, default=[16, 32])
    parser.add_argument("--sweeps", nargs="+", choices=SWEEPS, default=list(SWEEPS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cells", type=int, default=6, help="cells that hooks and libraries run on")
    parser.add_argument("--heads", type=int, help="heads of every layer that the engine runs on")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for name in options.shapes:
        for pairs in options.pairs:
            task = make_task(SHAPES[name], pairs, POSITIONS)
            shape = ", ".join(f"{value} {what}" for what, value in task.shape._asdict().items())
            print(f"\n{name}: {shape}; {pairs} pairs of {POSITIONS} tokens", flush=True)
            compare(task, options)
    print_growth(options.rounds)
    return 0


def compare(task: Task, options: argparse.Namespace) -> None:
    """One table for one task."""
    model = load_model(task.model)
    choice = available(model)
    ratio = speed_ratio(model, choice) if choice != "plain" else 1.0
    chosen = fast_kernels(model).name
    print(f"{choice} kernels are {ratio:.2f} times as fast as the model's own: chosen {chosen}")
    packed = prepare(model, choice)
    engines = {
        "engine, own kernels": Engine(task, model, PLAIN, pruning=False),
        f"engine, {choice} kernels": Engine(task, model, packed, pruning=False),
        f"engine, {choice} + pruned": Engine(task, model, packed, pruning=True),
    }
    others: dict[str, Any] = {"hooks": Hooks(task)}
    for name, make in PEERS.items():
        try:
            others[name] = make(task)
        except ImportError as missing:
            print(f"NOT MEASURED: {name} ({missing})")
    for sweep in options.sweeps:
        whole = task.residual_cells() if sweep == "residual" else task.head_cells()
        ours = whole if sweep == "residual" else task.head_cells(options.heads)
        few = spread(ours, options.cells)
        print(f"{sweep} ({len(whole)} cells; engine on {len(ours)}, others on {len(few)})", flush=True)
        _race(sweep, engines, others, whole, ours, few, options.rounds)
        if sweep in ("residual", "heads"):
            _operations(task, engines["engine, own kernels"], sweep, whole, ours)


def _race(
    sweep: str,
    engines: dict[str, Engine],
    others: dict[str, Any],
    whole: list[Cell],
    ours: list[Cell],
    few: list[Cell],
    rounds: int,
) -> None:
    runs: dict[str, Run] = {
        name: lambda who=who: getattr(who, sweep)(few) for name, who in others.items()
    } | {name: lambda who=who: getattr(who, sweep)(ours) for name, who in engines.items()}
    found: dict[str, Tensor] = {}
    for name, run in list(runs.items()):
        try:
            found[name] = run()
        except Exception as error:
            if name not in PEERS:
                raise
            print(f"  NOT MEASURED: {name} ({type(error).__name__}: {error})"[:200])
            del runs[name]
    seconds = medians(runs, rounds)
    scale = {name: len(ours) and len(whole) / len(ours) for name in engines} | {
        name: _passes(name, sweep, whole, whole) / _passes(name, sweep, few, whole) for name in others
    }
    at = [ours.index(cell) for cell in few]
    total = {name: value * scale[name] for name, value in seconds.items()}
    best_peer = min((total[name] for name in PEERS if name in total), default=None)
    for name, value in total.items():
        means = found[name][at] if name in engines else found[name]
        apart = float((means - found["hooks"]).abs().max())
        beside = f", {best_peer / value:5.2f} times over the best library" if best_peer else ""
        times = total["hooks"] / value
        print(
            f"  {name:26s} {value:9.3f} s, {times:5.2f} times over hooks{beside}; means {apart:.0e} apart",
            flush=True,
        )


def _passes(name: str, sweep: str, cells: list[Cell], whole: list[Cell]) -> int:
    """Forward passes that the contender makes for these cells."""
    cached = 0 if sweep == "zero" else 1
    if name == "pyvene":
        return len(cells) * (2 if sweep in ("residual", "heads") else 1) + (sweep == "mean")
    if name == "captum":
        layers = len({layer for layer, _ in cells})
        # What a layer's cells leave over is one more feature.
        return len(cells) + 1 + cached + layers * (1 if len(cells) == len(whole) else 2)
    return len(cells) + cached


def medians(runs: dict[str, Run], rounds: int) -> dict[str, float]:
    """CPU seconds of each, a round at a time, after whatever ran before."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.process_time()
            run()
            taken[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in taken.items()}


def _operations(task: Task, engine: Engine, sweep: str, whole: list[Cell], ours: list[Cell]) -> None:
    one = counted(lambda: task.model(task.corrupted))
    naive = one * (len(whole) + 1)
    ran = counted(lambda: getattr(engine, sweep)(ours)) * len(whole) / len(ours)
    bound = needed(task, whole, heads=sweep == "heads") + 2 * one
    print(
        f"  operations: {naive / 1e9:.1f} GF by whole passes, {ran / 1e9:.1f} by the engine without pruning "
        f"({naive / ran:.2f} times fewer), {bound / 1e9:.1f} at least ({naive / bound:.2f})",
        flush=True,
    )


def print_growth(rounds: int) -> None:
    """Doubling one thing at a time from the 4-layer model, the rest fixed."""
    print("\ngrowth, own kernels, without pruning     residual              heads")
    base = {"layers": 4, "positions": POSITIONS, "heads": 4, "pairs": 16}
    for what, value in base.items():
        for changed in (value // 2, value, 2 * value):
            has = {**base, what: changed}
            shape = Shape(has["layers"], FOUR_LAYERS.width, has["heads"], FOUR_LAYERS.vocabulary)
            task = make_task(shape, has["pairs"], has["positions"])
            engine = Engine(task, load_model(task.model), PLAIN, pruning=False)
            runs: dict[str, Run] = {
                "residual": lambda engine=engine, task=task: engine.residual(task.residual_cells()),
                "heads": lambda engine=engine, task=task: engine.heads(task.head_cells()),
            }
            work = {name: counted(run) / 1e9 for name, run in runs.items()}
            seconds = medians(runs, rounds)
            row = "   ".join(f"{seconds[name]:7.3f} s, {work[name]:6.1f} GF" for name in runs)
            print(f"{changed:3d} {what:32s} {row}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
