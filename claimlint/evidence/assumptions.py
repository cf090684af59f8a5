"""Which assumption buys which claim about factors that were found without labels (arXiv:2602.16698)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from claimlint.evidence.model import Assumption, Identifiability

#: The assumptions as a sentence names them.
SPOKEN: dict[Assumption, str] = {
    "linear_mixing": "linear mixing",
    "independence": "independent sources",
    "at_most_one_gaussian": "at most one Gaussian source",
    "sparsity": "sparsity",
    "labelled_interventions": "labelled interventions",
    "known_targets": "known targets",
    "auxiliary_variable": "an auxiliary variable",
    "environments": "several environments",
    "paired_counterfactuals": "paired counterfactual data",
}


@dataclass(frozen=True, slots=True)
class Row:
    """``buys`` may be claimed where all assumptions of one of ``sets`` are made.

    ``recurs`` says that it holds of single components only where these recur in other fits.
    """

    sets: tuple[frozenset[Assumption], ...]
    buys: str
    recurs: bool = False


def _any(*assumptions: Assumption) -> tuple[frozenset[Assumption], ...]:
    return tuple(frozenset({assumption}) for assumption in assumptions)


ROWS = (
    Row(
        (frozenset({"linear_mixing", "independence", "at_most_one_gaussian"}),),
        "the components up to permutation, sign and scale",
    ),
    Row(
        _any("sparsity"),
        "the latents under the sparsity condition where they recur, else only subspaces",
        recurs=True,
    ),
    Row(
        _any("labelled_interventions", "known_targets"),
        "the variables intervened on, up to element-wise maps",
    ),
    Row(
        _any("auxiliary_variable", "environments", "paired_counterfactuals"),
        "blocks or components, up to element-wise transforms",
    ),
)


def rows_for(assumptions: Iterable[Assumption]) -> tuple[Row, ...]:
    """The rows whose assumptions are made; none of them means that the factors are not identifiable."""
    made = frozenset(assumptions)
    return tuple(row for row in ROWS if any(wanted <= made for wanted in row.sets))


def lacking(assumptions: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """What the row that comes closest lacks, where some of its assumptions are made."""
    made = frozenset(assumptions)
    near = [wanted - made for row in ROWS for wanted in row.sets if wanted & made]
    if not near:
        return ()
    least = min(near, key=len)
    return tuple(sorted(least))


def recurs(found: Identifiability) -> bool:
    """Whether the components were looked for in other fits."""
    return any(value is not None for value in (found.match_rate, found.stability, found.iq))


def compared(found: Identifiability, rows: Iterable[Row]) -> bool:
    """Whether something beside the fit itself speaks for the factors that the rows buy."""
    return recurs(found) or (found.ground_truth is not None and not all(row.recurs for row in rows))
