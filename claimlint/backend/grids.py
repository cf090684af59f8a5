"""Which places an experiment goes through: grids over layers, heads and positions, and joint sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from claimlint.backend.prompts import PromptSet
from claimlint.backend.sites import Kind, Site, SiteMap
from claimlint.errors import ClaimlintError

Cells = tuple[tuple[Site, ...], ...]
Axes = tuple[tuple[str, tuple[int | str, ...]], ...]
Each = Literal["each"]


@dataclass(frozen=True)
class Grid:
    """Cells in row-major order of the axes; the sites of one cell are edited together.

    Args:
        window: adjacent layers in a cell.
    """

    cells: Cells
    axes: Axes
    window: int = 1


def site_grid(
    sites: SiteMap,
    prompts: PromptSet,
    kind: Kind,
    *,
    layers: Sequence[int] | None = None,
    heads: Each | Sequence[int] | None = None,
    positions: Each | Sequence[int | str] | None = None,
    window: int = 1,
) -> Grid:
    """Layer x head x position, as far as asked for.

    Args:
        layers: all by default.
        heads: ``None`` takes all heads of a layer together.
        positions: ``None`` takes all positions together.
        window: adjacent layers edited at once, centred on the cell's layer and cut off at the ends.
    """
    if window < 1:
        raise ClaimlintError(
            f"window {window}",
            "A window is the number of adjacent layers that are edited together.",
            "Give 1 or more.",
        )
    chosen = range(sites.n_layers) if layers is None else layers
    head_axis: Sequence[int | None] = (
        [None] if heads is None else range(sites.n_heads) if heads == "each" else [*heads]
    )
    position_axis = _positions(prompts, positions)
    cells = []
    for layer, head, position in product(chosen, head_axis, position_axis):
        first = layer - (window - 1) // 2
        covered = range(max(0, first), min(sites.n_layers, first + window))
        cells.append(tuple(Site(at, kind, head, position) for at in covered) or (Site(layer, kind),))
    sites.require(site for cell in cells for site in cell)
    axes: list[tuple[str, tuple[int | str, ...]]] = [("layer", tuple(chosen))]
    if heads is not None:
        axes.append(("head", tuple(head for head in head_axis if head is not None)))
    if positions is not None:
        axes.append(("position", tuple(position for position in position_axis if position is not None)))
    return Grid(tuple(cells), tuple(axes), window)


def _positions(
    prompts: PromptSet, positions: Each | Sequence[int | str] | None
) -> Sequence[int | str | None]:
    if positions is None:
        return [None]
    if positions != "each":
        return list(positions)
    lengths = {len(prompt.clean) for prompt in prompts.prompts}
    if len(lengths) > 1:
        raise ClaimlintError(
            f"prompt set {prompts.id!r}: every position, over {min(lengths)} to {max(lengths)} tokens",
            "Position 5 of a long prompt does not correspond to position 5 of a short one.",
            'Mark the tokens that correspond under "positions" and name them, count from the end (-1 is the '
            "last), or use prompts of one length.",
        )
    return range(lengths.pop())


Component = Literal["heads", "mlps", "attentions", "layers"]


def components(sites: SiteMap, what: Component, layers: Sequence[int] | None = None) -> Grid:
    """Every head, every MLP, every attention or every layer (attention and MLP together) of the model."""
    chosen = tuple(range(sites.n_layers) if layers is None else layers)
    by_layer: Axes = (("layer", chosen),)
    match what:
        case "heads":
            heads = tuple(range(sites.n_heads))
            cells: Cells = tuple((Site(layer, "z", head),) for layer, head in product(chosen, heads))
            grid = Grid(cells, (*by_layer, ("head", heads)))
        case "mlps":
            grid = Grid(tuple((Site(layer, "mlp_out"),) for layer in chosen), by_layer)
        case "attentions":
            grid = Grid(tuple((Site(layer, "z"),) for layer in chosen), by_layer)
        case "layers":
            grid = Grid(tuple((Site(layer, "z"), Site(layer, "mlp_out")) for layer in chosen), by_layer)
    sites.require(site for cell in grid.cells for site in cell)
    return grid


def joint_sets(sites: SiteMap, sets: Sequence[Sequence[Site]]) -> Grid:
    """Each given set as one cell."""
    cells = tuple(tuple(group) for group in sets)
    sites.require(site for cell in cells for site in cell)
    labels: tuple[int | str, ...] = tuple(" + ".join(str(site) for site in cell) for cell in cells)
    return Grid(cells, (("set", labels),))
