"""Units one by one in this process, or several at a time in processes of their own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import TypeVar

from claimlint.backend.failures import result_or_error
from claimlint.backend.spec_runs import SpecRun, limited_threads
from claimlint.backend.units import Unit
from claimlint.errors import ClaimlintError, ResourceError


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

Result = TypeVar("Result")
Work = Callable[[SpecRun, Unit], Result]


def each(
    work: Work[Result], todo: Sequence[tuple[SpecRun, Unit]], machine: Machine
) -> Iterator[Result | ClaimlintError]:
    """What ``work`` makes of every unit, in their order, or the error that it ended in.

    Args:
        work: goes to other processes where there are several jobs, so a function of a module.

    Raises:
        ResourceError: disk or memory ran out; units that are then at work come to their end.
    """
    if machine.jobs == 1:
        for spec, unit in todo:
            yield result_or_error(partial(work, spec, unit))
        return
    # A forked copy of a process that has run torch may hang on the locks of its threads.
    context = get_context("spawn")
    with ProcessPoolExecutor(machine.jobs, mp_context=context, initializer=_end_with_parent) as pool:
        running: list[Future[Result]] = [
            pool.submit(_in_process, work, spec.path, unit.id, machine) for spec, unit in todo
        ]
        try:
            for future in running:
                yield result_or_error(future.result)
        except BrokenProcessPool as error:
            raise ResourceError(
                "a process that ran experiments was killed",
                "Memory may have run out: each job holds a copy of the model. Finished units are kept.",
                "Run again with fewer --jobs.",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _in_process(work: Work[Result], path: Path, id: str, machine: Machine) -> Result:
    with limited_threads(machine.threads):
        spec = SpecRun.read(path, machine.device, machine.dtype)
        return work(spec, next(unit for unit in spec.units if unit.id == id))


def _end_with_parent() -> None:
    """A process of the pool whose parent was killed would wait for units for ever, and hold its model.

    An interrupt from the keyboard goes to all of them; the parent tells it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()
