"""What can be done about a sentence at a keystroke: reword it, say why it stands, name its experiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from claimlint.checks import Finding, Judged, Outcome
from claimlint.checks.edits import Edit, edit, edits
from claimlint.checks.phrases import METHOD_NAMES, target_words
from claimlint.evidence import Experiment
from claimlint.lsp.comments import comment
from claimlint.lsp.places import offset_of, range_of, uri_of
from claimlint.lsp.project import Checked
from claimlint.manuscript.model import Source

QUICK_FIX = types.CodeActionKind.QuickFix.value
#: What editors apply on saving, where they are told to.
FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.claimlint"
KINDS = (QUICK_FIX, FIX_ALL)
#: A menu that is longer is not read.
_MOST_EXPERIMENTS = 8


def actions(
    found: Checked, path: str, asked: types.Range, context: types.CodeActionContext
) -> list[types.CodeAction]:
    """The actions for a range, of the kinds that the editor wants, with the diagnostics that it has there."""
    source, outcome = found.sources.get(path), found.outcome
    if source is None or outcome is None:
        return []
    start, end = offset_of(source.text, asked.start), offset_of(source.text, asked.end)
    findings, shown = found.findings_at(path, start, end), context.diagnostics
    judged = found.claim_at(path, start)
    every: list[types.CodeAction] = []
    if _wants(QUICK_FIX, context):
        every += _rewordings(outcome, source, findings, shown)
        every += _reasons(source, findings, shown)
        every += _experiments(outcome, source, judged)
    if _wants(FIX_ALL, context):
        every += _all_rewordings(outcome, source)
    return every


def _wants(kind: str, context: types.CodeActionContext) -> bool:
    """Whether an editor asks for a kind: for all of them, for this one, or for one that it belongs to."""
    return context.only is None or any(f"{kind}.".startswith(f"{_name(wanted)}.") for wanted in context.only)


def _name(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _all_rewordings(outcome: Outcome, source: Source) -> Iterator[types.CodeAction]:
    """What ``--fix`` would do to the file."""
    changes = edits(outcome.document, outcome.findings).by_file().get(source.name, [])
    if changes:
        title = f"Reword all that can be in this file ({len(changes)})"
        yield _action(title, source, *changes, kind=FIX_ALL)


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
    return f"{METHOD_NAMES[experiment.method]}{f' on {target}' if target else ''}"


def _action(title: str, source: Source, *changes: Edit, kind: str = QUICK_FIX) -> types.CodeAction:
    texts = [
        types.TextEdit(range_of(source.text, change.span.start, change.span.end), change.text)
        for change in changes
    ]
    return types.CodeAction(title, kind=kind, edit=types.WorkspaceEdit(changes={uri_of(source.name): texts}))


def _of(finding: Finding, shown: Sequence[types.Diagnostic]) -> list[types.Diagnostic] | None:
    return [diagnostic for diagnostic in shown if diagnostic.data == finding.fingerprint] or None
