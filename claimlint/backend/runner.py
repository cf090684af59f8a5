"""Running specs unit by unit; each is in the manifest once it is done, so a killed run goes on from there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from claimlint.backend.jobs import DEFAULT_MACHINE, Machine, each
from claimlint.backend.progress import Say, silent, time_left
from claimlint.backend.spec_runs import SpecRun, limited_threads
from claimlint.backend.units import Unit


@dataclass(frozen=True)
class RunSummary:
    """Units by id."""

    ran: tuple[str, ...]
    kept: tuple[str, ...]


def run_specs(
    paths: Sequence[Path], machine: Machine = DEFAULT_MACHINE, *, report: Say = silent, progress: Say = silent
) -> RunSummary:
    """Runs every unit of the specs that the manifest does not hold yet.

    Args:
        report: told of every unit that is done.
        progress: told how far the unit at work has come, where one job is at work.
    """
    with limited_threads(machine.threads):
        specs = [SpecRun.read(path, machine.device, machine.dtype) for path in paths]
        todo: list[tuple[SpecRun, Unit]] = []
        kept: list[str] = []
        for spec in specs:
            present = spec.present()
            for unit in spec.units:
                if spec.is_done(unit, present):
                    kept.append(unit.id)
                else:
                    todo.append((spec, unit))
        if kept:
            report(f"{len(kept)} finished units are kept")
        ran = [unit.id for _, unit in todo]
        left = time_left()
        work = partial(_run, progress=progress if machine.jobs == 1 else silent)
        for number, took in enumerate(each(work, todo, machine), start=1):
            report(f"[{number}/{len(todo)}] {ran[number - 1]}: {took:.1f} s, {left(number, len(todo))}")
        for spec in specs:
            for comparison in spec.spec.robustness:
                (ran if spec.compare(comparison) else kept).append(comparison.id)
        return RunSummary(tuple(ran), tuple(kept))


def _run(spec: SpecRun, unit: Unit, progress: Say) -> float:
    """Returns the seconds that it took."""
    began = time.monotonic()
    spec.run(unit, progress)
    return time.monotonic() - began
