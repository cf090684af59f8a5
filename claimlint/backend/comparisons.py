"""Robustness of an experiment: the same sweep over prompt sets, seeds and models, compared pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from claimlint.backend.provenance import versions
from claimlint.backend.result_files import digest_of, read_arrays, write_arrays
from claimlint.backend.robustness import Configuration, robustness
from claimlint.backend.specs import RobustnessSpec
from claimlint.backend.statistics import FloatArray
from claimlint.backend.units import Unit
from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Experiment

Compared = Mapping[Unit, Sequence[Experiment]]


def robustness_entry(spec: RobustnessSpec, compared: Compared, folder: Path) -> Experiment:
    """Compares the units of one sweep; the components are its cells.

    Args:
        compared: entries of every unit.
        folder: where the manifest and its results lie.
    """
    if len(compared) < 2:
        raise ClaimlintError(
            f"robustness {spec.id!r}: {spec.of!r} was run {len(compared)} time",
            "Agreement is between runs over other prompts, seeds or models.",
            f"Give the experiment {spec.of!r} more prompts, seeds or models.",
        )
    effects = {
        Configuration(unit.prompts, unit.seed, unit.model): _effects(entries, folder)
        for unit, entries in compared.items()
    }
    names = [_cells(unit, entries) for unit, entries in compared.items()]
    if any(cells != names[0] for cells in names):
        raise ClaimlintError(
            f"robustness {spec.id!r}: the runs of {spec.of!r} have different cells",
            "Only the same layers, heads and positions can be compared.",
            "Use models of one shape and prompts of one length, or name layers, heads and positions.",
        )
    result = robustness(effects, names[0], thresholds=spec.thresholds, bootstrap=spec.draws, seed=spec.seed)
    arrays = write_arrays(folder, result.arrays(), {"axes": "prompts, components", "of": spec.of})
    own = result.manifest_fields()
    return Experiment(
        **{
            **own,
            "id": spec.id,
            "grade": "executed",
            "status": "done",
            "behaviour": spec.behaviour,
            "versions": versions(),
            "digests": {"unit": comparison_digest(spec, compared)},
            "arrays": {"outcomes": arrays},
        }
    )


def comparison_digest(spec: RobustnessSpec, compared: Compared) -> str:
    """Changes with the spec and with anything that the compared runs came from."""
    units = [entries[0].digests["unit"] for entries in compared.values()]
    return digest_of("\n".join([spec.model_dump_json(), *units]).encode())


def _effects(entries: Sequence[Experiment], folder: Path) -> FloatArray:
    """Per-prompt effects of the sweep's main metric ``[prompts, cells]``."""
    first = entries[0]
    found = read_arrays(folder, first.arrays["outcomes"])
    run = f"{first.replacement[0]}/{first.metrics[0]}" if first.replacement else ""
    if f"{run}/patched" not in found:
        raise ClaimlintError(
            f"entry {first.id!r}: its arrays hold no patched outcomes",
            "Robustness compares the effects of interventions, cell by cell.",
            "Point it at activation patching, ablation or path patching.",
        )
    patched, base = (np.asarray(found[f"{run}/{name}"], dtype=np.float64) for name in ("patched", "base"))
    change: FloatArray = (patched - base).T
    return change


def _cells(unit: Unit, entries: Sequence[Experiment]) -> list[str]:
    return [entry.id.removeprefix(unit.id).removeprefix("/") or unit.experiment.id for entry in entries]
