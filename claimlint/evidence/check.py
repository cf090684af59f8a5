"""Whether a manifest holds what it says: files are there and unchanged, entries say what they must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from claimlint.errors import ClaimlintError, near_name
from claimlint.evidence.files import file_digest, read_instances
from claimlint.evidence.manifest import load_manifest
from claimlint.evidence.metrics import unit_of_metric
from claimlint.evidence.model import Effect, Experiment, InstanceFile, Manifest, PromptSet
from claimlint.evidence.numbers import numbers_of
from claimlint.evidence.parts import parts_of
from claimlint.evidence.units import FAMILIES, family

_COUNTS = "Intervals and the scope of a claim are judged by this number."
#: A share of 1.2 may be a recovery that overshot; one of 76 is a percentage.
_MOST_OF_A_SHARE = 10
_GONE = "What the entry says could not be computed again."


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a manifest that does not hold: where, what, why it matters, and what to do about it."""

    place: str
    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}\n  why: {self.why}\n  fix: {self.fix}"


def check_manifest(path: Path | str) -> tuple[Problem, ...]:
    """Everything that is wrong with a manifest that can be read, in its order.

    Raises:
        ClaimlintError: it cannot be read at all, or does not fit the schema.
    """
    path = Path(path)
    return problems_of(load_manifest(path), path.parent)


def problems_of(manifest: Manifest, folder: Path) -> tuple[Problem, ...]:
    """The same of a manifest that was read already from ``folder``."""
    problems: list[Problem] = []
    for prompts in manifest.prompt_sets:
        problems += _prompt_set(prompts, folder)
    for experiment in manifest.experiments:
        problems += _files(experiment, folder)
        problems += _provenance(experiment)
        problems += _design(experiment)
        problems += _numbers(experiment)
    return tuple(problems)


def units_of(manifest: Manifest) -> tuple[Problem, ...]:
    """Effects whose number cannot be held against the paper's: its unit is missing, unknown or wrong."""
    return tuple(
        problem
        for experiment in manifest.done
        for place, effect in _places(experiment)
        for problem in _unit(place, effect)
    )


def says_nothing(experiment: Experiment) -> bool:
    """Whether an entry tells neither what was studied nor what came out: no claim can be linked to it."""
    target = experiment.target
    studied = parts_of(target) or target.name or experiment.behaviour
    tied = experiment.shown_in or experiment.supports
    return not (studied or tied or _holds_result(experiment))


def _holds_result(experiment: Experiment) -> bool:
    return bool(experiment.instances or experiment.arrays or any(True for _ in numbers_of(experiment)))


def missing_files(manifest: Manifest, folder: Path) -> tuple[str, ...]:
    """The files that entries which were carried out name, and that are not in ``folder``; each once."""
    named = [prompts.path for prompts in manifest.prompt_sets if prompts.path]
    for experiment in manifest.done:
        named += [array.path for array in experiment.arrays.values()]
        named += [experiment.instances.path] if isinstance(experiment.instances, InstanceFile) else []
    return tuple(path for path in dict.fromkeys(named) if not (folder / path).is_file())


def changed_files(manifest: Manifest, folder: Path) -> tuple[str, ...]:
    """The prompts and outcomes of single prompts whose files are no longer those of the manifest; each once.

    Arrays, which may be large, are left to `check_manifest`.
    """
    named = [(prompts.path, prompts.digest) for prompts in manifest.prompt_sets if prompts.path]
    for experiment in manifest.done:
        listed = experiment.instances
        named += [(listed.path, listed.digest)] if isinstance(listed, InstanceFile) else []
    return tuple(
        path
        for path, digest in dict.fromkeys(named)
        if digest and (folder / path).is_file() and file_digest(folder / path) != digest
    )


def _prompt_set(prompts: PromptSet, folder: Path) -> Iterator[Problem]:
    if not prompts.path:
        return
    place = f'prompt set "{prompts.id}"'
    yield from _file(place, folder / prompts.path, prompts.digest)
    if prompts.n is not None and (folder / prompts.path).is_file():
        lines = sum(1 for line in (folder / prompts.path).read_bytes().splitlines() if line.strip())
        if lines != prompts.n:
            yield Problem(
                place, f"n is {prompts.n}, and {prompts.path} has {lines} lines", _COUNTS, "Correct n."
            )


def _files(experiment: Experiment, folder: Path) -> Iterator[Problem]:
    place = f'experiment "{experiment.id}"'
    for name, array in experiment.arrays.items():
        yield from _file(f"{place}, arrays.{name}", folder / array.path, array.digest)
    listed = experiment.instances
    if isinstance(listed, InstanceFile):
        place = f"{place}, instances"
        yield from _file(place, folder / listed.path, listed.digest)
        if (folder / listed.path).is_file():
            yield from _instance_file(place, experiment, listed, folder)


def _instance_file(
    place: str, experiment: Experiment, listed: InstanceFile, folder: Path
) -> Iterator[Problem]:
    try:
        found = len(read_instances(experiment, folder))
    except ClaimlintError as error:
        yield Problem(place, error.what, error.why, error.fix)
        return
    if found != listed.n:
        yield Problem(place, f"n is {listed.n}, and {listed.path} lists {found}", _COUNTS, "Correct n.")


def _file(place: str, path: Path, digest: str | None) -> Iterator[Problem]:
    if not path.is_file():
        yield Problem(place, f"there is no file {path}", _GONE, "Put it there, or correct its path.")
    elif digest and file_digest(path) != digest:
        yield Problem(
            place,
            f"{path} has changed: its digest is {file_digest(path)}, the manifest says {digest}",
            "The numbers of the manifest came from another file.",
            "Run the experiment again, or put the file back.",
        )


def _provenance(experiment: Experiment) -> Iterator[Problem]:
    if experiment.grade != "executed" or experiment.status != "done":
        return
    wanted = {
        "seeds": experiment.seeds,
        "versions": experiment.versions,
        "digests": experiment.digests,
        "model": experiment.model or (experiment.robustness and experiment.robustness.models),
        "prompts": experiment.prompts or (experiment.robustness and experiment.robustness.prompt_sets),
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        yield Problem(
            f'experiment "{experiment.id}"',
            f"it is graded executed and does not say {', '.join(missing)}",
            "Without these nobody can run it again, and that is what the grade promises.",
            "Let `claimlint run` write it, or grade it recorded or declared.",
        )


def _design(experiment: Experiment) -> Iterator[Problem]:
    if experiment.status == "planned":
        return
    if experiment.method == "activation_patching" and not experiment.direction:
        yield Problem(
            f'experiment "{experiment.id}"',
            "activation patching without a direction",
            "It shows an effect, but neither sufficiency nor necessity.",
            "Add direction: denoising (clean into corrupted) or noising (corrupted into clean).",
        )


def _numbers(experiment: Experiment) -> Iterator[Problem]:
    if experiment.status == "done" and experiment.grade == "declared" and not _holds_result(experiment):
        yield _resultless(experiment)
    for place, effect in _places(experiment):
        yield from _unit(place, effect)
        low, high = effect.ci or (effect.value, effect.value)
        # Where all prompts agree, the ends of an interval are the value but for rounding.
        slack = 1e-9 * max(abs(low), abs(high))
        if not low - slack <= effect.value <= high + slack:
            yield Problem(
                place,
                f"{effect.value:g} lies outside its interval {low:g} to {high:g}",
                "One of the two is in another unit, or has another sign.",
                "Give both ends in the effect's own unit and sign, the lower one first.",
            )


def _resultless(experiment: Experiment) -> Problem:
    place = f'experiment "{experiment.id}"'
    if says_nothing(experiment):
        return Problem(
            place,
            "it is done, and says neither its target, nor its behaviour, nor an effect",
            "No claim can be linked to it.",
            "Add target, behaviour and effect, or set status to planned.",
        )
    return Problem(
        place,
        "it is done, and no number came out of it",
        "The numbers of the paper are held against nothing, and its rewordings have none.",
        "Add what was measured (effect), or set status to planned.",
    )


def _places(experiment: Experiment) -> Iterator[tuple[str, Effect]]:
    for effect in filter(None, (experiment.effect, experiment.joint_effect, *experiment.further_effects)):
        yield f'experiment "{experiment.id}", {effect.metric}', effect


def _unit(place: str, effect: Effect) -> Iterator[Problem]:
    if not effect.unit and unit_of_metric(effect.metric):
        yield Problem(
            place,
            f"{effect.value:g} has no unit",
            "0.95 and 95, or logits and nats, are told apart by the unit alone; the paper's number would be "
            "compared with a guess.",
            f"Add a unit: {', '.join(FAMILIES)}.",
        )
    elif family(effect.unit or "") == ("share", 1.0) and abs(effect.value) > _MOST_OF_A_SHARE:
        yield Problem(
            place,
            f"{effect.value:g} as a {effect.unit} is {100 * effect.value:g}%",
            "The paper's number would be found to be another.",
            "Give it the unit percent, or divide it by 100.",
        )
    elif effect.unit and not family(effect.unit)[0]:
        near = near_name(effect.unit, FAMILIES)
        # What is measured in none of them, such as a width in metres, has a unit of its own.
        if near or unit_of_metric(effect.metric):
            yield Problem(
                place,
                f"the unit {effect.unit!r} is not known",
                "Numbers in an unknown unit are not held against those of the paper.",
                f"Correct it.{near}" if near else f"Give one of {', '.join(FAMILIES)}.",
            )
