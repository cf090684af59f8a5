"""The inline markup of Markdown: emphasis, links, code, math, citations."""

from __future__ import annotations

import html
import re

from claimlint.manuscript import mathtext
from claimlint.manuscript.builder import BlockBuilder
from claimlint.manuscript.model import Span

# What stands for a hidden character: comments keep their place, so that offsets stay the file's own.
HIDDEN = "\0"
# Characters that begin no markup, and an h that begins no address.
_PLAIN = r"(?:[^\\`$!\[@<&*_~={\s\x00h]+|h(?!ttps?://))"
# Pandoc's, which say how an image, a link, code, a span or a heading is set: {#fig:probe .wide width=80%}.
_NAME = r"[#.][A-Za-z][\w:.\-]{0,80}"
_ATTRIBUTE = rf"(?:{_NAME}|[A-Za-z][\w\-]{{0,40}}=(?:\"[^\"\n]{{0,200}}\"|[^\s{{}}\"]{{1,200}}))"
_ATTRIBUTES = rf"\{{:?[ ]*{_ATTRIBUTE}(?:[ ]+{_ATTRIBUTE}){{0,20}}[ ]*\}}"
# In running text only names are taken for attributes: "{k=32}" may be said.
_NAMES = rf"\{{:?[ ]*{_NAME}(?:[ ]+{_NAME}){{0,20}}[ ]*\}}"
_IMAGE = r"!\[[^\[\]]{0,2000}\]\([^()\n]{0,2000}\)"
_BREAK = re.compile(r"</?(?:br|hr|p|div|li|ul|ol|dd|dt|td|th|tr|h[1-6])\b", re.IGNORECASE)
_TOKEN = re.compile(
    r"""
      (?P<code>(?P<ticks>`++)(?P<body>[^`](?:.{0,2000}?[^`])?)(?P=ticks)(?!`))
    | (?P<display>\$\$(?P<shown>[^$]{1,4000}?)\$\$ | \\\[(?P<shown2>(?:\\[^\[]|[^\\]){1,4000}?)\\\])
    | (?P<math>\$(?=[^\s$])(?P<formula>[^$\n]{0,300}?[^\s\\$])\$(?!\d)
        | \\\((?P<formula2>(?:\\[^(]|[^\\]){1,300}?)\\\))
    | (?P<image>IMAGE|\[IMAGE\]\([^()\n]{0,2000}\))
    | (?P<link>\[(?P<label>(?:[^\[\]\\]|\\.){1,500})\]
        (?:\([^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,500})?
        (?:\s+["'][^"'\n]{0,300}["'])?\)|\[[^\[\]\n]{0,100}\]|(?=ATTRIBUTES)))
    | (?P<attributes>(?<=[\])`])ATTRIBUTES|(?<!\S)NAMES|(?<![^\n])ATTRIBUTES(?![^\n]))
    | (?P<note>\[\^[^\]\s]{1,80}\])
    | (?P<cite>\[[^\[\]@\n]{0,80}-?@(?P<keys>[^\[\]\n]{1,400})\])
    | (?P<textcite>(?<![\w.])@(?P<key>[A-Za-z][\w:.\-]{2,60}\w))
    | (?P<tex>\\(?P<texname>[cC]?ref|eqref|autoref|cite[tp]?)\{(?P<texkeys>[^{}\n]{1,200})\})
    | (?P<url><?https?://[^\s<>)\]]+[^\s<>)\].,;:!?'"*]>?)
    | (?P<tag></?[a-zA-Z][^<>\n]{0,300}>)
    | (?P<entity>&(?:\#\d{1,6}|\#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});)
    | (?P<escape>\\[!-/:-@\[-`{-~])
    | (?P<emphasis>(?<!\s)\*{1,3}|\*{1,3}(?=\S)|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|~~|==(?=\S))
    | (?P<space>\s+)
    | (?P<hidden>\x00+)
    | (?P<text>PLAIN+(?:[ ]PLAIN+)*|`+|.)
    """.replace("PLAIN", _PLAIN)
    .replace("IMAGE", _IMAGE)
    .replace("ATTRIBUTES", _ATTRIBUTES)
    .replace("NAMES", _NAMES),
    re.VERBOSE | re.DOTALL,
)
_READABLE_CODE = re.compile(r"[A-Za-z0-9][\w.\-]{0,23}")
_KEY = re.compile(r"[A-Za-z][\w:.\-]*")


def write_inline(builder: BlockBuilder, text: str, file: str, start: int, end: int) -> None:
    """Writes ``text[start:end]``, the markup taken off."""
    at = start
    while at < end and (match := _TOKEN.match(text, at, end)):
        at = match.end()
        kind = match.lastgroup or "text"
        if kind == "text":
            builder.copy(match.group(), file, match.start())
        elif kind == "space":
            builder.space(file, match.start())
        elif kind == "escape":
            builder.generate(match.group()[1:], Span(file, *match.span()))
        elif kind == "tag" and _BREAK.match(match.group()):
            if not builder.last.isspace():
                builder.generate(" ", Span(file, *match.span()))
        elif kind == "link":
            write_inline(builder, text, file, *match.span("label"))
        elif kind not in _SILENT:
            _write_typed(builder, match, kind, Span(file, *match.span()))


_SILENT = frozenset(["image", "attributes", "note", "tag", "emphasis", "hidden"])


def _write_typed(builder: BlockBuilder, match: re.Match[str], kind: str, span: Span) -> None:
    start = builder.length
    if kind == "code":
        body = match["body"].strip()
        builder.generate(body if _READABLE_CODE.fullmatch(body) else "CODE", span)
        builder.mark("code", start)
    elif kind == "math":
        builder.generate(mathtext.inline(match["formula"] or match["formula2"]), span)
        builder.mark("math", start)
    elif kind == "display":
        builder.generate(mathtext.display(match["shown"] or match["shown2"]), span)
        builder.mark("math", start)
    elif kind == "cite":
        builder.generate("CITE", span)
        builder.mark("citation", start, tuple(_KEY.findall(_first_of_each(match["keys"]))))
    elif kind == "textcite":
        builder.generate("CITE", span)
        builder.mark("citation", start, (match["key"],))
    elif kind == "tex":
        cites = match["texname"].startswith("cite")
        builder.generate("CITE" if cites else "REF", span)
        builder.mark("citation" if cites else "reference", start, tuple(match["texkeys"].split(",")))
    elif kind == "url":
        builder.generate("URL", span)
        builder.mark("url", start)
    elif kind == "entity":
        builder.generate(html.unescape(match.group()), span)


def _first_of_each(keys: str) -> str:
    """The keys of ``[@a, p. 3; @b]`` without page numbers."""
    return " ".join(part.strip().lstrip("-@").split(",")[0].split(" ")[0] for part in keys.split(";"))
