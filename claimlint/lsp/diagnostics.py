"""Findings as diagnostics, each in the file that it belongs to."""

from __future__ import annotations

from lsprotocol import types

from claimlint.checks import Finding
from claimlint.lsp.places import range_of, uri_of
from claimlint.lsp.project import Checked
from claimlint.report.words import message_lines, rule_words

SOURCE = "claimlint"
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}


def diagnostics(found: Checked) -> dict[str, list[types.Diagnostic]]:
    """The diagnostics of every file that was read, by its real path; the trouble stands at the root's top."""
    by_file = {
        path: [diagnostic(finding, source.text) for finding in found.findings_in(path)]
        for path, source in found.sources.items()
    }
    if found.trouble:
        top = types.Range(types.Position(0, 0), types.Position(0, 1))
        told = types.Diagnostic(top, found.trouble, severity=types.DiagnosticSeverity.Error, source=SOURCE)
        by_file.setdefault(found.root, []).insert(0, told)
    return by_file


def diagnostic(finding: Finding, text: str) -> types.Diagnostic:
    """A finding at its cue; the sentence is named beside it where it is more than the cue."""
    sentence = types.Location(
        uri_of(finding.sentence.file), range_of(text, finding.sentence.start, finding.sentence.end)
    )
    same = (finding.sentence.start, finding.sentence.end) == (finding.span.start, finding.span.end)
    elsewhere = finding.sentence.file != finding.span.file
    return types.Diagnostic(
        range=range_of(text, finding.span.start, finding.span.end),
        message=message_lines(finding),
        severity=_SEVERITIES[finding.severity],
        code=rule_words(finding),
        source=SOURCE,
        related_information=None
        if same or elsewhere
        else [types.DiagnosticRelatedInformation(sentence, "the sentence")],
        data=finding.fingerprint,
    )
