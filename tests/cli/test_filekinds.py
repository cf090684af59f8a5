"""A file of the wrong kind: each command says what it is, what is wanted and where the file belongs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimlint.checks.baseline import Baseline, dump_baseline
from claimlint.cli.filekinds import kind_of
from tests.cli.test_program import DEMO, ROOT, run

FILES = {
    "paper.tex": "Layer 8 stores the gender of the subject.\n",
    "manifest.json": json.dumps({"version": 1, "experiments": [{"id": "a", "method": "ablation"}]}),
    "known.json": dump_baseline(Baseline()),
    "settings.toml": 'manifest = "manifest.json"\nfail_on = "error"\n',
    "spec.toml": (ROOT / "experiments" / "demo" / "paper.toml").read_text(),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "told", "belongs"),
    [
        ("check known.json", "is a baseline, where a manuscript is wanted", "--baseline known.json"),
        ("manifest.json", "is a manifest, where a manuscript is wanted", "--manifest manifest.json"),
        ("claims spec.toml", "is a specification of experiments, where a", "`claimlint run spec.toml`"),
        ("init manifest.json", "is a manifest, where a manuscript is wanted", "--manifest manifest.json"),
        ("classify --manuscript settings.toml", "is a config, where a manuscript", "--config settings.toml"),
        ("baseline show known.json", "is a baseline, where a manuscript is wanted", "--baseline known.json"),
        (
            "baseline create paper.tex --baseline paper.tex",
            "is a manuscript, where a baseline",
            "check paper",
        ),
        ("check paper.tex --baseline manifest.json", "is a manifest, where a baseline is wanted", "show"),
        ("check paper.tex --manifest known.json", "is a baseline, where a manifest", "--baseline known.json"),
        ("check paper.tex --config spec.toml", "is a specification of experiments, where a config", "run"),
        ("manifest show paper.tex", "is a manuscript, where a manifest is wanted", "check paper.tex"),
        ("manifest check paper.tex", "is a manuscript, where a manifest is wanted", "check paper.tex"),
        ("manifest import known.json", "is a baseline, where a table of results", "--baseline known.json"),
        ("run manifest.json", "is a manifest, where a specification of experiments", "manifest show"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_the_place_where_it_belongs(
    command: str, told: str, belongs: str, folder: Path
) -> None:
    done = run(*command.split(), cwd=folder)
    what, why, fix = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert told in what
    assert why.startswith("  why: ")
    assert belongs in fix
    assert {path.name for path in folder.iterdir()} == set(FILES)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("experiments.toml", 'version = 1\n[[experiment]]\nid = "a"\n', "manifest"),
        ("pyproject.toml", '[project]\nname = "x"\n', ""),
        ("results.json", '[{"id": "a", "method": "ablation"}]', ""),
        ("broken.json", '{"version": 1,', ""),
        ("archive.tar.gz", "", ""),
    ],
)
def test_a_file_is_known_by_its_keys_or_left_to_its_own_reader(
    name: str, text: str, kind: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    assert kind_of(tmp_path / name) == kind


def test_the_files_of_the_demo_are_known() -> None:
    assert kind_of(DEMO / "paper.tex") == "paper"
    assert kind_of(DEMO / "manifest.json") == "manifest"
    assert kind_of(ROOT / "experiments" / "demo" / "paper.toml") == "spec"


def test_a_command_that_is_none_is_answered_with_those_that_are(folder: Path) -> None:
    done = run("manifest", "paper.tex", cwd=folder)
    assert done.returncode == 2
    assert "none of its commands: appendix, check, import, schema, show and tex" in done.stderr
    assert "Did you mean 'show'?" in run("baseline", "shwo", cwd=folder).stderr
