"""``claimlint baseline`` and ``check --baseline`` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimlint.checks.baseline import load_baseline
from claimlint.errors import ClaimlintError
from tests.cli.test_program import run

ONE = "Heads 5.1 and 6.9 are the only mechanism for greater-than in the model."
TWO = "In general, patching layer 14 always restores the right pronoun."
FILE = "claimlint-baseline.json"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "paper.tex").write_text(f"{ONE}\n")
    assert run("baseline", "create", "paper.tex", cwd=tmp_path).returncode == 0
    return tmp_path


def names(home: Path, *args: str) -> list[str]:
    done = run("check", "paper.tex", "--format", "json", *args, cwd=home)
    return [finding["name"] for finding in json.loads(done.stdout)["findings"]]


def test_what_the_baseline_knows_is_not_reported_and_what_is_new_is(home: Path) -> None:
    assert names(home) == ["no-manifest", "definite-circuit"]
    assert names(home, "--baseline", FILE) == []
    (home / "paper.tex").write_text(f"{TWO} {ONE}\n")
    assert names(home, "--baseline", FILE) == ["prompt-scope"]


def test_moving_and_wrapping_keep_a_finding_known_and_rewording_does_not(home: Path) -> None:
    words = ONE.split()
    (home / "moved.tex").write_text("\n".join(words))
    (home / "paper.tex").write_text("We use one model.\n\n\\input{moved}\n")
    assert names(home, "--baseline", FILE) == []
    (home / "moved.tex").write_text(ONE.replace("greater-than", "comparison"))
    assert names(home, "--baseline", FILE) == ["definite-circuit"]


def test_the_config_can_name_the_baseline(home: Path) -> None:
    (home / "claimlint.toml").write_text(f'baseline = "{FILE}"\n')
    assert names(home) == []
    shown = run("check", "paper.tex", cwd=home).stdout
    assert "2 findings known from the baseline" in shown


def test_prune_drops_what_is_gone_and_adds_nothing(home: Path) -> None:
    (home / "paper.tex").write_text(f"{TWO}\n")
    stale = run("check", "paper.tex", "--baseline", FILE, cwd=home).stdout
    assert "1 entry of the baseline no longer found" in stale
    assert "(no longer found)" in run("baseline", "show", "paper.tex", cwd=home).stdout
    done = run("baseline", "prune", "paper.tex", cwd=home)
    assert "1 finding (0 added, 1 dropped)" in done.stdout
    assert names(home, "--baseline", FILE) == ["prompt-scope"]


def test_update_takes_in_what_is_new(home: Path) -> None:
    (home / "paper.tex").write_text(f"{TWO}\n")
    assert "(1 added, 1 dropped)" in run("baseline", "update", "paper.tex", cwd=home).stdout
    assert names(home, "--baseline", FILE) == []


def test_entries_of_rules_that_do_not_run_are_left_alone(home: Path) -> None:
    before = (home / FILE).read_bytes()
    run("baseline", "prune", "paper.tex", "--select", "prompt-scope", cwd=home)
    assert (home / FILE).read_bytes() == before


def test_show_lists_what_is_known(home: Path) -> None:
    shown = run("baseline", "show", "paper.tex", cwd=home).stdout
    assert f"CL206 definite-circuit: {ONE}\n" in shown
    assert f"{FILE}: 2 findings, 0 no longer found." in shown


def test_creating_over_a_baseline_is_refused(home: Path) -> None:
    before = (home / FILE).read_bytes()
    assert run("baseline", "create", "paper.tex", cwd=home).returncode == 2
    assert (home / FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"findings": []}', "version None"),
        ("no json", "not a baseline"),
        ('{"version": 1, "findings": [{"fingerprint": "x"}]}', "findings.0.fingerprint"),
    ],
)
def test_what_is_no_baseline_is_refused_in_words(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(ClaimlintError, match=says):
        load_baseline(tmp_path / FILE)


@pytest.mark.parametrize("command", [["check"], ["baseline", "prune"], ["baseline", "update"]])
def test_a_baseline_of_another_version_is_exit_2_and_stays_as_it_is(home: Path, command: list[str]) -> None:
    (home / FILE).write_text('{"version": 2, "findings": []}')
    done = run(*command, "paper.tex", "--baseline", FILE, cwd=home)
    assert done.returncode == 2
    assert "version 2, and this claimlint reads version 1" in done.stderr
    assert (home / FILE).read_text() == '{"version": 2, "findings": []}'


def test_a_baseline_that_is_not_there_is_exit_2(home: Path) -> None:
    assert run("check", "paper.tex", "--baseline", "nowhere.json", cwd=home).returncode == 2
