"""Drawings as SVG, for the report page and for files beside a manifest."""

from claimlint.svg.curves import Curve, curves_plot
from claimlint.svg.drawing import as_file, drawing, element, ticks, words
from claimlint.svg.heat_map import heat_map
from claimlint.svg.rows import CONTROLS, Row, number, rows_plot

__all__ = [
    "CONTROLS",
    "Curve",
    "Row",
    "as_file",
    "curves_plot",
    "drawing",
    "element",
    "heat_map",
    "number",
    "rows_plot",
    "ticks",
    "words",
]
