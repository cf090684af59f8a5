"""``\\begin`` and ``\\end``."""

from __future__ import annotations

import re

from claimlint.manuscript.latex import vocabulary
from claimlint.manuscript.latex.lexer import TexText
from claimlint.manuscript.latex.macros import Macro, count_and_default
from claimlint.manuscript.latex.reader import Call, Environment, Reader
from claimlint.manuscript.latex.source import Slice, raw
from claimlint.manuscript.latex.streams import overlay
from claimlint.manuscript.model import Section

_DEEPEST_SEARCH = 60
_BEGINS = re.compile(r"\\begin\s*\{([^{}]+)\}")


def begin(reader: Reader, call: Call) -> None:
    name = raw(reader.source.braced()).strip()
    base = name.rstrip("*")
    if name in reader.environments:
        _open_own(reader, call, name)
    elif name == "document":
        reader.in_document = reader.writer.visible = True
        reader.writer.enter("paragraph")
    elif name in reader.raw_environments or base in reader.raw_environments:
        _skip_raw(reader, call, name)
    elif base in vocabulary.MATH_ENVIRONMENTS:
        _math(reader, call, name)
    elif name in vocabulary.TABLE_ENVIRONMENTS:
        reader.source.skip(vocabulary.TABLE_ENVIRONMENTS[name])
        _open(reader, name, "table", resumes=True)
    elif name in vocabulary.FLOAT_ENVIRONMENTS:
        reader.source.skip(vocabulary.FLOAT_ENVIRONMENTS[name])
        _open(reader, name, "caption", resumes=True)
    elif name in vocabulary.CAPTION_ONLY_ENVIRONMENTS:
        _open(reader, name, "caption", resumes=True)
        reader.writer.visible = False
    elif base == "abstract":
        reader.source.option()
        _open(reader, name, "abstract")
        reader.writer.section = Section("Abstract", "abstract")
    elif base == "frame":
        _frame(reader, name)
    elif base in vocabulary.TITLED_ENVIRONMENTS:
        _open(reader, name, "paragraph")
        overlay(reader)
        _title(reader, vocabulary.HEADINGS["paragraph"])
    else:
        _open(reader, name, reader.writer.kind)
        reader.source.skip(vocabulary.ENVIRONMENT_ARGUMENTS.get(base, "o"))
        if base in vocabulary.SILENT_ENVIRONMENTS:
            reader.writer.visible = False


def end(reader: Reader, call: Call) -> None:
    """Ends the innermost environment of that name, and everything left open inside it."""
    name = raw(reader.source.braced()).strip()
    if name == "document" or (call.name == "end" and not name):
        reader.source.frames.clear()
        return
    for depth in range(len(reader.open) - 1, max(reader.floor - 1, len(reader.open) - _DEEPEST_SEARCH), -1):
        environment = reader.open[depth]
        if environment.name == name:
            del reader.open[depth:]
            _close(reader, call, environment)
            return


def _open(reader: Reader, name: str, kind: str, resumes: bool = False, ending: TexText | None = None) -> None:
    reader.open.append(Environment(name, reader.writer.place(), resumes, ending))
    reader.writer.enter(kind)


def _close(reader: Reader, call: Call, environment: Environment) -> None:
    def leave() -> None:
        reader.writer.go(environment.place)
        if not environment.resumes:
            reader.writer.end_paragraph()

    if environment.ending is None:
        leave()
        return
    text = environment.ending
    reader.source.push([Slice(text, 0, len(text.text), call.span)], leave)


def _open_own(reader: Reader, call: Call, name: str) -> None:
    """An environment that the paper defines: its opening and closing text are read in its place."""
    opening, closing = reader.environments[name]
    inner = _BEGINS.search(opening.body.text)
    if inner and inner.group(1).rstrip("*") in reader.raw_environments:
        _skip_raw(reader, call, name)
        return
    arguments = opening.arguments(reader.source)
    if len(reader.open) > 400:
        reader.notice("macro-limit", f"environment {name} opens itself without end", call.span)
        del reader.environments[name]
        return
    reader.open.append(Environment(name, reader.writer.place(), False, closing))
    reader.writer.enter(reader.writer.kind)
    reader.source.push(opening.expansion(arguments, call.span))


def _skip_raw(reader: Reader, call: Call, name: str) -> None:
    frame = reader.source.top() or call.frame
    stop = frame.source.find(f"\\end{{{name}}}", frame.pos, frame.end)
    if stop < 0:
        reader.notice("unclosed-group", f"environment {name} is never closed", call.span)
        frame.pos = min(frame.end, frame.source.paragraph_end(frame.pos))
    else:
        frame.pos = stop + len(name) + 6


def _math(reader: Reader, call: Call, name: str) -> None:
    frame = reader.source.top() or call.frame
    stop = frame.source.find(f"\\end{{{name}}}", frame.pos, frame.end)
    if stop < 0:
        reader.notice("unclosed-group", f"environment {name} is never closed", call.span)
        return
    body = frame.source.text[frame.pos : stop]
    frame.pos = stop + len(name) + 6
    span = call.frame.piece.place(call.start, frame.pos)
    if name == "math":
        reader.inline_math(body, span)
    else:
        reader.display_math(body, span)


def _frame(reader: Reader, name: str) -> None:
    """A Beamer slide; its title may follow as an argument."""
    _open(reader, name, "paragraph")
    overlay(reader)
    reader.source.option()
    _title(reader, vocabulary.HEADINGS["frametitle"])


def _title(reader: Reader, depth: int) -> None:
    title = reader.source.braced()
    if title is not None:
        reader.open_section(title, depth)


def new_environment(reader: Reader, call: Call) -> None:
    reader.source.star()
    name = raw(reader.source.argument()).strip()
    parameters = count_and_default(reader.source)
    opening, closing = reader.source.argument(), reader.source.argument()
    if name and opening is not None and closing is not None and name not in _KEPT:
        reader.environments[name] = (Macro(TexText(raw(opening)), parameters), TexText(raw(closing)))


def new_raw_environment(reader: Reader, call: Call) -> None:
    reader.source.option()
    reader.raw_environments.add(raw(reader.source.argument()).strip())
    reader.source.skip("omom" if call.name == "lstnewenvironment" else "omm")


# What these mean does not depend on how a paper's style draws them.
_KEPT = frozenset(
    {
        "document",
        "abstract",
        *vocabulary.FLOAT_ENVIRONMENTS,
        *vocabulary.TABLE_ENVIRONMENTS,
        *vocabulary.MATH_ENVIRONMENTS,
    }
    | vocabulary.RAW_ENVIRONMENTS
)
