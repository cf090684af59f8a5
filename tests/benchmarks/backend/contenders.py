"""The engine, and hooks as a careful user writes them by hand; both give the mean outcome of every cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from claimlint.backend.ablation import mean_activations, summed
from claimlint.backend.interventions import Edit
from claimlint.backend.kernels import Kernels
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.metrics import METRICS
from claimlint.backend.prompts import Prompt, make_batch, prompt_set
from claimlint.backend.shared_forward import BaseRun
from claimlint.backend.sites import Site
from claimlint.backend.sweep import Savings, SweepEngine
from tests.benchmarks.backend.task import Cell, Task

METRIC = "logit_difference"


class Engine:
    """This project's sweeps."""

    def __init__(self, task: Task, model: LanguageModel, kernels: Kernels, *, pruning: bool) -> None:
        self.model, self.kernels, self.savings = model, kernels, Savings(prune_identical=pruning)
        rows = zip(task.clean.tolist(), task.corrupted.tolist(), task.answers.tolist(), strict=True)
        self.prompts = prompt_set(
            Prompt(str(row), tuple(clean), tuple(corrupted), tuple(answers))
            for row, (clean, corrupted, answers) in enumerate(rows)
        )
        self.batch = make_batch(self.prompts, range(len(self.prompts)))

    def residual(self, cells: Sequence[Cell]) -> Tensor:
        engine = self._engine()
        donor, base = engine.base_run(self.batch.clean), engine.base_run(self.batch.corrupted)
        sites = [Site(layer, "resid_pre", position=position) for layer, position in cells]
        edits = [(Edit(site, donor.at(site)[:, site.position]),) for site in sites]
        return self._means(engine.sweep(base, edits).metrics)

    def heads(self, cells: Sequence[Cell]) -> Tensor:
        engine = self._engine()
        donor, base = (engine.base_run(ids, ["z"]) for ids in (self.batch.clean, self.batch.corrupted))
        sites = [Site(layer, "z", head) for layer, head in cells]
        edits = [(Edit(site, donor.at(site)[..., self.model.sites.features(site)]),) for site in sites]
        return self._means(engine.sweep(base, edits).metrics)

    def zero(self, cells: Sequence[Cell]) -> Tensor:
        engine = self._engine()
        base = engine.base_run(self.batch.clean, ["z"])
        return self._ablated(engine, base, cells, lambda site: torch.zeros(()))

    def mean(self, cells: Sequence[Cell]) -> Tensor:
        engine = self._engine()
        base = engine.base_run(self.batch.clean, ["z"])
        z = {("z", layer): base.at(Site(layer, "z")) for layer, _ in cells}
        means = mean_activations([summed(self.batch, z, "prompts_and_positions")])

        def value(site: Site) -> Tensor:
            return means["z", site.layer].float()[self.model.sites.features(site)]

        return self._ablated(engine, base, cells, value)

    def _ablated(
        self, engine: SweepEngine, base: BaseRun, cells: Sequence[Cell], value: Callable[[Site], Tensor]
    ) -> Tensor:
        sites = [Site(layer, "z", head) for layer, head in cells]
        return self._means(engine.sweep(base, [(Edit(site, value(site)),) for site in sites]).metrics)

    def _engine(self) -> SweepEngine:
        return SweepEngine(self.model, self.batch, [METRICS[METRIC]], self.savings, kernels=self.kernels)

    def _means(self, metrics: dict[str, Tensor]) -> Tensor:
        return metrics[METRIC].mean(1)


class Hooks:
    """One whole forward pass per cell."""

    def __init__(self, task: Task) -> None:
        self.task, self.model, self.blocks = task, task.model, task.model.transformer.h

    def residual(self, cells: Sequence[Cell]) -> Tensor:
        kept: dict[int, Tensor] = {}
        self._cached(kept, {layer: self.blocks[layer] for layer, _ in cells})

        def patch(layer: int, position: int) -> Tensor:
            def hook(_module: Any, args: Any) -> Any:
                stream = args[0].clone()
                stream[:, position] = kept[layer][:, position]
                return (stream, *args[1:])

            return self._run(self.blocks[layer], hook, self.task.corrupted)

        return torch.stack([patch(*cell) for cell in cells])

    def heads(self, cells: Sequence[Cell]) -> Tensor:
        return self._replaced(cells, self.z(cells), self.task.corrupted)

    def zero(self, cells: Sequence[Cell]) -> Tensor:
        nothing = torch.zeros(1, 1, self.task.shape.width)
        return self._replaced(cells, dict.fromkeys((layer for layer, _ in cells), nothing), self.task.clean)

    def mean(self, cells: Sequence[Cell]) -> Tensor:
        means = {layer: z.mean((0, 1)) for layer, z in self.z(cells).items()}
        return self._replaced(cells, means, self.task.clean)

    def z(self, cells: Sequence[Cell]) -> dict[int, Tensor]:
        """Clean z of the cells' layers."""
        kept: dict[int, Tensor] = {}
        self._cached(kept, {layer: self.blocks[layer].attn.c_proj for layer, _ in cells})
        return kept

    def _replaced(self, cells: Sequence[Cell], values: dict[int, Tensor], ids: Tensor) -> Tensor:
        size = self.task.shape.width // self.task.shape.heads

        def patch(layer: int, head: int) -> Tensor:
            features = slice(head * size, (head + 1) * size)

            def hook(_module: Any, args: Any) -> Any:
                z = args[0].clone()
                z[..., features] = values[layer][..., features]
                return (z,)

            return self._run(self.blocks[layer].attn.c_proj, hook, ids)

        return torch.stack([patch(*cell) for cell in cells])

    def _cached(self, kept: dict[int, Tensor], modules: dict[int, Any]) -> None:
        def keeper(layer: int) -> Callable[..., None]:
            def hook(_module: Any, args: Any) -> None:
                kept[layer] = args[0].clone()

            return hook

        handles = [module.register_forward_pre_hook(keeper(layer)) for layer, module in modules.items()]
        with torch.no_grad():
            self.model(self.task.clean)
        for handle in handles:
            handle.remove()

    def _run(self, module: Any, hook: Callable[..., Any], ids: Tensor) -> Tensor:
        handle = module.register_forward_pre_hook(hook)
        with torch.no_grad():
            outcome = self.task.difference(self.model(ids).logits)
        handle.remove()
        return outcome
