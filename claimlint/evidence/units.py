"""Units of measured numbers: which can be compared."""

from __future__ import annotations

import re
from functools import lru_cache

#: Unit to the family within which numbers can be compared, and the factor to the family's base.
FAMILIES: dict[str, tuple[str, float]] = {
    "percent": ("share", 0.01),
    "fraction": ("share", 1.0),
    "share": ("share", 1.0),
    "probability": ("share", 1.0),
    "points": ("points", 0.01),
    "logits": ("logits", 1.0),
    "nats": ("nats", 1.0),
    "bits": ("bits", 1.0),
    "seconds": ("seconds", 1.0),
    "times": ("times", 1.0),
    "count": ("count", 1.0),
}
#: What people write for a unit that has another name here.
SPELLINGS = {
    "%": "percent",
    "percentage": "percent",
    "pp": "points",
    "pts": "points",
    "percentage points": "points",
    "logit": "logits",
    "nat": "nats",
    "bit": "bits",
    "s": "seconds",
    "x": "times",
    "fold": "times",
}


@lru_cache(maxsize=256)
def family(unit: str) -> tuple[str, float]:
    """The family of a unit and the factor to its base; the first word of a unit told in words counts."""
    first = re.match(r"[a-z%]*", unit.strip().casefold())
    word = first.group() if first else ""
    return FAMILIES.get(SPELLINGS.get(word, word), ("", 1.0))
