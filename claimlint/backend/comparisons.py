"""Robustness of an experiment: the same sweep over prompt sets, seeds and models, compared pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from claimlint.backend.pictures import agreement_plot, write_picture
from claimlint.backend.provenance import versions
from claimlint.backend.robustness import Configuration, robustness
from claimlint.backend.specs import RobustnessSpec
from claimlint.backend.units import Unit
from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import resample_weights, summarise
from claimlint.evidence.model import Experiment, Target
from claimlint.evidence.result_files import digest_of, read_arrays, write_arrays
from claimlint.evidence.statistics import FloatArray, given

Compared = Mapping[Unit, Sequence[Experiment]]


def robustness_entry(
    spec: RobustnessSpec, compared: Compared, folder: Path, *, into: Path | None = None
) -> Experiment:
    """Compares the units of one sweep; the components are its cells.

    Args:
        compared: entries of every unit.
        folder: where the manifest and its results lie.
        into: where the comparison's own results are written, if not there too.
    """
    if len(compared) < 2:
        raise ClaimlintError(
            f"{spec.of!r} was run {len(compared)} time",
            "Agreement is between runs over other prompts, seeds or models.",
            f"Give the experiment {spec.of!r} more prompts, seeds or models.",
        )
    effects = {
        Configuration(unit.prompts, unit.seed, unit.model): _shares(spec, entries, folder)
        for unit, entries in compared.items()
    }
    names = [_cells(unit, entries) for unit, entries in compared.items()]
    if any(cells != names[0] for cells in names):
        raise ClaimlintError(
            f"the runs of {spec.of!r} have different cells",
            "Only the same layers, heads and positions can be compared.",
            "Use models of one shape and prompts of one length, or name layers, heads and positions.",
        )
    result = robustness(effects, names[0], thresholds=spec.thresholds, bootstrap=spec.draws, seed=spec.seed)
    notes = {"axes": "prompts, components", "of": spec.of, "unit": "share of the total effect"}
    drawn = write_picture(into or folder, spec.id, agreement_plot(spec.id, result))
    models = {unit.model for unit in compared}
    arrays = write_arrays(into or folder, result.arrays(), notes)
    own = result.manifest_fields()
    return Experiment(
        **{
            **own,
            "id": spec.id,
            "grade": "executed",
            "status": "done",
            "behaviour": spec.behaviour,
            "target": _common_target(next(iter(compared.values()))),
            **given(model=models.pop() if len(models) == 1 else None),
            "versions": versions(),
            "digests": {"unit": comparison_digest(spec, compared)},
            "arrays": {"outcomes": arrays},
            **given(pictures=() if drawn is None else (drawn.relative_to(into or folder).as_posix(),)),
        }
    )


def comparison_digest(spec: RobustnessSpec, compared: Compared) -> str:
    """Changes with the spec and with anything that the compared runs came from."""
    units = [entries[0].digests["unit"] for entries in compared.values()]
    return digest_of("\n".join([spec.model_dump_json(), *units]).encode())


def _shares(spec: RobustnessSpec, entries: Sequence[Experiment], folder: Path) -> FloatArray:
    """Per-prompt effects on the sweep's main metric ``[prompts, cells]``, over the mean total effect.

    The total effect is that of the whole donor run; of an ablation, the clean outcome itself. Logits of two
    models have no common size, and neither would thresholds on them.
    """
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
    donor = found.get(f"{run}/donor")
    before, after = (np.zeros_like(base), base) if donor is None else (base, donor.astype(np.float64))
    total = summarise(before, after, resample_weights(len(base), spec.draws, spec.seed))
    if total.interval.low <= 0 <= total.interval.high or total.unchanged == 1:
        raise ClaimlintError(
            f"entry {first.id!r}: no {first.metrics[0]} to recover or to lose "
            f"({total.mean:.3g}, interval {total.interval.low:.3g} to {total.interval.high:.3g})",
            "Effects are compared as shares of the total effect, those of ablations of the clean outcome; "
            "where that cannot be told from zero, its shares are noise of any size.",
            "Use prompts that the model gets right and a corruption that matters to it, or another metric.",
        )
    shares: FloatArray = (patched - base).T / total.mean
    return shares


def _common_target(entries: Sequence[Experiment]) -> Target:
    """All parts that were edited, one at a time."""
    targets = [entry.target for entry in entries]
    sites = {target.site for target in targets}
    return Target(
        layer=tuple(sorted({layer for target in targets for layer in target.layer})),
        joint=False,
        **given(
            head=tuple(dict.fromkeys(head for target in targets for head in target.head)),
            site=sites.pop() if len(sites) == 1 else None,
        ),
    )


def _cells(unit: Unit, entries: Sequence[Experiment]) -> list[str]:
    return [entry.id.removeprefix(unit.id).removeprefix("/") or unit.experiment.id for entry in entries]
