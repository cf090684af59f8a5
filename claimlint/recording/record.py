"""``claimlint.record``: the arguments of a recording, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from claimlint.recording.measurements import Sampling
from claimlint.recording.recording import Plan, Recording, refuse_own
from claimlint.recording.studied import Inputs, Network


def record(
    id: str,
    *,
    method: str,
    manifest: str | Path = "manifest.json",
    model: str = "",
    revision: str = "",
    weights: Any = None,
    prompts: Sequence[Any] | str | Path | None = None,
    prompt_set: str | Mapping[str, Any] = "",
    groups: Sequence[str | None] | None = None,
    seeds: Sequence[int] = (),
    draws: int = 1000,
    **fields: Any,
) -> Recording:
    """Record an experiment: ``with claimlint.record(...) as run:``, or as a decorator.

    A decorated function gets the open recording as its first argument; each call records anew.

    Everything that can be wrong with the arguments and the manifest is told when the block is entered,
    before anything is computed. At its end the entry is written in one step; where the block raises, the
    entry says ``status = "failed"`` (unless a finished one of that id is there, which then stays) and the
    exception goes on.

    Args:
        id: the entry's name. An earlier recording of that name is replaced; other entries never are.
        method: what was done, as the manifest names methods.
        manifest: the ``.json`` file to write; arrays go into ``results/`` beside it.
        model: id or name of the network; else the name in the configuration of ``weights``.
        revision: commit, tag or step of its weights.
        weights: the network itself (anything with a ``state_dict()``), for the digest.
        prompts: the inputs, texts or JSON objects, or the path of a JSON-lines file of them.
        prompt_set: the id of the inputs, or the fields of their entry (``id``, ``templates``, ``heldout``).
        groups: the template of each prompt; intervals are then drawn over templates.
        seeds: those that were run; else the one that torch was given.
        draws: bootstrap samples behind each interval.
        **fields: other fields of the manifest's experiment, such as ``target`` and ``behaviour``.
    """
    refuse_own(id, fields)
    return Recording(
        Plan(
            fields={"id": id, "grade": "recorded", "method": method, **fields},
            manifest=Path(manifest),
            network=Network(model, revision, weights),
            inputs=Inputs(prompts, prompt_set),
            sampling=Sampling(draws, seeds[0] if seeds else 0, groups),
            seeds=tuple(seeds),
        )
    )
