"""Running experiments again, and comparing with what the manifest says of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from claimlint.backend.comparisons import robustness_entry
from claimlint.backend.failures import result_or_error
from claimlint.backend.jobs import DEFAULT_MACHINE, Machine, each
from claimlint.backend.progress import Say, silent
from claimlint.backend.spec_runs import SpecRun, belongs, limited_threads
from claimlint.backend.specs import RobustnessSpec
from claimlint.backend.units import Unit
from claimlint.errors import ClaimlintError, located, near_name
from claimlint.evidence import Experiment
from claimlint.evidence.result_files import read_arrays

TOLERANCE = 1e-5
"""Relative to the largest value; what float32 may differ by between machines."""

FLIPS = 0.005
"""Share of prompts whose outcome may turn from right to wrong, where a margin is smaller than rounding."""

AnyArray = npt.NDArray[Any]

_NO_RESULTS = {
    *("id", "versions", "settings", "digests", "arrays", "instances", "note", "seeds", "dim"),
    "peak_memory_mb",  # of the process, whatever else it did
}


@dataclass(frozen=True)
class Difference:
    """Between two runs: the largest one of an array or of an entry's numbers, relative to the largest.

    ``size`` is infinite where only one run has it, or in another shape.
    """

    what: str
    size: float
    allowed: float

    @property
    def holds(self) -> bool:
        return self.size <= self.allowed


@dataclass(frozen=True)
class Verification:
    """A second run beside the manifest's.

    Args:
        id: of the entry, or of the experiment where all its entries are compared.
        changed: what the two runs did not have in common: model, prompts, versions, settings.
        error: what the second run ended in, where there is nothing to compare.
    """

    id: str
    changed: tuple[str, ...]
    differences: tuple[Difference, ...]
    error: ClaimlintError | None = None

    @property
    def holds(self) -> bool:
        """Same inputs, same numbers; other versions alone do not speak against it."""
        same = not any(change.startswith(("model", "prompts", "entries")) for change in self.changed)
        return self.error is None and same and all(difference.holds for difference in self.differences)


def verify(
    paths: Sequence[Path], id: str, machine: Machine = DEFAULT_MACHINE, *, tolerance: float = TOLERANCE
) -> Verification:
    """Runs the experiment behind the manifest's entry ``id`` again and compares.

    Args:
        id: of an entry, or of an experiment with all its entries.
    """
    known: list[str] = []
    with limited_threads(machine.threads):
        for path in paths:
            spec = SpecRun.read(path, machine.device, machine.dtype)
            present = spec.present()
            known += [*present]
            for unit in spec.units:
                known += [unit.id]
                entries = {
                    name: entry
                    for name, entry in present.items()
                    if belongs(name, unit) and id in (name, unit.id)
                }
                if entries:
                    with located(f"{path}: experiment {unit.id!r}"):
                        return _verified(spec, unit, id, entries, tolerance)
    raise ClaimlintError(
        f"no executed unit {id!r} of these specs.{near_name(id, known)}",
        "Only what a spec has run can be run again; a comparison of runs follows from the runs it compares.",
        "Give the spec file that made it, and the id of one of its experiments.",
    )


def verify_all(
    paths: Sequence[Path],
    machine: Machine = DEFAULT_MACHINE,
    *,
    tolerance: float = TOLERANCE,
    report: Say = silent,
    progress: Say = silent,
) -> tuple[Verification, ...]:
    """Runs everything again that the specs ask for; what the manifest lacks, or fails now, does not hold.

    Args:
        report, progress: see ``run_specs``.
    """
    found = []
    with limited_threads(machine.threads):
        specs = [SpecRun.read(path, machine.device, machine.dtype) for path in paths]
        units = [(spec, unit) for spec in specs for unit in spec.units]
        work = partial(
            _verified_unit, tolerance=tolerance, progress=progress if machine.jobs == 1 else silent
        )
        for (_, unit), result in zip(units, each(work, units, machine), strict=True):
            found.append(_or_failed(unit.id, result))
            told = "holds" if found[-1].holds else "does not hold"
            report(f"[{len(found)}/{len(units)}] {unit.id}: {told}")
        for spec in specs:
            for comparison in spec.spec.robustness:
                result = result_or_error(partial(_comparison, spec, comparison, tolerance))
                found.append(_or_failed(comparison.id, result))
    return tuple(found)


def _or_failed(id: str, result: Verification | ClaimlintError) -> Verification:
    return Verification(id, (), (), result) if isinstance(result, ClaimlintError) else result


def _verified_unit(spec: SpecRun, unit: Unit, tolerance: float, progress: Say) -> Verification:
    entries = {name: entry for name, entry in spec.present().items() if belongs(name, unit)}
    return _verified(spec, unit, unit.id, entries, tolerance, progress)


def _verified(
    spec: SpecRun,
    unit: Unit,
    id: str,
    entries: dict[str, Experiment],
    tolerance: float,
    progress: Say = silent,
) -> Verification:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        again = {new.id: new for new in spec.entries(unit, folder, progress)}
        expected = again if id == unit.id else entries.keys()
        return _compared(
            id,
            entries,
            {name: again[name] for name in again if name in expected},
            spec.folder,
            folder,
            tolerance,
        )


def _comparison(spec: SpecRun, comparison: RobustnessSpec, tolerance: float) -> Verification:
    """A comparison of runs follows from the manifest's entries of these runs."""
    present = spec.present()
    before = {comparison.id: present[comparison.id]} if comparison.id in present else {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        again = robustness_entry(comparison, spec.compared(comparison, present), spec.folder, into=folder)
        return _compared(comparison.id, before, {again.id: again}, spec.folder, folder, tolerance)


def _compared(
    id: str,
    before: dict[str, Experiment],
    after: dict[str, Experiment],
    folder: Path,
    scratch: Path,
    tolerance: float,
) -> Verification:
    """Entry by entry; arrays that several entries share are compared once."""
    changed = [f"entries: only one of the two runs has {name}" for name in before.keys() ^ after.keys()]
    arrays: dict[str, tuple[Difference, ...]] = {}
    numbers: list[Difference] = []
    for name in (name for name in before if name in after):
        old, new = before[name], after[name]
        changed += [change for change in _changes(old, new) if change not in changed]
        for which, array in old.arrays.items():
            if array.path not in arrays:
                found, fresh = read_arrays(folder, array), read_arrays(scratch, new.arrays[which])
                arrays[array.path] = tuple(_array_differences(found, fresh, tolerance))
        mine = [difference for array in old.arrays.values() for difference in arrays[array.path]]
        flipped = any(difference.size > 0 and difference.allowed == FLIPS for difference in mine)
        numbers.append(_number_difference(old, new, FLIPS if flipped else tolerance))
    every = [difference for found in arrays.values() for difference in found]
    return Verification(id, tuple(sorted(changed)), (*every, *numbers))


def _array_differences(
    before: dict[str, AnyArray], after: dict[str, AnyArray], tolerance: float
) -> Iterator[Difference]:
    largest = max((_largest(values) for values in before.values() if not _is_binary(values)), default=0.0)
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after or before[name].shape != after[name].shape:
            yield Difference(name, float("inf"), tolerance)
            continue
        old, new = before[name].astype(np.float64), after[name].astype(np.float64)
        if _is_binary(old) and _is_binary(new):
            yield Difference(name, float((old != new).mean()) if old.size else 0.0, FLIPS)
        else:
            yield Difference(name, _largest(old - new) / (largest or 1.0), tolerance)


def _number_difference(before: Experiment, after: Experiment, allowed: float) -> Difference:
    """Of everything in two entries that was measured."""
    old, new = (dict(_numbers(entry.model_dump(exclude=_NO_RESULTS))) for entry in (before, after))
    if old.keys() != new.keys():
        return Difference(f"numbers of {before.id}", float("inf"), allowed)
    largest = max(map(abs, old.values()), default=0.0) or 1.0
    return Difference(
        f"numbers of {before.id}", max((abs(old[at] - new[at]) for at in old), default=0.0) / largest, allowed
    )


def _numbers(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], float]]:
    """Every number in nested tables and lists, with the keys that lead to it."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _numbers(member, (*place, key))
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from _numbers(member, (*place, index))
    elif isinstance(value, int | float):
        yield place, float(value)


def _is_binary(values: AnyArray) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def _largest(values: AnyArray) -> float:
    return float(np.abs(values.astype(np.float64)).max(initial=0))


def _short(digest: str | None) -> str:
    return digest[: len("sha256:") + 12] if digest else "none"


def _changes(before: Experiment, after: Experiment) -> Iterator[str]:
    for what in ("model", "prompts"):
        if before.digests.get(what) != after.digests.get(what):
            yield f"{what}: {_short(before.digests.get(what))} is now {_short(after.digests.get(what))}"
    for field in ("versions", "settings"):
        old, new = getattr(before, field), getattr(after, field)
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                yield f"{field}: {name} {old.get(name)!r} is now {new.get(name)!r}"
