"""Causal mediation: how much of an input's effect goes through a mediator, and how much goes around it.

The corrupted prompt is the control input ``x``, the clean prompt the treatment ``x'``, ``M`` the mediator and
``Y(input, M(input'))`` the outcome of a run on one input with the mediator's state from the other. The
names say which background each run has (Robins and Greenland 1992, Pearl 2001):

- total effect          ``TE   = Y(x', M(x')) - Y(x, M(x))``
- pure direct           ``PNDE = Y(x', M(x))  - Y(x, M(x))``
- total direct          ``TNDE = Y(x', M(x')) - Y(x, M(x'))``
- pure indirect         ``PNIE = Y(x, M(x'))  - Y(x, M(x))``: clean states patched into the corrupted run
- total indirect        ``TNIE = Y(x', M(x')) - Y(x', M(x))``: what the clean run loses with corrupted states

``TE = PNDE + TNIE = TNDE + PNIE``; ``TE - PNDE - PNIE`` is the interaction of the two ways. These are nested
counterfactuals, which can be computed here only because the network is a known program.
"""

from __future__ import annotations

from dataclasses import dataclass

from claimlint.backend.activation_patching import patch_cells
from claimlint.backend.grids import Grid
from claimlint.backend.language_model import LanguageModel
from claimlint.backend.prompts import PromptSet
from claimlint.backend.runs import InterventionResult, RunOptions
from claimlint.evidence.effects import EffectSummary, summarise
from claimlint.evidence.statistics import FloatArray

DEFAULT_OPTIONS = RunOptions()


@dataclass(frozen=True)
class NaturalEffects:
    """The decomposition for one mediator; each with interval and shares of prompts."""

    te: EffectSummary
    pnde: EffectSummary
    tnde: EffectSummary
    pnie: EffectSummary
    tnie: EffectSummary
    interaction: EffectSummary


@dataclass(frozen=True, eq=False)
class MediationResult:
    """Both crossed runs of every mediator.

    Args:
        into_control: ``Y(x, M(x'))``, clean mediators in the corrupted run.
        into_treated: ``Y(x', M(x))``, corrupted mediators in the clean run.
    """

    into_control: InterventionResult
    into_treated: InterventionResult

    def effects(self, cell: int, metric: str | None = None) -> dict[str, FloatArray]:
        """Each effect ``[prompts]`` by the name that ``NaturalEffects`` gives it."""
        name = metric or self.into_control.main_metric
        control, treated = self.into_control.base[name], self.into_treated.base[name]
        control_mediated = self.into_control.patched[name][cell]
        treated_mediated = self.into_treated.patched[name][cell]
        te, pnde, pnie = treated - control, treated_mediated - control, control_mediated - control
        return {
            "te": te,
            "pnde": pnde,
            "tnde": treated - control_mediated,
            "pnie": pnie,
            "tnie": treated - treated_mediated,
            "interaction": te - pnde - pnie,
        }

    def decomposition(self, cell: int, metric: str | None = None) -> NaturalEffects:
        """The means with their intervals."""
        weights, unit = self.into_control.weights, self.into_control.resampled
        control = self.into_control.base[metric or self.into_control.main_metric]
        return NaturalEffects(
            **{
                name: summarise(control, control + effect, weights, unit)
                for name, effect in self.effects(cell, metric).items()
            }
        )


def causal_mediation(
    language_model: LanguageModel,
    prompts: PromptSet,
    mediators: Grid,
    *,
    options: RunOptions = DEFAULT_OPTIONS,
) -> MediationResult:
    """Runs both crossings of every mediator; a cell of several sites is one joint mediator."""
    return MediationResult(
        patch_cells(language_model, prompts, mediators, direction="denoising", options=options),
        patch_cells(language_model, prompts, mediators, direction="noising", options=options),
    )
