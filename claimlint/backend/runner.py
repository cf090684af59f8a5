"""Running specs unit by unit; each is in the manifest once it is done, so a killed run goes on from there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from claimlint.backend.failures import failed_units, result_or_error
from claimlint.backend.jobs import DEFAULT_MACHINE, Machine, each
from claimlint.backend.progress import Say, silent, time_left
from claimlint.backend.spec_runs import SpecRun, limited_threads
from claimlint.backend.units import Unit, verifier_of
from claimlint.errors import ClaimlintError

Task = tuple[SpecRun, Unit]


@dataclass(frozen=True)
class RunSummary:
    """Units by id."""

    ran: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass
class _Tally:
    """Units by id, while they are run; failures by spec too, since two specs may use one id; and what was
    remarked of their prompts, each thing once.
    """

    ran: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: dict[tuple[Path, str], ClaimlintError] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)


def run_specs(
    paths: Sequence[Path], machine: Machine = DEFAULT_MACHINE, *, report: Say = silent, progress: Say = silent
) -> RunSummary:
    """Runs every unit of the specs that the manifest does not hold yet.

    Args:
        report: told of every unit that is done.
        progress: told how far the unit at work has come, where one job is at work.

    Raises:
        ClaimlintError: at the end, of all units that failed; at once, where nothing more could be written.
    """
    tally = _Tally()
    with limited_threads(machine.threads):
        specs = [SpecRun.read(path, machine.device, machine.dtype) for path in paths]
        todo = [*_to_do(specs, tally)]
        if tally.kept:
            report(f"finished and kept: {len(tally.kept)}")
        for remark in filter(None, tally.remarks):
            report(remark)
        _run_all(todo, machine, tally, report, progress)
        _compare_all(specs, tally)
    if tally.failed:
        raise failed_units(tally.failed, len(tally.failed) + len(tally.ran) + len(tally.kept))
    return RunSummary(tuple(tally.ran), tuple(tally.kept))


def _to_do(specs: Sequence[SpecRun], tally: _Tally) -> Iterator[Task]:
    for spec in specs:
        present = spec.present()
        for unit in spec.units:
            done = result_or_error(partial(spec.is_done, unit, present))
            if isinstance(done, ClaimlintError):
                tally.failed[spec.path, unit.id] = done
            elif done:
                tally.kept.append(unit.id)
            else:
                # Here, where the unit's model is loaded.
                tally.remarks[spec.remark(unit)] = None
                yield spec, unit


def _run_all(todo: Sequence[Task], machine: Machine, tally: _Tally, report: Say, progress: Say) -> None:
    left = time_left()
    work = partial(_run, progress=progress if machine.jobs == 1 else silent)
    for number, ((spec, unit), took) in enumerate(_results(work, todo, machine), start=1):
        if isinstance(took, ClaimlintError):
            tally.failed[spec.path, unit.id] = took
            said = "failed"
        else:
            tally.ran.append(unit.id)
            said = f"{took:.1f} s"
        report(f"[{number}/{len(todo)}] {unit.id}: {said}, {left(number, len(todo))}")


def _results(
    work: Callable[[SpecRun, Unit], float], todo: Sequence[Task], machine: Machine
) -> Iterator[tuple[Task, float | ClaimlintError]]:
    """Estimates come last: they name exact entries, which several jobs would not have finished in time."""
    for estimates in (False, True):
        wave = [task for task in todo if bool(verifier_of(task[1])) is estimates]
        yield from zip(wave, each(work, wave, machine), strict=True)


def _run(spec: SpecRun, unit: Unit, progress: Say) -> float:
    """Returns the seconds that it took."""
    began = time.monotonic()
    spec.run(unit, progress)
    return time.monotonic() - began


def _compare_all(specs: Sequence[SpecRun], tally: _Tally) -> None:
    for spec in specs:
        for comparison in spec.spec.robustness:
            failed = {id for path, id in tally.failed if path == spec.path}
            new = result_or_error(partial(spec.compare, comparison, failed))
            if isinstance(new, ClaimlintError):
                tally.failed[spec.path, comparison.id] = new
            else:
                (tally.ran if new else tally.kept).append(comparison.id)
