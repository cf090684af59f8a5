"""Plain text and printed pages to blocks: paragraphs, items, captions, and short lines as headings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from statistics import median

from claimlint.manuscript.builder import BlockBuilder
from claimlint.manuscript.columns import in_reading_order
from claimlint.manuscript.model import Block, Section, Span
from claimlint.manuscript.pages import Line, Page, running_text
from claimlint.manuscript.sections import NumberedOutline, role_of
from claimlint.manuscript.wordlists import layout

_TOKEN = re.compile(r"(?P<space>\s+)|(?P<ligature>[\ufb00-\ufb06])|(?P<text>[^\s\ufb00-\ufb06]+)")
_ITEM = re.compile(r"[ \t]*(?:[-*•]|\(?\d{1,2}[.)])[ \t]+")
_NUMBERED = re.compile(r"(?:\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\.?[ \t]+[A-Z]")
# Both begin where a word does, or a long one would be looked through from each of its letters.
_BROKEN = re.compile(r"(?<![^\W\d_])(?P<head>[^\W\d_]*[a-z\ufb00-\ufb06])[-\u00ad\u2010]$")
_COMPOUND = re.compile(r"(?<![^\W\d_])[^\W\d_]+-[^\W\d_]+")
_TAIL = re.compile(r"[a-z\ufb00-\ufb06][^\W\d_]*")
_FINISHED = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_WORD = re.compile(r"[^\W\d_]{4,}")
_LONGEST_HEADING, _MOST_WORDS, _MOST_WORDS_IN_TITLE = 90, 4, 6
# What tells the labels of a figure from the lines of a text, in lines and in characters.
_GAP = re.compile(r"\s{3,}")
_FEWEST_DRAWN, _LABEL, _PROSE, _LITTLE = 4, 12, 40, 0.2
# A shorter last line may be a heading, or the foot of a table.
_SHORTEST_UNFINISHED = 30

#: Lines that belong together, and what they are.
_Part = tuple[str, list[Line]]


def read_plain(pages: Sequence[Page]) -> tuple[Block, ...]:
    """The blocks of a text, page by page; a sentence may run on to the next page."""
    printed = running_text(pages)
    pages = [part for page in printed for part in in_reading_order(page, certain=len(printed) > 1)]
    compounds = {
        word for page in pages for line in page.lines for word in _COMPOUND.findall(line.text.lower())
    }
    outline, section = NumberedOutline(), Section()
    builders: list[BlockBuilder] = []
    for kind, lines in _parts(pages):
        builder = BlockBuilder(kind, section)
        _write(builder, lines, compounds)
        entered = outline.try_enter(builder.text) if kind == "heading" else None
        if entered:
            section = builder.section = entered
        elif kind == "heading":
            builder.kind = "paragraph"
        elif kind == "paragraph" and section.role == "abstract":
            builder.kind = "abstract"
        builders.append(builder)
    finished = (builder.finish() for builder in builders)
    return tuple(block for block in finished if block is not None)


def _parts(pages: Sequence[Page]) -> list[_Part]:
    """All parts in reading order; what a page break tore apart is one part again."""
    parts: list[_Part] = []
    for page in pages:
        fresh = [part for lines in _paragraphs(page.lines) for part in _divided(lines)]
        open_at = _last_of_text(parts)
        goes_on = next((at for at, (kind, _) in enumerate(fresh) if kind not in _BETWEEN), None)
        if open_at is not None and goes_on is not None and _run_on(parts[open_at], fresh[goes_on]):
            parts[open_at][1].extend(fresh.pop(goes_on)[1])
        parts += fresh
        parts += [("footnote", lines) for lines in _paragraphs(page.notes)]
    return parts


#: What may stand between the two halves of a sentence.
_BETWEEN = ("caption", "figure", "footnote")


def _last_of_text(parts: Sequence[_Part]) -> int | None:
    return next((at for at in reversed(range(len(parts))) if parts[at][0] not in _BETWEEN), None)


def _run_on(before: _Part, after: _Part) -> bool:
    """Whether the one part ends, and the other begins, in the middle of a sentence."""
    last, first = before[1][-1].text.strip(), after[1][0].text.strip()
    if before[0] == "heading" or after[0] != "paragraph" or _FINISHED.search(last):
        return False
    return len(last) >= _SHORTEST_UNFINISHED and (first[:1].islower() or first[:1].isupper())


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    for line in lines:
        if line.text.strip():
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _divided(paragraph: list[Line]) -> list[_Part]:
    """A paragraph may begin with its heading, and consist of list items."""
    if layout("caption").match(paragraph[0].text):
        return [("caption", paragraph)]
    if _is_drawn(paragraph):
        return [("figure", paragraph)]
    parts: list[_Part] = []
    for line in paragraph:
        item = _ITEM.match(line.text)
        before = parts[-1][1][-1].text.strip() if parts and parts[-1][0] != "heading" else ""
        if _is_heading(line.text.strip(), before):
            parts.append(("heading", [line]))
        elif item:
            parts.append(("item", [Line(line.file, line.start + item.end(), line.text[item.end() :])]))
        elif parts and parts[-1][0] != "heading":
            parts[-1][1].append(line)
        else:
            parts.append(("paragraph", [line]))
    return parts


def _is_drawn(paragraph: Sequence[Line]) -> bool:
    """Whether lines hold the labels of a figure, or the cells of a table: short pieces, some wide apart."""
    lines = [line.text.strip() for line in paragraph]
    pieces = [len(piece) for line in lines for piece in _GAP.split(line)]
    apart = len(pieces) > len(lines) >= _FEWEST_DRAWN and not any(map(_FINISHED.search, lines))
    of_prose = sum(length for length in pieces if length >= _PROSE)
    return apart and median(pieces) <= _LABEL and of_prose < _LITTLE * sum(pieces)


def _is_heading(line: str, before: str) -> bool:
    """Whether a line is a heading; in the middle of a paragraph it follows the end of a sentence."""
    if len(line) > _LONGEST_HEADING or line[-1:] in ".,;:?!-" or not _WORD.search(line):
        return False
    most = _MOST_WORDS_IN_TITLE if _is_title(line) else _MOST_WORDS
    named = role_of(line) != "body" and len(line.split()) <= most and not line[0].islower()
    numbered = bool(_NUMBERED.match(line))
    if before:
        follows = bool(_FINISHED.search(before))
        return _is_title(line) and ((named and numbered) or (follows and (named or numbered)))
    return named or line.isupper() or numbered


def _is_title(line: str) -> bool:
    return all(word[0].isupper() for word in _WORD.findall(line))


def _write(builder: BlockBuilder, lines: Sequence[Line], compounds: set[str]) -> None:
    """Joins lines; a word broken at a line's end is one word, unless it is hyphenated elsewhere too."""
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        text = line.text.rstrip()
        head = _BROKEN.search(text)
        tail = _TAIL.match(following.text.lstrip()) if following else None
        if head is None or tail is None:
            _copy(builder, line, text)
            _space(builder, line.file, line.start + len(text), following)
        elif f"{head['head']}-{tail.group()}".lower() in compounds:
            _copy(builder, line, text)
        else:
            _copy(builder, line, text[:-1])


def _space(builder: BlockBuilder, file: str, at: int, following: Line | None) -> None:
    """What divides two lines; over a page or column break it belongs to the next, where text begins anew."""
    if following is None or (following.file == file and following.start > at):
        builder.space(file, at)
    elif not builder.last.isspace():
        start = following.end - len(following.text.lstrip())
        builder.generate(" ", Span(following.file, start, start + 1))


def _copy(builder: BlockBuilder, line: Line, text: str) -> None:
    for match in _TOKEN.finditer(text, len(text) - len(text.lstrip())):
        at = line.start + match.start()
        if match.lastgroup == "text":
            builder.copy(match.group(), line.file, at)
        elif match.lastgroup == "space":
            builder.space(line.file, at)
        else:
            builder.generate(unicodedata.normalize("NFKC", match.group()), Span(line.file, at, at + 1))
