"""The published schema and the reader say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimlint.evidence import METHODS, Experiment, Manifest, manifest_schema

ROOT = manifest_schema()
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ASKED_FOR = """
id grade status stage method model prompts behaviour supports seeds direction replacement corruption metrics
target.layer target.head target.site target.position target.window target.feature
effect.metric effect.value effect.unit effect.ci effect.ci_level effect.ci_unit effect.n effect.share
decomposition.te decomposition.pnde decomposition.tnde decomposition.pnie decomposition.tnie
instances unit.helped unit.harmed unit.unchanged unit.pn unit.ps unit.pns unit.bounds
controls.control_task controls.selectivity controls.mdl controls.label_permutation controls.majority
controls.random_init controls.random_features controls.random_direction controls.nullspace
controls.full_component controls.input_embedding controls.control_tokens
circuit.alone circuit.complement circuit.completeness circuit.minimality circuit.alternatives_found
joint_ablation backup_check joint_effect dose natural_range cross_prompt_transfer rank_test
alignment.map alignment.isolation alignment.cause alignment.random_model
identifiability.assumptions identifiability.n_runs identifiability.stability identifiability.match_rate
identifiability.iq identifiability.converged identifiability.non_gaussianity identifiability.loss
identifiability.ground_truth contrast_sets label_eval
robustness.prompt_sets robustness.seeds robustness.models robustness.jaccard robustness.spearman
robustness.pearson robustness.strength
shift_tests distribution_shift.metric distribution_shift.value distribution_shift.reference
verified_by digests arrays
"""


def fitting(place: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a part of the published schema."""
    if "$ref" in place:
        return st.deferred(lambda: fitting(ROOT["$defs"][place["$ref"].rpartition("/")[2]]))
    for several in ("anyOf", "oneOf"):
        if several in place:
            return st.one_of([fitting(option) for option in place[several]])
    if "enum" in place or "const" in place:
        return st.sampled_from(place.get("enum") or [place["const"]])
    return PLAIN[place["type"]](place)


def _array(place: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "prefixItems" in place:
        return st.tuples(*map(fitting, place["prefixItems"])).map(list)
    return st.lists(fitting(place["items"]), max_size=2)


def _object(place: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in place:
        return st.dictionaries(st.text(max_size=5), fitting(place["additionalProperties"]), max_size=2)
    fields = {name: fitting(field) for name, field in place["properties"].items()}
    needed = place.get("required", [])
    free = st.sets(st.sampled_from([name for name in fields if name not in needed] or [""]), max_size=4)
    return free.flatmap(
        lambda chosen: st.fixed_dictionaries({n: fields[n] for n in fields if n in needed or n in chosen})
    )


def _number(place: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = place.get("exclusiveMinimum"), place.get("exclusiveMaximum")
    if low is None:
        return NUMBERS
    return st.floats(low, high, exclude_min=True, exclude_max=True)


def _string(place: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.from_regex(place["pattern"], fullmatch=True) if "pattern" in place else st.text()


PLAIN = {
    "string": lambda place: (
        st.from_regex(place["pattern"], fullmatch=True) if "pattern" in place else st.text()
    ),
    "integer": lambda place: st.integers(place.get("minimum", -(2**40)), 2**40),
    "number": _number,
    "boolean": lambda _: st.booleans(),
    "null": lambda _: st.none(),
    "array": _array,
    "object": _object,
}


@settings(max_examples=60, deadline=None)
@given(fitting(ROOT))
def test_what_fits_the_schema_is_read_and_written_back_unchanged(data: Any) -> None:
    manifest = Manifest.model_validate_json(json.dumps(data), strict=True)
    again = manifest.model_dump_json(exclude_unset=True)
    assert Manifest.model_validate_json(again, strict=True) == manifest


def test_every_field_is_described() -> None:
    missing = [
        f"{table}.{name}"
        for table, place in {"Manifest": ROOT, **ROOT["$defs"]}.items()
        for name, field in place.get("properties", {}).items()
        if not field.get("description")
    ]
    assert missing == []


def test_no_table_takes_unknown_fields() -> None:
    assert all(place.get("additionalProperties") is False for place in (ROOT, *ROOT["$defs"].values()))


def test_the_dialect_is_named() -> None:
    assert ROOT["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_methods_are_one_enumeration() -> None:
    assert ROOT["$defs"]["Experiment"]["properties"]["method"]["enum"] == list(METHODS)


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "grade",
        "status",
        "stage",
        "method",
        "model",
        "prompts",
        "target.layer",
        "target.head",
        "target.site",
        "target.position",
        "target.window",
        "target.feature",
        "behaviour",
        "seeds",
        "direction",
        "replacement",
        "corruption",
        "metrics",
        "effect.metric",
        "effect.value",
        "effect.unit",
        "effect.ci",
        "effect.ci_level",
        "effect.ci_unit",
        "effect.n",
        "effect.share",
        "decomposition.te",
        "decomposition.pnde",
        "decomposition.tnde",
        "decomposition.pnie",
        "decomposition.tnie",
        "instances",
        "unit.helped",
        "unit.harmed",
        "unit.unchanged",
        "unit.pn",
        "unit.ps",
        "unit.pns",
        "unit.bounds",
        "controls.control_task",
        "controls.selectivity",
        "controls.mdl",
        "controls.label_permutation",
        "controls.majority",
        "controls.random_init",
        "controls.random_features",
        "controls.random_direction",
        "controls.nullspace",
        "controls.full_component",
        "controls.input_embedding",
        "controls.control_tokens",
        "circuit.alone",
        "circuit.complement",
        "circuit.completeness",
        "circuit.minimality",
        "circuit.alternatives_found",
        "joint_ablation",
        "backup_check",
        "joint_effect",
        "alignment.map",
        "alignment.isolation",
        "alignment.cause",
        "alignment.random_model",
        "dose",
        "natural_range",
        "cross_prompt_transfer",
        "rank_test",
        "identifiability.assumptions",
        "identifiability.n_runs",
        "identifiability.stability",
        "identifiability.match_rate",
        "identifiability.iq",
        "identifiability.converged",
        "identifiability.non_gaussianity",
        "identifiability.loss",
        "identifiability.ground_truth",
        "contrast_sets",
        "label_eval",
        "robustness.prompt_sets",
        "robustness.seeds",
        "robustness.models",
        "robustness.jaccard",
        "robustness.spearman",
        "robustness.pearson",
        "robustness.strength",
        "shift_tests",
        "distribution_shift.metric",
        "distribution_shift.value",
        "distribution_shift.reference",
        "verified_by",
        "digests",
        "arrays",
        "supports",
    ],
)
def test_the_fields_that_the_rules_ask_for_exist(field: str) -> None:
    place = ROOT["$defs"]["Experiment"]
    for name in field.split("."):
        forms = place.get("anyOf", [place])
        refs = [form["$ref"].rpartition("/")[2] for form in forms if "$ref" in form]
        place = (ROOT["$defs"][refs[0]] if refs else place)["properties"][name]
    assert place["description"]


def test_one_value_may_stand_for_a_list_of_one() -> None:
    short = Experiment.model_validate({"id": "a", "method": "pca", "target": {"layer": 8, "head": "8.1"}})
    long = Experiment.model_validate({"id": "a", "method": "pca", "target": {"layer": [8], "head": ["8.1"]}})
    assert short == long
