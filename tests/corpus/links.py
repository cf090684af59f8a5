"""The links of the corpus's papers, held against what their ``expected.toml`` says by reading."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from claimlint.config import Config
from claimlint.pipeline import lint

CORPUS = Path(__file__).parents[2] / "corpus"
PAPERS = [CORPUS / "demo", *sorted(path for path in (CORPUS / "papers").iterdir() if path.is_dir())]


@dataclass(frozen=True, slots=True)
class Counted:
    """Pairs of a sentence and an experiment: linked and right, linked, labelled and found, labelled."""

    right: int
    linked: int
    found: int
    labelled: int

    @property
    def precision(self) -> float:
        return self.right / self.linked

    @property
    def recall(self) -> float:
        return self.found / self.labelled


def root_file(folder: Path) -> Path:
    return next(path for path in (folder / "paper.tex", folder / "paper.md") if path.is_file())


def labels(folder: Path) -> dict[str, tuple[set[str], set[str]]]:
    """For every labelled sentence the experiments that speak to it, and those that may be linked as well."""
    told = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    found: dict[str, tuple[set[str], set[str]]] = {}
    for entry in (*told["finding"], *told["honest"]):
        wanted, also = found.setdefault(entry["sentence"], (set(), set()))
        wanted.update(entry["experiments"])
        also.update(entry.get("also", ()))
    return found


def count(folders: list[Path]) -> Counted:
    """The pairs of all folders together."""
    right = linked = found = labelled = 0
    for folder in folders:
        judged = lint(str(root_file(folder)), Config(), folder).claims
        texts = [" ".join(j.claim.sentence.text.split()) for j in judged]
        for sentence, (wanted, also) in labels(folder).items():
            here = (j for j, text in zip(judged, texts, strict=True) if sentence in text)
            # The entries of a sweep have its id and a place behind it.
            made = {link.experiment.split("/")[0] for j in here for link in j.links}
            right += len(made & (wanted | also))
            linked += len(made)
            found += len(made & wanted)
            labelled += len(wanted)
    return Counted(right, linked, found, labelled)
