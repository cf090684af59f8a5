"""Rule files that are not right are refused with the file and the field."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimlint import packs
from claimlint.checks import Rule, enabled, find_rule, load_rules
from claimlint.errors import ClaimlintError
from claimlint.packs import rules_folder
from tests.checks.papers import PROBE, lint, manifest_of

GOOD = rules_folder() / "checks" / "CL204-sufficiency-from-necessity.toml"


def load_with(folder: Path, old: str, new: str) -> tuple[Rule, ...]:
    text = GOOD.read_text(encoding="utf-8")
    assert old in text
    (folder / GOOD.name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_rules(folder)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('severity = "error"', 'severity = "fatal"', "severity: Input should be"),
        ('severity = "error"', 'severty = "error"', "Did you mean 'severity'"),
        ('kind = "gap"', 'kind = "gasp"', "when"),
        ("claim_kinds =", "claim_kind =", "Did you mean 'claim_kinds'"),
        ("main = ", "mian = ", "messages: main missing"),
        ('given = ["abl-6"]', 'given = ["abl-7"]', "Did you mean 'abl-6'"),
        ("[when]", "[when", "not a TOML file"),
        ('code = "CL204"', 'code = "204"', "code: String should match"),
        ('over = ["definite-circuit"', 'over = ["no-such-rule"', "over: 'no-such-rule' is no rule"),
    ],
)
def test_a_mistake_is_quoted_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ClaimlintError) as caught:
        load_with(tmp_path, old, new)
    assert told in caught.value.what
    assert str(tmp_path) in caught.value.what


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("alway(s", "not a regular expression"),
        ("for ?ever", "'for ?ever': a space stands for one or more"),
    ],
)
def test_words_that_match_nothing_that_their_author_meant_are_refused(
    tmp_path: Path, words: str, told: str
) -> None:
    scope = (rules_folder() / "checks" / "CL301-prompt-scope.toml").read_text(encoding="utf-8")
    (tmp_path / "CL301-prompt-scope.toml").write_text(
        scope.replace('"always"', f'"{words}"'), encoding="utf-8"
    )
    with pytest.raises(ClaimlintError, match=re.escape(told)):
        load_rules(tmp_path)


@pytest.fixture
def rules_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that claimlint takes its rules from, to be broken."""
    shutil.copytree(rules_folder(), tmp_path / "rules")
    monkeypatch.setattr(packs, "_PACKAGE", tmp_path)
    for kept in (packs.pack_file, packs.expression):
        kept.cache_clear()
    yield tmp_path / "rules"
    for kept in (packs.pack_file, packs.expression):
        kept.cache_clear()


def test_a_broken_list_of_words_is_no_fault_of_the_rules_that_use_it(rules_copy: Path) -> None:
    (rules_copy / "words.toml").write_text("internals = [", encoding="utf-8")
    with pytest.raises(ClaimlintError, match=r"^\S+words\.toml: (?s:.)*undo the change to this file"):
        load_rules()


def test_broken_rewordings_are_an_error_of_their_own_file(rules_copy: Path) -> None:
    (rules_copy / "rewordings.toml").write_bytes(b"\xff")
    with pytest.raises(ClaimlintError, match=r"^\S+rewordings\.toml: (?s:.)*undo the change to this file"):
        lint("Layer 8 stores gender.", manifest_of([PROBE]), path="paper.md")


def test_a_broken_expression_is_an_error_of_its_own_file(rules_copy: Path) -> None:
    drift = rules_copy / "drift.toml"
    drift.write_text(drift.read_text(encoding="utf-8").replace("at_least = '''", "at_least = '''("), "utf-8")
    with pytest.raises(
        ClaimlintError, match=r"^\S+drift\.toml: \[patterns\] at_least: (?s:.)*undo the change"
    ):
        lint("Probe accuracy at layer 8 is at least 80%.", manifest_of([PROBE]), path="paper.md")


def test_two_rules_with_one_code_are_refused(tmp_path: Path) -> None:
    shutil.copy(GOOD, tmp_path / "one.toml")
    shutil.copy(GOOD, tmp_path / "two.toml")
    with pytest.raises(ClaimlintError, match="two rules share the code 'CL204'"):
        load_rules(tmp_path)


def test_an_empty_folder_is_no_silent_pass(tmp_path: Path) -> None:
    with pytest.raises(ClaimlintError, match="no rule files"):
        load_rules(tmp_path)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(ClaimlintError, match="Did you mean 'decodable-means-used'"):
        find_rule("decodeable-means-used", load_rules())


def test_select_ignore_and_preview_choose_what_runs() -> None:
    rules = load_rules()
    off = rules[0].model_copy(update={"name": "off-rule", "code": "CL099", "default": False})
    chosen = enabled(rules, select=("CL102", "unlinked-claim"))
    assert [r.name for r in chosen if r.when.kind != "reading"] == ["unlinked-claim", "decodable-means-used"]
    assert "unlinked-claim" not in {r.name for r in enabled(rules, ignore=("CL001",))}
    assert off not in enabled((*rules, off))
    assert off in enabled((*rules, off), preview=True)
    measured = off.model_copy(update={"status": "stable"})
    assert measured in enabled((*rules, measured), preview=True)
    outdated = off.model_copy(update={"status": "deprecated"})
    assert outdated not in enabled((*rules, outdated), preview=True)
    assert off in enabled((*rules, off), select=("off-rule",))


def test_problems_of_the_input_are_told_whatever_is_selected() -> None:
    rules = load_rules()
    assert "missing-include" in {r.name for r in enabled(rules, select=("CL102",))}
    assert "missing-include" not in {r.name for r in enabled(rules, select=("CL102",), ignore=("CL901",))}
