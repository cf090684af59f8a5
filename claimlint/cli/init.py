"""``claimlint init PAPER``: a manifest to be filled in, a config and a workflow; nothing is overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from claimlint import __version__
from claimlint.claims import claims
from claimlint.cli.baseline import NAME as BASELINE
from claimlint.cli.options import paper_options, settle
from claimlint.cli.output import write
from claimlint.config import NAME, Config, find_config
from claimlint.evidence import write_manifest
from claimlint.linking.described import account, skeleton
from claimlint.manuscript import read
from claimlint.phrasing import counted
from claimlint.pipeline import find_manifest

PARTS = ("manifest", "config", "ci")
WORKFLOW = Path(".github", "workflows", "claimlint.yml")

_EFFECT = '{"metric": "accuracy", "value": 95, "unit": "percent", "n": 400}'

_CONFIG = f"""\
# What claimlint is told once. Paths are relative to this file; lines behind # show what holds without them.
fail_on = "warning"     # the severity that makes the exit code 1: error, warning, info or never
# manifest = "manifest.json"
# baseline = "{BASELINE}"   # written by `claimlint baseline create`: only new findings are reported
# select = []           # run only these rules
# ignore = []           # leave these rules out
# preview = false       # run the rules too that are off by default
# described = true      # without a manifest, hold claims against the experiments that the paper describes
# profile = "joshi2026" # how kinds map to rungs; "pearl" keeps rung 3 for counterfactuals

# [severity]
# no-identification-block = "info"

# A sentence and the experiments that it leans on, where they are not found by themselves:
# [[link]]
# sentence = "some words of the sentence"
# evidence = ["id-in-the-manifest"]

# A finding that is answered, where the source may not be edited:
# [[accept]]
# rule = "definite-circuit"
# sentence = "some words of the sentence"
# reason = "why it stands"
"""

_WORKFLOW = """\
# Findings stand beside their lines in a pull request, and in the summary of the job.
name: claimlint
on: [push, pull_request]
permissions:
  contents: read
  security-events: write   # uploads the findings to code scanning; `sarif: ""` below does without
jobs:
  claimlint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: OWNER/claimlint@v{version}
        with:
          paper: {paper}
"""


@click.command("init")
@paper_options
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write the manifest; else manifest.json beside the paper.",
)
@click.option(
    "--without", multiple=True, type=click.Choice(PARTS), help="Leave this part out; may be repeated."
)
def command(
    paper: str, config_path: Path | None, output: Path | None, without: tuple[str, ...], **settings: object
) -> None:
    """Write manifest.json, claimlint.toml and a workflow for GitHub, as PAPER needs them.

    The manifest holds the experiments that the paper describes, all planned and without results. What is
    there already is left as it is.
    """
    if paper == "-":
        raise click.UsageError("init writes beside the paper; standard input has no place.")
    config, folder = settle(paper, config_path, **settings)
    if "manifest" not in without:
        click.echo(_manifest(paper, config, folder, output))
    if "config" not in without:
        click.echo(_config(Path(paper), config_path, output))
    if "ci" not in without:
        click.echo(_workflow(Path(paper)))


def _manifest(paper: str, config: Config, folder: Path, output: Path | None) -> str:
    there = output if output else find_manifest(paper, config, folder, None)
    if there and there.exists():
        return f"{there}: there already, left as it is."
    place = output or Path(paper).parent / "manifest.json"
    document = read(paper)
    told = account(document, claims(document, profile=config.profile, profiles=config.profiles))
    planned = skeleton(told, document)
    number = len(planned.experiments)
    if not number:
        return (
            f"{place}: not written, for the paper describes no experiment on a model's insides in words that "
            "are known. Write the entries by hand; `claimlint manifest schema` prints every field."
        )
    named = os.path.relpath(document.path, place.parent)
    write_manifest(place, planned.model_copy(update={"paper": Path(named).as_posix()}))
    return (
        f"{place}: {counted(number, 'planned experiment')}, as described. Check each, fill in "
        f"what is still empty and what was measured (an effect is {_EFFECT}), and set its status to done; "
        "planned experiments license nothing."
    )


def _config(paper: Path, config_path: Path | None, manifest: Path | None) -> str:
    there = config_path or find_config(paper)
    if there:
        return f"{os.path.relpath(there)}: there already, left as it is."
    text = _CONFIG
    if manifest and manifest.exists():
        named = json.dumps(os.path.relpath(manifest, paper.parent), ensure_ascii=False)
        text = text.replace('# manifest = "manifest.json"', f"manifest = {named}")
    write(paper.parent / NAME, text)
    return f"{paper.parent / NAME}: the settings, each with what it is for."


def _workflow(paper: Path) -> str:
    """Written at the top of the checkout, or beside a paper that is in none."""
    above = paper.resolve().parents
    top = next((folder for folder in above if (folder / ".git").exists()), above[0])
    place = Path(os.path.relpath(top / WORKFLOW))
    if place.exists():
        return f"{place}: there already, left as it is."
    place.parent.mkdir(parents=True, exist_ok=True)
    within = json.dumps(paper.resolve().relative_to(top).as_posix(), ensure_ascii=False)
    write(place, _WORKFLOW.format(version=__version__, paper=within))
    return f"{place}: checks every push and pull request; write who keeps claimlint in place of OWNER."
