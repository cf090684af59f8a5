"""Running specs unit by unit; each is in the manifest once it is done, so a killed run goes on from there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from claimlint.backend.spec_runs import SpecRun, limited_threads
from claimlint.backend.units import Unit
from claimlint.errors import ClaimlintError

Report = Callable[[str], None]
Todo = Sequence[tuple[SpecRun, Unit]]


@dataclass(frozen=True)
class RunSummary:
    """Units by id."""

    ran: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True)
class Machine:
    """Where and how specs are run.

    Args:
        dtype: of all models, in place of what the specs say.
        threads: of each process; results are bit-equal only within one number, and small models are fastest
            with one.
        jobs: units that run at a time, each in a process of its own with its own copy of the model.
    """

    device: str = "cpu"
    dtype: str | None = None
    threads: int = 1
    jobs: int = 1


DEFAULT_MACHINE = Machine()


def run_specs(
    paths: Sequence[Path], machine: Machine = DEFAULT_MACHINE, *, report: Report = lambda line: None
) -> RunSummary:
    """Runs every unit of the specs that the manifest does not hold yet."""
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
        start = time.monotonic()
        done = _one_by_one(todo) if machine.jobs == 1 else _side_by_side(todo, machine)
        for number, (id, took) in enumerate(done, start=1):
            left = (time.monotonic() - start) / number * (len(todo) - number)
            report(f"[{number}/{len(todo)}] {id}: {took:.1f} s, about {left:.0f} s left")
        ran = [unit.id for _, unit in todo]
        for spec in specs:
            for comparison in spec.spec.robustness:
                (ran if spec.compare(comparison) else kept).append(comparison.id)
        return RunSummary(tuple(ran), tuple(kept))


def _one_by_one(todo: Todo) -> Iterator[tuple[str, float]]:
    for spec, unit in todo:
        began = time.monotonic()
        spec.run(unit)
        yield unit.id, time.monotonic() - began


def _side_by_side(todo: Todo, machine: Machine) -> Iterator[tuple[str, float]]:
    """The first unit that fails ends the run; those that are then at work come to their end."""
    # A forked copy of a process that has run torch may hang on the locks of its threads.
    with ProcessPoolExecutor(machine.jobs, mp_context=get_context("spawn")) as pool:
        running: dict[Future[float], str] = {
            pool.submit(_run_unit, spec.path, unit.id, machine): unit.id for spec, unit in todo
        }
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        except BrokenProcessPool as error:
            raise ClaimlintError(
                "a process that ran experiments was killed",
                "Memory may have run out: each job holds a copy of the model. Finished units are kept.",
                "Run again with fewer --jobs.",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _run_unit(path: Path, id: str, machine: Machine) -> float:
    """In a process of its own; returns the seconds that it took."""
    began = time.monotonic()
    with limited_threads(machine.threads):
        spec = SpecRun.read(path, machine.device, machine.dtype)
        spec.run(next(unit for unit in spec.units if unit.id == id))
    return time.monotonic() - began
