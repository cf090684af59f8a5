"""The engine under patching, ablation, mediation and interchange: many interventions on the same prompts.

A *cell* is one intervention on one batch. Run naively it is a whole forward pass with hooks. The engine gets
the same numbers from less work, and each saving can be switched off:

- ``prefix_reuse``: a cell starts at its first edited layer from the base run's residual stream.
- ``batch_cells``: many cells share one forward pass; the rows of a cell join it at the cell's own layer.
- ``attention_reuse``: a cell that does not edit the stream before its first layer joins behind the layer's
  attention, whose outcome is the base run's.
- ``kv_reuse``: positions before the first changed one are not run; their keys and values are the base run's.
- ``last_position``: the metric reads the last position, so only that one goes through the last block's output
  projection, its MLP and the unembedding.
- ``metric_columns``: only the answers' columns of the unembedding are computed.
- ``prune_identical``: a cell whose replacements all equal the base run's activations is the base run.

In an encoder every position sees every other one, so that ``kv_reuse`` and ``last_position`` have nothing to
save there and are off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from claimlint.backend.capture import Activations, padding_arguments, recording
from claimlint.backend.interventions import Edit, Intervention, PlacedEdit, normalise, place
from claimlint.backend.kernels import PLAIN, Kernels
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.metrics import Metric, Scorer
from claimlint.backend.passes import Pass, shared_passes, spare_tokens
from claimlint.backend.progress import Progress, silent
from claimlint.backend.prompts import Batch, require_answers
from claimlint.backend.shared_forward import (
    BaseRun,
    Cell,
    Reads,
    cached,
    output_is_tuple,
    predicted_logits,
    shared_forward,
)
from claimlint.backend.sites import Kind, Site


@dataclass(frozen=True)
class Savings:
    """Which exact savings are on; all are by default."""

    prefix_reuse: bool = True
    attention_reuse: bool = True
    batch_cells: bool = True
    kv_reuse: bool = True
    last_position: bool = True
    metric_columns: bool = True
    prune_identical: bool = True


ALL_SAVINGS = Savings()
NO_SAVINGS = Savings(
    prefix_reuse=False,
    attention_reuse=False,
    batch_cells=False,
    kv_reuse=False,
    last_position=False,
    metric_columns=False,
    prune_identical=False,
)

TOKENS_PER_FORWARD = 2048
"""Rows times positions that share one forward pass: measured best on one core between 1024 and 4096."""

LARGEST_KEPT = 31 * 2**20
"""Bytes of the largest block that glibc, the C library of most Linux systems, keeps when it is freed."""


def keep_freed_memory() -> None:
    """Lets the C library reuse what a pass has freed: its large temporaries are else mapped anew each time.

    glibc keeps twice the largest block freed so far; elsewhere this does nothing.
    """
    torch.empty(LARGEST_KEPT, dtype=torch.uint8, device="cpu")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came out of a sweep.

    Args:
        metrics: name -> ``[cells, batch]``.
        reads: site -> ``[cells, batch, features]``, or with all positions ``[cells, batch, positions,
            features]``.
    """

    metrics: dict[str, Tensor]
    reads: dict[Site, Tensor]


@dataclass(eq=False)
class SweepEngine:
    """Runs interventions on one batch.

    Args:
        tokens_per_forward: bound on rows times positions of one shared forward pass.
        progress: told of the cells of each pass, and how many the sweep has.

    ``forwards`` and ``pruned`` count the passes made and the cells that needed none.
    """

    language_model: LanguageModel
    batch: Batch
    metrics: Sequence[Metric]
    savings: Savings = ALL_SAVINGS
    tokens_per_forward: int = TOKENS_PER_FORWARD
    kernels: Kernels = PLAIN
    progress: Progress = silent
    forwards: int = 0
    pruned: int = 0
    scorer: Scorer = field(init=False)

    def __post_init__(self) -> None:
        require_answers(self.batch.prompts)
        keep_freed_memory()
        if not self.language_model.sites.causal:
            self.savings = replace(self.savings, kv_reuse=False, last_position=False)
        self.scorer = Scorer(tuple(self.metrics), self.batch.answers)

    def base_run(self, ids: Tensor, kinds: Sequence[Kind] = ()) -> BaseRun:
        """One pass over ``ids [batch, positions]`` that keeps the stream and, at all layers, ``kinds``."""
        sites = self.language_model.sites
        needed: tuple[Kind, ...] = ("resid_pre", "z") if self.savings.attention_reuse else ("resid_pre",)
        wanted = {(kind, layer) for kind in (*needed, *kinds) for layer in range(sites.n_layers)}
        wanted.add(("resid_post", sites.n_layers - 1))
        kept: Activations = {}
        cache = DynamicCache() if self.savings.kv_reuse else None
        self.forwards += 1
        with (
            torch.inference_mode(),
            self.kernels.active(),
            recording(sites, wanted, kept, ids.shape),
            output_is_tuple(sites) as seen,
        ):
            logits = predicted_logits(
                self.language_model,
                self.batch,
                ids,
                columns=self._columns,
                only_last=self.savings.last_position,
                **cached(self.language_model, cache),
                **padding_arguments(self.batch),
            )
        activations = {normalise(kind, layer): tensor for (kind, layer), tensor in kept.items()}
        layers = cache.layers if cache is not None else ()
        keys_values = tuple((layer.keys, layer.values) for layer in layers)
        return BaseRun(ids, activations, keys_values, logits, seen.is_tuple)

    def score(self, logits: Tensor, reference: Tensor) -> dict[str, Tensor]:
        """Each metric ``[rows]``; see ``Scorer.score``."""
        return self.scorer.score(logits, reference, narrowed=self._columns is not None)

    def sweep(
        self,
        base: BaseRun,
        interventions: Sequence[Intervention],
        *,
        reads: Sequence[Site] = (),
        reference: Tensor | None = None,
    ) -> Outcome:
        """Runs every intervention on the base run's prompts.

        Args:
            reads: sites whose activations under the intervention are returned too; the base run must hold
                them.
            reference: logits that divergences are measured from; the base run's unless given.
        """
        reference = base.logits if reference is None else reference
        baseline = self.score(base.logits, reference)
        values = {name: row.repeat(len(interventions), 1) for name, row in baseline.items()}
        found = self._start_reads(base, reads, len(interventions))
        plan = self._plan(base, interventions, pruning=not reads)
        unrun = len(interventions) - sum(len(chunk) for _, chunk in plan)
        if unrun:
            self.progress(unrun, len(interventions))
        with self.kernels.active():
            for first, chunk in plan:
                self.forwards += 1
                logits, seen = shared_forward(
                    self.language_model,
                    self.batch,
                    base,
                    chunk,
                    first,
                    columns=self._columns,
                    only_last=self.savings.last_position and not reads,
                    reads={normalise(site.kind, site.layer) for site in reads},
                )
                index = [cell.index for cell in chunk]
                for name, scored in self.score(logits, reference).items():
                    values[name][index] = scored.view(len(chunk), -1)
                self._fill_reads(found, seen, chunk, first)
                self.progress(len(chunk), len(interventions))
        return Outcome(values, {site: self._at_position(site, whole) for site, whole in found.items()})

    @property
    def _columns(self) -> Tensor | None:
        return self.scorer.columns if self.savings.metric_columns else None

    def _plan(self, base: BaseRun, interventions: Sequence[Intervention], *, pruning: bool) -> list[Pass]:
        """The forward passes to make."""
        cells = []
        for index, intervention in enumerate(interventions):
            edits = [self._place(edit, base) for edit in intervention]
            if self.savings.prune_identical and pruning and all(edit.identical for edit in edits):
                self.pruned += 1
                continue
            first = min((edit.first for edit in edits), default=0) if self.savings.kv_reuse else 0
            entry = min((edit.layer for edit in edits), default=0) if self.savings.prefix_reuse else 0
            streams = any((edit.kind, edit.layer) == ("resid_pre", entry) for edit in edits)
            behind = self.savings.attention_reuse and not streams
            cells.append(Cell(index, entry, first, tuple(edits), behind))
        if not self.savings.batch_cells:
            return [Pass(cell.first, [cell]) for cell in cells]
        return shared_passes(
            cells,
            rows=len(self.batch.rows),
            length=self.batch.length,
            tokens_per_forward=self.tokens_per_forward,
            spare=spare_tokens(self.language_model.device.type, self.language_model.sites.d_model),
        )

    def _place(self, edit: Edit, base: BaseRun) -> PlacedEdit:
        return place(edit, self.batch, self.language_model.sites, base.activations)

    def _start_reads(self, base: BaseRun, reads: Sequence[Site], cells: int) -> dict[Site, Tensor]:
        """Per site the base run's activation for every cell: ``[cells, batch, positions, features]``."""
        return {
            site: base.activations[normalise(site.kind, site.layer)][
                ..., self.language_model.sites.features(site)
            ].repeat(cells, 1, 1, 1)
            for site in reads
        }

    def _fill_reads(self, found: dict[Site, Tensor], seen: Reads, chunk: Sequence[Cell], first: int) -> None:
        rows = len(self.batch.rows)
        for site, whole in found.items():
            kind, layer = normalise(site.kind, site.layer)
            for j, cell in enumerate(chunk):
                if cell.entry <= layer:
                    part = seen[kind, layer][
                        j * rows : (j + 1) * rows, :, self.language_model.sites.features(site)
                    ]
                    whole[cell.index, :, first:] = part

    def _at_position(self, site: Site, whole: Tensor) -> Tensor:
        columns = self.batch.locate(site.position)
        if columns is None:
            return whole
        return whole[:, torch.arange(whole.shape[1], device=whole.device), columns]
