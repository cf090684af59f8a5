"""Are sweeps right on this machine's device, and how fast?

    python experiments/device_check.py                          cuda, a random model of GPT-2-small's shape
    python experiments/device_check.py --device cpu --cells 6
    python experiments/device_check.py --model FOLDER-OR-NAME   a model of your own, on random prompts

Needs torch and transformers, and is run from the repository's root. Three tables: whether the sites of
common architectures are found, and sweeps over them equal hand-written hooks in float64; how far float32
sweeps of the model lie from hooks; how long they take. Hooks run on some of the cells, and their time is
scaled up to all. The exit code is 1 where something is not equal.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from claimlint.backend.capture import attach, pick
from claimlint.backend.interventions import Edit
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.metrics import METRICS
from claimlint.backend.prompts import Batch, Prompt, make_batch, prompt_set
from claimlint.backend.sites import Site, identity_residue
from claimlint.backend.sweep import TOKENS_PER_FORWARD, SweepEngine

ARCHITECTURES = (
    *("gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3"),
    *("gemma2", "olmo2", "phi", "opt", "bloom", "falcon"),
)
TINY = {
    "vocab_size": 97,
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
METRIC = "logit_difference"
EXACT = 1e-12
"""Largest difference in float64, relative to the largest outcome."""
CHANGED = (5, 11)
"""Positions at which clean and corrupted prompts differ."""


def main() -> int:
    arguments = read_arguments()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.set_num_threads(1)  # on CPU; an accelerator does not ask
    device = arguments.device
    where = (
        torch.cuda.get_device_name(device)
        if device.startswith("cuda")
        else f"{torch.get_num_threads()} threads"
    )
    print(
        f"{device} ({where}), torch {torch.__version__}, transformers {transformers.__version__}, no tf32\n"
    )
    passed = check_architectures(device)
    model = load_model(arguments.model, device=device) if arguments.model else random_gpt2(device)
    batch = random_pairs(model, arguments.pairs, arguments.tokens)
    layers, positions = range(model.sites.n_layers), range(batch.length)
    sweeps = {
        "residual": [Site(layer, "resid_pre", position=at) for layer in layers for at in positions],
        "heads": [Site(layer, "z", head) for layer in layers for head in range(model.sites.n_heads)],
    }
    shape = f"{len(batch.rows)} pairs of {batch.length} tokens"
    print(f"\n{model.name}, {shape}, {arguments.cells} cells in float32")
    print("sweep      mean from hooks   single from float64   hooks from float64")
    for name, cells in sweeps.items():
        passed &= check_float32(name, model, batch, spread(cells, arguments.cells))
    print("\nsweep      cells  tokens a pass    hooks, s   engine, s   times faster   peak memory, MB")
    for name, cells in sweeps.items():
        measure(name, model, batch, cells, arguments.cells, arguments.rounds)
    print("\nall equal" if passed else "\nNOT EQUAL: see above")
    return 0 if passed else 1


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, ... or cpu; float64 is needed")
    parser.add_argument("--model", help="folder or name; random weights of GPT-2-small's shape by default")
    parser.add_argument("--pairs", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--cells", type=int, default=24, help="cells that hooks run on")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median time is given")
    arguments = parser.parse_args()
    if arguments.device.startswith("cuda") and not torch.cuda.is_available():
        parser.error("this torch sees no CUDA device; try --device cpu")
    return arguments


def random_gpt2(device: str) -> LanguageModel:
    """GPT-2-small's shape; weights large enough that every part of the network matters."""
    torch.manual_seed(0)
    config = transformers.GPT2Config(initializer_range=0.05)
    return load_model(
        transformers.GPT2LMHeadModel(config), device=device, name="GPT-2-small's shape, random weights"
    )


def random_pairs(model: LanguageModel, pairs: int, tokens: int) -> Batch:
    """Prompts of random tokens with random answers."""
    vocabulary = model.model.config.get_text_config().vocab_size
    generator = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> Tensor:
        return torch.randint(3, vocabulary - 1, shape, generator=generator)

    clean, right = draw(pairs, tokens), draw(pairs).tolist()
    corrupted = clean.clone()
    for position in CHANGED:
        corrupted[:, position % tokens] = draw(pairs)
    prompts = prompt_set(
        Prompt(
            str(row), tuple(clean[row].tolist()), tuple(corrupted[row].tolist()), (right[row], right[row] + 1)
        )
        for row in range(pairs)
    )
    return make_batch(prompts, range(pairs), model.device)


def check_architectures(device: str) -> bool:
    """Sites and float64 equality on a tiny random model of each."""
    print("architecture   block identity misses by   engine from hooks, float64")
    passed = True
    for name in ARCHITECTURES:
        torch.manual_seed(0)
        config = transformers.AutoConfig.for_model(name, **TINY)
        config.initializer_range = 0.1
        made = transformers.AutoModelForCausalLM.from_config(config)
        model = load_model(made, device=device, dtype=torch.float64, name=name)
        batch = random_pairs(model, 3, 9)
        cells = [
            site
            for layer in range(model.sites.n_layers)
            for site in (
                Site(layer, "resid_pre", position=5),
                Site(layer, "z", 1),
                Site(layer, "attn_out"),
                Site(layer, "mlp_out", position=2),
            )
        ]
        expected = by_hooks(model, batch, cells)
        difference = float((by_engine(model, batch, cells) - expected).abs().max() / expected.abs().max())
        holds = difference <= EXACT
        passed &= holds
        residue = identity_residue(model.sites)
        print(f"{name:14s} {residue:24.0e} {difference:28.0e}{'' if holds else '   NOT EQUAL'}")
    return passed


def check_float32(name: str, model: LanguageModel, batch: Batch, cells: Sequence[Site]) -> bool:
    """Means within 2e-6 of hooks; single prompts no further from float64 than twice what hooks are."""
    hooks, engine = by_hooks(model, batch, cells), by_engine(model, batch, cells)
    model.model.double()
    exact = by_hooks(model, batch, cells)
    model.model.float()
    means = float((engine.double().mean(1) - hooks.double().mean(1)).abs().max())
    single, own = float((engine - exact).abs().max()), float((hooks - exact).abs().max())
    # The worst of a few cells may be lucky: nobody is asked for less than a unit of the last place.
    step = torch.finfo(torch.float32).eps * float(exact.abs().max())
    holds = means <= 2e-6 and single <= 2 * max(own, step)
    print(f"{name:10s} {means:15.1e} {single:21.1e} {own:20.1e}{'' if holds else '   NOT EQUAL'}")
    return holds


def measure(
    name: str, model: LanguageModel, batch: Batch, cells: Sequence[Site], some: int, rounds: int
) -> None:
    """Prints the seconds of a whole sweep, by hooks and by the engine at growing passes."""
    sample = spread(cells, some)
    contenders: dict[int, Callable[[], Tensor]] = {0: lambda: by_hooks(model, batch, sample)}
    sizes = (
        [TOKENS_PER_FORWARD] if model.device.type == "cpu" else [TOKENS_PER_FORWARD * 4**n for n in range(3)]
    )
    for size in sizes:
        contenders[size] = lambda size=size: by_engine(model, batch, cells, size)
    taken: dict[int, list[float]] = {size: [] for size in contenders}
    peak = dict.fromkeys(contenders, 0.0)
    for turn in range(rounds + 1):
        for size, run in contenders.items():
            seconds, memory = timed(run, model.device)
            peak[size] = memory
            if turn:
                taken[size].append(seconds)
    hooks = statistics.median(taken[0]) * (len(cells) + 1) / (len(sample) + 1)
    for size in sizes:
        ours = statistics.median(taken[size])
        memory = f"{peak[size]:.0f}" if peak[size] else "not measured"
        times = f"{hooks:11.3f} {ours:11.3f} {hooks / ours:14.1f}"
        print(f"{name:10s} {len(cells):5d} {size:14d} {times} {memory:>18s}")


def timed(run: Callable[[], Tensor], device: torch.device) -> tuple[float, float]:
    """Seconds, and on an accelerator the peak megabytes beyond what was there before."""
    if device.type != "cuda":
        start = time.process_time()
        run()
        return time.process_time() - start, 0.0
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    start = time.perf_counter()
    run()
    torch.cuda.synchronize(device)
    return time.perf_counter() - start, (torch.cuda.max_memory_allocated(device) - before) / 1e6


def spread(cells: Sequence[Site], some: int) -> list[Site]:
    """Evenly over the grid."""
    return [cells[i * len(cells) // some] for i in range(min(some, len(cells)))]


def by_engine(
    model: LanguageModel, batch: Batch, cells: Sequence[Site], size: int = TOKENS_PER_FORWARD
) -> Tensor:
    """Clean activations put into the corrupted run, one cell at a time; ``[cells, pairs]``."""
    engine = SweepEngine(model, batch, [METRICS[METRIC]], tokens_per_forward=size)
    kinds = sorted({cell.kind for cell in cells})
    donor, base = engine.base_run(batch.clean, kinds), engine.base_run(batch.corrupted, kinds)
    edits = [(Edit(cell, pick(donor.at(cell), cell, batch, model.sites)),) for cell in cells]
    return engine.sweep(base, edits).metrics[METRIC]


def by_hooks(model: LanguageModel, batch: Batch, cells: Sequence[Site]) -> Tensor:
    """The same as one would write it by hand: a whole forward pass per cell."""
    clean: dict[tuple[Any, int], Tensor] = {}
    rows = torch.arange(len(batch.rows), device=model.device)

    def difference(ids: Tensor) -> Tensor:
        logits = model.model(ids, use_cache=False).logits[:, -1]
        return logits[rows, batch.answers[:, 0]] - logits[rows, batch.answers[:, 1]]

    def keeper(key: tuple[Any, int]) -> Callable[[Tensor], None]:
        def keep(activation: Tensor) -> None:
            clean[key] = activation.clone()

        return keep

    def patcher(cell: Site) -> Callable[[Tensor], Tensor]:
        at = slice(None) if cell.position is None else cell.position
        features = model.sites.features(cell)

        def patch(activation: Tensor) -> Tensor:
            changed = activation.clone()
            shape = (*batch.clean.shape, -1)
            changed.view(shape)[:, at, features] = clean[cell.kind, cell.layer].view(shape)[:, at, features]
            return changed

        return patch

    found = []
    with torch.no_grad():
        wanted = sorted({(cell.kind, cell.layer) for cell in cells})
        handles = [attach(model.sites, kind, layer, keeper((kind, layer))) for kind, layer in wanted]
        difference(batch.clean)
        for handle in handles:
            handle.remove()
        for cell in cells:
            handle = attach(model.sites, cell.kind, cell.layer, patcher(cell))
            found.append(difference(batch.corrupted))
            handle.remove()
    return torch.stack(found)


if __name__ == "__main__":
    sys.exit(main())
