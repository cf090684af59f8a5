"""The report as one page: the manuscript with its claims marked, their evidence, the experiments.

The page is one file that asks for nothing from outside. Whatever a manuscript or a manifest says is escaped,
and the page's own policy runs no script and no style but the two that it was made with.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from claimlint import __version__
from claimlint.checks.model import VERDICTS, Outcome
from claimlint.phrasing import counted
from claimlint.report.html.claims import ladder, shown_claims, shown_ids
from claimlint.report.html.experiments import cards, grouped
from claimlint.report.html.manuscript import manuscript
from claimlint.report.html.pictures import pictures
from claimlint.report.html.plots import plots
from claimlint.report.places import place_words
from claimlint.report.words import rule_words, summary, told

if TYPE_CHECKING:
    from jinja2 import Environment


def html(outcome: Outcome, *, color: bool = False) -> str:
    """The whole page."""
    shown = shown_ids(outcome)
    text = manuscript(outcome.document, outcome.claims, shown)
    experiments = cards(outcome)
    claims = shown_claims(outcome, shown, experiments, text.of_claims)
    drawn = pictures(outcome)
    used = {claim.section for claim in claims}
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            version=__version__,
            path=outcome.document.path,
            manifest=outcome.manifest,
            summary=summary(outcome),
            manuscript=text,
            claims=claims,
            by_id={claim.id: claim for claim in claims},
            sections=[(number, name) for number, name in enumerate(text.sections) if number in used],
            rules=sorted({(f.code, f.name) for claim in claims for f in claim.findings}),
            levels=sorted({claim.level for claim in claims}),
            verdicts=[verdict for verdict in VERDICTS if any(claim.verdict == verdict for claim in claims)],
            others=[(f, place_words(outcome.document, f.span)) for f in outcome.findings if not f.claim],
            answered=outcome.suppressed,
            baselined=outcome.baselined,
            checklist=outcome.checklist if outcome.evidence else (),
            described=outcome.described is not None,
            experiments=list(experiments.values()),
            groups=grouped(experiments.values()),
            ladder=ladder(claims),
            plots=plots(outcome.evidence, {picture.stem for picture in drawn}) if outcome.evidence else (),
            pictures=drawn,
            style=_asset("page.css"),
            script=_asset("page.js"),
        )
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  (the command line starts without it)

    made = Environment(
        loader=PackageLoader("claimlint.report.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"told": told, "digest": _digest, "rule_words": rule_words, "counted": counted}
    return made


def _asset(name: str) -> str:
    """A file that lies beside this module, with plain line ends: the browser's digest is over those."""
    return (files("claimlint.report.html") / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _digest(text: str) -> str:
    """As a content security policy names what may run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
