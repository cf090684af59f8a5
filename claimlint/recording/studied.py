"""The network and the inputs of a recorded experiment, as entries of their own."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimlint.errors import ClaimlintError
from claimlint.evidence.entries import manifest_of, plain
from claimlint.evidence.model import Manifest, Model, PromptSet
from claimlint.evidence.result_files import FOLDER, digest_of, write_whole
from claimlint.evidence.statistics import given
from claimlint.recording.arrays import weights_digest, weights_name


@dataclass(frozen=True, eq=False)
class Network:
    """What a script says about its model; ``weights`` is the network itself, for their digest."""

    name: str
    revision: str
    weights: Any

    def entry(self, manifest: Manifest, place: Path) -> Model | None:
        """The model's entry, in agreement with the one that the manifest already has.

        Raises:
            ClaimlintError: the manifest's model of that id has other weights or another revision.
        """
        if self.weights is None and not self.name:
            return None
        name = self.name or weights_name(self.weights)
        if not name:
            raise ClaimlintError(
                f"record: the weights ({type(self.weights).__name__}) do not say what the model is called",
                "Claims are matched to experiments on the same model by its name.",
                "Pass model= beside weights=, such as the name by which it was loaded.",
            )
        digest = None if self.weights is None else weights_digest(self.weights)
        said = given(revision=self.revision, digest=digest)
        id = "-".join(name.split())
        known = manifest.model(id)
        if known is None:
            data = {"models": [{"id": id, "name": name, **said}]}
            return manifest_of(data, f"record(model={name!r})").models[0]
        other = [field for field, value in said.items() if getattr(known, field) not in (value, None, "")]
        if other:
            raise ClaimlintError(
                f'{place}: model "{known.id}" has another {other[0]}: '
                f"{getattr(known, other[0])}, and this one has {said[other[0]]}",
                "One entry would stand for two networks, and experiments on them would be mixed up.",
                "Give this model an id of its own: record(..., model=...).",
            )
        return known.model_copy(update=said)


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a script says about its prompts: the prompts themselves (or their file), and the id of the set."""

    prompts: Sequence[Any] | str | Path | None
    prompt_set: str | Mapping[str, Any]

    def known(self, manifest: Manifest, place: Path) -> Prompts | None:
        """The prompts, in agreement with the prompt set of that id that the manifest already has.

        Raises:
            ClaimlintError: there is no such set, or it holds other prompts; a prompt file cannot be read.
        """
        fields = dict(self.prompt_set) if isinstance(self.prompt_set, Mapping) else given(id=self.prompt_set)
        if self.prompts is None and not fields:
            return None
        if self.prompts is None:
            return _referred(fields, manifest, place)
        text, path = _text(self.prompts, place.resolve().parent)
        lines = _lines(text)
        digest = digest_of(text)
        made = {
            "id": f"prompts-{digest.removeprefix('sha256:')[:8]}",
            "path": path or f"{FOLDER}/{digest.removeprefix('sha256:')[:16]}.jsonl",
            "digest": digest,
            "n": len(lines),
        }
        entry = manifest_of({"prompt_sets": [{**made, **fields}]}, "record(prompt_set=...)").prompt_sets[0]
        known = manifest.prompt_set(entry.id)
        if known and known.digest not in (entry.digest, None):
            raise ClaimlintError(
                f'{place}: prompt set "{entry.id}" holds other prompts (its digest is {known.digest})',
                "One id would stand for two sets of prompts, and numbers from them would be mixed up.",
                "Give these prompts an id of their own: record(..., prompt_set=...).",
            )
        return Prompts(entry, _ids(lines), None if path else text)


@dataclass(frozen=True)
class Prompts:
    """A prompt set's entry, its prompts' ids where they are known, and the file still to write."""

    entry: PromptSet
    ids: tuple[str, ...] | None
    text: bytes | None

    def write(self, folder: Path) -> None:
        if self.text is not None:
            write_whole(folder / self.entry.path, self.text)


def _referred(fields: Mapping[str, Any], manifest: Manifest, place: Path) -> Prompts:
    known = manifest.prompt_set(str(fields.get("id", "")))
    if known is None:
        data = {"prompt_sets": [dict(fields)]}
        return Prompts(manifest_of(data, "record(prompt_set=...)").prompt_sets[0], None, None)
    path = place.resolve().parent / known.path
    ids = _ids(_lines(path.read_bytes())) if known.path and path.is_file() else None
    return Prompts(known.model_copy(update=dict(fields)), ids, None)


def _text(prompts: Sequence[Any] | str | Path, folder: Path) -> tuple[bytes, str]:
    """The JSON lines, and the path below ``folder`` where they lie in a file already."""
    if not isinstance(prompts, str | Path):
        lines = [{"id": str(n), "text": p} if isinstance(p, str) else p for n, p in enumerate(prompts)]
        return "".join(json.dumps(line, default=plain) + "\n" for line in lines).encode(), ""
    try:
        text = Path(prompts).read_bytes()
        _lines(text)
    except (OSError, ValueError) as error:
        raise ClaimlintError(
            f"{prompts}: the prompts cannot be read ({error})",
            "The entry would not say which inputs its numbers come from.",
            "Give a file of JSON lines, one prompt a line, or the list of prompts itself.",
        ) from error
    return text, Path(os.path.relpath(Path(prompts).resolve(), folder)).as_posix()


def _lines(text: bytes) -> list[Any]:
    return [json.loads(line) for line in text.decode().splitlines() if line.strip()]


def _ids(lines: Sequence[Any]) -> tuple[str, ...]:
    ids = tuple(
        str(line["id"]) if isinstance(line, dict) and "id" in line else str(number)
        for number, line in enumerate(lines)
    )
    twice = [id for id, times in Counter(ids).items() if times > 1]
    if twice:
        raise ClaimlintError(
            f"prompts: the id {twice[0]!r} is given to more than one prompt",
            "Outcomes of single prompts are filed by this id.",
            "Give every prompt its own id.",
        )
    return ids
