"""The demo and the other whole papers: manifest, planted overclaims and honest sentences fit together."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from claimlint.config import Config
from claimlint.evidence import check_manifest
from claimlint.evidence.manifest import load_manifest
from claimlint.evidence.model import Experiment
from claimlint.manuscript import read
from claimlint.pipeline import lint
from tests.corpus.links import PAPERS, count, root_file

each_paper = pytest.mark.parametrize("folder", PAPERS, ids=lambda folder: folder.name)


def expected(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))


@each_paper
def test_every_sentence_named_stands_in_the_paper_once(folder: Path) -> None:
    document = read(root_file(folder))
    assert document.notices == ()
    blocks = [" ".join(block.text.split()) for block in document.blocks]
    for entry in expected(folder)["finding"] + expected(folder)["honest"]:
        assert sum(block.count(entry["sentence"]) for block in blocks) == 1, entry["sentence"]


def families(experiments: Iterable[Experiment]) -> set[str]:
    """Ids of the experiments; the entries of a sweep have its id and a place behind it."""
    return {experiment.id.split("/")[0] for experiment in experiments}


@each_paper
def test_every_experiment_of_the_manifest_speaks_to_a_sentence(folder: Path) -> None:
    manifest = families(load_manifest(folder / "manifest.json").experiments)
    entries = expected(folder)["finding"] + expected(folder)["honest"]
    named = {id for entry in entries for id in entry["experiments"]}
    also = {id for entry in entries for id in entry.get("also", ())}
    assert named <= manifest
    assert named | also == manifest


@each_paper
def test_every_planted_overclaim_is_found_or_said_to_be_missed_and_nothing_else_is_flagged(
    folder: Path,
) -> None:
    found = [
        (finding.code, " ".join(finding.text.split()))
        for finding in lint(str(root_file(folder)), Config(), folder).findings
    ]
    planted = expected(folder)["finding"]
    wrong = [
        (entry["rule"], entry["sentence"])
        for entry in planted
        if any(entry["rule"] == code and entry["sentence"] in sentence for code, sentence in found)
        == ("missed" in entry)
    ]
    unplanted = [
        (code, sentence)
        for code, sentence in found
        if not any(entry["sentence"] in sentence for entry in planted)
    ]
    assert (wrong, unplanted) == ([], [])


def test_the_demo_rests_on_experiments_that_were_run() -> None:
    manifest = PAPERS[0] / "manifest.json"
    entries = load_manifest(manifest).experiments
    assert {entry.id: entry.grade for entry in entries if entry.grade != "executed"} == {
        "interchange-gender-l9": "declared",
        "probe-day-l4": "recorded",
    }
    assert check_manifest(manifest) == ()


def test_links_agree_with_the_labels_that_were_made_by_reading() -> None:
    pairs = count(PAPERS)
    assert pairs.labelled >= 150
    assert pairs.precision >= 0.95
    assert pairs.recall >= 0.80
