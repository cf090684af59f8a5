"""``claimlint.record``: what one's own script ran becomes a manifest entry, graded ``recorded``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, Literal, ParamSpec, Self, TypeVar

import numpy.typing as npt

from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import Direction
from claimlint.evidence.entries import manifest_of
from claimlint.evidence.manifest import check_ids
from claimlint.evidence.model import Effect, Experiment, Instance, Manifest, UnitLevel
from claimlint.evidence.result_files import write_arrays, write_instances
from claimlint.evidence.statistics import given, same_length
from claimlint.evidence.store import check_writable, present, update_manifest, with_entries
from claimlint.recording.arrays import as_array
from claimlint.recording.circumstances import code_state, torch_seed, versions
from claimlint.recording.measurements import Change, Rates, Sampling, score
from claimlint.recording.studied import Inputs, Network

Given = ParamSpec("Given")
Result = TypeVar("Result")

#: What the recording writes itself.
_OWN = ("grade", "status", "model", "prompts", "effect", "further_effects", "unit", "instances", "arrays")


def refuse_own(id: str, fields: Mapping[str, Any]) -> None:
    """Raise where a field is given that the recording writes by itself."""
    wrong = [name for name in _OWN if name in fields]
    if wrong:
        raise ClaimlintError(
            f"record({id!r}): {', '.join(wrong)} cannot be given",
            "These fields are written from what the block measures.",
            "Use run.outcomes(...), run.rates(...), run.score(...) and run.arrays(...) inside the block.",
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """What `record` was called with."""

    fields: Mapping[str, Any]
    manifest: Path
    network: Network
    inputs: Inputs
    sampling: Sampling
    seeds: tuple[int, ...]


class Recording:
    """An experiment that is being recorded; made by `record`."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._folder = plan.manifest.resolve().parent
        self._fields: dict[str, Any] = dict(plan.fields)
        self._effects: list[Effect] = []
        self._means: list[Effect] = []
        self._unit: UnitLevel | None = None
        self._instances: list[Instance] = []
        self._arrays: dict[str, npt.NDArray[Any]] = {}
        self._axes: dict[str, str] = {}

    def __call__(self, function: Callable[Concatenate[Recording, Given], Result]) -> Callable[Given, Result]:
        @functools.wraps(function)
        def recorded(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            with Recording(self._plan) as run:
                return function(run, *args, **kwargs)

        return recorded

    def __enter__(self) -> Self:
        place, id = self._plan.manifest, self._fields["id"]
        if self._effects or self._arrays:
            raise ClaimlintError(
                f"record({id!r}): this recording has been used already",
                "The numbers of two runs would stand in one entry.",
                "Call record(...) anew for each block, or decorate a function with it.",
            )
        check_writable(place)
        manifest = present(place)
        self._earlier = manifest.experiment(id)
        if self._earlier and self._earlier.grade != "recorded" and self._earlier.status != "planned":
            raise ClaimlintError(
                f'{place}: experiment "{id}" is {self._earlier.grade}, and not recorded',
                "Recording under its id would replace an entry that did not come from this script.",
                "Give the recording another id.",
            )
        self._model = self._plan.network.entry(manifest, place)
        self._prompts = self._plan.inputs.known(manifest, place)
        if self._prompts and self._prompts.entry.n is not None:
            same_length(self._prompts.entry.n, groups=self._plan.sampling.groups)
        self._check()
        self._code = code_state(place)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        elif not (self._earlier and self._earlier.status == "done"):
            try:
                self._write(status="failed", note=f"{type(error).__name__}: {error}".rstrip(": "))
            except ClaimlintError as unwritten:
                error.add_note(f"claimlint could not record the failure: {unwritten}")

    def outcomes(
        self,
        metric: str,
        *,
        before: Any,
        after: Any,
        reference: Any = None,
        unit: str = "",
        donors: Sequence[str] = (),
        better: Literal["higher", "lower"] = "higher",
    ) -> Effect:
        """One metric of every prompt before and after the edit; the first one recorded is the main effect.

        Args:
            before, after: ``[prompts]``, in the order of the prompts; booleans are right or wrong answers.
            reference: the same metric in the run that activations were taken from; the effect is then also
                given as a share of the whole difference.
            unit: of the metric, where its name does not tell.
            donors: the prompt whose activation each prompt received.
            better: which way helps a prompt.

        Returns:
            The mean change with its bootstrap interval over prompts (or groups).
        """
        change = Change.read(metric, before, after, reference, unit)
        ids = self._ids(metric, len(change.before))
        same_length(len(ids), donors=donors or None)
        effect, means = change.effects(self._plan.sampling)
        if self._unit is None:
            self._unit = change.shares(self._direction(), better, self._plan.sampling)
            self._instances = list(change.instances(ids, donors))
        self._effects.append(effect)
        self._means += means
        self._arrays |= change.arrays()
        return effect

    def rates(self, metric: str, *, before: float, after: float, n: int | None = None) -> Effect:
        """Shares of right answers before and after the edit, where no prompt's own pair of outcomes is known.

        They bound the share of prompts that were turned around (Tian and Pearl 2000), and say of no prompt
        that it was one of them.

        Args:
            before, after: from 0 to 1, over the same prompts.
            n: how many prompts there were.

        Returns:
            The change, in points.
        """
        rates = Rates.read(metric, before, after, n)
        effect, means = rates.effects()
        if self._unit is None:
            self._unit = rates.bounds(self._direction())
        self._effects.append(effect)
        self._means += means
        return effect

    def score(self, metric: str, values: Any, *, unit: str = "") -> Effect:
        """A number that was read off, such as a probe's accuracy; the first one recorded is the main result.

        Args:
            values: the number, or ``[prompts]``: right or wrong, or one value each, for the mean and its
                interval.
            unit: of the number, where the metric's name does not tell.
        """
        effect, array = score(metric, values, unit, self._plan.sampling)
        if array is not None:
            self._ids(metric, len(array))
            self._arrays[metric] = array
        self._effects.append(effect)
        return effect

    def arrays(self, axes: str = "", **arrays: Any) -> None:
        """Keep raw results beside the manifest; ``axes`` says what their dimensions are."""
        for name, values in arrays.items():
            self._arrays[name] = as_array(name, values)
            self._axes |= given(**{name: axes})

    def set(self, **fields: Any) -> None:
        """Set other fields of the entry once they are known, such as ``controls`` or ``circuit``."""
        refuse_own(self._fields["id"], fields)
        self._check(**fields)
        self._fields |= fields

    def _ids(self, metric: str, n: int) -> tuple[str, ...]:
        """The prompts' ids; without known prompts, their numbers."""
        same_length(n, groups=self._plan.sampling.groups)
        known = self._prompts
        if known and known.ids is not None:
            same_length(len(known.ids), **{metric: range(n)})
            return known.ids
        if known and known.entry.n is not None:
            same_length(known.entry.n, **{metric: range(n)})
        return tuple(map(str, range(n)))

    def _direction(self) -> Direction | None:
        """Whether the edit takes something away (noising, ablation) or puts it in (denoising)."""
        return "noising" if self._fields["method"] == "ablation" else self._fields.get("direction")

    def _experiment(self, **more: Any) -> Experiment:
        """The entry as far as it goes, checked against the schema."""
        fields = {**self._fields, **more}
        named = given(
            model=self._model.id if self._model else None,
            prompts=self._prompts.entry.id if self._prompts else None,
        )
        data = {"experiments": [{**fields, **named}]}
        return manifest_of(data, f"record({fields['id']!r})").experiments[0]

    def _check(self, **more: Any) -> None:
        """Raise where the entry would not fit, by itself or into the manifest."""
        check_ids(self._plan.manifest, self._into(present(self._plan.manifest), self._experiment(**more)))

    def _into(self, manifest: Manifest, entry: Experiment) -> Manifest:
        return with_entries(
            manifest,
            [entry],
            models=[self._model] if self._model else [],
            prompt_sets=[self._prompts.entry] if self._prompts else [],
        )

    def _finish(self) -> None:
        if not (self._effects or self._arrays):
            raise ClaimlintError(
                f"record({self._fields['id']!r}): nothing was measured in the block",
                "An entry without a result would count as an experiment that was carried out.",
                "Call run.outcomes(...), run.rates(...), run.score(...) or run.arrays(...) inside the block.",
            )
        self._write(status="done")

    def _write(self, **result: Any) -> None:
        """The files first, then the entry that names them by digest."""
        measured: dict[str, Any] = {}
        if self._arrays:
            measured["arrays"] = {"outcomes": write_arrays(self._folder, self._arrays, self._axes)}
        if self._instances:
            measured["instances"] = write_instances(self._folder, self._instances)
        if self._effects:
            metrics = dict.fromkeys(effect.metric for effect in self._effects)
            measured |= {"effect": self._effects[0], "metrics": tuple(metrics)}
            measured |= given(further_effects=(*self._effects[1:], *self._means), unit=self._unit)
        if self._prompts:
            self._prompts.write(self._folder)
        seeds = self._plan.seeds or torch_seed()
        common = given(seeds=seeds, versions=versions() | self._code.versions)
        said = {"settings": self._code.settings | {"bootstrap_draws": self._plan.sampling.draws}}
        said["settings"] |= self._fields.get("settings", {})
        digests = {**self._code.digests, **self._digests(), **self._fields.get("digests", {})}
        entry = self._experiment().model_copy(
            update={**measured, **common, **said, **given(digests=digests or None), **result}
        )
        update_manifest(self._plan.manifest, lambda manifest: self._into(manifest, entry))

    def _digests(self) -> dict[str, str]:
        found = given(model=self._model and self._model.digest)
        return found | given(prompts=self._prompts and self._prompts.entry.digest)
