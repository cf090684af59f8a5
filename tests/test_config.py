"""The config file: where it is looked for, and what a mistake in it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimlint.config import load_config
from claimlint.errors import ClaimlintError


def test_the_nearest_config_above_the_paper_holds(tmp_path: Path) -> None:
    (tmp_path / "claimlint.toml").write_text('fail_on = "error"\n')
    paper = tmp_path / "a" / "b" / "paper.tex"
    paper.parent.mkdir(parents=True)
    config, folder = load_config(paper)
    assert (config.fail_on, folder) == ("error", tmp_path)
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.claimlint]\nmanifest = "m.json"\n')
    config, folder = load_config(paper)
    assert (config.fail_on, config.manifest, folder) == ("warning", "m.json", tmp_path / "a")


def test_a_pyproject_of_something_else_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "claimlint.toml").write_text("preview = true\n")
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert load_config(tmp_path / "paper" / "main.tex")[0].preview


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("manifset = 'm.json'", ["manifset", "Did you mean 'manifest'"]),
        ("fail_on = 'errors'", ["fail_on", "errors"]),
        ("[[accept]]\nrule = 'x'\nsentence = 'Layer 9 drives it.'", ["accept", "reason"]),
        (
            "[[link]]\nsentence = 'Layer 9 drives it.'\nevidnce = ['a']",
            ["evidnce", "Did you mean 'evidence'"],
        ),
        ("select = 'CL102'", ["select: expected a list", "'CL102'"]),
        ("[[accept]]\nrule = 'x'\nsentence = 'Layer 9 drives it.'", ["accept.0.reason: missing"]),
        ("[profiles.mine]\nmechanism = 7", ["profiles: profile 'mine' gives mechanism the level 7"]),
        ("[profiles.mine]\nmechanism = 7", ["mine", "mechanism", "7"]),
        ("[profiles.mine]\nmechanisms = 2", ["mechanisms"]),
        ("fail_on = [1 2]", ["not valid TOML", "line 1"]),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, says: list[str]) -> None:
    path = tmp_path / "claimlint.toml"
    path.write_text(text)
    with pytest.raises(ClaimlintError) as caught:
        load_config(tmp_path / "paper.tex")
    for words in [str(path), *says]:
        assert words in str(caught.value)


def test_a_config_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(ClaimlintError, match=r"gone\.toml: the config cannot be read \(No such file"):
        load_config(tmp_path / "paper.tex", tmp_path / "gone.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ClaimlintError, match=r"latin\.toml: the config cannot be read \(it is not UTF-8\)"):
        load_config(tmp_path / "paper.tex", tmp_path / "latin.toml")
