"""A causal or masked language model ready for experiments: its sites resolved, its weights identified."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from claimlint.backend.sites import SiteMap, resolve
from claimlint.errors import ClaimlintError, near_name

HUB_SECONDS = 10
"""Within which the hub has to say whether it knows a model."""


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A Hugging Face language model in evaluation mode, frozen.

    Args:
        sites: the model's modules by role.
        tokenizer: ``None`` for models that are only run on token ids.
        name: what the user called it.
    """

    sites: SiteMap
    tokenizer: Any
    name: str
    revision: str | None = None

    @property
    def model(self) -> Any:
        return self.sites.model

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        return self.model.dtype

    @property
    def configuration(self) -> dict[str, Any]:
        """What the weights leave open, such as the activation function and the norms' epsilon."""
        # Where it lies and who wrote it change no number.
        unrelated = {"_name_or_path", "transformers_version", "architectures"}
        found = self.model.config.to_dict()
        return {name: value for name, value in found.items() if name not in unrelated}

    @cached_property
    def cache_argument(self) -> str:
        """Name of the argument for keys and values, which newer versions of transformers call otherwise."""
        known = inspect.signature(self.model.forward).parameters
        return "cache" if "cache" in known else "past_key_values"

    @cached_property
    def digest(self) -> str:
        """sha256 over the names, shapes, types and bytes of all weights."""
        total = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            total.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
            total.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
        return total.hexdigest()


def load_model(
    source: Any,
    *,
    tokenizer: Any = None,
    device: str = "cpu",
    dtype: torch.dtype | None = None,
    revision: str | None = None,
    name: str | None = None,
    folder: Path | None = None,
) -> LanguageModel:
    """A model from a folder, from a name in the local model cache or hub, or one that is already in memory.

    Only safetensors weights are read, and no code that comes with a model is run.

    Args:
        folder: where a relative path begins; the current one by default.
    """
    if isinstance(source, torch.nn.Module):
        model = _moved(source, device, dtype)
        return _ready(model, tokenizer, name or type(source).__name__, revision)
    model, found_tokenizer = _from_files(str(source), folder or Path(), revision)
    model = _moved(model, device, dtype)
    return _ready(model, tokenizer or found_tokenizer, name or str(source), revision)


def _moved(model: Any, device: str, dtype: torch.dtype | None) -> Any:
    try:
        return model.to(device) if dtype is None else model.to(device=device, dtype=dtype)
    # torch built without an accelerator answers with an AssertionError.
    except (RuntimeError, AssertionError) as error:
        raise ClaimlintError(
            f"device {device!r}: {_first_line(error)}",
            "The model cannot be put there, so nothing was run.",
            "Use cpu, or a device that this torch was built for and that has room for the model.",
        ) from error


def random_initialised(language_model: LanguageModel, seed: int = 0) -> LanguageModel:
    """The same architecture with fresh weights: what a method finds in it, it finds without training."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = type(language_model.model)(language_model.model.config)
    model = model.to(device=language_model.device, dtype=language_model.dtype)
    return _ready(
        model, language_model.tokenizer, f"{language_model.name} (random weights, seed {seed})", None
    )


def _ready(model: Any, tokenizer: Any, name: str, revision: str | None) -> LanguageModel:
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return LanguageModel(resolve(model), tokenizer, name, revision)


def _from_files(source: str, folder: Path, revision: str | None) -> tuple[Any, Any]:
    # transformers takes seconds to import and is not needed for models in memory.
    from transformers import (  # noqa: PLC0415
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForMaskedLM,
        AutoTokenizer,
    )
    from transformers.utils import logging  # noqa: PLC0415

    # Its bar would draw over whatever progress the caller shows.
    logging.disable_progress_bar()
    local = folder / source
    unreachable = "" if local.is_dir() else _unreachable(source, local, revision)
    place = str(local) if local.is_dir() else source
    how: dict[str, Any] = {
        "revision": revision,
        "trust_remote_code": False,
        # Asked for a file that it has not, an unreachable hub is tried for half a minute.
        "local_files_only": bool(unreachable),
    }
    try:
        config = AutoConfig.from_pretrained(place, **how)
        masked = any(name.endswith("ForMaskedLM") for name in config.architectures or ())
        model, found = (AutoModelForMaskedLM if masked else AutoModelForCausalLM).from_pretrained(
            place,
            use_safetensors=True,
            ignore_mismatched_sizes=True,  # told below, by name
            output_loading_info=True,
            **how,
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        if unreachable:
            raise ClaimlintError(
                f"model {source!r}: there is no such folder, the local cache has no model of this name, and "
                f"the hub did not give one: {unreachable}{_near_folder(local)}",
                "Without the model there is nothing to run.",
                "Correct the path (it begins at the spec) or the name; without a network, give a folder.",
            ) from error
        raise ClaimlintError(
            f"model {place!r}: {_first_line(error)}",
            "Its weights must be safetensors and its code part of transformers: nothing else is read or run.",
            "Give a folder that holds config.json and model.safetensors, or a name that the hub knows.",
        ) from error
    unread = sorted([*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])])
    if unread:
        raise ClaimlintError(
            f"model {place!r}: {unread[0]} is not in its files, or has another shape there than config.json "
            f"asks for ({len(unread)} such weights)",
            "In their place transformers puts random numbers, and these would be what is measured.",
            "Give the whole model, saved from its language model class.",
        )
    if local.is_dir() and not any(local.glob("tokenizer*")):
        return model, None
    try:
        return model, AutoTokenizer.from_pretrained(place, **how)
    except (OSError, ValueError, KeyError) as error:
        raise ClaimlintError(
            f"model {place!r}: its tokenizer could not be read: {_first_line(error)}",
            "Prompts are texts until the model's own tokenizer splits them.",
            "Repair the tokenizer's files, or remove them and give prompts as token ids.",
        ) from error


def _unreachable(source: str, local: Path, revision: str | None) -> str:
    """Why the hub gives no model of this name; '' where it does.

    Raises:
        ClaimlintError: it can only be meant as a folder, and there is none.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415  (as transformers)

    # Names are such as gpt2 and org/name; the org of a name is no folder here.
    parts = Path(source).parts
    is_path = source.startswith((".", "~", "/")) or "\\" in source or len(parts) > 2 or local.exists()
    if is_path or (len(parts) == 2 and local.parent.is_dir()):
        raise ClaimlintError(
            f"model {source!r}: there is no folder {local}{_near_folder(local)}",
            "Without the model there is nothing to run.",
            "Give the folder that holds config.json and model.safetensors; its path begins at the spec.",
        )
    try:
        HfApi().model_info(source, revision=revision, timeout=HUB_SECONDS)
    except Exception as error:  # of whichever library it asks through
        return _first_line(error)
    return ""


def _near_folder(local: Path) -> str:
    if not local.parent.is_dir():
        return ""
    models = [path.parent.name for path in local.parent.glob("*/config.json")]
    return f".{near}" if (near := near_name(local.name, models)) else ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
