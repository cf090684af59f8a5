"""What the name of a metric says of its numbers, by the words of ``rules/metrics.toml``."""

from __future__ import annotations

from functools import lru_cache

from claimlint.packs import expression, pack_file

_PACK = "metrics.toml"


@lru_cache(maxsize=256)
def unit_of_metric(metric: str) -> str:
    """The unit that a metric's numbers have where none is given; nothing where its name tells none."""
    name = metric.casefold().replace("_", " ").replace("-", " ")
    units = pack_file(_PACK)["units"]
    return next((unit for unit in units if expression(_PACK, "units", unit).search(name)), "")


def says(metric: str, what: str) -> bool:
    """Whether the name says it: that the numbers are a ``level``, that ``lower_is_better``, ..."""
    return expression(_PACK, "names", what).search(metric) is not None
