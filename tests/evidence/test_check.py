"""What `manifest check` finds, and what `manifest show` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from claimlint.errors import ClaimlintError
from claimlint.evidence import (
    Experiment,
    Manifest,
    check_manifest,
    file_digest,
    licenses_instance,
    manifest_table,
    read_instances,
)

PAIR = {"prompt_id": "7", "site": "mlp_out 3", "donor": "8", "before": "he", "after": "she"}


def problems(folder: Path, experiment: dict[str, Any] | None = None, **top: Any) -> list[str]:
    path = folder / "manifest.json"
    entries = [{"id": "it", "method": "ablation"} | experiment] if experiment else []
    path.write_text(json.dumps({"experiments": entries, **top}), encoding="utf-8")
    return [str(problem) for problem in check_manifest(path)]


def lines(folder: Path, name: str, *entries: object) -> str:
    (folder / name).write_text("".join(json.dumps(e) + "\n" for e in entries), encoding="utf-8")
    return name


def test_a_sound_manifest_has_no_problems(tmp_path: Path) -> None:
    name = lines(tmp_path, "prompts.jsonl", {"clean": "a"}, {"clean": "b"})
    prompts = {"id": "p", "path": name, "n": 2, "digest": file_digest(tmp_path / name)}
    found = problems(
        tmp_path,
        {
            "prompts": "p",
            "instances": {"path": lines(tmp_path, "pairs.jsonl", PAIR), "n": 1},
            "effect": {"metric": "accuracy", "value": -12, "unit": "points", "ci": [-15, -9]},
        },
        prompt_sets=[prompts],
    )
    assert found == []


def test_a_file_that_is_missing_or_changed_is_found(tmp_path: Path) -> None:
    name = lines(tmp_path, "prompts.jsonl", 1)
    digest = file_digest(tmp_path / name)
    lines(tmp_path, name, 2)
    (found,) = problems(tmp_path, prompt_sets=[{"id": "p", "path": name, "digest": digest}])
    assert f'prompt set "p": {tmp_path / name} has changed' in found
    assert digest in found
    (found,) = problems(tmp_path, {"arrays": {"effects": {"path": "gone.safetensors"}}})
    assert 'experiment "it", arrays.effects: there is no file' in found


def test_a_wrong_count_is_found(tmp_path: Path) -> None:
    name = lines(tmp_path, "prompts.jsonl", 1, 2, 3)
    (found,) = problems(tmp_path, prompt_sets=[{"id": "p", "path": name, "n": 4}])
    assert "n is 4, and prompts.jsonl has 3 lines" in found
    pairs = lines(tmp_path, "pairs.jsonl", PAIR)
    (found,) = problems(tmp_path, {"instances": {"path": pairs, "n": 2}})
    assert "n is 2, and pairs.jsonl lists 1" in found


def test_a_line_that_is_no_instance_is_found_by_its_number(tmp_path: Path) -> None:
    pairs = lines(tmp_path, "pairs.jsonl", PAIR, {"prompt_id": "9", "before": 1})
    (found,) = problems(tmp_path, {"instances": {"path": pairs, "n": 2}})
    assert "pairs.jsonl:2: after: Field required" in found


def test_an_executed_entry_must_say_how_it_was_executed(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"grade": "executed", "seeds": [0]})
    assert "does not say versions, digests, model, prompts" in found
    assert problems(tmp_path, {"grade": "executed", "status": "planned"}) == []
    assert problems(tmp_path, {"grade": "recorded"}) == []


def test_patching_must_say_its_direction(tmp_path: Path) -> None:
    effect = {"metric": "accuracy", "value": 12, "unit": "points"}
    patching = {"method": "activation_patching", "effect": effect}
    (found,) = problems(tmp_path, patching)
    assert "without a direction" in found
    assert problems(tmp_path, {**patching, "direction": "noising"}) == []


@pytest.mark.parametrize("interval", [[27, 33], [-9, -15]])
def test_an_effect_outside_its_interval_is_found(tmp_path: Path, interval: list[float]) -> None:
    effect = {"metric": "accuracy", "value": -12, "unit": "points", "ci": interval}
    (found,) = problems(tmp_path, {"effect": effect})
    assert "lies outside its interval" in found


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        ({"metric": "accuracy", "value": 0.95}, "0.95 has no unit"),
        ({"metric": "logit_difference", "value": 3}, "3 has no unit"),
        ({"metric": "accuracy", "value": 95, "unit": "percnt"}, "Did you mean 'percent'"),
        ({"metric": "accuracy", "value": 95, "unit": "furlongs"}, "the unit 'furlongs' is not known"),
        ({"metric": "accuracy", "value": 95, "unit": "fraction"}, "95 as a fraction is 9500%"),
        ({"metric": "recovered", "value": 1.2, "unit": "fraction"}, ""),
        ({"metric": "spearman", "value": 0.4}, ""),
        ({"metric": "accuracy", "value": 95, "unit": "%"}, ""),
        ({"metric": "logit_difference", "value": 3, "unit": "logits (right minus wrong answer)"}, ""),
        ({"metric": "width", "value": 3, "unit": "metres"}, ""),
    ],
)
def test_a_number_without_its_unit_is_found(tmp_path: Path, effect: dict[str, Any], told: str) -> None:
    found = problems(tmp_path, {"effect": effect})
    assert [told in problem for problem in found] == ([True] if told else [])


def test_an_experiment_that_is_done_says_what_was_studied_or_what_came_out(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"note": "to be filled in"})
    assert "neither its target, nor its behaviour, nor an effect" in found


def test_an_experiment_that_is_done_holds_a_result(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"target": {"layer": 3}})
    assert 'experiment "it": it is done, and no number came out of it' in found
    assert problems(tmp_path, {"status": "planned"}) == []
    assert problems(tmp_path, {"instances": [{"prompt_id": "7", "before": "he", "after": "she"}]}) == []
    assert problems(tmp_path, {"controls": {"control_task": 0.5}}) == []


def test_a_problem_says_what_is_wrong_why_it_matters_and_what_to_do(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"effect": {"metric": "accuracy", "value": 0.95}})
    what, why, fix = found.split("\n")
    assert what == 'experiment "it", accuracy: 0.95 has no unit'
    assert why.startswith("  why: ")
    assert fix.startswith("  fix: Add a unit: percent")


def test_a_manifest_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ClaimlintError):
        problems(tmp_path, {"metod": "ablation"})


def test_instances_in_a_file_cover_their_prompts(tmp_path: Path) -> None:
    pairs = lines(tmp_path, "pairs.jsonl", PAIR)
    experiment = Experiment.model_validate(
        {"id": "it", "method": "ablation", "instances": {"path": pairs, "n": 1}}
    )
    listed = read_instances(experiment, tmp_path)
    assert licenses_instance(experiment, "7", listed)
    assert not licenses_instance(experiment, "8", listed)
    assert not licenses_instance(experiment, "7")


def test_the_table_shows_what_each_experiment_licenses() -> None:
    manifest = Manifest.model_validate(
        {
            "models": [{"id": "m", "name": "Narrow-18"}],
            "prompt_sets": [{"id": "p", "n": 1000}],
            "experiments": [
                {
                    "id": "probe",
                    "method": "linear_probe",
                    "model": "m",
                    "prompts": "p",
                    "target": {"layer": 8},
                },
                {
                    "id": "patch",
                    "method": "activation_patching",
                    "direction": "denoising",
                    "grade": "executed",
                    "target": {"head": ["9.6", "9.9"]},
                    "effect": {"metric": "accuracy", "value": 30, "n": 400},
                },
                {"id": "sweep", "method": "ablation", "target": {"layer": [3, 4, 5]}, "status": "failed"},
                {"id": "ask", "method": "behavioural"},
                {
                    "id": "low",
                    "method": "linear_probe",
                    "effect": {"metric": "accuracy", "value": 0.5},
                    "controls": {"majority": 0.5},
                },
                {"id": "ica", "method": "identifiability"},
            ],
        }
    )
    assert manifest_table(manifest).splitlines() == [
        "experiment  method               target          model      n      grade     level  licenses",
        "probe       linear_probe         layer 8         Narrow-18  1,000  declared  1      association",
        "patch       activation_patching  heads 9.6, 9.9  -          400    executed  2      "
        "effect, role, sufficiency",
        "sweep       ablation             layers 3-5      -          -      declared  0      "
        "nothing (failed)",
        "ask         behavioural          whole model     -          -      declared  1      association",
        "low         linear_probe         whole model     -          -      declared  0      "
        "nothing (association needs a score above that of the commonest answer (0.5))",
        "ica         identifiability      whole model     -          -      declared  0      "
        "nothing (identification needs assumptions that identify the factors and other fits or known factors "
        "to compare with)",
    ]
