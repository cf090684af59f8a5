"""What a script's numbers depend on besides its arguments: versions, seeds, and its own code."""

from __future__ import annotations

import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import claimlint
from claimlint.evidence.files import file_digest
from claimlint.evidence.result_files import FOLDER

#: Distributions whose version goes into an entry where the script has imported them, by their module.
LIBRARIES = {
    "torch": "torch",
    "transformers": "transformers",
    "transformer_lens": "transformer-lens",
    "nnsight": "nnsight",
    "pyvene": "pyvene",
    "sae_lens": "sae-lens",
    "jax": "jax",
    "sklearn": "scikit-learn",
    "numpy": "numpy",
}
_LARGEST_SEED = 2**32 - 1


def versions() -> dict[str, str]:
    """Of claimlint, Python, and the libraries that the script uses."""
    found = {"claimlint": claimlint.__version__, "python": platform.python_version()}
    for module, distribution in LIBRARIES.items():
        if module in sys.modules:
            try:
                found[module] = metadata.version(distribution)
            except metadata.PackageNotFoundError:
                continue
    return found


def torch_seed() -> tuple[int, ...]:
    """The seed that torch was last given; torch draws itself a much larger one where it was given none."""
    torch = sys.modules.get("torch")
    seed = int(torch.initial_seed()) if torch is not None else _LARGEST_SEED + 1
    return (seed,) if seed <= _LARGEST_SEED else ()


@dataclass(frozen=True, slots=True)
class Code:
    """What an entry says about the code that made it."""

    versions: dict[str, str]
    settings: dict[str, bool | int | float | str]
    digests: dict[str, str]


def code_state(manifest: Path) -> Code:
    """The script that is running, by name and digest, and the commit of its checkout.

    ``uncommitted_changes`` says whether a tracked file differs from the commit, the manifest and its results
    left aside, or the script itself is not tracked.
    """
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    script = Path(main).resolve() if main and Path(main).is_file() else None
    folder = script.parent if script else Path.cwd()
    settings: dict[str, bool | int | float | str] = {"script": script.name} if script else {}
    digests = {"script": file_digest(script)} if script else {}
    head, root = _git(folder, "rev-parse", "HEAD"), _git(folder, "rev-parse", "--show-toplevel")
    if head is None or root is None:
        return Code({}, settings, digests)
    top = Path(root)
    kept_apart = [manifest.resolve(), manifest.resolve().parent / FOLDER]
    but = [f":(exclude,top){place.relative_to(top)}" for place in kept_apart if place.is_relative_to(top)]
    changed = _git(top, "status", "--porcelain", "--untracked-files=no", "--", ".", *but)
    tracked = not script or _git(folder, "ls-files", "--error-unmatch", script.name) is not None
    settings["uncommitted_changes"] = bool(changed) or not tracked
    return Code({"commit": head}, settings, digests)


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
