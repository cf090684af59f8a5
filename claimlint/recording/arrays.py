"""Arrays of any library, and the digest of a network's weights; no library is imported for it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from claimlint.errors import ClaimlintError


def as_array(name: str, values: Any) -> npt.NDArray[np.generic]:
    """The values as a numpy array: of torch, jax or numpy, a saved nnsight proxy, or lists of such.

    A type that numpy does not have (bfloat16) becomes float32, which holds each of its values exactly.

    Raises:
        ClaimlintError: they are no array of numbers.
    """
    try:
        array = _converted(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _no_array(name, f"{type(values).__name__}: {error}") from error
    if array.dtype.kind not in "biuf":
        raise _no_array(name, f"{type(values).__name__} of {array.dtype}")
    return array


def _converted(values: Any) -> npt.NDArray[np.generic]:
    if isinstance(values, list | tuple):
        return np.asarray([_converted(value) for value in values])
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        return np.asarray(values.float() if "bfloat16" in str(values.dtype) else values)
    if not hasattr(values, "__array__") and hasattr(values, "value"):
        return _converted(values.value)
    array: npt.NDArray[np.generic] = np.asarray(values)
    # jax registers its narrow floats with numpy as types of kind V.
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def weights_digest(weights: Any) -> str:
    """``sha256:...`` over the names, shapes, types and bytes of all weights, sorted by name.

    Args:
        weights: a network with a ``state_dict()``, or a mapping from names to arrays.

    The digest equals that of the backend for the same torch module.
    """
    named = weights if isinstance(weights, Mapping) else _state_of(weights)
    total = hashlib.sha256()
    for name, values in sorted(named.items()):
        total.update(f"{name} {tuple(values.shape)} {values.dtype}\n".encode())
        total.update(_bytes(name, values))
    return f"sha256:{total.hexdigest()}"


def weights_name(weights: Any) -> str:
    """What the network's library calls it: the name in its configuration, or nothing."""
    for place in ("cfg", "config"):
        config = getattr(weights, place, None)
        for field in ("model_name", "_name_or_path", "name_or_path"):
            name = getattr(config, field, "")
            if isinstance(name, str) and name:
                return name
    return ""


def _state_of(weights: Any) -> Mapping[str, Any]:
    state = getattr(weights, "state_dict", None)
    if not callable(state):
        raise ClaimlintError(
            f"weights: {type(weights).__name__} has no state_dict()",
            "Without the weights' digest nobody can tell which network was run.",
            "Pass the torch module, a mapping from names to arrays, or leave weights out.",
        )
    found: Mapping[str, Any] = state()
    # Extra state may be anything; it is no weight.
    return {name: values for name, values in found.items() if hasattr(values, "shape")}


def _bytes(name: str, values: Any) -> bytes:
    if hasattr(values, "detach"):
        torch = sys.modules["torch"]
        flat: Any = values.detach().cpu().contiguous().view(-1).view(torch.uint8)
        whole: bytes = flat.numpy().tobytes()
        return whole
    return np.ascontiguousarray(as_array(name, values)).tobytes()


def _no_array(name: str, found: str) -> ClaimlintError:
    return ClaimlintError(
        f"{name}: no array of numbers ({found})",
        "Results are kept as numbers, so that anyone can compute from them again.",
        "Pass a torch, jax or numpy array or a list of numbers; of an nnsight trace, what was saved.",
    )
