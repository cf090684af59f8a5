"""Interchange interventions: does a place in the network hold the value of a high-level variable?

A base prompt runs with a place set to its activation on a source prompt. If the place holds the variable,
the network should then answer as the high-level model does when that one variable takes the source's value
(Geiger et al., 2106.02997). The place may be a whole activation, or a subspace of it found by gradient
descent (DAS, 2303.02536). With a free enough map any network matches any model (Sutter et al., 2507.08802):
hence the random-weights baseline, and the pairs in which everything but the variable changes (isolation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from claimlint.backend.activation_patching import patch_cells
from claimlint.backend.capture import attach, capture, padding_arguments, pick
from claimlint.backend.grids import Grid, joint_sets
from claimlint.backend.interventions import Edit
from claimlint.backend.language_model import LanguageModel, random_initialised
from claimlint.backend.metrics import Metric
from claimlint.backend.prompts import Batch, Prompt, PromptSet, batches, prompt_set
from claimlint.backend.runs import InterventionResult, RunOptions
from claimlint.backend.shared_forward import predicted_logits
from claimlint.backend.sites import Site
from claimlint.errors import ClaimlintError
from claimlint.evidence.statistics import BoolArray, FloatArray

DEFAULT_OPTIONS = RunOptions()
METRIC = "interchange_accuracy"


@dataclass(frozen=True)
class CausalModel:
    """What the network is thought to compute, over named variables.

    Args:
        variables: name -> function of the values so far, in order of computation; a prompt's labels are
            there from the start.
        output: the answer, from all values.
        tokens: answer -> its token id.
    """

    variables: Mapping[str, Callable[[Mapping[str, Any]], Any]]
    output: Callable[[Mapping[str, Any]], Any]
    tokens: Mapping[Any, int]

    def values(self, labels: Mapping[str, Any], fixed: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Labels and variables; ``fixed`` ones keep the value that is given."""
        values = dict(labels)
        for name, function in self.variables.items():
            values[name] = fixed[name] if fixed and name in fixed else function(values)
        return values

    def answer(self, labels: Mapping[str, Any], fixed: Mapping[str, Any] | None = None) -> int:
        """Token id of the answer."""
        output = self.output(self.values(labels, fixed))
        if output not in self.tokens:
            raise ClaimlintError(
                f"causal model: the output {output!r} has no token",
                "The network's answer is compared with the token of the high-level answer.",
                f"Add it to tokens (known: {sorted(map(str, self.tokens))}).",
            )
        return self.tokens[output]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Base and source prompts with what the high-level model says about them.

    Args:
        prompts: ``clean`` is the base, ``corrupted`` the source, the first answer the high-level one after
            the interchange.
        cause: the interchange should change the answer.
        isolation: it should not, although the source's own answer differs.
    """

    prompts: PromptSet
    cause: BoolArray
    isolation: BoolArray


@dataclass(frozen=True)
class InterchangeScore:
    """Shares of pairs in which the network answers as the high-level model does.

    Args:
        accuracy: over all pairs, many of which any inert edit gets right.
        cause: over pairs whose answer should change; ``None`` without such pairs.
        isolation: over pairs whose answer should stay although the source's differs; ``None`` without such.
    """

    accuracy: float
    cause: float | None
    isolation: float | None
    n: int


@dataclass(frozen=True, eq=False)
class InterchangeResult:
    """Interchange at each cell; ``runs`` holds every pair's outcome (1 for the high-level answer)."""

    pairs: Pairs
    runs: InterventionResult

    def score(self, cell: int) -> InterchangeScore:
        """The network's agreement with the high-level model at one cell."""
        return _score(self.runs.patched[METRIC][cell], self.pairs)

    @property
    def untouched(self) -> InterchangeScore:
        """The same for the base run without interchange: what an edit without effect would score."""
        return _score(self.runs.base[METRIC], self.pairs)


@dataclass(frozen=True, eq=False)
class RotationResult:
    """A learned subspace and what it is worth on prompts that it was not learned on.

    Args:
        basis: ``[features, k]`` orthonormal columns.
        train, test: agreement on the two halves.
        full_component: agreement on the test half when the whole activation is swapped.
        random_model: the test score of the same procedure on the same architecture with random weights.
        losses: cross-entropy of each step.
    """

    site: Site
    basis: Tensor
    train: InterchangeScore
    test: InterchangeScore
    full_component: InterchangeScore
    random_model: InterchangeScore
    runs: InterventionResult
    losses: tuple[float, ...]


@dataclass(frozen=True)
class RotationOptions:
    """How a rotation is learned: Adam over minibatches of pairs."""

    dimensions: int = 1
    steps: int = 200
    batch_size: int = 32
    learning_rate: float = 0.02
    seed: int = 0


def interchange_pairs(
    prompts: PromptSet, model: CausalModel, variable: str, count: int, seed: int = 0
) -> Pairs:
    """Draws ``count`` pairs of different prompts with one length and the same named positions."""
    if variable not in model.variables:
        raise ClaimlintError(
            f"causal model: no variable {variable!r}",
            "An interchange sets one variable to the value that the source gives it.",
            f"Use one of: {', '.join(model.variables)}.",
        )
    if len(set(model.tokens.values())) < 2:
        raise ClaimlintError(
            f"causal model: all outputs have the same token ({', '.join(map(str, model.tokens))})",
            "An interchange shows in the answer, and here there is no other answer.",
            "Give two outputs or more, each with a token of its own.",
        )
    partners = _partners(prompts)
    rng = np.random.default_rng(seed)
    made, cause, isolation = [], [], []
    for number in range(count):
        group = partners[int(rng.integers(len(partners)))]
        base, source = (group[int(i)] for i in rng.choice(len(group), 2, replace=False))
        fixed = {variable: model.values(source.labels)[variable]}
        before, after = model.answer(base.labels), model.answer(base.labels, fixed)
        other = next(token for token in model.tokens.values() if token != after)
        answers = (after, before if before != after else other)
        id = f"{number}: {base.id} <- {source.id}"
        made.append(Prompt(id, base.clean, source.clean, answers, base.labels, base.positions, base.template))
        cause.append(before != after)
        isolation.append(before == after and model.answer(source.labels) != before)
    return Pairs(prompt_set(made, f"{prompts.id}-pairs"), np.array(cause), np.array(isolation))


def _partners(prompts: PromptSet) -> list[list[Prompt]]:
    groups: dict[Any, list[Prompt]] = {}
    for prompt in prompts.prompts:
        groups.setdefault((len(prompt.clean), *sorted(prompt.positions.items())), []).append(prompt)
    usable = [group for group in groups.values() if len(group) > 1]
    if not usable:
        raise ClaimlintError(
            f"prompt set {prompts.id!r}: no two prompts of one length with the same named positions",
            "An interchange puts a source's activation at the same place of a base.",
            "Add prompts of equal length.",
        )
    return usable


def interchange_intervention(
    language_model: LanguageModel,
    pairs: Pairs,
    model: CausalModel,
    grid: Grid,
    *,
    basis: Tensor | None = None,
    options: RunOptions = DEFAULT_OPTIONS,
) -> InterchangeResult:
    """Swaps the source's activation into the base at every cell.

    Args:
        basis: ``[features, k]``; then only the component in this subspace is swapped.
    """
    metric = candidate_accuracy(sorted(set(model.tokens.values())))
    runs = patch_cells(
        language_model,
        pairs.prompts,
        grid,
        direction="noising",
        basis=basis,
        options=replace(options, metrics=(metric,)),
    )
    return InterchangeResult(pairs, replace(runs, method="interchange_intervention"))


def candidate_accuracy(tokens: Sequence[int]) -> Metric:
    """1 where, among these tokens, the right answer has the largest logit."""

    def score(logits: Tensor, answers: Tensor, _reference: Tensor) -> Tensor:
        candidates = torch.tensor(tokens, device=logits.device)
        best = candidates[logits[:, candidates].argmax(-1)]
        return (best == answers[:, 0]).to(logits.dtype)

    return Metric(METRIC, "share of pairs with the high-level answer", "vocabulary", score)


def distributed_alignment_search(
    language_model: LanguageModel,
    train: Pairs,
    test: Pairs,
    model: CausalModel,
    site: Site,
    *,
    rotation: RotationOptions | None = None,
    options: RunOptions = DEFAULT_OPTIONS,
) -> RotationResult:
    """Learns a subspace of the site that holds the variable, and tests it on other pairs.

    ``train`` and ``test`` should come from different prompts. The whole procedure is repeated on the
    architecture with random weights.
    """
    how = rotation or RotationOptions()
    grid = joint_sets(language_model.sites, [[site]])
    basis, losses = learn_rotation(language_model, train, model, site, how)

    def score(network: LanguageModel, pairs: Pairs, subspace: Tensor | None) -> InterchangeResult:
        return interchange_intervention(network, pairs, model, grid, basis=subspace, options=options)

    untrained = random_initialised(language_model, how.seed)
    untrained_basis, _ = learn_rotation(untrained, train, model, site, how)
    tested = score(language_model, test, basis)
    return RotationResult(
        site=site,
        basis=basis,
        train=score(language_model, train, basis).score(0),
        test=tested.score(0),
        full_component=score(language_model, test, None).score(0),
        random_model=score(untrained, test, untrained_basis).score(0),
        runs=tested.runs,
        losses=losses,
    )


def learn_rotation(
    language_model: LanguageModel, pairs: Pairs, model: CausalModel, site: Site, how: RotationOptions
) -> tuple[Tensor, tuple[float, ...]]:
    """Orthonormal ``[features, k]`` whose swap gives the high-level model's answers, and the losses."""
    width = language_model.sites.width(site)
    if not 0 < how.dimensions <= width:
        raise ClaimlintError(
            f"rotation of {how.dimensions} dimensions at {site}",
            f"The site has {width} features.",
            f"Give 1 to {width} dimensions.",
        )
    generator = torch.Generator().manual_seed(how.seed)
    start = torch.randn(width, how.dimensions, generator=generator, dtype=torch.float64)
    free = start.to(device=language_model.device, dtype=language_model.dtype).requires_grad_(True)
    optimiser = torch.optim.Adam([free], lr=how.learning_rate)
    candidates = torch.tensor(sorted(set(model.tokens.values())), device=language_model.device)
    prepared = [
        _prepare(language_model, batch, site)
        for batch in batches(pairs.prompts, how.batch_size, device=language_model.device)
    ]
    losses = []
    for step in range(how.steps):
        batch, donor = prepared[step % len(prepared)]
        logits = _swapped(language_model, batch, site, donor, torch.linalg.qr(free).Q)
        right = [prompt.answers[0] for prompt in batch.prompts if prompt.answers is not None]
        wanted = torch.searchsorted(candidates, torch.tensor(right, device=candidates.device))
        loss = torch.nn.functional.cross_entropy(logits[:, candidates], wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    return torch.linalg.qr(free.detach()).Q, tuple(losses)


def _prepare(language_model: LanguageModel, batch: Batch, site: Site) -> tuple[Batch, Tensor]:
    source = capture(language_model, batch, batch.corrupted, {(site.kind, site.layer)})
    # Cloned outside inference mode, so that gradients may flow past it.
    return batch, pick(source[site.kind, site.layer], site, batch, language_model.sites).clone()


def _swapped(language_model: LanguageModel, batch: Batch, site: Site, donor: Tensor, basis: Tensor) -> Tensor:
    """Last-position logits ``[batch, vocabulary]`` of the base with the donor's component in the subspace."""
    sites = language_model.sites
    edit = Edit(site, donor, basis=basis)
    columns, features = batch.locate(site.position), sites.features(site)
    rows = torch.arange(len(batch.rows), device=donor.device)
    where = (slice(None), slice(None), features) if columns is None else (rows, columns, features)

    def change(activation: Tensor) -> Tensor:
        edited = activation.reshape(*batch.clean.shape, -1).clone()
        edited[where] = edit.new(edited[where], donor)
        return edited.view_as(activation)

    handle = attach(sites, site.kind, site.layer, change)
    try:
        return predicted_logits(
            language_model,
            batch,
            batch.clean,
            columns=None,
            only_last=True,
            use_cache=False,
            **padding_arguments(batch),
        )
    finally:
        handle.remove()


def _score(outcomes: FloatArray, pairs: Pairs) -> InterchangeScore:
    def over(chosen: BoolArray) -> float | None:
        return float(outcomes[chosen].mean()) if chosen.any() else None

    return InterchangeScore(float(outcomes.mean()), over(pairs.cause), over(pairs.isolation), len(outcomes))
