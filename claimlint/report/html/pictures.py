"""The drawings that a run left beside the manifest, as images: in those a browser runs nothing."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass
from pathlib import Path

from claimlint.checks.model import Outcome
from claimlint.errors import ClaimlintError
from claimlint.evidence.result_files import PICTURES

_LABEL = re.compile(rb'<svg[^>]* aria-label="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Picture:
    """``stem`` is the file's name, ``uri`` holds the file, ``words`` are for those who do not see it."""

    stem: str
    uri: str
    words: str


def pictures(outcome: Outcome) -> tuple[Picture, ...]:
    """Those of the manifest's experiments, by name.

    Raises:
        ClaimlintError: one cannot be read.
    """
    if outcome.evidence is None or not outcome.manifest:
        return ()
    names = {experiment.id.partition("/")[0] for experiment in outcome.evidence.experiments}
    found = sorted((Path(outcome.manifest).parent / PICTURES).glob("*.svg"))
    return tuple(
        _picture(path)
        for path in found
        if any(path.stem == name or path.stem.startswith(f"{name}-") for name in names)
    )


def _picture(path: Path) -> Picture:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ClaimlintError(
            f"{path}: the picture cannot be read ({error.strerror})",
            "The page would show less than what was run.",
            "Make it readable, or remove it; a run that is made again draws it anew.",
        ) from error
    label = _LABEL.search(data)
    words = html.unescape(label[1].decode("utf-8", "replace")) if label else path.stem
    return Picture(path.stem, f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}", words)
