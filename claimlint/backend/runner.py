"""Running specs unit by unit; each is in the manifest once it is done, so a killed run goes on from there."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from claimlint.backend.comparisons import comparison_digest, robustness_entry
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import PromptSet, prompt_set
from claimlint.backend.provenance import Provenance, versions
from claimlint.backend.specs import ModelSpec, RobustnessSpec, Spec, read_spec
from claimlint.backend.units import Entries, Unit, execute, units_of
from claimlint.errors import ClaimlintError, near_name
from claimlint.evidence import Experiment, Manifest, load_manifest, update_manifest
from claimlint.evidence.result_files import digest_of, read_arrays

Report = Callable[[str], None]


@dataclass(frozen=True)
class RunSummary:
    """Units by id."""

    ran: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True)
class Verification:
    """A second run beside the manifest's.

    Args:
        changed: what the two runs did not have in common: model, prompts, versions, settings.
        differences: array name -> largest absolute difference.
        tolerance: up to which differences are float rounding.
    """

    id: str
    changed: tuple[str, ...]
    differences: dict[str, float]
    tolerance: float

    @property
    def holds(self) -> bool:
        """Same inputs, same numbers; other versions alone do not speak against it."""
        same_inputs = not any(change.startswith(("model", "prompts")) for change in self.changed)
        return same_inputs and all(value <= self.tolerance for value in self.differences.values())


def run_specs(
    paths: Sequence[Path],
    *,
    device: str = "cpu",
    threads: int = 1,
    report: Report = lambda line: None,
) -> RunSummary:
    """Runs every unit of the specs that the manifest does not hold yet.

    Args:
        threads: of torch and of the linear algebra under scikit-learn; results are bit-equal only within one
            number, and small models are fastest with one.
    """
    with _threads(threads):
        return _run(paths, device, report)


def _run(paths: Sequence[Path], device: str, report: Report) -> RunSummary:
    jobs = [_Job(path, read_spec(path), device) for path in paths]
    todo: list[tuple[_Job, Unit]] = []
    kept: list[str] = []
    for job in jobs:
        present = job.present()
        for unit in units_of(job.spec):
            if job.is_done(unit, present):
                kept.append(unit.id)
            else:
                todo.append((job, unit))
    if kept:
        report(f"{len(kept)} finished units are kept")
    start = time.monotonic()
    for number, (job, unit) in enumerate(todo, start=1):
        began = time.monotonic()
        job.write(unit, execute(unit, job.provenance(unit, job.folder)))
        left = (time.monotonic() - start) / number * (len(todo) - number)
        took = time.monotonic() - began
        report(f"[{number}/{len(todo)}] {unit.id}: {took:.1f} s, about {left:.0f} s left")
    ran = [unit.id for _, unit in todo]
    for job in jobs:
        for comparison in job.spec.robustness:
            (ran if job.compare(comparison) else kept).append(comparison.id)
    return RunSummary(tuple(ran), tuple(kept))


def verify(
    paths: Sequence[Path], id: str, *, device: str = "cpu", threads: int = 1, tolerance: float = 1e-5
) -> Verification:
    """Runs the unit behind the manifest's entry ``id`` again and compares.

    Args:
        tolerance: relative to the largest outcome of the entry.
    """
    with _threads(threads):
        return _verify(paths, id, device, tolerance)


def _verify(paths: Sequence[Path], id: str, device: str, tolerance: float) -> Verification:
    known = []
    for job in (_Job(path, read_spec(path), device) for path in paths):
        present = job.present()
        known += list(present)
        entry = present.get(id)
        unit = next((unit for unit in units_of(job.spec) if _belongs(id, unit)), None)
        if entry is not None and unit is not None:
            return _compare(job, unit, entry, tolerance)
    raise ClaimlintError(
        f"no executed unit {id!r} of these specs.{near_name(id, known)}",
        "Only what a spec has run can be run again; a comparison of runs follows from the runs it compares.",
        "Give the spec file that made it, and the id of one of its experiments.",
    )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)


def _compare(job: _Job, unit: Unit, entry: Experiment, tolerance: float) -> Verification:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        again = {new.id: new for new in execute(unit, job.provenance(unit, folder))}
        new = again.get(entry.id)
        if new is None:
            return Verification(entry.id, ("settings: the spec no longer makes this entry",), {}, tolerance)
        differences: dict[str, float] = {}
        bound = 0.0
        for name, array in entry.arrays.items():
            before, after = read_arrays(job.folder, array), read_arrays(folder, new.arrays[name])
            for key in sorted(before.keys() | after.keys()):
                if key in before and key in after and before[key].shape == after[key].shape:
                    old, fresh = before[key].astype(np.float64), after[key].astype(np.float64)
                    differences[key] = float(np.abs(old - fresh).max(initial=0))
                    bound = max(bound, float(np.abs(old).max(initial=0)))
                else:
                    differences[key] = float("inf")
    return Verification(entry.id, tuple(_changes(entry, new)), differences, tolerance * bound)


def _changes(before: Experiment, after: Experiment) -> Iterator[str]:
    for what in ("model", "prompts"):
        if before.digests.get(what) != after.digests.get(what):
            yield f"{what}: {before.digests.get(what)} is now {after.digests.get(what)}"
    for field in ("versions", "settings"):
        old, new = getattr(before, field), getattr(after, field)
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                yield f"{field}: {name} {old.get(name)!r} is now {new.get(name)!r}"


def _belongs(id: str, unit: Unit) -> bool:
    return id == unit.id or id.startswith(unit.id + "/")


@dataclass(frozen=True, eq=False)
class _Job:
    """One spec file on one device."""

    path: Path
    spec: Spec
    device: str

    @property
    def manifest(self) -> Path:
        return (self.path.parent / self.spec.manifest).resolve()

    @property
    def folder(self) -> Path:
        return self.manifest.parent

    def present(self) -> dict[str, Experiment]:
        """Executed entries of the manifest by id."""
        if not self.manifest.exists():
            return {}
        entries = load_manifest(self.manifest).experiments
        return {entry.id: entry for entry in entries if entry.grade == "executed"}

    def provenance(self, unit: Unit, folder: Path) -> Provenance:
        model = self._model(unit)
        own = unit.experiment
        return Provenance(
            folder=folder,
            language_model=model,
            prompt_set=self._prompts(unit),
            model=unit.model,
            prompts=unit.prompts,
            stage=own.stage,
            behaviour=own.behaviour,
            supports=own.supports,
            shown_in=own.shown_in,
            corruption=own.corruption,
            further_digests={"unit": self._unit_digest(unit)},
        )

    def is_done(self, unit: Unit, present: dict[str, Experiment]) -> bool:
        """The manifest holds the unit, from the same spec, model, prompts and versions, with its results."""
        entries = [entry for id, entry in present.items() if _belongs(id, unit)]
        return self._holds(entries, self._unit_digest(unit))

    def compare(self, spec: RobustnessSpec) -> bool:
        """Compares the units of one experiment; says whether that was still to do."""
        present = self.present()
        compared = {
            unit: [entry for id, entry in present.items() if _belongs(id, unit)]
            for unit in units_of(self.spec)
            if unit.experiment.id == spec.of
        }
        earlier = [present[spec.id]] if spec.id in present else []
        if self._holds(earlier, comparison_digest(spec, compared)):
            return False
        entry = robustness_entry(spec, compared, self.folder)

        def with_comparison(manifest: Manifest) -> Manifest:
            others = tuple(other for other in manifest.experiments if other.id != spec.id)
            return manifest.model_copy(update={"experiments": (*others, entry)})

        update_manifest(self.manifest, with_comparison)
        return True

    def _holds(self, entries: Sequence[Experiment], digest: str) -> bool:
        """The entries were made from what the digest stands for, and their results are still there."""
        if not entries or any(entry.digests.get("unit") != digest for entry in entries):
            return False
        arrays = {array.path: array for entry in entries for array in entry.arrays.values()}
        try:
            for array in arrays.values():
                read_arrays(self.folder, array)
        except ClaimlintError:
            return False
        return True

    def write(self, unit: Unit, entries: Entries) -> None:
        """All entries of the unit in one step, in place of those that an earlier version of it left."""
        provenance = self.provenance(unit, self.folder)
        model, prompts = provenance.model_entry(), provenance.prompts_entry()

        def with_unit(manifest: Manifest) -> Manifest:
            # An entry written by hand stays: one id for two experiments is then reported, not settled here.
            others = tuple(
                entry
                for entry in manifest.experiments
                if entry.grade != "executed" or not _belongs(entry.id, unit)
            )
            models = {entry.id: entry for entry in (*manifest.models, model)}
            prompt_sets = {entry.id: entry for entry in (*manifest.prompt_sets, prompts)}
            return manifest.model_copy(
                update={
                    "models": tuple(models.values()),
                    "prompt_sets": tuple(prompt_sets.values()),
                    "experiments": (*others, *entries),
                }
            )

        update_manifest(self.manifest, with_unit)

    def _unit_digest(self, unit: Unit) -> str:
        """Changes with anything that the unit's numbers come from."""
        model, prompts = self._model(unit), self._prompts(unit)
        said = {
            "experiment": unit.experiment.model_dump(mode="json", exclude={"models", "prompts", "seeds"}),
            "seed": unit.seed,
            "model": model.digest,
            "configuration": model.configuration,
            "dtype": str(model.dtype),
            "prompts": prompts.digest,
            # Another tokenizer makes other ids of the same file.
            "tokens": prompt_set(prompts.prompts).digest,
            "device": self.device,
            "threads": torch.get_num_threads(),
            "versions": versions(),
        }
        return digest_of(json.dumps(said, sort_keys=True, default=str).encode())

    def _model(self, unit: Unit) -> LanguageModel:
        spec = next(model for model in self.spec.model if model.id == unit.model)
        return _loaded(self.path.parent, spec, self.device)

    def _prompts(self, unit: Unit) -> PromptSet:
        spec = next(prompts for prompts in self.spec.prompts if prompts.id == unit.prompts)
        return read_prompts(self.path.parent / spec.path, self._model(unit).tokenizer)


@lru_cache(maxsize=1)
def _loaded(folder: Path, spec: ModelSpec, device: str) -> LanguageModel:
    """One model is held at a time; units of one model follow each other in a spec."""
    local = folder / spec.path
    source = local if local.is_dir() else spec.path
    dtype = getattr(torch, spec.dtype)
    model = load_model(source, device=device, dtype=dtype, revision=spec.revision, name=spec.path)
    return replace(model, revision=spec.revision)
