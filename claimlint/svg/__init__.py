"""Drawings as SVG, for the report page and for files beside a manifest."""

from claimlint.svg.drawing import as_file, drawing, element, ticks, words
from claimlint.svg.heat_map import heat_map
from claimlint.svg.rows import CONTROLS, Row, number, rows_plot

__all__ = [
    "CONTROLS",
    "Row",
    "as_file",
    "drawing",
    "element",
    "heat_map",
    "number",
    "rows_plot",
    "ticks",
    "words",
]
