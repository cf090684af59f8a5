"""Comments that speak to claimlint, and the sentences that they speak of."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from claimlint.manuscript.model import Directive, Document, Notice, Sentence, Source, Span
from claimlint.manuscript.positions import line_index

VERBS = ("ignore", "evidence")
_TEX = re.compile(r"(?:[^%\\\n]|\\.)*?(?P<comment>%+[ \t]*claimlint[ \t]*:[ \t]*(?P<body>[^\n]*))")
_MARKDOWN = re.compile(
    r"[^\n]*?(?P<comment><!--\s{0,9}claimlint[ \t]*:[ \t]*(?P<body>[^>]{0,500}?)\s*-->)", re.DOTALL
)
_BODY = re.compile(r"(?P<verb>\w+)\s*\[(?P<names>[^\[\]]*)\]\s*(?:--\s*(?P<reason>.*?))?\s*", re.DOTALL)
_EXPECTED = "expected 'ignore[rule, ...] -- reason' or 'evidence[id, ...]'"


def in_tex(source: Source, skipped: Callable[[int], int]) -> tuple[list[Directive], list[Notice]]:
    """The directives among the comments of a LaTeX file; ``skipped`` tells what is no LaTeX there."""
    return _read(source, _lines_that_speak(source.text, _TEX), skipped)


def in_markdown(source: Source) -> tuple[list[Directive], list[Notice]]:
    """The directives among the HTML comments of a Markdown file."""
    return _read(source, _lines_that_speak(source.text, _MARKDOWN), lambda _: 0)


def _lines_that_speak(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    at = 0
    while (hit := text.find("claimlint", at)) >= 0:
        match = pattern.match(text, text.rfind("\n", 0, hit) + 1)
        line_end = text.find("\n", hit)
        at = max(match.end() if match else 0, line_end if line_end >= 0 else len(text))
        if match:
            yield match


def _read(
    source: Source, matches: Iterator[re.Match[str]], skipped: Callable[[int], int]
) -> tuple[list[Directive], list[Notice]]:
    found: list[Directive] = []
    wrong: list[Notice] = []
    for match in matches:
        start, end = match.span("comment")
        if skipped(start):
            continue
        span = Span(source.name, start, start + len(source.text[start:end].rstrip()))
        body = _BODY.fullmatch(match["body"].rstrip())
        names = tuple(n for n in (part.strip() for part in body["names"].split(",")) if n) if body else ()
        if body is None or body["verb"] not in VERBS or not names:
            wrong.append(Notice("malformed-directive", f"{match['body'].strip()!r}: {_EXPECTED}", span))
            continue
        alone = not source.text[match.start() : start].strip()
        found.append(Directive(body["verb"], names, (body["reason"] or "").strip(), span, alone))
    return found, wrong


def reach(document: Document, sentences: Sequence[Sentence]) -> list[tuple[Directive, tuple[Sentence, ...]]]:
    """Every directive with the sentences that it can reach, the one that it is nearest to first.

    At the end of a line those are the sentences that touch the line before it: the one that ends last, and
    so on, then those that run through it. Alone on its line, those that touch the next line on which a
    sentence begins, then those that it stands inside of.
    """
    by_file: dict[str, list[tuple[Span, Sentence]]] = {}
    for sentence in sentences if document.directives else ():
        span = sentence.span
        by_file.setdefault(span.file, []).append((span, sentence))
    for placed in by_file.values():
        placed.sort(key=lambda entry: (entry[0].start, entry[0].end))
    return [(d, _reached(document, d, by_file.get(d.span.file, []))) for d in document.directives]


def _reached(
    document: Document, directive: Directive, placed: list[tuple[Span, Sentence]]
) -> tuple[Sentence, ...]:
    index = line_index(document.source(directive.span.file).text)
    comment = directive.span
    begun = bisect_left(placed, comment.start, key=lambda entry: entry[0].start)
    around = [entry for entry in reversed(placed[:begun]) if entry[0].end > comment.start]
    if directive.alone:
        near = placed[begun:]
        if near:
            _, stop = index.line_range(index.position(near[0][0].start).line)
            near = near[: bisect_left(near, stop, key=lambda entry: entry[0].start)]
    else:
        start, _ = index.line_range(index.position(comment.start).line)
        near = [entry for entry in placed[:begun] if start < entry[0].end <= comment.start]
        near.sort(key=lambda entry: entry[0].end, reverse=True)
    return tuple(sentence for _, sentence in near + around)
