"""The files beside a manifest: digests, and outcomes of single prompts kept as JSON lines."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from claimlint.errors import ClaimlintError
from claimlint.evidence.model import Experiment, Instance

_WHY = "A claim about a single prompt is only covered by that prompt's own outcome."


def file_digest(path: Path) -> str:
    """The digest of a file as a manifest writes it."""
    with open(path, "rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def read_instances(experiment: Experiment, folder: Path) -> tuple[Instance, ...]:
    """The paired outcomes of an experiment, from the entry itself or from the file that it names.

    Args:
        experiment: the experiment.
        folder: the manifest's folder.

    Raises:
        ClaimlintError: the file cannot be read, or a line of it is no instance.
    """
    if isinstance(experiment.instances, tuple):
        return experiment.instances
    path = folder / experiment.instances.path
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimlintError(
            f"{path}: the instances of {experiment.id} cannot be read ({error})",
            _WHY,
            "Put the file where the manifest says, as UTF-8.",
        ) from error
    return tuple(_instance(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def _instance(path: Path, number: int, line: str) -> Instance:
    try:
        return Instance.model_validate_json(line, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        raise ClaimlintError(
            f"{path}:{number}: {field}: {first['msg']}",
            _WHY,
            "Write one JSON object a line with prompt_id, site, replacement or donor, before and after.",
        ) from error
