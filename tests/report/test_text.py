"""The report for people: what stands there, and that the mark is under the cue."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.checks.model import Finding
from claimlint.report import render
from claimlint.report.screen import excerpt, width
from tests.checks.papers import PROBE, lint, manifest_of
from tests.checks.test_described import PROBES, reviewed
from tests.report.outcomes import one_finding, paper


def marked(text: str, start: int, end: int) -> list[tuple[str, str]]:
    """The source lines of a report with their marks."""
    lines = render(one_finding(text, start, end), "text").split("\n")
    return [(lines[n - 1], lines[n]) for n in range(1, len(lines)) if lines[n].strip(" |").startswith("^")]


def under(line: str, mark: str) -> str:
    """The characters of ``line`` that stand above the marks."""
    column, found = 0, ""
    for character in line:
        if column < len(mark) and mark[column] == "^":
            found += character
        column += width(character)
    return found


def test_a_finding_shows_place_rule_line_mark_reason_evidence_and_a_wording_that_holds() -> None:
    assert (
        render(paper(), "text").split("\n\n")[0]
        == """\
paper.tex:3:12: error CL102 decodable-means-used
  3 | Layer 8 is responsible for storing gender information.
    |            ^^^^^^^^^^^^^^^^^^^^^^^
  why       The sentence says that the model holds and uses gender, but probe-8 (linear probe) shows
            only that it can be read out; it may sit there unused.
  evidence  probe-8: linear probe on layer 8 (rung 1, association)
  asks for  mechanism (rung 3, counterfactual and mechanism)
  needed    an interchange intervention on layer 8 (linear map, random-model baseline, isolation
            metric), or causal scrubbing; patching or ablation would license what the edit changes
  try       Gender is linearly decodable from layer 8 activations (95% probe accuracy)."""
    )


WHY = "Layer {} is only read. Nothing was changed."


def with_findings(*findings: Finding) -> str:
    return render(replace(paper(), findings=findings), "text")


def told(shown: str, label: str) -> list[str]:
    """What stands behind a label, of each finding that has it."""
    blocks = re.findall(rf"^  {label}  +(.*(?:\n {{12}}.*)*)", shown, re.MULTILINE)
    return [" ".join(block.split()) for block in blocks]


def printed(words: str) -> str:
    return " ".join(words.split())


def test_findings_that_say_the_same_stand_together_and_say_it_once() -> None:
    (first, *_) = paper().findings
    alike = replace(first, message=WHY.format(8))
    elsewhere = replace(alike, span=replace(first.span, file="other.tex"), severity="info")
    between = replace(first, message=WHY.format(8), code="CL101")
    shown = with_findings(alike, between, elsewhere)
    assert re.findall(r"^(\S+): (.*)$", shown, re.MULTILINE) == [
        ("paper.tex:3:12", "error CL102 decodable-means-used"),
        ("other.tex:1:1", "info CL102 decodable-means-used, as above"),
        ("paper.tex:3:12", "error CL101 decodable-means-used"),
    ]
    assert told(shown, "why") == [WHY.format(8), WHY.format(8)]
    assert render(replace(paper(), findings=(alike, elsewhere)), "concise").count(WHY.format(8)) == 2


def test_reasons_that_differ_by_the_cue_alone_are_the_same() -> None:
    (first, *_) = paper().findings
    shown = with_findings(
        *(replace(first, cue=cue, message=f'"{cue}" ranks causes.') for cue in ("main", "dominant"))
    )
    assert told(shown, "why") == ['"main" ranks causes.']


def test_a_rule_later_says_only_what_is_new_and_where_the_rest_stands() -> None:
    (first, *_) = paper().findings
    needed = "an interchange intervention on layer {}"
    shown = with_findings(
        replace(first, message=WHY.format(8), needed=needed.format(8)),
        replace(first, message=WHY.format(9), needed=needed.format(9)),
        replace(first, message=WHY.format(8), needed=needed.format(9), span=replace(first.span, start=9)),
        replace(first, message=WHY.format(8), needed=needed.format(8), code="CL101"),
    )
    assert told(shown, "why") == [WHY.format(8), "Layer 9 is only read.", WHY.format(8)]
    assert told(shown, "needed") == [needed.format(8), needed.format(9), needed.format(8)]
    assert told(shown, "the rest") == ["as at paper.tex:3:12", "as at paper.tex:3:12"]


def test_what_differs_in_the_wording_that_holds_is_told_each_time() -> None:
    (first, *_) = paper().findings
    shown = with_findings(*(replace(first, rewording=f"Layer {n} is read.") for n in (8, 9)))
    assert told(shown, "try") == ["Layer 8 is read.", "Layer 9 is read."]
    assert "as above" not in shown


def test_many_findings_are_counted_by_rule_with_the_place_to_begin_and_what_can_be_reworded() -> None:
    (first, second) = paper().findings
    notes = [replace(first, severity="info", name="ranked-cause", rewording="") for _ in range(2)]
    shown = with_findings(*notes, second, first)
    overview = shown[shown.index("The findings as a whole:") :].split("\n\n")[0]
    assert (
        overview
        == """\
The findings as a whole:
  1 error        decodable-means-used
  1 warning      unlinked-claim
  2 notes        ranked-cause (2)
  to begin with  paper.tex:3:12 (claimlint explain decodable-means-used)
  to reword      --diff shows 1 wording, --fix puts it in the source"""
    )
    assert "as a whole:\n  1 error" not in with_findings(first, second)


def test_the_last_line_counts_findings_and_verdicts() -> None:
    assert render(paper(), "text").split("\n")[-2] == (
        "1 error, 1 warning. 3 claims held against manifest.json: 1 supported, 1 gap, 1 unlinked."
    )


def test_the_last_line_says_how_many_of_the_unlinked_claims_no_finding_is_about() -> None:
    text = """\\documentclass{article}\\begin{document}
Head 9.6 moves the name to the last position.
The activity of head 9.9 correlates with the name. Head 7.1 may copy the name.
\\end{document}"""
    outcome = lint(text, manifest_of([PROBE]))
    told = ": 3 unlinked (2 not told: claimlint explain CL001)."
    assert render(outcome, "text").rstrip().endswith(told)
    assert render(replace(outcome, findings=()), "text").rstrip().endswith(told)


def test_without_a_manifest_the_last_line_says_how_many_claims_nothing_was_held_against() -> None:
    unjudged = tuple(replace(judged, verdict="not evaluated") for judged in paper().claims)
    assert render(replace(paper(), claims=unjudged, findings=(), manifest=""), "text") == (
        "No findings. 3 claims held against no experiment: none is on record.\n"
    )


def test_a_paper_without_findings_says_so() -> None:
    clean = replace(paper(), findings=(), claims=(), checklist=())
    assert render(clean, "text") == "No findings.\n"


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("\tLayer 8 \tstores gender.", "stores"),
        ("第八层 stores 性别 information.", "stores"),
        ("第八层存储性别。", "存储"),
        ("Le\u0301vy\u2019s layer stores gender.", "stores"),
        ("We show that layer 8 stores gender.\r\nNext line.", "stores"),
        ("x " * 400 + "layer 8 stores gender" + " y" * 400, "stores"),
        ("字" * 300 + "stores" + "字" * 300, "stores"),
        ("\t" * 90 + "stores", "stores"),
    ],
)
def test_the_mark_is_under_the_cue(text: str, cue: str) -> None:
    start = text.index(cue)
    ((line, mark),) = marked(text, start, start + len(cue))
    assert under(line, mark) == cue
    assert width(line) <= 100


@given(
    st.text(st.sampled_from("ab \t字é\u0301\u200b…"), min_size=1, max_size=300),
    st.data(),
)
def test_any_part_of_any_line_is_shown_above_its_mark(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start + 1, min(len(line), start + 20)))
    shown = excerpt(line, start, end, 80)
    assert width(shown.text) <= 80
    assert width(shown.mark) <= max(80, 1)
    assert "^" in shown.mark


def test_a_cue_over_several_lines_is_marked_on_each_of_the_first_three() -> None:
    text = "Layer 8 is responsible\n  for the storage\n  of gender\n  and number."
    found = marked(text, text.index("responsible"), len(text))
    assert [under(line, mark) for line, mark in found] == ["responsible", "for the storage", "of gender"]


def test_control_characters_of_a_manuscript_never_reach_the_screen() -> None:
    text = "Layer 8 \x1b[2J stores \x07gender."
    outcome = one_finding(text, 0, 5, message="About \x1b[31mred\x1b[0m things.")
    for form in ("text", "concise"):
        assert "\x1b" not in render(outcome, form)
        assert "\x07" not in render(outcome, form)


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[31;1merror" in render(paper(), "text", color=True)
    assert "\x1b" not in render(paper(), "text")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in render(paper(), "text", color=True)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in render(paper(), "text", color=True)


def test_a_line_of_a_megabyte_is_cut_around_the_cue() -> None:
    text = "word " * 200_000 + "stores" + " word" * 10
    start = text.index("stores")
    ((line, mark),) = marked(text, start, start + 6)
    assert under(line, mark) == "stores"


def test_the_parts_of_a_finding_that_are_blank_are_left_out() -> None:
    told = render(one_finding("Layer 8 stores gender.", 8, 14), "text")
    assert "why       Why." in told
    for label in ("evidence", "asks for", "needed", "try"):
        assert label not in told


def test_the_five_questions_stand_before_the_summary() -> None:
    shown = render(paper(), "text")
    assert re.search(
        r"The experiments as a whole:\n  association or intervention .*\n(?s:.*)\n\n.*held", shown
    )


def test_what_the_baseline_knows_and_what_it_no_longer_finds_is_counted() -> None:
    outcome = paper()
    known = replace(outcome, baselined=outcome.findings[:1], stale=2)
    assert "1 finding known from the baseline. 2 entries of the baseline no longer found" in render(
        known, "text"
    )


def test_what_the_paper_describes_is_quoted_once_and_then_pointed_to(tmp_path: Path) -> None:
    claims = "Layer 8 stores the number of the subject.\nLayer 8 may be needed for the number of the subject."
    outcome = reviewed(PROBES.format(claim=claims), tmp_path)
    first = next(f for f in outcome.findings if f.name == "decodable-means-used")
    shown = render(replace(outcome, findings=(first, replace(first, code="CL101"))), "text")
    (place,) = re.findall(r"^(\S+): warning CL102", shown, re.MULTILINE)
    assert told(shown, "evidence") == [*map(printed, first.evidence), f"as at {place}"]
