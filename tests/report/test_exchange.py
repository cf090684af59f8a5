"""The formats that other tools read: each fits its schema, and keeps what its readers trip over."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from claimlint.checks.edits import applied, edits
from claimlint.checks.model import Outcome
from claimlint.report import render
from tests.checks.papers import lint, manifest_of
from tests.report.fixed import OTHER_FILE, PROBE, RULES, TEXT, outcome
from tests.report.outcomes import one_finding, paper
from tests.report.test_formats import schema as own_schema

SCHEMAS = Path(__file__).parent / "schemas"
WHOLE_SARIF = os.environ.get("CLAIMLINT_SARIF_SCHEMA", "")
COMMAND = re.compile(
    r"::(?P<level>error|warning|notice) file=(?P<file>[^:,\r\n]+),line=\d+,endLine=\d+"
    r"(,col=\d+,endColumn=\d+)?,title=[^:,\r\n]+::(?P<message>[^\r\n]+)"
)
ANY_TEXT = st.text(st.characters(), min_size=1, max_size=60)


def empty() -> Outcome:
    return replace(outcome(), findings=(), suppressed=())


def crashed() -> Outcome:
    return replace(empty(), crashes=("CL102 decodable-means-used: ZeroDivisionError: no",))


def anywhere(text: str) -> Outcome:
    """A finding whose words are anything at all."""
    found = one_finding(text, 0, len(text), message=text)
    rules = tuple(rule.model_copy(update={"code": "CL101"}) for rule in RULES[:1])
    return replace(found, rules=rules)


OUTCOMES = {"found": outcome, "empty": empty, "crashed": crashed, "real": paper}


def fits(form: str, report: str) -> Any:
    """The report, parsed and held against the schema of its format."""
    if form in ("junit", "checkstyle"):
        tree = etree.fromstring(report.encode())
        etree.XMLSchema(etree.parse(SCHEMAS / f"{form}.xsd")).assertValid(tree)
        return ElementTree.fromstring(report)
    if form == "jsonl":
        lines = [json.loads(line) for line in report.split("\n")[:-1]]
        for line in lines:
            assert isinstance(line.pop("document"), str)
            schema = own_schema("check.json")
            jsonschema.validate(line, {"$ref": "#/$defs/finding", "$defs": schema["$defs"]})
        return lines
    if form == "github":
        *commands, closing = report.split("\n")[:-1]
        assert closing.startswith("claimlint: ")
        found = [COMMAND.fullmatch(command) for command in commands]
        assert all(found), commands
        return found
    parsed = json.loads(report)
    schema = json.loads((SCHEMAS / f"{form}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(parsed, schema)
    return parsed


@pytest.mark.parametrize("form", ["sarif", "gitlab", "rdjson", "junit", "checkstyle", "jsonl", "github"])
@pytest.mark.parametrize("case", OUTCOMES)
def test_the_report_fits_its_schema(form: str, case: str) -> None:
    fits(form, render(OUTCOMES[case](), form))


@pytest.mark.parametrize("form", ["sarif", "gitlab", "rdjson", "junit", "checkstyle", "jsonl", "github"])
@given(text=ANY_TEXT)
def test_no_text_breaks_a_report(form: str, text: str) -> None:
    fits(form, render(anywhere(text), form))


@pytest.mark.skipif(not WHOLE_SARIF, reason="CLAIMLINT_SARIF_SCHEMA names no copy of the published schema")
@pytest.mark.parametrize("case", OUTCOMES)
def test_sarif_fits_the_published_schema(case: str) -> None:
    schema = json.loads(Path(WHOLE_SARIF).read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    validator.validate(json.loads(render(OUTCOMES[case](), "sarif")))


def results(found: Outcome) -> list[dict[str, Any]]:
    run = json.loads(render(found, "sarif"))["runs"][0]
    listed: list[dict[str, Any]] = run["results"]
    return listed


def test_in_sarif_the_region_is_the_cue_and_its_context_the_sentence() -> None:
    place = results(outcome())[1]["locations"][0]["physicalLocation"]
    assert place["region"]["snippet"]["text"] == "responsible\nfor storing"
    assert (place["region"]["startLine"], place["region"]["endLine"]) == (4, 5)
    context = place["contextRegion"]
    assert context["snippet"]["text"].startswith("For \U0001d4dbévy's prompts")
    assert TEXT[context["charOffset"] :][: context["charLength"]] == context["snippet"]["text"]


def test_sarif_counts_code_points_and_says_so() -> None:
    run = json.loads(render(outcome(), "sarif"))["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    region = run["results"][1]["locations"][0]["physicalLocation"]["region"]
    line = TEXT.split("\n")[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 :] == "responsible"


def test_sarif_names_rules_that_are_there_and_files_as_uris() -> None:
    run = json.loads(render(outcome(), "sarif"))["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    uri = run["results"][3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert " " not in uri
    assert unquote(uri) == OTHER_FILE
    absolute = one_finding("Layer 8 stores gender.", 8, 14, file="/a b/paper.tex")
    absolute = replace(absolute, rules=anywhere("x").rules)
    place = results(absolute)[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "file:///a%20b/paper.tex"


def test_a_file_whose_name_is_no_utf_8_has_a_uri_too() -> None:
    odd = one_finding("Layer 8 stores gender.", 8, 14, file=os.fsdecode(b"caf\xe9.tex"))
    place = results(replace(odd, rules=anywhere("x").rules))[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "caf%E9.tex"


def test_suppressed_findings_are_in_no_report_for_servers() -> None:
    for form in ("sarif", "gitlab", "rdjson", "junit", "checkstyle", "github", "jsonl"):
        assert "An answered finding" not in render(outcome(), form)


def test_fingerprints_survive_re_wrapping_and_tell_like_sentences_apart() -> None:
    words = "Layer 9 drives the refusal of the model. And so on. Layer 9 drives the refusal of the model."
    texts = [f"\\section{{Results}}\n{text}\n" for text in (words, words.replace(" ", "\n"))]
    plain, wrapped = (lint(text, manifest_of([PROBE])) for text in texts)
    hashes = [r["partialFingerprints"]["primaryLocationLineHash"] for r in results(plain)]
    assert hashes == [r["partialFingerprints"]["primaryLocationLineHash"] for r in results(wrapped)]
    issues = json.loads(render(plain, "gitlab"))
    assert [issue["check_name"] for issue in issues].count("unlinked-claim") == 2
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_a_crash_is_never_a_success() -> None:
    run = json.loads(render(crashed(), "sarif"))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    suite = fits("junit", render(crashed(), "junit"))
    assert suite.get("errors") == "1"
    for form in ("text", "github", "markdown"):
        assert "1 rule crashed" in render(crashed(), form)


def test_junit_has_a_passing_case_where_there_is_nothing() -> None:
    suite = fits("junit", render(empty(), "junit"))
    (case,) = suite.iter("testcase")
    assert (suite.get("tests"), suite.get("failures"), len(case)) == ("1", "0", 0)


def test_in_junit_a_note_is_no_failure() -> None:
    suite = fits("junit", render(outcome(), "junit"))
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    assert [case.find("failure") is None for case in suite.iter("testcase")] == [False, False, False, True]


def test_github_gets_ten_annotations_of_a_level_and_a_line_about_the_rest() -> None:
    one = outcome().findings[1]
    many = replace(outcome(), findings=(*(replace(one, severity="warning") for _ in range(25)), one))
    report = render(many, "github")
    levels = [found["level"] for found in fits("github", report)]
    assert levels == ["error", *["warning"] * 10]
    assert "25 warnings" in report.split("\n")[-2]
    assert "15 of them have no annotation" in report.split("\n")[-2]


def test_github_commands_escape_what_would_end_them() -> None:
    command = fits("github", render(outcome(), "github"))[0]
    assert "95%25 of the time;%0Aread <out> only." in command["message"]
    (note,) = [c for c in fits("github", render(outcome(), "github")) if c["level"] == "notice"]
    assert note["file"] == "parts/näher%2C 100%25.tex"
    hostile = anywhere("##[add-mask]x\n::stop-commands::y")
    assert "##[" not in render(hostile, "github")
    assert len(render(hostile, "github").splitlines()) == 2


def test_github_gives_columns_only_within_one_line() -> None:
    over_two_lines, within_one = fits("github", render(outcome(), "github"))[:2]
    assert "col=" not in over_two_lines[0]
    assert ",line=6,endLine=6,col=48,endColumn=57," in within_one[0]


def test_rdjson_counts_bytes() -> None:
    location = fits("rdjson", render(outcome(), "rdjson"))["diagnostics"][1]["location"]["range"]
    line = TEXT.split("\n")[location["start"]["line"] - 1].encode()
    assert line[location["start"]["column"] - 1 :] == b"responsible"


def reworded() -> str:
    """The fixed text with all that `--fix` does."""
    found = outcome()
    changes = edits(found.document, found.findings).by_file()["paper.tex"]
    assert len(changes) == 1
    return applied(found.document.sources[0], changes)


def test_a_fix_in_sarif_does_what_fix_does() -> None:
    (result,) = (result for result in results(outcome()) if "fixes" in result)
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "paper.tex"
    (replacement,) = change["replacements"]
    region, new = replacement["deletedRegion"], replacement["insertedContent"]["text"]
    end = region["charOffset"] + region["charLength"]
    assert TEXT[: region["charOffset"]] + new + TEXT[end:] == reworded()


def test_what_fix_would_leave_is_no_fix_in_sarif_and_no_suggestion_in_rdjson() -> None:
    text = "Layer 8 stores the gender of the subject.\n\nGender of the subject is stored by layer 8.\n"
    twice = lint(text, manifest_of([PROBE]), path="paper.md")
    assert sum(bool(finding.rewording) for finding in twice.findings) == 2
    assert not any("fixes" in result for result in results(twice))
    assert "suggestions" not in render(twice, "rdjson")


def test_a_suggestion_in_rdjson_does_what_fix_does() -> None:
    found = json.loads(render(outcome(), "rdjson"))["diagnostics"]
    (suggestion,) = (change for diagnostic in found for change in diagnostic.get("suggestions", ()))
    data = TEXT.encode()
    begins = [0, *(at + 1 for at, byte in enumerate(data) if byte == ord("\n"))]
    start, end = (
        begins[place["line"] - 1] + place["column"] - 1
        for place in (suggestion["range"]["start"], suggestion["range"]["end"])
    )
    assert (data[:start] + suggestion["text"].encode() + data[end:]).decode() == reworded()


def test_checkstyle_lists_findings_by_file() -> None:
    files = fits("checkstyle", render(outcome(), "checkstyle"))
    assert [(file.get("name"), len(file)) for file in files] == [("paper.tex", 3), (OTHER_FILE, 1)]


def test_markdown_shows_the_sentence_with_its_cue_and_runs_nothing() -> None:
    report = render(outcome(), "markdown")
    assert "layer 8 is <b>responsible for storing</b> gender" in report
    assert "<script>" not in report
    assert "@reader" not in report
    hostile = render(anywhere("- [x](javascript:y) `a` https://b.c #12 \n# Title"), "markdown")
    assert "\n# Title" not in hostile
    assert "\\[x\\](javascript" in hostile
    assert "https://" not in hostile
    assert "#12" not in hostile


def test_jsonl_holds_the_findings_of_the_json_report() -> None:
    lines = fits("jsonl", render(outcome(), "jsonl"))
    assert lines == json.loads(render(outcome(), "json"))["findings"]
