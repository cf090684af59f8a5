"""What was run comes out as manifest entries that load, license what was shown, and can be checked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from claimlint.backend.ablation import AblationKind, ablation
from claimlint.backend.activation_patching import activation_patching, patch_cells
from claimlint.backend.causal_mediation import causal_mediation
from claimlint.backend.circuit_evaluation import circuit_evaluation
from claimlint.backend.grids import components, joint_sets
from claimlint.backend.language_model import load_model
from claimlint.backend.manifest_entries import (
    circuit_entry,
    intervention_entries,
    mediation_entries,
    steering_entry,
)
from claimlint.backend.metrics import METRICS
from claimlint.backend.path_patching import path_patching
from claimlint.backend.prompt_files import read_prompts
from claimlint.backend.prompts import PromptSet
from claimlint.backend.provenance import Provenance
from claimlint.backend.runs import RunOptions
from claimlint.backend.sites import Site
from claimlint.backend.steering import difference_of_means, steering
from claimlint.errors import ClaimlintError
from claimlint.evidence import Experiment, Manifest, add_entries, licence, load_manifest
from claimlint.evidence.result_files import read_arrays

FOLDER = Path(__file__).parents[2] / "experiments" / "models"
USED = Site(0, "z", 0)
KINDS: tuple[AblationKind, ...] = ("zero", "resample")


@pytest.fixture
def run(tmp_path: Path) -> Provenance:
    torch.set_num_threads(1)
    model = load_model(FOLDER / "single-linear", name="single-linear")
    whole = read_prompts(FOLDER / "prompts" / "agreement-number.jsonl", model.tokenizer)
    prompts = PromptSet(whole.id, whole.prompts[:24], whole.digest, whole.path)
    return Provenance(tmp_path, model, prompts, "tiny", "number", behaviour="subject-verb agreement")


def saved(run: Provenance, entries: Iterable[Experiment]) -> Manifest:
    """The manifest as it is read back from its file."""
    path = run.folder / "manifest.json"
    add_entries(path, entries, models=[run.model_entry()], prompt_sets=[run.prompts_entry()])
    return load_manifest(path)


def test_a_sweep_becomes_one_entry_per_place(run: Provenance) -> None:
    result = activation_patching(run.language_model, run.prompt_set, kind="z", heads="each")
    manifest = saved(run, intervention_entries("patch", [result], run))
    assert len(manifest.experiments) == 8
    entry = manifest.experiment("patch/L0H0.z")
    assert entry is not None
    assert entry.grade == "executed"
    assert entry.target.head == ("0.0",)
    assert entry.direction == "denoising"
    assert entry.effect is not None
    assert entry.effect.share == pytest.approx(1, abs=1e-4)
    assert entry.effect.ci is not None
    assert entry.unit is not None
    assert (entry.unit.helped, entry.unit.ps) == (1, 1)
    assert entry.digests["prompts"] == "sha256:" + run.prompt_set.digest
    assert entry.settings["dtype"] == "float32"
    assert {"kernels", "threads", "tokens_per_forward"} <= entry.settings.keys()
    assert entry.peak_memory_mb is not None
    assert entry.peak_memory_mb > 50, "torch alone takes more"
    kinds = licence(entry, manifest).kinds
    assert {"effect", "role", "sufficiency"} <= kinds
    assert "necessity" not in kinds


def test_two_replacements_with_the_direct_effect_license_necessity(run: Provenance) -> None:
    grid = joint_sets(run.language_model.sites, [[USED]])
    results = [
        ablation(run.language_model, run.prompt_set, grid, replacement="mean", direct=True),
        ablation(run.language_model, run.prompt_set, grid, replacement="zero"),
    ]
    manifest = saved(run, intervention_entries("ablate", results, run))
    (entry,) = manifest.experiments
    assert entry.id == "ablate"
    assert entry.replacement == ("mean", "zero")
    assert entry.backup_check is True
    assert {effect.metric for effect in entry.further_effects} == {
        "logit_difference (zero)",
        "logit_difference (direct effect)",
    }
    assert "necessity" in licence(entry, manifest).kinds


def test_single_prompts_are_listed_with_before_after_and_donor(run: Provenance) -> None:
    result = activation_patching(run.language_model, run.prompt_set, kind="z", heads="each")
    entries = intervention_entries("patch", [result], run, listed=1)
    listed = [entry for entry in entries if entry.instances]
    (strongest,) = listed
    assert strongest.target.head == ("0.0",)
    assert not isinstance(strongest.instances, tuple)
    lines = (run.folder / strongest.instances.path).read_text().splitlines()
    first = json.loads(lines[0])
    assert strongest.instances.n == len(lines) == 24
    assert first["prompt_id"] == "a000"
    assert first["donor"] == "a000 (clean)"
    assert first["after"] == pytest.approx(-first["before"], rel=1e-3)


def test_the_arrays_hold_every_outcome_and_a_changed_file_is_noticed(run: Provenance) -> None:
    result = activation_patching(run.language_model, run.prompt_set, kind="z", heads="each")
    entry = intervention_entries("patch", [result], run)[0]
    array = entry.arrays["outcomes"]
    found = read_arrays(run.folder, array)
    np.testing.assert_array_equal(found["donor/logit_difference/patched"], result.patched["logit_difference"])
    path = run.folder / array.path
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ClaimlintError, match="the digest is"):
        read_arrays(run.folder, array)


def test_equal_runs_write_equal_entries(run: Provenance) -> None:
    def entries() -> tuple[Experiment, ...]:
        grid = components(run.language_model.sites, "heads")
        result = ablation(run.language_model, run.prompt_set, grid, replacement="resample")
        return intervention_entries("ablate", [result], run)

    assert entries() == entries()


def test_mediation_steering_circuit_and_path_entries_load(run: Provenance) -> None:
    model, prompts = run.language_model, run.prompt_set
    mediated = causal_mediation(model, prompts, joint_sets(model.sites, [[USED]]))
    site = Site(0, "resid_post", position=-1)
    steered = steering(model, prompts, site, difference_of_means(model, prompts, site))
    paths = path_patching(model, prompts, [USED], [Site(1, "mlp_out"), None])
    circuit = circuit_evaluation(model, prompts, [USED])
    manifest = saved(
        run,
        [
            *mediation_entries("mediation", mediated, run),
            steering_entry("steer", steered, run),
            circuit_entry("circuit", circuit, run),
            *intervention_entries("path", [paths], run),
        ],
    )
    by_id = {entry.id: entry for entry in manifest.experiments}
    natural = by_id["mediation"].decomposition
    assert natural is not None
    assert natural.te == pytest.approx((natural.pnde or 0) + (natural.tnie or 0), rel=1e-6)
    assert by_id["path/L0H0.z->logits"].target.path == ("L0H0.z", "logits")
    assert "sufficiency" in licence(by_id["circuit"], manifest).kinds
    assert by_id["steer"].dose == steered.doses


def test_an_accuracy_is_written_in_points_as_papers_write_it(run: Provenance) -> None:
    options = RunOptions(metrics=(METRICS["choice_accuracy"], METRICS["logit_difference"]))
    grid = joint_sets(run.language_model.sites, [[USED]])
    swapped = patch_cells(run.language_model, run.prompt_set, grid, direction="noising", options=options)
    (entry,) = intervention_entries("patch", [swapped], run)
    assert entry.effect is not None
    assert (entry.effect.value, entry.effect.unit) == (-100, "points")
    assert entry.effect.ci == pytest.approx((-100, -100))
    assert [effect.unit for effect in entry.further_effects] == ["logits"]


def test_a_circuit_is_measured_in_shares_of_what_the_model_does(run: Provenance) -> None:
    circuit = circuit_evaluation(run.language_model, run.prompt_set, [USED])
    entry = circuit_entry("circuit", circuit, run)
    assert entry.effect is not None
    assert entry.circuit is not None
    assert entry.circuit.alone == pytest.approx(entry.effect.value)
    assert entry.circuit.complement == pytest.approx(0, abs=1e-5)
    assert entry.circuit.minimality == pytest.approx(-1, rel=1e-4)


def test_a_joint_set_is_named_as_joint(run: Provenance) -> None:
    sites = run.language_model.sites
    result = ablation(run.language_model, run.prompt_set, joint_sets(sites, [[USED, Site(0, "z", 2)]]))
    (entry,) = intervention_entries("pair", [result], run)
    assert entry.target.joint is True
    assert entry.target.head == ("0.0", "0.2")


def test_an_effect_of_what_tells_no_prompts_apart_is_explained(run: Provenance) -> None:
    """Nothing reads head 1: without it LayerNorm scales up the rest, with another prompt's nothing moves."""
    model = load_model(FOLDER / "single-layernorm")
    here = replace(run, language_model=model)
    for head, said in ((1, True), (0, False)):
        cell = joint_sets(model.sites, [[Site(0, "z", head)]])
        results = [ablation(model, run.prompt_set, cell, replacement=kind) for kind in KINDS]
        (entry,) = intervention_entries("ablate", results, here)
        assert entry.effect is not None
        assert abs(entry.effect.value) > 0.1
        assert ("constant part of the write, or its missing size" in entry.note) is said


def test_a_constant_write_is_not_blamed_on_normalisation(run: Provenance) -> None:
    """The norms of this model are constant factors: only the output bias of the MLP is felt."""
    model = load_model(FOLDER / "single-linear")
    block = model.model.transformer.h[1].mlp.c_proj
    block.weight.zero_()
    block.bias.copy_(model.model.lm_head.weight[model.tokenizer("is")["input_ids"][0]])
    cell = joint_sets(model.sites, [[Site(1, "mlp_out")]])
    results = [ablation(model, run.prompt_set, cell, replacement=kind) for kind in KINDS]
    (entry,) = intervention_entries("ablate", results, replace(run, language_model=model))
    assert "a constant part of the write" in entry.note


def test_of_two_doses_of_one_size_the_positive_is_the_main_one(run: Provenance) -> None:
    model, site = run.language_model, Site(0, "resid_post", position=-1)
    direction = difference_of_means(model, run.prompt_set, site)
    steered = steering(model, run.prompt_set, site, direction, doses=[-2, 1, 2], random_directions=1)
    entry = steering_entry("steer", steered, run)
    assert entry.effect is not None
    assert entry.effect.value == steered.summary(2).mean


def test_a_folder_that_cannot_be_written_leaves_no_entry(run: Provenance) -> None:
    (run.folder / "results").write_text("a file where the folder should be")
    result = activation_patching(run.language_model, run.prompt_set, layers=[0])
    with pytest.raises(ClaimlintError, match="cannot be written"):
        intervention_entries("patch", [result], run)
