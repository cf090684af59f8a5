"""What the README and the pages in docs/ show is what their commands print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from claimlint.checks import load_rules
from claimlint.checks.rules import load_rule
from tests.checks.test_rule_files import found_by
from tests.generated import (
    LEVELS_PAGE,
    MEASURED_PAGE,
    RULE_PAGES,
    TRUTH_PAGE,
    levels_page,
    measured_page,
    rule_pages,
    truth_page,
)
from tests.picture import PICTURE, letters_in, letters_printed, run
from tests.readme import PAGES, README, ROOT, Example, examples, prepare, printed


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.command)
def test_the_readme_shows_what_is_printed(example: Example) -> None:
    assert printed(example.command) == example.output


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "README.md"], ids=lambda page: page.name
)
def test_a_page_shows_what_its_commands_print_one_after_the_other(page: Path, tmp_path: Path) -> None:
    prepare(page, tmp_path)
    listed = examples(page)
    assert listed, "a page without a command belongs elsewhere"
    for example in listed:
        if example.runs:
            assert printed(example.command, tmp_path) == example.output, example.command
    missing = sorted({example.needs for example in listed if not example.runs})
    if missing:
        pytest.skip(f"not installed, so NOT tested: {', '.join(missing)}; all other commands hold")


def test_every_rule_has_its_page_as_its_file_says() -> None:
    assert {page.name: page.read_text(encoding="utf-8") for page in RULE_PAGES.iterdir()} == rule_pages(
        load_rules()
    )


def test_the_tables_of_the_levels_are_those_of_the_code() -> None:
    page = LEVELS_PAGE.read_text(encoding="utf-8")
    assert "| `causal_scrubbing` | mechanism |" in page
    assert page == levels_page(page)


def test_the_page_of_what_was_measured_has_the_figures_of_its_file() -> None:
    page = MEASURED_PAGE.read_text(encoding="utf-8")
    assert "| CL001 | unlinked-claim |" in page
    assert page == measured_page(page)


def test_the_truth_table_on_its_page_is_that_of_its_file() -> None:
    page = TRUTH_PAGE.read_text(encoding="utf-8")
    assert "| `ablation`, zero | **1** | 0 / *−0.118* ! | 0 | **1** |" in page
    assert page == truth_page(page)


@pytest.mark.parametrize("page", [README, TRUTH_PAGE, *(ROOT / "docs").rglob("*.md")], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    places = re.findall(r"\]\((?!https?:)([^)#\s]+)", prose)
    assert [place for place in places if not (page.parent / place).exists()] == []


def test_a_new_user_needs_fewer_than_ten_commands(tmp_path: Path) -> None:
    """The first of them installs; the others are run as the page's examples."""
    page = ROOT / "docs" / "quickstart.md"
    assert "```sh\npip install .\n```" in page.read_text(encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", ".", "--quiet", "--target", str(tmp_path / "installed")]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([*pip, *offline], cwd=ROOT, check=True)
    explained = subprocess.run(
        [sys.executable, "-m", "claimlint", "explain", "CL102"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "decodable-means-used" in explained.stdout
    assert 1 + len(examples(page)) < 10


def test_the_example_of_a_rule_keeps_its_promises(tmp_path: Path) -> None:
    prepare(ROOT / "docs" / "writing-a-rule.md", tmp_path)
    rule = load_rule(tmp_path / "CL999-reliable-without-interval.toml")
    for number, test in enumerate(rule.tests):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert found_by(rule, test, folder, (*load_rules(), rule)) == sorted(test.expect)


def test_the_picture_shows_what_is_printed() -> None:
    assert letters_in(PICTURE.read_text(encoding="utf-8")) == letters_printed(run())


def test_the_picture_asks_for_nothing_from_other_hosts() -> None:
    picture = PICTURE.read_text(encoding="utf-8")
    assert not re.search(r"url\((?!#)|href=|<script", picture)


def test_the_two_commands_are_what_ci_runs() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
