"""What can be done about a sentence at a keystroke: reword it, say why it stands, name its experiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from claimlint.checks import Finding, Judged, Outcome
from claimlint.checks.edits import Edit, edit
from claimlint.checks.phrases import METHODS, target_words
from claimlint.evidence import Experiment
from claimlint.lsp.comments import comment
from claimlint.lsp.places import offset_of, range_of, uri_of
from claimlint.lsp.project import Checked
from claimlint.manuscript.model import Source

#: A menu that is longer is not read.
_MOST_EXPERIMENTS = 8


def actions(
    found: Checked, path: str, asked: types.Range, shown: Sequence[types.Diagnostic]
) -> list[types.CodeAction]:
    """The actions for a range; ``shown`` are the diagnostics that the editor has there."""
    source, outcome = found.sources.get(path), found.outcome
    if source is None or outcome is None:
        return []
    start, end = offset_of(source.text, asked.start), offset_of(source.text, asked.end)
    findings = found.findings_at(path, start, end)
    judged = found.claim_at(path, start)
    return [
        *_rewordings(outcome, source, findings, shown),
        *_reasons(source, findings, shown),
        *_experiments(outcome, source, judged),
    ]


def _rewordings(
    outcome: Outcome, source: Source, findings: Sequence[Finding], shown: Sequence[types.Diagnostic]
) -> Iterator[types.CodeAction]:
    offered = set[str]()
    for finding in findings:
        change = edit(outcome.document, finding) if finding.rewording else ""
        if isinstance(change, Edit) and change.text not in offered:
            offered.add(change.text)
            action = _action(f"Reword: {finding.rewording}", source, change)
            action.is_preferred = len(offered) == 1
            action.diagnostics = _of(finding, shown)
            yield action


def _reasons(
    source: Source, findings: Sequence[Finding], shown: Sequence[types.Diagnostic]
) -> Iterator[types.CodeAction]:
    """The reason is left to be written; until it is, claimlint reports that it is missing."""
    for name in dict.fromkeys(finding.name for finding in findings):
        finding = next(f for f in findings if f.name == name)
        change = comment(source, finding.sentence, f"ignore[{name}] -- ") if finding.text else None
        if change:
            action = _action(f"Say why it stands: ignore[{name}] -- ...", source, change)
            action.diagnostics = _of(finding, shown)
            yield action


def _experiments(outcome: Outcome, source: Source, judged: Judged | None) -> Iterator[types.CodeAction]:
    """Those that were matched first, for a link that somebody made is surer."""
    reading = judged.claim.reading if judged else None
    if judged is None or reading is None or reading.stance != "own":
        return
    if outcome.evidence is None or not outcome.manifest:
        return
    named = {link.experiment for link in judged.links if link.explicit}
    matched = {link.experiment for link in judged.links}
    done = [e for e in outcome.evidence.done if e.id not in named]
    done.sort(key=lambda experiment: experiment.id not in matched)
    for experiment in done[:_MOST_EXPERIMENTS]:
        change = comment(source, judged.claim.sentence.span, f"evidence[{experiment.id}]")
        if change:
            yield _action(f"Link to {experiment.id} ({_words(experiment)})", source, change)


def _words(experiment: Experiment) -> str:
    target = target_words(experiment.target)
    return f"{METHODS[experiment.method]}{f' on {target}' if target else ''}"


def _action(title: str, source: Source, change: Edit) -> types.CodeAction:
    where = range_of(source.text, change.span.start, change.span.end)
    edits = {uri_of(source.name): [types.TextEdit(where, change.text)]}
    return types.CodeAction(
        title, kind=types.CodeActionKind.QuickFix, edit=types.WorkspaceEdit(changes=edits)
    )


def _of(finding: Finding, shown: Sequence[types.Diagnostic]) -> list[types.Diagnostic] | None:
    return [diagnostic for diagnostic in shown if diagnostic.data == finding.fingerprint] or None
