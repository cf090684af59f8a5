"""Units whose result is read off activations: what goes with what, and how usual a state is."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from claimlint.backend.activation_patching import patched_activations
from claimlint.backend.activation_statistics import activation_statistics
from claimlint.backend.attention_patterns import collect_attended
from claimlint.backend.attention_statistics import attention_statistics, collect_entropy
from claimlint.backend.capture import Source, collect
from claimlint.backend.distribution_shift import distribution_shift
from claimlint.backend.identifiability import identifiability
from claimlint.backend.linear_probe import probe_model
from claimlint.backend.manifest_entries import target_of
from claimlint.backend.pictures import (
    attention_pictures,
    distance_curve,
    head_map,
    probe_curve,
)
from claimlint.backend.prompts import PromptSet, labels_of, make_batch, prompt_set
from claimlint.backend.provenance import Provenance
from claimlint.backend.runs import RunOptions, baseline_outcomes
from claimlint.backend.sites import Site, parse_site, require_position
from claimlint.backend.specs import (
    ActivationStatisticsSpec,
    AttentionStatisticsSpec,
    DistributionShiftSpec,
    IdentifiabilitySpec,
    LinearProbeSpec,
    ReadoutSpec,
)
from claimlint.errors import ClaimlintError
from claimlint.evidence.effects import Direction
from claimlint.evidence.model import Experiment
from claimlint.evidence.result_files import write_arrays
from claimlint.evidence.statistics import effect, mean_interval


def readout_entry(id: str, spec: ReadoutSpec, provenance: Provenance, options: RunOptions) -> Experiment:
    """Reads what the spec asks for; returns its entry."""
    match spec:
        case LinearProbeSpec():
            return _probe(id, spec, provenance, options)
        case AttentionStatisticsSpec():
            return _attention(id, spec, provenance, options)
        case ActivationStatisticsSpec():
            return _activations(id, spec, provenance, options)
        case IdentifiabilitySpec():
            return _components(id, spec, provenance, options)
        case DistributionShiftSpec():
            return _distribution_shift(id, spec, provenance, options)


def _probe(id: str, spec: LinearProbeSpec, provenance: Provenance, options: RunOptions) -> Experiment:
    """The label read from every layer, beside the baselines."""
    model, prompts = provenance.language_model, provenance.prompt_set
    result = probe_model(
        model,
        prompts,
        spec.label,
        layers=spec.layers,
        kind=spec.kind,
        position=spec.position,
        batch_size=options.batch_size,
        folds=spec.folds,
        permutations=spec.permutations,
        bootstrap=options.draws,
        seed=options.seed,
    )
    own = {**result.manifest_fields(), "target": target_of([parse_site(result.best_site)])}
    arrays = write_arrays(provenance.folder, result.arrays(), {"sites": ", ".join(result.sites)})
    provenance.draw(id, probe_curve(id, result))
    return provenance.experiment(id, own.pop("method"), options, arrays, **own)


def _attention(
    id: str, spec: AttentionStatisticsSpec, provenance: Provenance, options: RunOptions
) -> Experiment:
    """Entropy of every head, and how it goes with the main metric over prompts."""
    if spec.to is not None:
        return _attended(id, spec, spec.to, provenance, options)
    model, prompts = provenance.language_model, provenance.prompt_set
    outcomes = baseline_outcomes(model, prompts, options) if spec.correlate else {}
    result = attention_statistics(
        collect_entropy(model, prompts, position=spec.position, batch_size=options.batch_size),
        outcomes.get(options.metrics[0].name),
        groups=groups_of(prompts),
        permutations=spec.permutations,
        bootstrap=options.draws,
        seed=options.seed,
    )
    head = result.strongest
    heads = [Site(head.layer, "z", head.head)] if head else [Site(h.layer, "z", h.head) for h in result.heads]
    target = target_of(heads).model_copy(update={"site": "attention_pattern", "joint": None})
    own = {**result.manifest_fields(), "target": target}
    # The weights are float32, and so is what is known of their entropy.
    found = {name: values.astype(np.float32) for name, values in result.arrays().items()}
    arrays = write_arrays(provenance.folder, found, {"axes": "prompts, layers, heads"})
    for name, drawn in attention_pictures(id, result):
        provenance.draw(name, drawn)
    return provenance.experiment(id, own.pop("method"), options, arrays, **own)


def _attended(
    id: str, spec: AttentionStatisticsSpec, to: int | str, provenance: Provenance, options: RunOptions
) -> Experiment:
    """How much one head attends from one position to another."""
    model, prompts = provenance.language_model, provenance.prompt_set
    query = -1 if spec.position is None else spec.position
    weights = collect_attended(model, prompts, query, to, batch_size=options.batch_size)
    layer, number = np.unravel_index(int(weights.mean(axis=0).argmax()), weights.shape[1:])
    head = spec.head or Site(int(layer), "z", int(number))
    if head.head is None:
        raise ClaimlintError(
            f"experiment {id!r}: {head} is no head",
            "Attention weights are those of one head.",
            "Write it as a site, such as L10H1.z.",
        )
    model.sites.require([head])
    mine = weights[:, head.layer, head.head]
    caption = f"mean attention weight from position {query} to {to}, n = {len(weights)}"
    provenance.draw(id, head_map(id, caption, weights.mean(axis=0)))
    groups = groups_of(prompts)
    names = None if groups is None else np.asarray(groups)
    interval = mean_interval(mine, options.draws, np.random.default_rng(options.seed), names)
    return provenance.experiment(
        id,
        "attention_statistics",
        options,
        write_arrays(provenance.folder, {"attention": weights}, {"axes": "prompts, layers, heads"}),
        target=target_of([replace(head, position=query)]).model_copy(update={"site": "attention_pattern"}),
        metrics=("attention",),
        effect=effect("attention", float(mine.mean()), len(mine), interval, unit="fraction"),
        note=f"from position {query} to {to}",
    )


def _activations(
    id: str, spec: ActivationStatisticsSpec, provenance: Provenance, options: RunOptions
) -> Experiment:
    """Every unit of one layer, by the token at the position."""
    model, prompts = provenance.language_model, provenance.prompt_set
    site = Site(spec.layer, spec.kind, position=spec.position)
    found = collect(model, prompts, [site], batch_size=options.batch_size, pad=options.pad)[site]
    ids = make_batch(prompts, range(len(prompts))).tokens_at(spec.position).tolist()
    tokens = [str(id) if model.tokenizer is None else model.tokenizer.decode([id]) for id in ids]
    result = activation_statistics(found.double().cpu().numpy(), tokens, threshold=spec.threshold)
    own = {**result.manifest_fields(), "target": target_of([site])}
    notes = {"axes": "prompts, units", "tokens": json.dumps(tokens)}
    arrays = write_arrays(provenance.folder, result.arrays(), notes)
    return provenance.experiment(id, own.pop("method"), options, arrays, **own)


def _components(
    id: str, spec: IdentifiabilitySpec, provenance: Provenance, options: RunOptions
) -> Experiment:
    """Components of the activations at one site, over many fits, beside the prompts' labels."""
    model, prompts = provenance.language_model, provenance.prompt_set
    require_position(spec.site)
    found = collect(model, prompts, [spec.site], batch_size=options.batch_size, pad=options.pad)[spec.site]
    result = identifiability(
        found.double().cpu().numpy(),
        spec.components,
        method=spec.algorithm,
        factors={name: labels_of(prompts, name) for name in spec.factors},
        groups=groups_of(prompts),
        runs=spec.runs,
        max_iterations=spec.max_iterations,
        seed=options.seed,
    )
    own = {**result.manifest_fields(), "target": target_of([spec.site])}
    arrays = write_arrays(provenance.folder, result.arrays(), {"axes": "prompts, components"})
    return provenance.experiment(id, own.pop("method"), options, arrays, **own)


def _distribution_shift(
    id: str, spec: DistributionShiftSpec, provenance: Provenance, options: RunOptions
) -> Experiment:
    """Patched activations among those of unpatched runs that gave no donor."""
    model, prompts = provenance.language_model, provenance.prompt_set
    patched = patched_activations(
        model, prompts, spec.patched, spec.at, direction=spec.direction, options=options
    )
    untouched, others = _no_donors(prompts, spec.direction)
    usual = collect(
        model, others, [spec.at], source=untouched, batch_size=options.batch_size, pad=options.pad
    )[spec.at]
    result = distribution_shift(
        patched,
        usual.double().cpu().numpy(),
        groups=groups_of(others),
        neighbours=spec.neighbours,
        bootstrap=options.draws,
        seed=options.seed,
    )
    own = {
        **result.manifest_fields(),
        "target": target_of(spec.patched),
        "direction": spec.direction,
        "replacement": ("donor",),
    }
    arrays = write_arrays(provenance.folder, result.arrays(), {"at": str(spec.at)})
    provenance.draw(id, distance_curve(id, result.farther))
    return provenance.experiment(id, own.pop("method"), options, arrays, **own)


def _no_donors(prompts: PromptSet, direction: Direction) -> tuple[Source, PromptSet]:
    """Which run is patched, and the prompts whose own such run is no prompt's donor."""
    untouched: Source
    untouched, giving = ("clean", "corrupted") if direction == "noising" else ("corrupted", "clean")
    donors = {getattr(prompt, giving) for prompt in prompts.prompts}
    others = [prompt for prompt in prompts.prompts if getattr(prompt, untouched) not in donors]
    if not others:
        raise ClaimlintError(
            f"prompt set {prompts.id!r}: every {untouched} prompt is a donor too",
            "What was patched in would be found again among the usual activations, at distance zero.",
            f"Add prompts that are no other prompt's {giving} one.",
        )
    return untouched, prompt_set(others)


def groups_of(prompts: PromptSet) -> list[str] | None:
    """Each prompt's template, where all have one and not the same."""
    groups = [prompt.template for prompt in prompts.prompts if prompt.template is not None]
    return groups if len(groups) == len(prompts) and len(set(groups)) > 1 else None
