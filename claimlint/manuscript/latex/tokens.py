"""What becomes a word of its own: citations, references, code, math, special characters."""

from __future__ import annotations

import re
import unicodedata

from claimlint.manuscript.latex import vocabulary
from claimlint.manuscript.latex.macros import Macro
from claimlint.manuscript.latex.reader import Call, Reader
from claimlint.manuscript.latex.source import raw

_READABLE_CODE = re.compile(r"[A-Za-z0-9][\w.\-]{0,23}")
_PAREN_OPTIONS = re.compile(r"(?:\s*\([^()\n]{0,200}\)){1,2}")
# What an experiment's id looks like where nothing says that the command is ours: no plain word.
_EXPERIMENT = re.compile(r"(?=.*[\d_.:\-])[\w.:/@\-]+")


def citation(reader: Reader, call: Call) -> None:
    source = reader.source
    source.star()
    keys: tuple[str, ...] = ()
    while True:
        frame = source.top()
        if (
            call.name.endswith("s")
            and frame
            and (notes := _PAREN_OPTIONS.match(frame.source.text, frame.pos, frame.end))
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
    """``\\evidence{id, ...}``; papers and other packages set words with a command of that name."""
    own = None if reader.has_evidence else reader.macros.get("evidence")
    if own:
        _own_evidence(reader, call, own)
        return
    argument = reader.source.braced()
    keys = reader.keys(argument)
    if keys and (reader.has_evidence or all(_EXPERIMENT.fullmatch(key) for key in keys)):
        reader.writer.tie("evidence", keys)
    elif argument is not None:
        if reader.has_evidence:
            reader.notice("malformed-directive", r"'\evidence{}' names no experiment", call.span)
        reader.source.push(argument)


def _own_evidence(reader: Reader, call: Call, own: Macro) -> None:
    """What a paper's own command prints stays; which of its words name experiments, the manifest tells."""
    frame = reader.source.top()
    if frame is None:
        return
    at = frame.pos
    keys = reader.keys(reader.source.braced())
    if keys and not any(" " in key for key in keys):
        reader.writer.tie("words", keys)
    frame.pos = at
    reader.expand(own, call)


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


def number_range(reader: Reader, call: Call) -> None:
    """The numbers of siunitx's ``\\numrange{8}{12}``, with what it prints between them."""
    reader.source.option()
    first = reader.source.braced()
    if first is not None:
        reader.source.push(first, lambda: reader.writer.generate("–", call.span))


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


def accent(reader: Reader, call: Call) -> None:
    argument = reader.source.argument()
    if argument is None:
        return
    base = raw(argument).strip("{} ")
    base = {"\\i": "i", "\\j": "j"}.get(base, base)
    if len(base) != 1 or not base.isalpha():
        reader.source.push(argument)
        return
    reader.writer.generate(unicodedata.normalize("NFC", base + vocabulary.ACCENTS[call.name]), call.span)


def character(reader: Reader, call: Call) -> None:
    text = vocabulary.CHARACTERS.get(call.name) or vocabulary.ABBREVIATIONS.get(call.name, "")
    reader.writer.generate(text, call.span)
    if call.name.isalpha():
        reader.skip_blanks()


def xspace(reader: Reader, call: Call) -> None:
    following = reader.source.peek()
    if following and following not in ".,;:!?'/)]}~-{\\ \t\r\n":
        reader.writer.generate(" ", call.span)
