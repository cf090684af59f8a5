"""What was measured on labelled text: how it is counted, and what a status rests on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from claimlint.checks import Rule, load_rules
from claimlint.checks.measured import Count, load_measured
from claimlint.claims.engine import engine
from claimlint.errors import ClaimlintError
from claimlint.report import explain, measured_table
from tests.benchmarks.measured import (
    LabelledSet,
    cue_firings,
    enter,
    measure,
    paper_firings,
    wording_firings,
    written,
)

MEASURED = load_measured()
RULES = load_rules()
CUES = engine().lexicon.cues


def gold(text: str, **labels: Any) -> dict[str, Any]:
    return {"text": text, "section": "Results", "gold": labels}


def counted(rows: list[dict[str, Any]], of: LabelledSet) -> dict[str, tuple[int, int, int]]:
    counts: dict[str, dict[str, dict[str, int]]] = {}
    enter(counts, "set", cue_firings(rows, of))
    return {id: (c["set"]["seen"], c["set"]["fired"], c["set"]["right"]) for id, c in counts.items()}


def test_a_cue_is_right_where_the_reader_gave_its_label() -> None:
    encodes = "Layer 8 encodes the gender of the noun."
    rows = [
        gold(encodes, stance="own", kind="mechanism", level=3),
        gold(encodes, stance="own", kind="association", level=1),
        gold("Whether layer 8 encodes gender remains unclear.", stance="open", kind="none", level=0),
    ]
    found = counted(rows, LabelledSet("set", ""))
    assert found["encodes"] == (3, 2, 1)


def test_a_vote_on_the_stance_is_right_where_the_stance_is() -> None:
    patch = "We patch the residual stream at every layer."
    rows = [gold(patch, stance=stance, kind="none", level=0) for stance in ("method", "other")]
    assert counted(rows, LabelledSet("set", ""))["we-do"] == (2, 2, 1)


def test_where_only_rungs_are_labelled_the_rung_is_compared_and_no_stance() -> None:
    rows = [gold("Ablating head 9.6 lowers accuracy.", level=2)]
    found = counted(rows, LabelledSet("set", "", claims=True))
    assert found["edit-changes"] == (1, 1, 1)
    assert "past-result" not in found
    mechanism = [gold("Layer 8 encodes the gender of the noun.", level=2)]
    assert counted(mechanism, LabelledSet("set", "", claims=True, top=2))["encodes"] == (1, 1, 1)


def test_a_flag_is_right_where_it_is_labelled() -> None:
    rows = [
        gold("Layer 8 may encode gender.", stance="own", kind="mechanism", hedged=hedged) for hedged in (0, 1)
    ]
    assert counted(rows, LabelledSet("set", ""))["hedge"] == (2, 2, 1)


def test_a_set_of_one_kind_judges_its_cues_alone() -> None:
    rows = [gold("Had layer 9 been silent, head 3 would have copied the name.", level=3)]
    found = counted(rows, LabelledSet("set", "", claims=True, only="counterfactual"))
    assert found
    assert {cue.kind for cue in CUES if cue.id in found} == {"counterfactual"}


def test_a_finding_on_wording_is_right_where_its_kind_is_labelled() -> None:
    text = "We show that heads 3.1 and 5.2 are the only circuit for addition."
    rows = [gold(text, kind="uniqueness"), gold(text, kind="effect")]
    assert list(wording_firings(rows)) == [("CL206", True, True), ("CL206", True, False)]


def test_a_finding_in_a_paper_is_right_where_its_own_rule_was_planted(tmp_path: Path) -> None:
    (tmp_path / "paper.md").write_text(
        "# Results\n\nHeads 3.1 and 5.2 are the only circuit for addition.\n\n"
        "Heads 4.1 and 4.2 are the only circuit for subtraction.\n",
        encoding="utf-8",
    )
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 1}), encoding="utf-8")
    planted = '[[finding]]\nsentence = "circuit for addition"\nrule = "CL001"\n'
    (tmp_path / "expected.toml").write_text(planted, encoding="utf-8")
    about = [firing for firing in paper_firings(tmp_path) if firing.id == "CL001"]
    assert [firing.right for firing in about] == [True, False]


@pytest.mark.parametrize(
    ("fired", "right", "status"),
    [(10, 8, "stable"), (10, 7, "preview"), (9, 9, "preview"), (0, 0, "preview"), (1000, 800, "stable")],
)
def test_stable_takes_ten_firings_of_which_four_in_five_are_right(
    fired: int, right: int, status: str
) -> None:
    assert Count(fired=fired, right=right).status == status


@pytest.mark.parametrize("rule", [r for r in RULES if r.code < "CL900"], ids=lambda rule: rule.code)
def test_a_rule_about_claims_is_stable_just_where_the_figures_say_so(rule: Rule) -> None:
    assert rule.status in ("deprecated", MEASURED.total(MEASURED.rules.get(rule.code, {})).status)


def test_the_figures_of_the_corpus_are_what_it_gives_now_and_others_stay(tmp_path: Path) -> None:
    """Where this fails, `python -m tests.benchmarks.measured` and `make readme` bring them up to date."""
    path = tmp_path / "measured.toml"
    path.write_text(written(measure(None, MEASURED.model_dump())), encoding="utf-8")
    assert load_measured(path) == MEASURED


def test_only_cues_and_rules_that_exist_are_measured() -> None:
    assert set(MEASURED.cues) <= {cue.id for cue in CUES if cue.says}
    assert set(MEASURED.rules) <= {rule.code for rule in RULES}


def test_text_from_another_field_is_shown_and_not_counted() -> None:
    (other,) = (name for name, text in MEASURED.sets.items() if not text.counted)
    counts = {other: Count(seen=40, fired=20, right=20), "papers": Count(seen=3, fired=2, right=1)}
    assert MEASURED.total(counts) == Count(seen=3, fired=2, right=1)


def test_the_table_has_every_cue_that_says_something_and_the_rules_that_fired() -> None:
    shown = json.loads(measured_table(MEASURED, CUES, RULES, "json"))
    assert [row["id"] for row in shown["cues"]] == [cue.id for cue in CUES if cue.says]
    assert {row["id"] for row in shown["rules"]} == set(MEASURED.rules)
    encodes = next(row for row in shown["cues"] if row["id"] == "encodes")
    assert encodes["counts"] == {name: count.model_dump() for name, count in MEASURED.cues["encodes"].items()}
    text = measured_table(MEASURED, CUES, RULES, "text")
    assert all(f"\n{name} " in text for name in (*MEASURED.sets, *MEASURED.rules))


def test_a_rule_tells_its_own_figure() -> None:
    code, counts = next(iter(MEASURED.rules.items()))
    (rule,) = (rule for rule in RULES if rule.code == code)
    total = MEASURED.total(counts)
    assert f"{total.right} of {total.fired} findings" in explain(rule, MEASURED)
    assert "Measured" not in explain(rule.model_copy(update={"code": "CL999"}), MEASURED)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version = ", "measured.toml"),
        ('version = "1"\n[sets]\n[cues.a]\nx = { fired = 1, right = 1 }\n[rules]\n', "'x' is not in"),
        (
            'version = "1"\n[sets]\nx = { sentences = 1, labels = "" }\n'
            "[cues.a]\nx = { fired = 1, right = 2 }\n[rules]\n",
            "more are right than fired",
        ),
    ],
)
def test_figures_that_cannot_be_are_refused(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "measured.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ClaimlintError, match=says):
        load_measured(path)
