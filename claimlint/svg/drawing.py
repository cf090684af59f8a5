"""Drawings as plain SVG text, for files beside a manifest and for the report page.

Sizes are in pixels. Whatever words are drawn are escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

#: What the report page says in its own style sheet.
STYLE = (
    "text{fill:#222;font:11.5px sans-serif}.heading{font-size:13px}"
    ".tick{fill:#555;font-size:10.5px}.grid{stroke:#ddd}.zero{stroke:#777}"
    ".interval{stroke:#222;stroke-width:3;opacity:.3;stroke-linecap:round}.reach{stroke:#999;stroke-width:1.5}"
    ".curve{fill:none;stroke:#222;stroke-width:1.8}.control{fill:none;stroke:#888;opacity:.8}"
    ".limit{fill:none;stroke:#b2182b;stroke-dasharray:4 3}.band{fill:#222;opacity:.13}"
    ".joined{stroke:#222}.point{fill:#222}.mark{fill:#fff;stroke:#222;stroke-width:1.4}"
)


def element(name: str, /, content: str = "", **attributes: object) -> str:
    """``<name class="..." x1="...">``: ``content`` is SVG, names take ``_`` for ``-``, None is left out."""
    told = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_number(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{content}</{name}>"


def words(x: float, y: float, text: object, **attributes: object) -> str:
    """Text at a place."""
    return element("text", escape(str(text)), x=x, y=y, **attributes)


def drawing(width: float, height: float, parts: Iterable[str], label: str) -> str:
    """A whole drawing that scales with its place; ``label`` is what a screen reader says."""
    box = f"0 0 {_number(width)} {_number(height)}"
    return element(
        "svg", "".join(parts), viewBox=box, width=width, height=height, role="img", aria_label=label
    )


def as_file(svg: str) -> str:
    """The same drawing outside a page: with its namespace, its style, and paper below it."""
    opened, _, rest = svg.partition(">")
    named = opened.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    paper = element("rect", width="100%", height="100%", fill="#fff")
    return f"{named}>{element('style', STYLE)}{paper}{rest}\n"


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers over a range, at most a few more than ``about``."""
    if high <= low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * number, 12) for number in range(first, last + 1)]


def _number(value: object) -> str:
    return f"{round(value, 2):g}" if isinstance(value, float) else str(value)
