"""Path patching: a sender's patched output reaches a receiver along chosen paths only.

First the sender is patched while everything between it and the receiver is held at the base run, and the
receiver's activation is read; then that activation alone is put into the base run. After Wang et al.
(2211.00593); there MLPs were left free, which is ``through=`` every MLP here.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from claimlint.backend.capture import pick
from claimlint.backend.freezing import frozen
from claimlint.backend.interventions import Edit, Intervention, normalise
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import Batch, PromptSet
from claimlint.backend.runs import (
    Collected,
    InterventionResult,
    RunOptions,
    ids_of,
    over_batches,
    paired_donors,
    paired_runs,
    templates,
)
from claimlint.backend.shared_forward import BaseRun
from claimlint.backend.sites import Kind, Site
from claimlint.backend.sweep import SweepEngine
from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import Direction

DEFAULT_OPTIONS = RunOptions()
Receiver = Site | None
"""A head (``z``), an MLP (``mlp_out``), or ``None`` for the logits."""


def path_patching(
    language_model: LanguageModel,
    prompts: PromptSet,
    senders: Sequence[Site],
    receivers: Sequence[Receiver] = (None,),
    *,
    direction: Direction = "denoising",
    through: Sequence[Site] = (),
    options: RunOptions = DEFAULT_OPTIONS,
) -> InterventionResult:
    """Patches every path from a sender to a receiver.

    Args:
        through: heads and MLPs between the two that are left free; without any, only the direct path through
            the residual stream carries the sender's change.
    """
    sites = language_model.sites
    _check(language_model, senders, receivers, through)
    kinds: list[Kind] = sorted({"z", "mlp_out", *(sender.kind for sender in senders)})

    def work(engine: SweepEngine, batch: Batch, collected: Collected) -> None:
        base, donor, clean = paired_runs(engine, batch, kinds, direction)
        edits = [Edit(sender, pick(donor.at(sender), sender, batch, sites)) for sender in senders]
        collected.add("base", engine.score(base.logits, clean.logits))
        collected.add("donor", engine.score(donor.logits, clean.logits))
        for receiver in receivers:
            collected.add(str(receiver), _along(engine, base, edits, receiver, through, clean.logits))

    # To a receiver, and from there on; to the logits in one.
    sweeps = sum(1 if receiver is None else 2 for receiver in receivers)
    collected = over_batches(language_model, prompts, options, work, pairs=True, sweeps=sweeps)
    by_receiver = [collected.outcomes(str(receiver)) for receiver in receivers]
    return InterventionResult(
        method="path_patching",
        direction=direction,
        replacement=("donor",),
        cells=tuple((sender,) for _ in receivers for sender in senders),
        axes=(
            ("receiver", tuple("logits" if receiver is None else str(receiver) for receiver in receivers)),
            ("sender", tuple(str(sender) for sender in senders)),
        ),
        prompt_ids=ids_of(prompts),
        base=collected.outcomes("base"),
        donor=collected.outcomes("donor"),
        patched=collected.stacked(by_receiver),
        donors=paired_donors(prompts, direction),
        groups=templates(prompts),
        options=options,
        forwards=collected.forwards,
        pruned=collected.pruned,
    )


def _along(
    engine: SweepEngine,
    base: BaseRun,
    senders: Sequence[Edit],
    receiver: Receiver,
    through: Sequence[Site],
    reference: Tensor,
) -> dict[str, Tensor]:
    """Metrics ``[senders, batch]`` with each sender patched along the paths to one receiver."""
    sites = engine.language_model.sites
    if receiver is None:
        cells = [(*frozen(base, sites, [sender], through=through), sender) for sender in senders]
        return engine.sweep(base, cells, reference=reference).metrics
    free = (*through, receiver)
    cells = [
        (*frozen(base, sites, [sender], until=receiver.layer + 1, through=free), sender) for sender in senders
    ]
    arrived = engine.sweep(base, cells, reads=[receiver]).reads[receiver]
    second: list[Intervention] = [(Edit(receiver, value),) for value in arrived]
    return engine.sweep(base, second, reference=reference).metrics


def _check(
    language_model: LanguageModel,
    senders: Sequence[Site],
    receivers: Sequence[Receiver],
    through: Sequence[Site],
) -> None:
    named = [receiver for receiver in receivers if receiver is not None]
    language_model.sites.require((*senders, *named, *through))
    for node in (*named, *through):
        if node.kind not in ("z", "mlp_out"):
            raise ClaimlintError(
                f"path node {node}: kind {node.kind!r}",
                "A path runs through heads and MLPs, which read the residual stream and write to it.",
                "Name a head (kind 'z') or an MLP ('mlp_out'), or None for the logits.",
            )
    for receiver in named:
        for sender in senders:
            if _depth(sender) >= _depth(receiver):
                raise ClaimlintError(
                    f"path {sender} -> {receiver}: the receiver does not come after the sender",
                    "Nothing can travel backwards through the network.",
                    "Swap the two, or choose a later receiver.",
                )


def _depth(site: Site) -> tuple[int, int]:
    """Order of computation: stream, then attention, then MLP, layer by layer."""
    kind, layer = normalise(site.kind, site.layer)
    return layer, {"resid_pre": 0, "z": 1, "attn_out": 1, "mlp_out": 2, "resid_post": 3}[kind]
