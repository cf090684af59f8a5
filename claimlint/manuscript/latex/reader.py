"""LaTeX to blocks: one loop over the tokens, with the input on a stack."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from claimlint.manuscript import mathtext
from claimlint.manuscript.builder import BlockBuilder
from claimlint.manuscript.files import Library
from claimlint.manuscript.latex.lexer import TOKEN, TexText
from claimlint.manuscript.latex.macros import Macro
from claimlint.manuscript.latex.source import Argument, Frame, Slice, Source, raw
from claimlint.manuscript.latex.vocabulary import RAW_ENVIRONMENTS, TYPOGRAPHY
from claimlint.manuscript.latex.writer import Place, Writer
from claimlint.manuscript.model import Block, Notice, Span
from claimlint.manuscript.model import Source as SourceFile
from claimlint.manuscript.sections import Outline

# One call in a paper expands a handful of macros. Bombs and loops go on for ever.
_MOST_EXPANSIONS = 5_000
_DEEPEST_STACK = 2_000
_MOST_NOTICES = 200
_LONGEST_ARGUMENTS = 2_000_000
_LONGEST_IN_MATH = 60
_HYPHENATED = re.compile(r"-[a-zA-Z]")
_CAPITALISED = re.compile(r"\s*(?:%[^\n]*\n\s*)*[A-Z][a-z]*[ ,]")


def _size(argument: Argument) -> int:
    """Characters of an argument; a piece counts a hundred, so that crumbs cannot pile up either."""
    return sum(100 + piece.end - piece.start for piece in argument)


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was met: ``name`` without backslash and star."""

    name: str
    star: bool
    frame: Frame
    start: int
    end: int

    @property
    def span(self) -> Span:
        """The command with all arguments read so far; the macro call around it where a macro produced it."""
        return self.frame.piece.place(self.start, max(self.end, self.frame.pos))


@dataclass(frozen=True, slots=True)
class Environment:
    """An open environment, what to do at its end, and the place to go back to."""

    name: str
    place: Place
    resumes: bool
    ending: TexText | None = None


class Reader:
    """The state that the commands of a document work on."""

    def __init__(
        self,
        library: Library,
        protected: Mapping[str, Callable[[Reader, Call], None]],
        ordinary: Callable[[str], Callable[[Reader, Call], None]],
    ) -> None:
        self.library = library
        self.folder = library.folder
        self._protected = protected
        self._ordinary = ordinary
        self._texts: dict[str, TexText] = {}
        self.source = Source()
        self.writer = Writer()
        self.outline = Outline()
        self.macros: dict[str, Macro] = {}
        self.aliases: dict[str, str] = {}
        self.environments: dict[str, tuple[Macro, TexText]] = {}
        self.raw_environments = set(RAW_ENVIRONMENTS)
        self.flags: dict[str, bool] = {}
        self.both_branches: set[tuple[int, int]] = set()
        self.open: list[Environment] = []
        self.floor = 0
        self.in_document = False
        self.has_evidence = False
        self.notices: list[Notice] = []
        self._expansions = 0
        self._outermost = ""
        self._before = self.writer.written()
        self._refused: set[str] = set()

    def text_of(self, source: SourceFile) -> TexText:
        """A file as LaTeX; its structure is worked out once, however often it is included."""
        if source.name not in self._texts:
            self._texts[source.name] = TexText(source.text, source.name)
        return self._texts[source.name]

    def read(self, text: TexText) -> tuple[Block, ...]:
        """Reads a whole document."""
        self.source.push([Slice(text, 0, len(text.text))])
        frames = self.source.frames
        match_token = TOKEN.match
        tokens: dict[str | None, Callable[[str, Frame, int], None]] = {
            "command": self._command,
            "space": self._space,
            "math": self._math,
            "comment": self._comment,
            "typography": self._typography,
            "other": self._other,
        }
        while frames:
            frame = frames[-1]
            if frame.pos >= frame.end:
                frames.pop()
                if frame.done is not None:
                    frame.done()
                continue
            match = match_token(frame.source.text, frame.pos, frame.end)
            assert match is not None
            start, frame.pos = frame.pos, match.end()
            token = match.group()
            kind = match.lastgroup
            if kind == "text":
                self.writer.copy(token, frame.piece.origin, frame.source.file, start)
            elif kind != "group":
                tokens[kind](token, frame, start)
        return self.writer.blocks()

    def _comment(self, token: str, frame: Frame, start: int) -> None:
        if "\n" in token[token.find("\n") + 1 :]:
            self.writer.end_paragraph()

    def _typography(self, token: str, frame: Frame, start: int) -> None:
        place = frame.piece.place(start, frame.pos)
        if token == "&":
            self.writer.cell("\t", place)
        else:
            self.writer.generate(TYPOGRAPHY.get(token, token), place)

    def _other(self, token: str, frame: Frame, start: int) -> None:
        self.writer.copy(token, frame.piece.origin, frame.source.file, start)

    def _space(self, token: str, frame: Frame, start: int) -> None:
        if token.count("\n") > 1 or (token.count("\r") > 1 and "\n" not in token):
            self.writer.end_paragraph()
        else:
            self.writer.space(frame.piece.origin, frame.source.file, start)

    def _math(self, token: str, frame: Frame, start: int) -> None:
        close = frame.source.close_of_math(frame.pos, frame.end, token)
        if close < 0:
            self.notice(
                "unclosed-group",
                f"math opened with {token} is never closed",
                frame.piece.place(start, frame.pos),
            )
            return
        body = frame.source.text[frame.pos : close]
        frame.pos = close + len(token)
        span = frame.piece.place(start, frame.pos)
        if token == "$$":
            self.display_math(body, span)
        else:
            self.inline_math(body, span)

    def inline_math(self, body: str, span: Span) -> None:
        frame = self.source.top()
        before_hyphen = bool(frame and _HYPHENATED.match(frame.source.text, frame.pos, frame.end))
        words = mathtext.inline(self.expand_in_math(body), before_hyphen)
        if words == mathtext.MATH:
            self.writer.word(words, span, "math")
        else:
            self.writer.generate(words, span, "math")

    def display_math(self, body: str, span: Span) -> None:
        if self.writer.builder is not None:
            self.writer.generate(" ", span)
        words = mathtext.display(body)
        if words == mathtext.MATH and self._sentence_follows():
            words += "."
        self.writer.generate(words, span, "math")
        self.writer.generate(" ", span)

    def _sentence_follows(self) -> bool:
        """Whether a capital follows a formula: many authors leave out the full stop after a displayed one."""
        frame = self.source.top()
        return bool(frame and _CAPITALISED.match(frame.source.text, frame.pos, frame.end))

    def expand_in_math(self, body: str) -> str:
        """The formula with the paper's own short commands written out: numbers often hide in them."""
        for _ in range(4):
            if "\\" not in body or len(body) > 400:
                break
            expanded = mathtext.COMMAND.sub(self._short_macro, body)
            if expanded == body:
                break
            body = expanded
        return body

    def _short_macro(self, match: re.Match[str]) -> str:
        macro = self.macros.get(match.group(1))
        if macro is None or macro.parameters or len(macro.body.text) > _LONGEST_IN_MATH:
            return match.group()
        return "{" + macro.body.text.replace("$", "").replace("\\xspace", "") + "}"

    def _command(self, token: str, frame: Frame, start: int) -> None:
        star = len(token) > 2 and token.endswith("*")
        name = token[1:-1] if star else token[1:]
        call = Call(name, star, frame, start, frame.pos)
        handler = self._protected.get(name)
        if handler is None:
            macro = self.macros.get(token[1:]) or self.macros.get(name)
            if macro is not None:
                self.expand(macro, call)
                return
            handler = self._ordinary(self.aliases.get(name, name))
        handler(self, call)

    def expand(self, macro: Macro, call: Call) -> None:
        """Puts what a macro stands for in front of the input."""
        if call.frame.piece.origin is None:
            self._expansions, self._outermost, self._before = 0, call.name, self.writer.written()
        self._expansions += 1
        if call.name in self._refused:
            return
        arguments = macro.arguments(self.source)
        span = call.span
        if not macro.parameters and not macro.prefix:
            self.skip_blanks()
        too_many = self._expansions > _MOST_EXPANSIONS or len(self.source.frames) > _DEEPEST_STACK
        if too_many or sum(map(_size, arguments)) > _LONGEST_ARGUMENTS:
            self._give_up(call)
            return
        self.source.push(macro.expansion(arguments, span))

    def _give_up(self, call: Call) -> None:
        """Drops what is left of an expansion that has no end, and never tries it again."""
        if self._outermost not in self._refused:
            self.notice("macro-limit", f"\\{self._outermost} expands without end; it is left out", call.span)
        self._refused.update((self._outermost, call.name))
        self.writer.take_back(self._before)
        frames = self.source.frames
        while frames and frames[-1].piece.origin is not None:
            frames.pop()

    def skip_blanks(self) -> None:
        """White space after a control word, which TeX does not print."""
        frame = self.source.top()
        if frame is None:
            return
        text, at = frame.source.text, frame.pos
        while at < frame.end and text[at] in " \t":
            at += 1
        if at < frame.end and text[at] in "\r\n":
            after = at + 1 + text.startswith("\r\n", at)
            while after < frame.end and text[after] in " \t":
                after += 1
            if text[after : after + 1] not in ("\n", "\r"):
                at = after
        frame.pos = at

    def divert(
        self, argument: Argument, kind: str, then: Callable[[BlockBuilder | None], None] | None = None
    ) -> None:
        """Reads an argument into a block of its own, then goes on where the text stood."""
        place, floor, depth = self.writer.place(), self.floor, len(self.open)
        self.writer.enter(kind)
        self.writer.visible = True
        self.floor = depth

        def done() -> None:
            written = self.writer.builder
            self.writer.go(place)
            self.floor = floor
            del self.open[depth:]
            if then is not None:
                then(written)

        self.source.push(argument, done)

    def open_section(self, title: Argument, depth: int) -> None:
        """Reads a heading; what follows belongs to its section."""

        def enter(written: BlockBuilder | None) -> None:
            self.writer.section = self.outline.enter(written.text if written else "", depth)
            if written:
                written.section = self.writer.section

        self.divert(title, "heading", enter)

    def notice(self, rule: str, detail: str, span: Span) -> None:
        """Reports a place, up to a number of them: the first tell what is wrong."""
        if len(self.notices) < _MOST_NOTICES:
            self.notices.append(Notice(rule, detail, span))

    def keys(self, argument: Argument | None) -> tuple[str, ...]:
        """The names in a comma-separated argument."""
        return tuple(key for key in (part.strip() for part in raw(argument).split(",")) if key)
