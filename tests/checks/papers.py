"""Short papers held against small manifests, through the whole pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claimlint.checks import Outcome, Rule, check, load_rules
from claimlint.claims import claims
from claimlint.config import Config
from claimlint.evidence import Manifest
from claimlint.linking import link
from claimlint.manuscript import read

PROBE = {
    "id": "probe-8",
    "method": "linear_probe",
    "model": "gpt2",
    "prompts": "names",
    "target": {"layer": [8]},
    "behaviour": "gender",
    "effect": {"metric": "accuracy", "value": 95, "unit": "percent", "n": 1000},
    "controls": {"control_task": 0.55},
}


def manifest_of(
    experiments: Sequence[Mapping[str, Any]], prompt_sets: Sequence[Mapping[str, Any]] = ()
) -> Manifest:
    """A manifest in which every model and prompt set that an experiment names is there."""
    named = {
        id
        for e in experiments
        for id in (e.get("prompts"), *e.get("robustness", {}).get("prompt_sets", ()))
        if id
    }
    sets = {s["id"]: s for s in prompt_sets}
    return Manifest.model_validate(
        {
            "models": [{"id": id} for id in sorted({e["model"] for e in experiments if "model" in e})],
            "prompt_sets": [sets.get(id, {"id": id}) for id in sorted(named)],
            "experiments": list(experiments),
        }
    )


def lint(
    text: str | None,
    manifest: Manifest | None = None,
    *,
    path: str = "paper.tex",
    rules: Sequence[Rule] | None = None,
    config: Config | None = None,
) -> Outcome:
    """What claimlint says about a text, or about the file at ``path``."""
    document = read(path, text)
    found = claims(document)
    plans = manifest if manifest and manifest.only_plans else None
    evidence = None if plans else manifest
    return check(
        document,
        found,
        link(found, document, evidence) if evidence else (),
        evidence,
        load_rules() if rules is None else rules,
        config or Config(),
        manifest="manifest.json" if manifest else "",
        plans=plans,
    )


def names(outcome: Outcome) -> list[str]:
    return sorted(finding.name for finding in outcome.findings)
