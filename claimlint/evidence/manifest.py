"""The manifest file, read with every problem named at its place; `store` writes it."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from claimlint.errors import ClaimlintError, near_name
from claimlint.evidence.entries import misfit
from claimlint.evidence.model import VERSION, Experiment, Manifest
from claimlint.evidence.problems import describe

__all__ = ["check_ids", "load_manifest", "parse_manifest"]

_WHY = "Claims would be checked against evidence that is not there."


def load_manifest(path: Path | str) -> Manifest:
    """Read a manifest (``.json`` or ``.toml``).

    Raises:
        ClaimlintError: the file cannot be read, is no JSON or TOML, does not fit the schema, or names
            something that it does not hold. All problems are listed at once, each with its place.
    """
    path = Path(path)
    manifest = parse_manifest(path)
    check_ids(path, manifest)
    return manifest


def parse_manifest(path: Path) -> Manifest:
    """The entries of a file that may name entries of another one."""
    data = _parse(path, _text(path))
    version = data.get("version", VERSION) if isinstance(data, dict) else VERSION
    if version != VERSION or version is True:
        raise ClaimlintError(
            f"{path}: version is {version!r}, and this claimlint reads version {VERSION}",
            "Fields may mean something else in another version.",
            f"Write the manifest with version {VERSION}, or install the claimlint that wrote it.",
        )
    try:
        return Manifest.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        raise misfit(str(path), describe(error, data)) from error


def check_ids(path: Path, manifest: Manifest) -> None:
    """Raise a ClaimlintError that lists all ids given twice, and all that are named but not there."""
    problems = _id_problems(manifest)
    if problems:
        raise misfit(str(path), problems)


def _id_problems(manifest: Manifest) -> list[str]:
    models = [model.id for model in manifest.models]
    prompts = [prompt_set.id for prompt_set in manifest.prompt_sets]
    experiments = [experiment.id for experiment in manifest.experiments]
    known = {"model": models, "prompt set": prompts, "experiment": experiments}
    problems = [
        f"{what} id {id!r} is given {times} times; ids must differ"
        for what, ids in known.items()
        for id, times in Counter(ids).items()
        if times > 1
    ]
    for number, experiment in enumerate(manifest.experiments):
        place = f'experiments[{number}] (id "{experiment.id}")'
        for field, what, id in _references(experiment):
            if id not in known[what]:
                near = near_name(id, known[what])
                problems.append(f"{place}.{field}: no {what} has the id {id!r}.{near}")
    return problems


def _references(experiment: Experiment) -> Iterator[tuple[str, str, str]]:
    """Every id that an experiment names: the field, what it should be the id of, the id."""
    if experiment.model:
        yield "model", "model", experiment.model
    if experiment.prompts:
        yield "prompts", "prompt set", experiment.prompts
    for id in experiment.verified_by:
        yield "verified_by", "experiment", id
    if experiment.robustness:
        for id in experiment.robustness.prompt_sets:
            yield "robustness.prompt_sets", "prompt set", id
        for id in experiment.robustness.models:
            yield "robustness.models", "model", id
    for number, test in enumerate(experiment.shift_tests):
        if test.prompts:
            yield f"shift_tests[{number}].prompts", "prompt set", test.prompts


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClaimlintError(
            f"{path}: byte {error.start} is not UTF-8", _WHY, "Save the manifest as UTF-8."
        ) from error
    except OSError as error:
        raise ClaimlintError(
            f"{path}: the manifest cannot be read ({error.strerror})",
            _WHY,
            "Check the path and the file's permissions; `claimlint init PAPER` writes a first one.",
        ) from error


def _parse(path: Path, text: str) -> Any:
    if path.suffix == ".toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ClaimlintError(
                f"{path}: not valid TOML: {error}", _WHY, "Mend the line; https://toml.io shows the format."
            ) from error
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ClaimlintError(
            f"{path}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}",
            _WHY,
            "Mend the line; entries written by hand may be kept as .toml instead.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ClaimlintError(f"{path}: {error}", _WHY, "Mend the entry.") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        key = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        where = f' of the entry with id "{found["id"]}"' if "id" in found else ""
        raise ValueError(f"the field {key!r}{where} is given twice")
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number that JSON knows; leave the field out where nothing was measured")
