"""Results of other tools become entries of the manifest, all of them or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from claimlint.errors import ClaimlintError
from claimlint.evidence import add_entries, check_manifest, load_manifest
from claimlint.evidence.importing import Columns, Imported, import_results
from claimlint.evidence.model import Experiment

CSV = """layer,method,model,metric,value,unit,ci_low,ci_high,n,seed
6,linear_probe,gpt2,accuracy,88.2,percent,86,90,1000,0
8,linear_probe,gpt2,accuracy,95,percent,94,96,1000,1;2
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("manifest.json")


def imported(
    name: str, text: str, id: str = "probe-l{layer}", *, set: dict[str, str] | None = None, **columns: str
) -> Imported:
    Path(name).write_text(text, encoding="utf-8")
    fields = {field.replace("__", "."): column for field, column in columns.items()}
    return import_results(Path(name), Path("manifest.json"), Columns(fields, set or {}, id))


def test_a_table_becomes_one_entry_a_row(place: Path) -> None:
    assert imported("results.csv", CSV).ids == ("probe-l6", "probe-l8")
    manifest = load_manifest(place)
    six, eight = manifest.experiments
    assert (six.grade, six.method, six.model, six.target.layer) == ("declared", "linear_probe", "gpt2", (6,))
    assert six.effect is not None
    assert (six.effect.value, six.effect.unit, six.effect.ci, six.effect.n) == (
        88.2,
        "percent",
        (86, 90),
        1000,
    )
    assert (six.seeds, eight.seeds) == ((0,), (1, 2))
    assert six.settings["imported_from"] == "results.csv:2"
    assert "source" in six.digests
    assert [model.id for model in manifest.models] == ["gpt2"]
    assert check_manifest(place) == ()


def test_columns_of_other_names_are_mapped_and_constants_set(place: Path) -> None:
    text = "where\tacc\tcontrol\n9.6\t0.61\t0.5\n"
    imported(
        "results.tsv",
        text,
        "h{where}",
        set={"method": "linear_probe", "effect.metric": "accuracy", "effect.unit": "fraction"},
        target__head="where",
        effect__value="acc",
        controls__control_task="control",
    )
    (entry,) = load_manifest(place).experiments
    assert (entry.id, entry.target.head, entry.controls.control_task) == ("h9.6", ("9.6",), 0.5)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("r.json", [{"id": "a", "method": "pca", "effect": {"metric": "r", "value": 0.5}}]),
        ("r.json", {"results": [{"id": "a", "method": "pca", "effect": {"metric": "r", "value": 0.5}}]}),
        ("r.json", {"a": {"method": "pca", "effect": {"metric": "r", "value": 0.5}}}),
        ("r.jsonl", {"id": "a", "method": "pca", "effect": {"metric": "r", "value": 0.5}}),
    ],
)
def test_json_is_read_in_the_forms_that_people_write(place: Path, name: str, data: Any) -> None:
    imported(name, json.dumps(data), "")
    (entry,) = load_manifest(place).experiments
    assert entry.id == "a"
    assert entry.effect is not None
    assert entry.effect.value == 0.5


def mlflow(folder: Path, run: str, status: int, params: dict[str, str], metrics: dict[str, str]) -> None:
    for kind, values in (
        ("params", params),
        ("metrics", metrics),
        ("tags", {"mlflow.runName": f"name-{run}"}),
    ):
        (folder / run / kind).mkdir(parents=True)
        for name, text in values.items():
            (folder / run / kind / name).write_text(text)
    (folder / run / "meta.yaml").write_text(f"run_id: {run}\nstatus: {status}\nlifecycle_stage: active\n")


def test_mlflow_runs_are_read_as_files(place: Path) -> None:
    runs = Path("mlruns") / "0"
    mlflow(runs, "aa", 3, {"layer": "8", "seed": "3"}, {"accuracy": "1 0.5 0\n2 0.9 1\n"})
    mlflow(runs, "bb", 4, {"layer": "9", "seed": "3"}, {"accuracy": "1 0.1 0\n"})
    mlflow(runs, "cc", 1, {"layer": "10", "seed": "3"}, {"accuracy": "1 0.1 0\n"})
    (runs / "meta.yaml").write_text("experiment_id: 0\n")
    columns = {"target.layer": "params.layer", "effect.value": "metrics.accuracy"}
    constants = {"method": "linear_probe", "effect.metric": "accuracy", "effect.unit": "fraction"}
    done = import_results(Path("mlruns"), place, Columns(columns, constants, "probe-l{params.layer}"))
    assert done.ids == ("probe-l8", "probe-l9")
    assert done.left_out == ("mlruns/0/cc (still running)",)
    eight, nine = load_manifest(place).experiments
    assert eight.effect is not None
    assert (eight.effect.value, eight.seeds, eight.settings["run_id"]) == (0.9, (3,), "aa")
    assert (eight.status, nine.status) == ("done", "failed")


def test_a_toml_manifest_may_name_what_is_in_the_other_one(place: Path) -> None:
    imported("results.csv", CSV)
    text = '[[experiments]]\nid = "abl"\nmethod = "ablation"\nmodel = "gpt2"\n'
    assert imported("mine.toml", text).ids == ("abl",)
    assert [e.id for e in load_manifest(place).experiments] == ["probe-l6", "probe-l8", "abl"]
    with pytest.raises(ClaimlintError, match="no model has the id 'gpt3'"):
        imported("mine.toml", text.replace("gpt2", "gpt3"))


def test_columns_that_are_not_read_are_told(place: Path) -> None:
    text = CSV.replace(",metric", ",kind").replace(",seed", ",sead")
    done = imported("results.csv", text, set={"effect.metric": "accuracy"})
    assert done.left_out == ("the columns kind, sead, which are named like no field",)


def test_importing_again_updates(place: Path) -> None:
    imported("results.csv", CSV)
    imported("results.csv", CSV.replace("95,", "94.5,"))
    effect = load_manifest(place).experiments[1].effect
    assert effect is not None
    assert effect.value == 94.5


@pytest.mark.parametrize(
    ("name", "text", "id", "told"),
    [
        ("r.csv", CSV.replace("linear_probe", "linear_prob"), "probe-l{layer}", "r.csv:2 does not fit"),
        (
            "r.csv",
            CSV.replace("linear_probe", "linear_prob"),
            "probe-l{layer}",
            "Did you mean 'linear_probe'",
        ),
        (
            "r.csv",
            CSV.replace("88.2", "high"),
            "probe-l{layer}",
            "effect.value: expected a number, got 'high'",
        ),
        ("r.csv", CSV, "probe", 'the id "probe" is that of r.csv:2 too'),
        ("r.csv", CSV, "probe-l{layr}", "no column 'layr'. Did you mean 'layer'"),
        ("r.csv", CSV, "", "r.csv:2: no id"),
        ("r.csv", CSV + "9,linear_probe\n", "probe-l{layer}", "r.csv:4: 2 cells below 10 headings"),
        ("r.csv", "", "", "holds no results"),
        ("r.json", "[1]", "", "r.json[0]: expected a table"),
        ("r.json", '[{"id": ]', "", "r.json:1:9: not valid JSON"),
        ("r.xlsx", "", "", "results are read from .csv"),
        ("r.toml", "[[experiments]]\nid = 1\n", "", "experiments[0]"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place_and_nothing_is_written(
    place: Path, name: str, text: str, id: str, told: str
) -> None:
    add_entries(place, [Experiment(id="old", method="pca")])
    before = place.read_bytes()
    with pytest.raises(ClaimlintError) as error:
        imported(name, text, id)
    assert told in str(error.value)
    assert place.read_bytes() == before


def test_what_a_run_recorded_is_not_replaced_by_a_table(place: Path) -> None:
    add_entries(place, [Experiment(id="probe-l8", method="pca", grade="recorded")])
    before = place.read_bytes()
    with pytest.raises(ClaimlintError, match="already, and recorded"):
        imported("results.csv", CSV)
    assert place.read_bytes() == before
