"""The reports for programs."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from claimlint.checks import find_rule, load_rules
from claimlint.errors import ClaimlintError
from claimlint.report import FORMATS, explain, render, render_claims, rules_table
from tests.checks.papers import lint
from tests.report.outcomes import PAPER, claims_of_paper, one_finding, paper


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((files("claimlint.report") / "schemas" / name).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def test_json_fits_its_schema_and_says_what_was_found() -> None:
    report = json.loads(render(paper(), "json"))
    jsonschema.validate(report, schema("check.json"))
    assert report["manifest"] == "manifest.json"
    assert [claim["verdict"] for claim in report["claims"]] == ["supported", "gap", "unlinked"]
    assert [link["experiment"] for link in report["claims"][0]["links"]] == ["probe-8"]
    finding = report["findings"][0]
    cue = PAPER[finding["start"] : finding["end"]]
    assert (finding["code"], finding["line"], finding["column"], cue) == (
        "CL102",
        3,
        12,
        "responsible for storing",
    )
    assert PAPER[finding["sentence"]["start"] : finding["sentence"]["end"]].startswith(
        "Layer 8 is responsible"
    )


def test_json_without_a_manifest_says_so() -> None:
    report = json.loads(render(lint(PAPER), "json"))
    jsonschema.validate(report, schema("check.json"))
    assert report["manifest"] is None
    assert {claim["verdict"] for claim in report["claims"]} == {"not evaluated"}


def test_the_schema_refuses_what_is_not_promised() -> None:
    report = json.loads(render(paper(), "json"))
    report["findings"][0]["score"] = 1
    with pytest.raises(jsonschema.ValidationError, match="score"):
        jsonschema.validate(report, schema("check.json"))


def test_concise_is_one_line_a_finding() -> None:
    assert render(paper(), "concise").splitlines()[1] == (
        "paper.tex:4:9: warning CL001 unlinked-claim: No experiment of the manifest is linked to this claim, "
        "and none that was carried out is about the same component, behaviour and model."
    )
    broken = one_finding("Layer 8 stores\ngender.", 0, 5, message="One\ntwo.")
    assert render(broken, "concise").count("\n") == 1


def test_an_unknown_format_is_refused_with_the_near_name() -> None:
    with pytest.raises(ClaimlintError, match="Did you mean 'json'"):
        render(paper(), "jsn")


@pytest.mark.parametrize("form", list(FORMATS))
def test_equal_input_gives_byte_equal_output(form: str) -> None:
    assert render(paper(), form) == render(paper(), form)


def test_the_claims_report_fits_its_schema_and_names_the_cues() -> None:
    document = paper().document
    report = json.loads(render_claims(document, claims_of_paper(), "json"))
    jsonschema.validate(report, schema("claims.json"))
    assert [claim["level"] for claim in report["claims"]] == [1, 3, 2]
    assert report["claims"][1]["section"] == "Results"
    for claim in report["claims"]:
        for part in (*claim["cues"], *claim["components"]):
            assert claim["text"][part["start"] : part["end"]] == part["text"]


def test_the_claims_report_for_people_shows_level_kind_and_cue() -> None:
    document = paper().document
    told = render_claims(document, claims_of_paper(), "text")
    assert "paper.tex:3:1: level 3, mechanism, own" in told
    assert "parts: Layer 8" in told
    assert told.endswith("3 sentences: 1 at level 1, 1 at level 2, 1 at level 3.\n")
    assert render_claims(document, (), "text") == "No claims.\n"


def test_explain_shows_a_rule_by_name_or_code() -> None:
    rules = load_rules()
    page = explain(find_rule("CL102", rules))
    assert page == explain(find_rule("decodable-means-used", rules))
    for words in (
        "CL102 decodable-means-used",
        "gap G3",
        "Why",
        "Flagged",
        "Holds",
        "Fix",
        "arXiv:1909.03368",
    ):
        assert words in page
    assert "two thirds" in explain(find_rule("number-drift", rules))


def test_the_table_lists_every_rule() -> None:
    rules = load_rules()
    table = rules_table(rules, "text").splitlines()
    assert len(table) == len(rules) + 1
    assert [row["code"] for row in json.loads(rules_table(rules, "json"))] == [rule.code for rule in rules]
