"""Circuit evaluation: does a set of components do the work alone, is anything missing, is every part needed?

The universe is all heads, with the MLPs where they are part of the question. Tests after Wang et al.
(2211.00593):

- *alone* (sufficiency): everything outside the circuit ablated;
- *complement*: the circuit ablated and the rest left in;
- *completeness*: with any part ``K`` of the circuit removed, circuit and model should still do alike;
- *minimality*: every part's removal from the circuit alone should matter.

A circuit that passes is *a* circuit: nothing here looks for others that would pass too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from claimlint.backend.ablation import AblationKind, ablation
from claimlint.backend.grids import components, joint_sets
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import PromptSet
from claimlint.backend.runs import InterventionResult, RunOptions
from claimlint.backend.sites import Site
from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import EffectSummary, Recovery, recovered, summarise
from claimlint.evidence.statistics import FloatArray

DEFAULT_OPTIONS = RunOptions()


@dataclass(frozen=True)
class Removal:
    """One completeness check.

    Args:
        removed: the part ``K`` of the circuit.
        difference: circuit without ``K`` minus model without ``K``; zero for a complete circuit.
    """

    removed: tuple[Site, ...]
    difference: EffectSummary


@dataclass(frozen=True)
class Left:
    """The shares of what the model does, measured as faithfulness is, that are left without one ``K``.

    Args:
        removed: the part ``K`` of the circuit.
        circuit, model: of the circuit alone and of the whole model, both without it.
    """

    removed: tuple[Site, ...]
    circuit: Recovery
    model: Recovery

    @property
    def apart(self) -> float:
        """By how much the two differ; 0 where there is nothing to keep."""
        return (self.circuit.share or 0.0) - (self.model.share or 0.0)


@dataclass(frozen=True, eq=False)
class CircuitResult:
    """All runs of one circuit.

    Args:
        runs: the ablations behind it; cells: alone, complement, nothing left, then pairs (model without
            ``K``, circuit without ``K``), then the circuit without each of its parts.
        subsets: every ``K``.
    """

    circuit: tuple[Site, ...]
    subsets: tuple[tuple[Site, ...], ...]
    runs: InterventionResult

    @property
    def alone(self) -> FloatArray:
        """Outcome ``[prompts]`` with everything outside the circuit ablated."""
        return self._outcome(0)

    @property
    def complement(self) -> FloatArray:
        """Outcome ``[prompts]`` with the circuit ablated."""
        return self._outcome(1)

    @property
    def nothing(self) -> FloatArray:
        """Outcome ``[prompts]`` with all components ablated."""
        return self._outcome(2)

    @property
    def faithfulness(self) -> Recovery:
        """``(alone - nothing) / (model - nothing)``, with ``nothing`` the run with all components ablated."""
        return self._recovery(self.alone)

    @property
    def left_without_circuit(self) -> Recovery:
        """The same share for the complement: what the model still does without the circuit."""
        return self._recovery(self.complement)

    def completeness(self) -> tuple[Removal, ...]:
        """Circuit and model compared under the same removals."""
        removals = []
        for index, subset in enumerate(self.subsets):
            model, circuit = self._outcome(3 + 2 * index), self._outcome(4 + 2 * index)
            removals.append(
                Removal(subset, summarise(model, circuit, self.runs.weights, self.runs.resampled))
            )
        return tuple(removals)

    def parts(self) -> tuple[tuple[Site, EffectSummary], ...]:
        """Per part what the whole model loses without it."""
        base = self.runs.base[self.runs.main_metric]
        # Every single part comes first among the subsets.
        return tuple(
            (site, summarise(base, self._outcome(3 + 2 * i), self.runs.weights, self.runs.resampled))
            for i, site in enumerate(self.circuit)
        )

    def minimality(self) -> tuple[tuple[Site, EffectSummary], ...]:
        """Per part what the circuit alone loses without it."""
        first = 3 + 2 * len(self.subsets)
        return tuple(
            (
                site,
                summarise(self.alone, self._outcome(first + i), self.runs.weights, self.runs.resampled),
            )
            for i, site in enumerate(self.circuit)
        )

    def left(self) -> tuple[Left, ...]:
        """What circuit and model keep without each ``K``."""
        return tuple(
            Left(subset, self._recovery(self._outcome(4 + 2 * i)), self._recovery(self._outcome(3 + 2 * i)))
            for i, subset in enumerate(self.subsets)
        )

    def _outcome(self, cell: int) -> FloatArray:
        outcome: FloatArray = self.runs.patched[self.runs.main_metric][cell]
        return outcome

    def _recovery(self, outcome: FloatArray) -> Recovery:
        full = self.runs.base[self.runs.main_metric]
        return recovered(self.nothing, full, outcome, self.runs.weights, self.runs.resampled)


def circuit_evaluation(
    language_model: LanguageModel,
    prompts: PromptSet,
    circuit: Sequence[Site],
    *,
    replacement: AblationKind = "mean",
    with_mlps: bool = False,
    subsets: int = 10,
    options: RunOptions = DEFAULT_OPTIONS,
) -> CircuitResult:
    """Runs all four tests of a circuit of heads (``z``) and, with ``with_mlps``, of MLPs (``mlp_out``).

    Args:
        with_mlps: MLPs belong to the universe, so those outside the circuit are ablated too.
        subsets: random parts of the circuit for completeness, beside each single component.
    """
    sites = language_model.sites
    universe = [cell[0] for cell in components(sites, "heads").cells]
    if with_mlps:
        universe += [cell[0] for cell in components(sites, "mlps").cells]
    inside = tuple(dict.fromkeys(circuit))
    unknown = [site for site in inside if site not in universe]
    if unknown or not inside:
        raise ClaimlintError(
            f"circuit part {unknown[0]}: not among the components" if unknown else "a circuit without parts",
            f"The universe is all heads{' and MLPs' if with_mlps else ''}, at all positions.",
            "Name heads such as L8H3.z; for MLPs such as L8.mlp_out, ask for with_mlps too.",
        )
    outside = [site for site in universe if site not in inside]
    parts = _subsets(inside, subsets, options.seed)
    ablated: list[Sequence[Site]] = [outside, inside, universe]
    for part in parts:
        ablated += [part, [*outside, *part]]
    ablated += [[*outside, site] for site in inside]
    runs = ablation(
        language_model, prompts, joint_sets(sites, ablated), replacement=replacement, options=options
    )
    return CircuitResult(inside, parts, runs)


def _subsets(circuit: tuple[Site, ...], count: int, seed: int) -> tuple[tuple[Site, ...], ...]:
    """Every single part, and ``count`` random sets of several, each member in with probability one half."""
    rng = np.random.default_rng(seed)
    drawn = [
        tuple(site for site, taken in zip(circuit, rng.random(len(circuit)) < 0.5, strict=True) if taken)
        for _ in range(count)
    ]
    several = [part for part in drawn if len(part) > 1]
    return tuple(dict.fromkeys([*((site,) for site in circuit), *several]))
