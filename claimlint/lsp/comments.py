"""Comments to claimlint, written where they are understood as speaking of one sentence."""

from __future__ import annotations

import re

from claimlint.checks.edits import Edit
from claimlint.manuscript.endings import LATEX, MARKDOWN, ending
from claimlint.manuscript.model import Source, Span


def comment(source: Source, sentence: Span, body: str) -> Edit | None:
    """The edit that says ``body`` of a sentence; None where the file has no comments.

    The comment stands behind the sentence. In LaTeX the rest of the line moves below it; where that rest is a
    comment already, the new one goes on a line of its own above the sentence.
    """
    if ending(source.name) in MARKDOWN:
        return Edit(Span(source.name, sentence.end, sentence.end), f" <!-- claimlint: {body} -->")
    if ending(source.name) not in LATEX:
        return None
    line_end = source.text.find("\n", sentence.end)
    rest = source.text[sentence.end : line_end if line_end >= 0 else len(source.text)].rstrip("\r")
    if "%" in rest:
        return _above(source, sentence, body)
    blank = len(rest) - len(rest.lstrip())
    more = "\n" if rest.strip() else ""
    return Edit(
        Span(source.name, sentence.end, sentence.end + (blank if more else 0)), f" % claimlint: {body}{more}"
    )


def _above(source: Source, sentence: Span, body: str) -> Edit:
    before = source.text[source.text.rfind("\n", 0, sentence.start) + 1 : sentence.start]
    indent = re.match(r"\s*", before)
    break_ = "" if not before.strip() else "\n"
    margin = indent.group() if indent else ""
    return Edit(Span(source.name, sentence.start, sentence.start), f"{break_}% claimlint: {body}\n{margin}")
