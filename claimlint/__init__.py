"""claimlint: the linter for interpretability papers. ``claimlint.record`` is for scripts of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claimlint.recording import record as record

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``record`` is loaded when it is asked for: it needs numpy and pydantic, and most commands do not."""
    if name != "record":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from claimlint.recording import record  # noqa: PLC0415  (see above)

    return record
