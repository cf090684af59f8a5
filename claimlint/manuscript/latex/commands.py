"""What the reader does at each command. Every handler takes the reader and the call."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from claimlint.manuscript.builder import BlockBuilder
from claimlint.manuscript.latex import tables
from claimlint.manuscript.latex.environments import begin, end, new_environment, new_raw_environment
from claimlint.manuscript.latex.includes import import_file, include, include_if_exists
from claimlint.manuscript.latex.macros import read_definition
from claimlint.manuscript.latex.reader import Call, Reader
from claimlint.manuscript.latex.source import raw
from claimlint.manuscript.model import Section

Handler = Callable[[Reader, Call], None]
_OVERLAY = re.compile(r"<[^<>\n]{0,40}>")
_READABLE_CODE = re.compile(r"[A-Za-z0-9][\w.\-]{0,23}")
_PAREN_OPTION = re.compile(r"\s*\([^()\n]{0,200}\)")
_CONDITION = re.compile(r"(?:\s*(?:\\(?!else|fi|if)[a-zA-Z@]+|[<>=]|-?\d+))*(?:\\relax)?\s?")
_FLAG = re.compile(r"\\boolean\s*\{(\w+)\}|^\s*(\w+)\s*$")
_EQUAL = re.compile(r"\\equal\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_COMPARISONS = ("ifstrequal", "IfStrEq", "ifdefstring")
# What an experiment's id looks like where nothing says that the command is ours: no plain word.
_EXPERIMENT = re.compile(r"(?=.*[\d_.:\-])[\w.:\-]+")
_COMPARED = re.compile(r"\s*\\([a-zA-Z@]+)\s*\\([a-zA-Z@]+)")


def define(reader: Reader, call: Call) -> None:
    defined = read_definition(call.name, reader.source)
    if defined is None:
        return
    name, meaning = defined
    if isinstance(meaning, str):
        if meaning in ("relax", "undefined", "@undefined"):
            # Done to make room for a package's own definition, which stays unseen.
            reader.macros.pop(name, None)
        elif meaning in reader.macros:
            reader.macros[name] = reader.macros[meaning]
        elif meaning in ("iftrue", "iffalse"):
            reader.flags[name.removeprefix("if")] = meaning == "iftrue"
        else:
            reader.aliases[name] = meaning
    elif call.name == "providecommand" and name in reader.macros:
        return
    elif name != "evidence" or any(number for _, _, number in meaning.pieces):
        reader.macros[name] = meaning


def delete_after(reader: Reader, call: Call) -> None:
    """Ends the document: what follows is not printed."""
    reader.source.frames.clear()


def heading(reader: Reader, call: Call) -> None:
    if call.name == "frametitle":
        overlay(reader)
    reader.source.star()
    reader.source.option()
    title = reader.source.argument()
    if title is None:
        return
    del reader.open[reader.floor :]
    reader.writer.enter("paragraph")
    depth = tables.HEADINGS[call.name]

    def enter(written: BlockBuilder | None) -> None:
        reader.writer.section = reader.outline.enter(written.text if written else "", depth)
        if written:
            written.section = reader.writer.section

    reader.divert(title, "heading", enter)


def document_class(reader: Reader, call: Call) -> None:
    """Starts a preamble: nothing is printed before the document begins."""
    reader.source.option()
    reader.source.braced()
    if not reader.in_document:
        reader.writer.visible = False


def title(reader: Reader, call: Call) -> None:
    reader.source.option()
    text = reader.source.braced()
    if text is None:
        return
    section, visible = reader.writer.section, reader.writer.visible
    reader.writer.section = Section("", "title")

    def back(_: BlockBuilder | None) -> None:
        reader.writer.section, reader.writer.visible = section, visible

    reader.divert(text, "title", back)


def abstract(reader: Reader, call: Call) -> None:
    text = reader.source.braced()
    if text is None:
        return
    section = reader.writer.section
    reader.writer.section = Section("Abstract", "abstract")

    def back(_: BlockBuilder | None) -> None:
        reader.writer.section = section

    reader.divert(text, "abstract", back)


def caption(reader: Reader, call: Call) -> None:
    reader.source.star()
    if call.name == "captionof":
        reader.source.argument()
    reader.source.option()
    text = reader.source.braced()
    if text is not None:
        reader.divert(text, "caption")


def footnote(reader: Reader, call: Call) -> None:
    reader.source.option()
    text = reader.source.braced()
    if text is not None:
        reader.divert(text, "footnote")


def appendix(reader: Reader, call: Call) -> None:
    reader.outline.start_appendix()
    reader.writer.end_paragraph()


def item(reader: Reader, call: Call) -> None:
    overlay(reader)
    reader.writer.enter("item")
    label = reader.source.option()
    if label is None:
        reader.skip_blanks()
        return
    span = call.span

    def separate() -> None:
        if reader.writer.builder is not None:
            reader.writer.generate(" " if reader.writer.builder.last in ".:;!?)" else ": ", span)

    reader.source.push(label, separate)


def citation(reader: Reader, call: Call) -> None:
    source = reader.source
    source.star()
    keys: tuple[str, ...] = ()
    while True:
        frame = source.top()
        if (
            call.name.endswith("s")
            and frame
            and (notes := _PAREN_OPTION.match(frame.source.text, frame.pos, frame.end))
        ):
            frame.pos = notes.end()
        while source.option() is not None:
            pass
        group = source.braced()
        if group is None:
            break
        keys += reader.keys(group)
        if not call.name.endswith("cites"):
            break
    if keys:
        reader.writer.word("CITE", call.span, "citation", keys)


def reference(reader: Reader, call: Call) -> None:
    reader.source.star()
    reader.source.option()
    label = reader.source.braced()
    if label is None:
        return
    keys = reader.keys(label)
    if call.name.endswith("range"):
        keys += reader.keys(reader.source.braced())
    reader.writer.word("REF", call.span, "reference", keys)


def evidence(reader: Reader, call: Call) -> None:
    """``\\evidence{id, ...}``; other packages emphasise words with a command of that name."""
    argument = reader.source.braced()
    keys = reader.keys(argument)
    if reader.has_evidence or all(_EXPERIMENT.fullmatch(key) for key in keys):
        if keys:
            reader.writer.evidence(keys)
    elif argument is not None:
        reader.source.push(argument)


def use_package(reader: Reader, call: Call) -> None:
    reader.source.option()
    if "claimlint" in reader.keys(reader.source.braced()):
        reader.has_evidence = True


def url(reader: Reader, call: Call) -> None:
    reader.source.option()
    if reader.source.braced() is not None:
        reader.writer.word("URL", call.span, "url")


def link(reader: Reader, call: Call) -> None:
    reader.source.option()
    reader.source.braced()


def verbatim(reader: Reader, call: Call) -> None:
    reader.source.star()
    if call.name != "verb":
        reader.source.option()
        if call.name == "mintinline":
            reader.source.argument()
    frame = reader.source.top()
    if frame is None:
        return
    text, start = frame.source.text, frame.pos
    closer = "}" if text[start] == "{" else text[start]
    stop = frame.source.find(closer, start + 1, frame.end)
    line_end = frame.source.find("\n", start, frame.end)
    if stop < 0 or 0 <= line_end < stop:
        return
    frame.pos = stop + 1
    code = text[start + 1 : stop]
    reader.writer.generate(code if _READABLE_CODE.fullmatch(code) else "CODE", call.span, "code")


def ensure_math(reader: Reader, call: Call) -> None:
    body = reader.source.argument()
    if body is not None:
        reader.inline_math(raw(body), call.span)


def bracketed_math(reader: Reader, call: Call) -> None:
    closer = "\\)" if call.name == "(" else "\\]"
    frame = call.frame
    stop = frame.source.find(closer, frame.pos, min(frame.end, frame.source.paragraph_end(frame.pos)))
    if stop < 0:
        reader.notice("unclosed-group", f"math opened with \\{call.name} is never closed", call.span)
        return
    body = frame.source.text[frame.pos : stop]
    frame.pos = stop + 2
    if call.name == "(":
        reader.inline_math(body, call.span)
    else:
        reader.display_math(body, call.span)


def line_break(reader: Reader, call: Call) -> None:
    reader.source.star()
    reader.source.option()
    if reader.writer.kind == "table":
        reader.writer.cell("\n", call.span)
    else:
        reader.writer.generate(" ", call.span)


def paragraph_break(reader: Reader, call: Call) -> None:
    reader.writer.end_paragraph()


def accent(reader: Reader, call: Call) -> None:
    argument = reader.source.argument()
    if argument is None:
        return
    base = raw(argument).strip("{} ")
    base = {"\\i": "i", "\\j": "j"}.get(base, base)
    if len(base) != 1 or not base.isalpha():
        reader.source.push(argument)
        return
    reader.writer.generate(unicodedata.normalize("NFC", base + tables.ACCENTS[call.name]), call.span)


def character(reader: Reader, call: Call) -> None:
    text = tables.CHARACTERS.get(call.name) or tables.ABBREVIATIONS.get(call.name, "")
    reader.writer.generate(text, call.span)
    if call.name.isalpha():
        reader.skip_blanks()


def xspace(reader: Reader, call: Call) -> None:
    following = reader.source.peek()
    if following and following not in ".,;:!?'/)]}~-{\\ \t\r\n":
        reader.writer.generate(" ", call.span)


def csname(reader: Reader, call: Call) -> None:
    """``\\csname name\\endcsname`` is ``\\name``, where the name is plain."""
    frame = call.frame
    stop = frame.source.find("\\endcsname", frame.pos, min(frame.end, frame.pos + 200))
    if stop < 0:
        return
    name = frame.source.text[frame.pos : stop].strip()
    frame.pos = stop + len("\\endcsname")
    macro = reader.macros.get(name)
    if macro is not None:
        reader.expand(macro, call)


def length(reader: Reader, call: Call) -> None:
    frame = reader.source.top()
    match = frame and tables.LENGTH.match(frame.source.text, frame.pos, frame.end)
    if frame and match:
        frame.pos = match.end()


def new_flag(reader: Reader, call: Call) -> None:
    name = raw(reader.source.argument()).strip().removeprefix("\\if")
    if name:
        reader.flags[name] = False


def exclude(reader: Reader, call: Call) -> None:
    reader.raw_environments.add(raw(reader.source.argument()).strip())


def math_operator(reader: Reader, call: Call) -> None:
    reader.source.star()
    reader.source.skip("mm")


def overlay(reader: Reader) -> None:
    """Beamer's ``<2->`` after a command."""
    frame = reader.source.top()
    match = frame and _OVERLAY.match(frame.source.text, frame.pos, frame.end)
    if frame and match:
        frame.pos = match.end()


def shown_on_slides(reader: Reader, call: Call) -> None:
    overlay(reader)


def two_columns(reader: Reader, call: Call) -> None:
    """The text above two columns stands in an optional argument."""
    text = reader.source.option()
    if text is not None:
        reader.source.push(text)


def plain_heading(reader: Reader, call: Call) -> None:
    """Plain TeX's ``\\beginsection`` takes the rest of its paragraph."""
    frame = call.frame
    stop = frame.source.paragraph_end(frame.pos)
    explicit = frame.source.find("\\par", frame.pos, stop)
    stop = min(frame.end, stop if explicit < 0 else explicit)
    piece = type(frame.piece)(frame.source, frame.pos, stop, frame.piece.origin)
    frame.pos = stop
    reader.writer.enter("paragraph")

    def enter(written: BlockBuilder | None) -> None:
        reader.writer.section = reader.outline.enter(written.text if written else "", 1)
        if written:
            written.section = reader.writer.section

    reader.divert((piece,), "heading", enter)


def conditional(reader: Reader, call: Call) -> None:
    frame = call.frame
    value = _value(reader, call)
    branches = frame.source.structure.branches.get(call.end)
    if branches is None:
        return
    otherwise, finish = branches
    if value is None and otherwise is not None:
        reader.both_branches.add((id(frame.source), otherwise))
    elif value is False:
        frame.pos = min(frame.end, finish if otherwise is None else otherwise)


def _value(reader: Reader, call: Call) -> bool | None:
    """Whether a condition holds, None where that cannot be told and both branches are read."""
    name, frame = call.name, call.frame
    if name == "ifdefined":
        return raw(reader.source.argument()).strip().lstrip("\\") in reader.macros
    if name == "ifx":
        compared = _COMPARED.match(frame.source.text, frame.pos, frame.end)
        if compared is None:
            return None
        frame.pos = compared.end()
        left, right = (reader.macros.get(side) for side in compared.groups())
        return (left and left.body.text) == (right and right.body.text)
    if name in ("ifnum", "ifdim", "ifodd", "ifcase", "if", "ifcat"):
        condition = _CONDITION.match(frame.source.text, frame.pos, frame.end)
        frame.pos = condition.end() if condition else frame.pos
        return True
    return {"iftrue": True, "iffalse": False, "ifmmode": False}.get(name, reader.flags.get(name[2:]))


def otherwise(reader: Reader, call: Call) -> None:
    finish = call.frame.source.structure.fi_after_else.get(call.end)
    if finish is not None and (id(call.frame.source), call.end) not in reader.both_branches:
        call.frame.pos = min(call.frame.end, finish)


def nothing(reader: Reader, call: Call) -> None:
    """A command that prints nothing and takes nothing."""


def choose_if(reader: Reader, call: Call) -> None:
    """``\\ifthenelse{...}{A}{B}`` and its kin: where the condition is not known, both are read."""
    condition = raw(reader.source.argument())
    flag, equal = _FLAG.search(condition), _EQUAL.search(condition)
    if equal:
        left, right = equal.groups()
    elif call.name in _COMPARISONS:
        left, right = condition, raw(reader.source.argument())
    else:
        left = right = None
    if left is not None and right is not None:
        value: bool | None = left.strip() == right.strip()
    else:
        value = reader.flags.get(flag.group(1) or flag.group(2)) if flag else None
    yes, no = reader.source.argument() or (), reader.source.argument() or ()
    reader.source.push((*(yes if value is not False else ()), *(no if value is not True else ())))


def if_next(reader: Reader, call: Call) -> None:
    """``\\@ifnextchar x{A}{B}`` and ``\\@ifstar{A}{B}``: looks at what follows."""
    wanted = "*" if call.name == "@ifstar" else raw(reader.source.argument())
    yes, no = reader.source.argument() or (), reader.source.argument() or ()
    frame = reader.source.top()
    met = frame and frame.source.text.startswith("{" if wanted == "\\bgroup" else wanted or "\0", frame.pos)
    if met and call.name == "@ifstar":
        reader.source.star()
    reader.source.push(yes if met else no)


def set_flag(reader: Reader, call: Call) -> None:
    flag, value = raw(reader.source.argument()).strip(), raw(reader.source.argument()).strip()
    reader.flags[flag] = value == "true"


def known_arguments(reader: Reader, call: Call) -> None:
    reader.source.star()
    reader.source.skip(tables.ARGUMENTS[call.name])


def unknown(reader: Reader, call: Call) -> None:
    """Prints nothing itself; its optional argument is a setting, its other arguments are taken for text."""
    if not call.name.isalpha():
        return
    name = call.name
    for ending, value in (("true", True), ("false", False)):
        if name.endswith(ending) and name.removesuffix(ending) in reader.flags:
            reader.flags[name.removesuffix(ending)] = value
            return
    reader.source.option()
    if "index" in name:
        reader.source.braced()


def find_handler(name: str) -> Handler:
    """The handler of a command that the paper has not defined itself."""
    handler = ORDINARY.get(name)
    if handler is None and len(name) > 2 and name.startswith("if") and name not in tables.NOT_CONDITIONALS:
        return conditional
    if handler is None and tables.CITATION.fullmatch(name):
        return citation
    return handler or PROTECTED.get(name, unknown)


# A paper's own style may redefine these; what they mean stays.
PROTECTED: dict[str, Handler] = {
    **dict.fromkeys(tables.DEFINITIONS, define),
    **dict.fromkeys(tables.HEADINGS, heading),
    **dict.fromkeys(tables.TITLES, title),
    **dict.fromkeys(tables.CAPTIONS, caption),
    **dict.fromkeys(
        ["cite", "citep", "citet", "citealp", "citealt", "parencite", "textcite", "autocite"], citation
    ),
    **dict.fromkeys(["ref", "cref", "Cref", "eqref", "autoref", "pageref"], reference),
    **dict.fromkeys(["input", "include", "subfile", "subfileinclude"], include),
    **dict.fromkeys(["import", "subimport", "inputfrom", "includefrom", "subinputfrom"], import_file),
    **dict.fromkeys(["newenvironment", "renewenvironment", "NewDocumentEnvironment"], new_environment),
    **dict.fromkeys(["lstnewenvironment", "newtcblisting", "DefineVerbatimEnvironment"], new_raw_environment),
    **dict.fromkeys(["verb", "lstinline", "mintinline"], verbatim),
    **dict.fromkeys(["bye", "stop"], delete_after),
    "beginsection": plain_heading,
    "begin": begin,
    "end": end,
    "abstract": abstract,
    "footnote": footnote,
    "appendix": appendix,
    "item": item,
    "newif": new_flag,
    "else": otherwise,
    "fi": nothing,
    "csname": csname,
    "InputIfFileExists": include_if_exists,
    "DeclareMathOperator": math_operator,
    "excludecomment": exclude,
    "(": bracketed_math,
    "[": bracketed_math,
    "\\": line_break,
    "par": paragraph_break,
    "xspace": xspace,
    "setboolean": set_flag,
    "@ifnextchar": if_next,
    "kernel@ifnextchar": if_next,
    "@ifstar": if_next,
}
ORDINARY: dict[str, Handler] = {
    **dict.fromkeys(tables.ARGUMENTS, known_arguments),
    **dict.fromkeys(tables.CHARACTERS, character),
    **dict.fromkeys(tables.ABBREVIATIONS, character),
    **dict.fromkeys(tables.ACCENTS, accent),
    **dict.fromkeys(tables.FOOTNOTES, footnote),
    **dict.fromkeys(tables.REFERENCES, reference),
    **dict.fromkeys(tables.LENGTHS, length),
    **dict.fromkeys(["url", "path", "nolinkurl", "doi"], url),
    **dict.fromkeys(
        ["only", "onslide", "uncover", "visible", "alert", "pause", "invisible", "alt"], shown_on_slides
    ),
    "documentclass": document_class,
    "documentstyle": document_class,
    "usepackage": use_package,
    "evidence": evidence,
    "href": link,
    "ensuremath": ensure_math,
    "tabularnewline": line_break,
    "newline": line_break,
    "cr": line_break,
    "twocolumn": two_columns,
    **dict.fromkeys(["ifthenelse", "ifbool", "iftoggle", *_COMPARISONS], choose_if),
}
