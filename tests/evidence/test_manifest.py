"""Reading a manifest, and what a reader is told where it is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from claimlint.errors import ClaimlintError
from claimlint.evidence import load_manifest

PROBE = {"id": "probe-8", "method": "linear_probe", "target": {"layer": 8}}


def written(folder: Path, data: Any, name: str = "manifest.json") -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def problem(path: Path) -> str:
    with pytest.raises(ClaimlintError) as caught:
        load_manifest(path)
    error = caught.value
    assert error.why
    assert error.fix
    assert str(path) in error.what
    return error.what


def problem_of(folder: Path, *experiments: Any, **top: Any) -> str:
    return problem(written(folder, {"version": 1, "experiments": list(experiments), **top}))


def test_json_and_toml_say_the_same(tmp_path: Path) -> None:
    as_json = load_manifest(
        written(
            tmp_path,
            {
                "version": 1,
                "models": [{"id": "m"}],
                "experiments": [PROBE | {"model": "m", "effect": {"metric": "accuracy", "value": 95}}],
            },
        )
    )
    as_toml = load_manifest(
        written(
            tmp_path,
            """
            version = 1
            models = [{id = "m"}]
            [[experiments]]
            id = "probe-8"
            method = "linear_probe"
            model = "m"
            target.layer = 8
            effect = {metric = "accuracy", value = 95}
            """,
            "manifest.toml",
        )
    )
    assert as_json == as_toml
    assert as_json.experiments[0].target.layer == (8,)
    assert as_json.experiments[0].grade == "declared"


def test_broken_json_is_placed_by_line_and_column(tmp_path: Path) -> None:
    path = written(tmp_path, '{"version": 1,\n "experiments": [,]}')
    assert f"{path}:2:18: not valid JSON" in problem(path)


def test_broken_toml_is_placed_by_line_and_column(tmp_path: Path) -> None:
    path = written(tmp_path, "version = 1\nexperiments = oops\n", "m.toml")
    assert "line 2, column 15" in problem(path)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            {"id": "abl-9", "method": "ablation", "effect": {"metric": "accuracy", "value": 3, "n": 0}},
            'experiments[1] (id "abl-9").effect.n: expected a whole number of at least 1, got 0',
        ),
        (
            {"id": "abl-9", "methd": "ablation", "method": "ablation"},
            "experiments[1] (id \"abl-9\").methd: unknown field. Did you mean 'method'?",
        ),
        ({"id": "abl-9", "method": "ablatoin"}, "Did you mean 'ablation'?"),
        ({"id": "abl-9"}, 'experiments[1] (id "abl-9").method: missing'),
        (
            {"id": "a", "method": "pca", "target": {"layer": "8"}},
            "target.layer: expected a whole number of at least 0 or a list, got '8'",
        ),
        ({"id": "a", "method": "pca", "target": {"head": [9.6]}}, "a text such as '9.6'"),
        ({"id": "a", "method": "pca", "target": {"site": "mlpout"}}, "Did you mean 'mlp_out'?"),
        ({"id": "a", "method": "pca", "controls": {"control_tsk": 1}}, "Did you mean 'control_task'?"),
        (
            {"id": "a", "method": "pca", "controls": {"mdl": "yes"}},
            "controls.mdl: expected true or false or a number, got 'yes'",
        ),
        (
            {"id": "a", "method": "pca", "effect": {"metric": "x", "value": 1, "ci": [0]}},
            "effect.ci[1]: missing",
        ),
        (
            {"id": "a", "method": "pca", "instances": [{"prompt_id": "3", "before": 1}]},
            "instances[0].after: missing",
        ),
        ({"id": "two words", "method": "pca"}, "(id \"two words\").id: expected a text such as 'probe-l8'"),
        (
            {"id": "a", "method": "pca", "grade": 3},
            "grade: expected one of executed, recorded, declared, got 3",
        ),
        ({"id": "a", "method": "pca", "note": "\ud800"}, "the whole file: Invalid JSON"),
        (7, "experiments[1]: expected a table of fields, got 7"),
        ({"id": "a", "method": "pca", "level": 3}, "level: unknown field."),
        (
            {"id": "a", "method": "pca", "digests": {"w": "beef"}},
            "digests.w: expected a text such as 'sha256:",
        ),
    ],
)
def test_a_misfit_is_told_with_its_place_and_what_was_expected(tmp_path: Path, entry: Any, told: str) -> None:
    assert told in problem_of(tmp_path, PROBE, entry)


def test_all_misfits_are_told_at_once(tmp_path: Path) -> None:
    told = problem_of(tmp_path, {"id": "a", "method": "x"}, {"id": "b", "method": "y"}, modles=[])
    assert "in 3 places" in told
    assert "modles: unknown field. Did you mean 'models'?" in told


def test_two_entries_with_one_id_are_refused(tmp_path: Path) -> None:
    told = problem_of(tmp_path, PROBE, PROBE, models=[{"id": "m"}, {"id": "m"}])
    assert "experiment id 'probe-8' is given 2 times" in told
    assert "model id 'm' is given 2 times" in told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"model": "narow"}, "model: no model has the id 'narow'. Did you mean 'narrow'?"),
        ({"prompts": "pears"}, "prompts: no prompt set has the id 'pears'. Did you mean 'pairs'?"),
        ({"verified_by": ["exact"]}, "verified_by: no experiment has the id 'exact'."),
        ({"robustness": {"models": ["x"]}}, "robustness.models: no model has the id 'x'."),
        ({"robustness": {"prompt_sets": ["x"]}}, "robustness.prompt_sets: no prompt set has the id 'x'."),
        (
            {"shift_tests": [{"shift": "other language", "prompts": "x"}]},
            "shift_tests[0].prompts: no prompt set has the id 'x'.",
        ),
    ],
)
def test_an_id_that_leads_nowhere_is_refused(tmp_path: Path, fields: dict[str, Any], told: str) -> None:
    known = {"models": [{"id": "narrow"}], "prompt_sets": [{"id": "pairs"}]}
    assert f'experiments[0] (id "probe-8").{told}' in problem_of(tmp_path, PROBE | fields, **known)


@pytest.mark.parametrize("version", [7, "1", True, None])
def test_another_version_is_refused(tmp_path: Path, version: object) -> None:
    told = f"version is {version!r}, and this claimlint reads version 1"
    assert told in problem_of(tmp_path, version=version)


def test_a_field_given_twice_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, '{"experiments": [{"id": "a", "method": "pca", "method": "ablation"}]}')
    assert "the field 'method' of the entry with id \"a\" is given twice" in problem(path)


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_number_that_is_none_is_refused(tmp_path: Path, number: str) -> None:
    text = '{"experiments": [{"id": "a", "method": "pca", "effect": {"metric": "x", "value": %s}}]}'
    assert number in problem(written(tmp_path, text % number))
    assert "value" in problem(written(tmp_path, text % "1e999"))


@pytest.mark.parametrize("text", ["", "[]", "3", '"manifest"', "null"])
def test_what_is_no_manifest_at_all_is_refused(tmp_path: Path, text: str) -> None:
    problem(written(tmp_path, text))


def test_a_deeply_nested_file_is_refused(tmp_path: Path) -> None:
    problem(written(tmp_path, "[" * 100_000))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "cannot be read" in problem(tmp_path / "nothing.json")
    assert "cannot be read" in problem(tmp_path)
    latin = tmp_path / "latin.json"
    latin.write_bytes('{"paper": "Schröder"}'.encode("latin-1"))
    assert "byte 15 is not UTF-8" in problem(latin)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"paper": "one"}')
    assert load_manifest(path).paper == "one"
