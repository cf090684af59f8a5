"""Rewordings as edits of the source files: which of them may be made, and what keeps the others from it.

The command line and the editor apply the same edits.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from claimlint.checks.model import SEVERITIES, Finding
from claimlint.checks.sentence import pattern
from claimlint.manuscript.endings import LATEX, PAPERS, ending
from claimlint.manuscript.model import Document, Source, Span
from claimlint.phrasing import listed

#: What stands for one plain character in LaTeX, and so is no markup that a rewording would lose.
_PLAIN = (
    (r"\\([%&#_$])", r"\1"),
    (r"~|\\,|\\ ", " "),
    (r"``", "“"),
    (r"''", "”"),
    (r"---", "—"),
    (r"--", "–"),
)
#: Ties a sentence to its experiments; it is kept, behind the new wording's last word.
_EVIDENCE = re.compile(r"\\evidence\{[^{}]*\}")
#: Words that are set in another style, and the author's own names for words.
_STYLED = r"\\(?:textbf|textit|textsc|texttt|emph|underline)\{(?P<styled>[^{}\\$%]+)\}"
_SET = re.compile(rf"{_STYLED}|\\(?!evidence\b)[A-Za-z]+(?:\{{\}}|(?![A-Za-z{{\[*@]))")
_FEW_WORDS = 6
_MARKUP = "its source holds macros, comments or markup that would be lost"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Edit:
    """``text`` in place of what ``span`` holds in its file."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edits:
    """What can be applied, in the order of the findings, and what is left, each with the reason."""

    made: tuple[tuple[Finding, Edit], ...]
    left: tuple[tuple[Finding, str], ...]

    def by_file(self) -> dict[str, list[Edit]]:
        files: dict[str, list[Edit]] = {}
        for _, edit in self.made:
            files.setdefault(edit.span.file, []).append(edit)
        return files


def edits(document: Document, findings: Iterable[Finding]) -> Edits:
    """An edit for every finding that has a rewording; of two on one sentence, the more severe one's.

    A finding without a rewording is neither made nor left.
    """
    made: list[tuple[Finding, Edit]] = []
    left: list[tuple[Finding, str]] = []
    worded = [f for f in findings if f.rewording and f.rewording != " ".join(f.text.split())]
    by_severity = sorted(worded, key=lambda f: -SEVERITIES.index(f.severity))
    answers = [(finding, edit(document, finding)) for finding in by_severity]
    sentences: dict[str, set[Span]] = {}
    for finding, told in answers:
        if isinstance(told, Edit):
            sentences.setdefault(finding.rewording, set()).add(finding.sentence)
    for finding, told in answers:
        if isinstance(told, str):
            left.append((finding, told))
        elif len(sentences[finding.rewording]) > 1:
            left.append((finding, "several sentences would read the same"))
        elif any(told.span.overlaps(other.span) for _, other in made):
            left.append((finding, "another finding rewords the same sentence"))
        else:
            made.append((finding, told))
    place = {id(finding): number for number, finding in enumerate(worded)}
    made.sort(key=lambda pair: place[id(pair[0])])
    left.sort(key=lambda pair: place[id(pair[0])])
    return Edits(tuple(made), tuple(left))


def edit(document: Document, finding: Finding) -> Edit | str:
    """The edit that puts a finding's rewording in its sentence's place, or why it is not to be made."""
    source = next((s for s in document.sources if s.name == finding.sentence.file), None)
    if not source or not source.editable or ending(source.name) not in PAPERS:
        return "its text stands in no file that can be edited"
    tex = ending(source.name) in LATEX
    written = source.text[finding.sentence.start : finding.sentence.end]
    ties = "".join(_EVIDENCE.findall(written)) if tex else ""
    bare = _EVIDENCE.sub("", written) if tex else written
    said = " ".join(finding.text.split())
    marked: tuple[tuple[str, str], ...] = ()
    if _read(bare, tex=tex) != said:
        kept = _kept(bare, said, finding.rewording) if tex else None
        if kept is None:
            return _words_alone(finding, written) or _MARKUP
        marked = kept
    if finding.text.rstrip().endswith(":"):
        return "it leads over to what follows"
    lost = _lost(finding)
    if lost:
        return lost
    text = _tied(_set_again(_written(finding.rewording, tex=tex), marked), ties)
    return Edit(finding.sentence, _wrapped(text, source, finding.sentence) if "\n" in written else text)


def _kept(written: str, said: str, wording: str) -> tuple[tuple[str, str], ...] | None:
    """The words that macros set, each with its macro, where the wording has them all, and once; else None.

    A sentence is read as plain words between them, so that nothing else stands in its source.
    """
    pattern, macros, at = "", [], 0
    for found in _SET.finditer(written):
        pattern += _loosely(written[at : found.start()])
        words = re.escape(" ".join(found["styled"].split())) if found["styled"] else r"[\w .-]+"
        pattern += rf"\s*({words})\s*"
        macros.append(found.group())
        at = found.end()
    pattern += _loosely(written[at:])
    read = re.fullmatch(pattern, said) if macros else None
    # Where the words could be parted in another way, nothing tells which macro stands for which.
    fewest = re.fullmatch(pattern.replace("[\\w .-]+)", "[\\w .-]+?)"), said)
    if not read or not fewest or [w.strip() for w in read.groups()] != [w.strip() for w in fewest.groups()]:
        return None
    pairs = tuple(zip((words.strip() for words in read.groups()), macros, strict=True))
    once = all(
        re.fullmatch(r"[\w .-]+", words) and len(re.findall(_word(words), wording)) == 1 for words, _ in pairs
    )
    apart = all(a == b or a not in b for a, _ in pairs for b, _ in pairs) and len(dict(pairs)) == len(pairs)
    return pairs if once and apart else None


def _loosely(written: str) -> str:
    """What a stretch of plain source reads as, whatever spaces stand around it."""
    return rf"\s*{re.escape(_read(written, tex=True))}\s*"


def _word(words: str) -> str:
    return rf"(?<![\w.-]){re.escape(words)}(?![\w-])"


def _set_again(text: str, marked: Iterable[tuple[str, str]]) -> str:
    """The text with macros for the words that they stand for; one that would swallow a space is closed."""
    for words, macro in marked:
        closed = macro if macro.endswith("}") else f"{macro}{{}}"
        text = re.sub(_word(words), lambda _, closed=closed: closed, text, count=1)  # type: ignore[misc]
    return text


def _words_alone(finding: Finding, written: str) -> Edit | None:
    """An edit of the few words that differ, where there are no others and they stand there once."""
    before, after = finding.text.split(), finding.rewording.split()
    same = _alike(before, after)
    tail = _alike(before[:same:-1], after[:same:-1])
    old, new = before[same : len(before) - tail], after[same : len(after) - tail]
    if not 1 <= len(old) <= _FEW_WORDS or not re.fullmatch(r"[\w .%-]+", " ".join([*old, *new])):
        return None
    places = [m.span() for m in re.finditer(rf"(?<!\w){re.escape(' '.join(old))}(?!\w)", written)]
    if len(places) != 1:
        return None
    start, end = (finding.sentence.start + at for at in places[0])
    return Edit(Span(finding.sentence.file, start, end), " ".join(new))


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words the two begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _wrapped(text: str, source: Source, span: Span) -> str:
    """The text in lines no longer than those it replaces, with their indentation."""
    begin = source.text.rfind("\n", 0, span.start) + 1
    stop = source.text.find("\n", span.end)
    lines = source.text[begin : stop if stop >= 0 else len(source.text)].split("\n")
    indent = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]
    room = span.start - begin
    filled = textwrap.wrap(
        text,
        max(map(len, lines)),
        initial_indent=" " * room,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    ends = "\r\n" if "\r\n" in source.text[span.start : span.end] else "\n"
    return ends.join(filled)[room:]


def applied(source: Source, changes: Sequence[Edit]) -> str:
    """A file's text with its edits made."""
    text = source.text
    for change in sorted(changes, key=lambda change: -change.span.start):
        text = text[: change.span.start] + change.text + text[change.span.end :]
    return text


def _read(written: str, *, tex: bool) -> str:
    """What a stretch of source reads as, where it holds nothing but plain words."""
    for markup, plain in _PLAIN if tex else ():
        written = re.sub(markup, plain, written)
    return " ".join(written.split())


def _lost(finding: Finding) -> str:
    """What the sentence says and its rewording does not, '' where nothing of weight goes."""
    before, after = finding.text, finding.rewording
    if _NUMBER.sub("", before) == _NUMBER.sub("", after):
        return ""
    kept = _NUMBER.findall(after)
    numbers = dict.fromkeys(number for number in _NUMBER.findall(before) if number not in kept)
    if numbers:
        return f"the rewording would drop the number{'s' * (len(numbers) > 1)} {listed(numbers)}"
    further = pattern("further").search(before)
    if further and further.group() not in after:
        return "the sentence says more than the claim, and the rewording would drop it"
    return ""


def _written(wording: str, *, tex: bool) -> str:
    if not tex:
        return wording
    wording = re.sub(r"([%&#_$])", r"\\\1", wording)
    return wording.replace(" → ", " to ").replace("“", "``").replace("”", "''")


def _tied(wording: str, ties: str) -> str:
    return re.sub(r"([.?!]?)$", lambda m: f"{ties}{m[1]}", wording, count=1) if ties else wording
