"""What the reader does at each command. Every handler takes the reader and the call."""

from __future__ import annotations

from collections.abc import Callable

from claimlint.manuscript.latex import vocabulary
from claimlint.manuscript.latex.conditionals import (
    COMPARISONS,
    choose_if,
    conditional,
    if_next,
    new_flag,
    otherwise,
    set_flag,
)
from claimlint.manuscript.latex.environments import begin, end, new_environment, new_raw_environment
from claimlint.manuscript.latex.includes import import_file, include, include_if_exists, subfile
from claimlint.manuscript.latex.macros import read_definition
from claimlint.manuscript.latex.reader import Call, Reader
from claimlint.manuscript.latex.source import raw
from claimlint.manuscript.latex.streams import (
    abstract,
    appendix,
    caption,
    document_class,
    footnote,
    heading,
    item,
    line_break,
    paragraph_break,
    plain_heading,
    shown_on_slides,
    title,
    two_columns,
)
from claimlint.manuscript.latex.tokens import (
    accent,
    bracketed_math,
    character,
    citation,
    ensure_math,
    evidence,
    link,
    number_range,
    reference,
    url,
    use_package,
    verbatim,
    xspace,
)

Handler = Callable[[Reader, Call], None]


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
    elif name == "evidence" and meaning.parameters == (None,) and len(meaning.pieces) == 1:
        # It takes ids and prints none of them, as the package's does.
        reader.has_evidence = True
    else:
        reader.macros[name] = meaning


def delete_after(reader: Reader, call: Call) -> None:
    """Ends the document: what follows is not printed."""
    reader.source.frames.clear()


def end_input(reader: Reader, call: Call) -> None:
    """Ends the file: what follows in it is not read."""
    call.frame.pos = call.frame.end


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
    match = frame and vocabulary.LENGTH.match(frame.source.text, frame.pos, frame.end)
    if frame and match:
        frame.pos = match.end()


def exclude(reader: Reader, call: Call) -> None:
    reader.raw_environments.add(raw(reader.source.argument()).strip())


def math_operator(reader: Reader, call: Call) -> None:
    reader.source.star()
    reader.source.skip("mm")


def nothing(reader: Reader, call: Call) -> None:
    """A command that prints nothing and takes nothing."""


def known_arguments(reader: Reader, call: Call) -> None:
    reader.source.star()
    reader.source.skip(vocabulary.ARGUMENTS[call.name])


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
    if (
        handler is None
        and len(name) > 2
        and name.startswith("if")
        and name not in vocabulary.NOT_CONDITIONALS
    ):
        return conditional
    if handler is None and vocabulary.CITATION.fullmatch(name):
        return citation
    return handler or PROTECTED.get(name, unknown)


# A paper's own style may redefine these; what they mean stays.
PROTECTED: dict[str, Handler] = {
    **dict.fromkeys(vocabulary.DEFINITIONS, define),
    **dict.fromkeys(vocabulary.HEADINGS, heading),
    **dict.fromkeys(vocabulary.TITLES, title),
    **dict.fromkeys(vocabulary.CAPTIONS, caption),
    **dict.fromkeys(
        ["cite", "citep", "citet", "citealp", "citealt", "parencite", "textcite", "autocite"], citation
    ),
    **dict.fromkeys(["ref", "cref", "Cref", "eqref", "autoref", "pageref"], reference),
    **dict.fromkeys(["input", "include"], include),
    **dict.fromkeys(["subfile", "subfileinclude"], subfile),
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
    "endinput": end_input,
    "evidence": evidence,
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
    **dict.fromkeys(vocabulary.ARGUMENTS, known_arguments),
    **dict.fromkeys(vocabulary.CHARACTERS, character),
    **dict.fromkeys(vocabulary.ABBREVIATIONS, character),
    **dict.fromkeys(vocabulary.ACCENTS, accent),
    **dict.fromkeys(vocabulary.FOOTNOTES, footnote),
    **dict.fromkeys(vocabulary.REFERENCES, reference),
    **dict.fromkeys(vocabulary.LENGTHS, length),
    **dict.fromkeys(["url", "path", "nolinkurl", "doi"], url),
    **dict.fromkeys(
        ["only", "onslide", "uncover", "visible", "alert", "pause", "invisible", "alt"], shown_on_slides
    ),
    "documentclass": document_class,
    "documentstyle": document_class,
    "usepackage": use_package,
    "href": link,
    **dict.fromkeys(["numrange", "SIrange", "qtyrange"], number_range),
    "ensuremath": ensure_math,
    "tabularnewline": line_break,
    "newline": line_break,
    "cr": line_break,
    "twocolumn": two_columns,
    **dict.fromkeys(["ifthenelse", "ifbool", "iftoggle", *COMPARISONS], choose_if),
}
