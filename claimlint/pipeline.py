"""The whole of claimlint on one screen: read, sentences, claims, link, check, baseline."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

from claimlint.checks import Rule, check, load_rules
from claimlint.checks.baseline import compared, load_baseline
from claimlint.checks.model import Outcome
from claimlint.claims import claims
from claimlint.config import Config
from claimlint.errors import ClaimlintError
from claimlint.evidence import load_manifest
from claimlint.linking import link
from claimlint.linking.described import account, held, link_described
from claimlint.manuscript import read

BESIDE = (
    "manifest.json",
    "manifest.toml",
    "experiments/manifest.json",
    "experiments/manifest.toml",
)


def lint(
    paper: str,
    config: Config,
    folder: Path,
    *,
    manifest: str | None = None,
    unsaved: Mapping[str, str] | None = None,
) -> Outcome:
    """Lint one manuscript.

    Without a manifest, or with one that only plans, claims are held against the experiments that the paper
    itself describes.

    Args:
        paper: path of the root file, or ``-`` for standard input.
        config: what the project's config file says; ``folder`` is what its paths are relative to.
        manifest: path of the manifest; else the config's, else the one beside the paper, else none.
        unsaved: texts of files that are open in an editor, by their real paths, instead of those on disk.

    Raises:
        ClaimlintError: the paper, manifest, baseline or a rule pack cannot be read, or a rule crashed.
    """
    known = load_baseline(folder / config.baseline) if config.baseline else None
    outcome = judge(paper, config, folder, manifest=manifest, unsaved=unsaved)
    return compared(outcome, known) if known else outcome


def judge(
    paper: str,
    config: Config,
    folder: Path,
    *,
    manifest: str | None = None,
    unsaved: Mapping[str, str] | None = None,
) -> Outcome:
    """The same, before the baseline."""
    document = read(paper, unsaved=unsaved)
    found = claims(document, profile=config.profile, profiles=config.profiles)
    path = find_manifest(paper, config, folder, manifest)
    evidence = load_manifest(path) if path else None
    hold = partial(check, document, rules=_rules(), options=config, manifest=str(path or ""))
    if evidence and not evidence.only_plans:
        return hold(found, link(found, document, evidence, config.link), evidence)
    told = account(document, found) if config.described else None
    if told and told.about_insides:
        links = tuple(link_described(found, told))
        return hold(tuple(map(held, found)), links, told.manifest, described=told, plans=evidence)
    return hold(found, (), None, plans=evidence)


@cache
def _rules() -> tuple[Rule, ...]:
    return load_rules()


def find_manifest(paper: str, config: Config, folder: Path, explicit: str | None) -> Path | None:
    """The manifest to use: the named one, the config's, the one beside the paper, or none.

    Raises:
        ClaimlintError: a manifest was named and is not there. One that is merely absent is no error.
    """
    named = explicit or (str(folder / config.manifest) if config.manifest else None)
    if named:
        if not Path(named).is_file():
            raise ClaimlintError(
                f"{named}: no such manifest",
                "Claims would be checked against nothing, and pass or fail for the wrong reason.",
                "Give the path of an existing manifest, or leave it out to check the wording alone.",
            )
        return Path(named)
    home = Path() if paper == "-" else Path(paper).parent
    return next((home / name for name in BESIDE if (home / name).is_file()), None)
