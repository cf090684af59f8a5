"""One spec file on one device: what its manifest holds, what is still to do, and how a unit is run for it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from claimlint.backend.comparisons import comparison_digest, robustness_entry
from claimlint.backend.failures import memory_told
from claimlint.backend.language_model import LanguageModel, load_model
from claimlint.backend.progress import Say, cells_done, silent
from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import PromptSet, prompt_set
from claimlint.backend.provenance import Provenance, versions
from claimlint.backend.specs import ModelSpec, PromptsSpec, RobustnessSpec, Spec, read_spec
from claimlint.backend.units import Entries, Unit, execute, units_of
from claimlint.errors import ClaimlintError
from claimlint.evidence import Experiment, Manifest, load_manifest, update_manifest
from claimlint.evidence.result_files import digest_of, read_arrays


@dataclass(frozen=True, eq=False)
class SpecRun:
    """One spec file on one device.

    Args:
        unloadable: models that could not be had; the hub is asked once.
    """

    path: Path
    spec: Spec
    device: str
    unloadable: dict[str, ClaimlintError] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, device: str, dtype: str | None = None) -> SpecRun:
        """The spec in this file.

        Args:
            dtype: of all its models, in place of their own.
        """
        spec = read_spec(path)
        if dtype is not None:
            models = tuple(ModelSpec(**{**vars(model), "dtype": dtype}) for model in spec.model)
            spec = spec.model_copy(update={"model": models})
        return cls(path, spec, device)

    @property
    def units(self) -> tuple[Unit, ...]:
        return units_of(self.spec)

    def run(self, unit: Unit, progress: Say = silent) -> None:
        """Runs the unit; its entries are in the manifest when this returns, and none of them before."""
        self.write(unit, self.entries(unit, self.folder, progress))

    def entries(self, unit: Unit, folder: Path, progress: Say = silent) -> Entries:
        """Runs the unit, its raw results going below the folder."""
        with memory_told(f"{self.path}: experiment {unit.id!r}"):
            return execute(unit, self.provenance(unit, folder), cells_done(unit.id, progress))

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
            heldout=self._prompts_spec(unit).heldout,
            further_digests={"unit": self._unit_digest(unit)},
        )

    def is_done(self, unit: Unit, present: dict[str, Experiment]) -> bool:
        """The manifest holds the unit, from the same spec, model, prompts and versions, with its results."""
        entries = [entry for id, entry in present.items() if belongs(id, unit)]
        return self._holds(entries, self._unit_digest(unit))

    def remark(self, unit: Unit) -> str:
        """What people should know of the unit's prompts."""
        return self._prompts(unit).remark

    def compared(self, spec: RobustnessSpec, present: dict[str, Experiment]) -> dict[Unit, list[Experiment]]:
        """The entries of every unit that a comparison is about."""
        found = {
            unit: [entry for id, entry in present.items() if belongs(id, unit)]
            for unit in self.units
            if unit.experiment.id == spec.of
        }
        _require_all(spec, [unit.id for unit, entries in found.items() if not entries])
        return found

    def compare(self, spec: RobustnessSpec, failed: Collection[str] = ()) -> bool:
        """Compares the units of one experiment; says whether that was still to do.

        Args:
            failed: ids of units whose entries, if there are any, are those of an earlier version.
        """
        present = self.present()
        of = [unit.id for unit in self.units if unit.experiment.id == spec.of]
        _require_all(spec, [id for id in of if id in failed])
        compared = self.compared(spec, present)
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
        """The entries were made from what the digest stands for, and their files are still there."""
        if not entries or any(entry.digests.get("unit") != digest for entry in entries):
            return False
        if not all((self.folder / name).is_file() for entry in entries for name in entry.pictures):
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
            _require_exact(entries, manifest)
            # An entry written by hand stays: one id for two experiments is then reported, not settled here.
            others = tuple(
                entry
                for entry in manifest.experiments
                if entry.grade != "executed" or not belongs(entry.id, unit)
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
        if unit.model in self.unloadable:
            raise self.unloadable[unit.model]
        spec = next(model for model in self.spec.model if model.id == unit.model)
        try:
            return loaded(self.path.parent, spec, self.device)
        except ClaimlintError as error:
            self.unloadable[unit.model] = error
            raise

    def _prompts(self, unit: Unit) -> PromptSet:
        spec = self._prompts_spec(unit)
        read = read_prompts(self.path.parent / spec.path, self._model(unit).tokenizer)
        return replace(read, id=spec.name or read.id)

    def _prompts_spec(self, unit: Unit) -> PromptsSpec:
        return next(prompts for prompts in self.spec.prompts if prompts.id == unit.prompts)


@lru_cache(maxsize=1)
def loaded(folder: Path, spec: ModelSpec, device: str) -> LanguageModel:
    """One model is held at a time; units of one model follow each other in a spec."""
    dtype = getattr(torch, spec.dtype)
    with memory_told(f"model {spec.id!r}"):
        model = load_model(
            spec.path,
            device=device,
            dtype=dtype,
            revision=spec.revision,
            name=spec.name or spec.path,
            folder=folder,
        )
    return replace(model, revision=spec.revision)


def _require_exact(entries: Entries, manifest: Manifest) -> None:
    known = {entry.id for entry in manifest.experiments}
    missing = [id for entry in entries for id in entry.verified_by if id not in known]
    if missing:
        raise ClaimlintError(
            f"verified_by: the manifest has no {missing[0]!r} ({len(missing)} such entries)",
            "Estimates would lean on exact runs that are not there.",
            "Name an experiment that patches the same cells, on the same models, prompts and seeds.",
        )


def _require_all(spec: RobustnessSpec, missing: Sequence[str]) -> None:
    if missing:
        raise ClaimlintError(
            f"no results of {', '.join(missing)}",
            "A comparison without them would pass for one of all that the spec names.",
            "Run these first.",
        )


def belongs(id: str, unit: Unit) -> bool:
    """Whether an entry of this id is one of the unit's."""
    return id == unit.id or id.startswith(unit.id + "/")


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """Threads of torch and of the linear algebra under scikit-learn."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)
