"""Holding components at the base run, so that only chosen paths carry an intervention on."""

from __future__ import annotations

from collections.abc import Sequence

from claimlint.backend.interventions import Edit, Intervention, normalise
from claimlint.backend.shared_forward import BaseRun
from claimlint.backend.sites import Site, SiteMap


def frozen(
    base: BaseRun,
    sites: SiteMap,
    edits: Sequence[Edit],
    *,
    until: int | None = None,
    through: Sequence[Site] = (),
) -> Intervention:
    """Edits that hold every head and MLP from the first edited layer on at the base run.

    Placed before ``edits`` in an intervention, they leave the residual stream as the edits' only way on: what
    arrives downstream is the direct effect.

    Args:
        base: holds ``z`` and ``mlp_out``.
        until: first layer that is no longer held; all layers by default.
        through: heads (``z``) and MLPs (``mlp_out``) that are left free.
    """
    first = min(normalise(edit.site.kind, edit.site.layer)[1] for edit in edits)
    last = sites.n_layers if until is None else until
    held: list[Edit] = []
    for layer in range(first, last):
        free = {site.head for site in through if (site.kind, site.layer) == ("z", layer)}
        if not free:
            held.append(_held(base, sites, Site(layer, "z")))
        elif None not in free:
            held += [
                _held(base, sites, Site(layer, "z", head))
                for head in range(sites.n_heads)
                if head not in free
            ]
        if Site(layer, "mlp_out") not in through:
            held.append(_held(base, sites, Site(layer, "mlp_out")))
    return tuple(held)


def _held(base: BaseRun, sites: SiteMap, site: Site) -> Edit:
    return Edit(site, base.at(site)[..., sites.features(site)])
