"""What every manifest entry of this backend carries: which model, which prompts, which code and settings."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import transformers

import claimlint
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.pictures import write_picture
from claimlint.backend.prompts import PromptSet
from claimlint.backend.runs import RunOptions, measured
from claimlint.backend.sweep import Savings
from claimlint.evidence.model import Array, Experiment, Method, Model
from claimlint.evidence.model import PromptSet as PromptSetEntry
from claimlint.evidence.statistics import given


@dataclass(frozen=True, eq=False)
class Provenance:
    """What the entries of one run have in common.

    Args:
        folder: where the manifest lies; results are written below it.
        model, prompts: ids of their own entries.
        heldout: whether sites and thresholds were chosen without the prompts.
        pictures: what was drawn so far, relative to the folder.
    """

    folder: Path
    language_model: LanguageModel
    prompt_set: PromptSet
    model: str
    prompts: str
    stage: Literal["exploratory", "confirmatory"] | None = None
    behaviour: str = ""
    supports: tuple[str, ...] = ()
    shown_in: tuple[str, ...] = ()
    corruption: str = ""
    heldout: bool | None = None
    further_digests: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)

    def draw(self, id: str, svg: str | None) -> None:
        """Writes a drawing, where there is one."""
        path = write_picture(self.folder, id, svg)
        if path is not None:
            self.pictures.append(path.relative_to(self.folder).as_posix())

    def model_entry(self) -> Model:
        return Model(
            id=self.model,
            digest="sha256:" + self.language_model.digest,
            **given(name=self.language_model.name, revision=self.language_model.revision),
        )

    def prompts_entry(self) -> PromptSetEntry:
        path = self.prompt_set.path
        templates = {prompt.template for prompt in self.prompt_set.prompts} - {None}
        return PromptSetEntry(
            id=self.prompts,
            name=self.prompt_set.id,
            digest="sha256:" + self.prompt_set.digest,
            n=len(self.prompt_set),
            **given(
                path=None if path is None else Path(os.path.relpath(path, self.folder)).as_posix(),
                templates=len(templates) or None,
                heldout=self.heldout,
            ),
        )

    def experiment(
        self, id: str, method: Method, options: RunOptions, arrays: Array, **own: Any
    ) -> Experiment:
        """An executed experiment; ``own`` are the fields of its method, and those left empty are left out."""
        common = {
            "id": id,
            "grade": "executed",
            "status": "done",
            "method": method,
            "model": self.model,
            "prompts": self.prompts,
            "seeds": (options.seed,),
            "dim": self.language_model.sites.d_model,
            "metrics": tuple(metric.name for metric in measured(options)),
            "versions": versions(),
            "settings": settings(self.language_model, options),
            "peak_memory_mb": peak_memory_mb(self.language_model.device),
            "digests": {
                "model": "sha256:" + self.language_model.digest,
                "prompts": "sha256:" + self.prompt_set.digest,
                **self.further_digests,
            },
            "arrays": {"outcomes": arrays},
        }
        said = given(
            stage=self.stage,
            behaviour=self.behaviour,
            supports=self.supports,
            shown_in=self.shown_in,
            corruption=self.corruption,
        )
        return Experiment(**{**common, **said, **given(**own)})


def versions() -> dict[str, str]:
    """Of everything that the numbers depend on."""
    return {
        "claimlint": claimlint.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "transformers": str(transformers.__version__),
        "numpy": np.__version__,
    }


def peak_memory_mb(device: torch.device) -> int | None:
    """Of the process so far; on an accelerator, of its tensors. ``None`` where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device) / 1e6)
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  # Windows has no such module

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes on Linux, bytes on macOS.
    return int(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6)


def settings(language_model: LanguageModel, options: RunOptions) -> dict[str, bool | int | float | str]:
    """Results are bit-equal only within one of these."""
    off = [item.name for item in fields(Savings) if not getattr(options.savings, item.name)]
    return {
        "device": str(language_model.device),
        "dtype": str(language_model.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "batch_size": options.batch_size,
        "pad": options.pad,
        "tokens_per_forward": options.tokens_per_forward,
        "kernels": options.kernels.name,
        "savings_off": ", ".join(off),
        "bootstrap_draws": options.draws,
    }
