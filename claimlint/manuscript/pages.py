"""Printed pages to lines of running text: without running heads, page numbers and line numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from claimlint.manuscript.model import Source
from claimlint.manuscript.wordlists import layout

_LINE = re.compile(r"[^\r\n\f]*(?:\r\n|[\r\n\f]|\Z)")
_ALONE = re.compile(r"\d{1,3}")
_NUMBERED = (re.compile(r"^\s*(?P<number>\d{1,4})(?:\s+|$)"), re.compile(r"\s{2,}(?P<number>\d{1,4})\s*$"))
# Fewer numbers in a row may be a table's first column.
_FEWEST_NUMBERED = 8
_SHORTEST_PAGE = 15
_FEWEST_PAGES = 3
_EDGE = 2


@dataclass(frozen=True, slots=True)
class Line:
    """``text`` is what stands from ``start`` on in ``file``; an empty one divides paragraphs."""

    file: str
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one page, its footnotes apart."""

    lines: tuple[Line, ...]
    notes: tuple[Line, ...] = ()


def pages_of(source: Source) -> list[Page]:
    """The pages of a text: at form feeds, else at lines that hold nothing but the next page's number."""
    pages: list[list[Line]] = [[]]
    for match in _LINE.finditer(source.text):
        whole = match.group()
        text = whole.rstrip("\r\n\f")
        pages[-1].append(Line(source.name, match.start(), text))
        if whole.endswith("\f"):
            pages.append([])
    if len(pages) == 1:
        pages = _cut(pages[0], _page_numbers(pages[0]))
    return [Page(tuple(page)) for page in pages]


def running_text(pages: Sequence[Page]) -> list[Page]:
    """The same pages without what the layout put there."""
    bare = [_without_edges(_without_numbers(page.lines), len(pages) > 1) for page in pages]
    seen = Counter(key for lines in bare for key in {_key(lines[at]) for at in _edges(lines)})
    often = 2 if len(pages) <= _FEWEST_PAGES else _FEWEST_PAGES
    heads = {key for key, count in seen.items() if count >= often}
    return [
        replace(page, lines=tuple(_without_heads(lines, heads)))
        for page, lines in zip(pages, bare, strict=True)
    ]


def _page_numbers(lines: Sequence[Line]) -> list[int]:
    """Indices of the longest chain of lone numbers, each one more than the last and a page further on."""
    chains: dict[int, list[int]] = {}
    for at, line in enumerate(lines):
        word = line.text.strip()
        if not _ALONE.fullmatch(word):
            continue
        before = chains.get(int(word) - 1, [])
        if not before or at - before[-1] >= _SHORTEST_PAGE:
            chain = [*before, at]
            if len(chain) > len(chains.get(int(word), [])):
                chains[int(word)] = chain
    longest = max(chains.values(), key=len, default=[])
    return longest if len(longest) >= _FEWEST_PAGES else []


def _cut(lines: list[Line], after: list[int]) -> list[list[Line]]:
    bounds = [0, *(at + 1 for at in after), len(lines)]
    return [lines[a:b] for a, b in pairwise(bounds) if b > a]


def _without_numbers(lines: Sequence[Line]) -> list[Line]:
    """Without the line numbers of a review template, before or behind the lines."""
    kept: list[Line] = list(lines)
    for pattern in _NUMBERED:
        dropped: set[int] = set()
        for run in _counted(kept, pattern):
            alone = {at for at in run if kept[at].text.strip().isdigit()}
            if len(alone) > len(run) / 2:
                dropped |= alone
            for at, match in run.items():
                kept[at] = _without(kept[at], match)
        kept = [line for at, line in enumerate(kept) if at not in dropped]
    return kept


def _without(line: Line, match: re.Match[str]) -> Line:
    if match.start() == 0:
        return Line(line.file, line.start + match.end(), line.text[match.end() :])
    return replace(line, text=line.text[: match.start()])


def _counted(lines: Sequence[Line], pattern: re.Pattern[str]) -> list[dict[int, re.Match[str]]]:
    """Lines whose numbers go up one by one, by index, where enough of them follow each other."""
    runs: list[dict[int, re.Match[str]]] = [{}]
    last, between = -1, 0
    for at, line in enumerate(lines):
        match = pattern.search(line.text)
        if match is None:
            between += bool(line.text.strip())
            continue
        if int(match["number"]) != last + 1 or between > 1:
            runs.append({})
        runs[-1][at] = match
        last, between = int(match["number"]), 0
    return [run for run in runs if len(run) >= _FEWEST_NUMBERED]


def _without_edges(lines: list[Line], several: bool) -> list[Line]:
    """Without a page number at the top or the foot; the only page of a text has none."""
    full = [at for at, line in enumerate(lines) if line.text.strip()]
    ends = {full[0], full[-1]} if full and several else set()
    printed = layout("page_number")
    numbers = {at for at in ends if printed.fullmatch(lines[at].text.strip())}
    return [line for at, line in enumerate(lines) if at not in numbers]


def _edges(lines: Sequence[Line]) -> set[int]:
    full = [at for at, line in enumerate(lines) if line.text.strip()]
    return {*full[:_EDGE], *full[-_EDGE:]}


def _key(line: Line) -> str:
    return re.sub(r"\d+", "#", " ".join(line.text.split()))


def _without_heads(lines: Sequence[Line], heads: set[str]) -> Iterator[Line]:
    edges = _edges(lines)
    return (line for at, line in enumerate(lines) if at not in edges or _key(line) not in heads)
