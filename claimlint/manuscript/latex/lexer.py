"""The tokens of LaTeX, and what belongs together in a text: braces, conditionals, raw environments."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

from claimlint.manuscript.latex.vocabulary import NOT_CONDITIONALS, RAW_ENVIRONMENTS

_WORD = r"[^\\%${}~&`'\-\s]+"
# Words joined by single blanks are one token: the speed of the reader is set by the number of tokens.
TOKEN = re.compile(
    rf"""
      (?P<text>{_WORD}(?:[ '\-]{_WORD})*)
    | (?P<space>\s+)
    | (?P<command>\\(?:[a-zA-Z@]+\*?|[\s\S]))
    | (?P<math>\$\$?)
    | (?P<group>[{{}}])
    | (?P<comment>%[^\n]*(?:\n[ \t\r]*(?:\n\s*)?)?)
    | (?P<typography>``|''|---?|`|~|&)
    | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
# White space between a command and its argument: no blank line, comments allowed.
ARGUMENT_SPACE = re.compile(r"[ \t]*(?:(?:%[^\n]*)?\r?\n[ \t]*(?:%[^\n]*\n[ \t]*)*(?!\r?\n))?")
CONTROL = re.compile(r"\\([a-zA-Z@]+|[\s\S])")
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n")
_MATH = re.compile(r"\\[\s\S]|%[^\n]*|[${}]")
_OPTION = re.compile(r"\\[\s\S]|[{}\[\]]")
_LONGEST_OPTION = 20_000
_DEEPEST_OPTION = 8
_STRUCTURE = re.compile(
    r"""
      \\verb\*?(?P<bar>[^\sa-zA-Z*{\\])[^\n]{0,400}?(?P=bar)
    | \\(?:url|href|path|nolinkurl)\s*(?P<address>\{[^{}\n]{0,2000}\})
    | \\(?P<edge>begin|end)[ ]*\{(?P<name>[^{}\\\n]{1,60})\}
    | \\newif\s*\\\w+ | \\let\s*\\\w+\s*=?\s*(?:\\\w+)?
    | \\(?P<branch>if[a-zA-Z@]*|else|fi)(?![a-zA-Z@])
    | \\[\s\S]
    | %[^\n]*
    | (?P<brace>[{}])
    """,
    re.VERBOSE,
)


class TexText:
    """A file, or the body of a macro (``file`` is then empty), with what belongs together in it.

    The structure is found in one pass over the whole text, so that looking up a closing brace costs nothing
    however deep the nesting.
    """

    def __init__(self, text: str, file: str = "") -> None:
        self.text = text
        self.file = file
        self._absent: dict[str, int] = {}

    @cached_property
    def structure(self) -> Structure:
        return Structure(self.text)

    @cached_property
    def _paragraphs(self) -> list[int]:
        return [m.start() for m in _PARAGRAPH.finditer(self.text)]

    def paragraph_end(self, start: int) -> int:
        """Where the paragraph that holds ``start`` ends."""
        at = bisect_left(self._paragraphs, start)
        return self._paragraphs[at] if at < len(self._paragraphs) else len(self.text)

    def find(self, needle: str, start: int, end: int) -> int:
        """``str.find`` that remembers what is not there, so that a search is never repeated in vain."""
        if start >= self._absent.get(needle, len(self.text) + 1):
            return -1
        found = self.text.find(needle, start)
        if found < 0:
            self._absent[needle] = start
        return found if 0 <= found <= end - len(needle) else -1

    def close_of_math(self, start: int, end: int, closer: str) -> int:
        """The offset of the ``$`` or ``$$`` that ends the math begun before ``start``, or -1."""
        end = min(end, self.paragraph_end(start))
        at = start
        while match := _MATH.search(self.text, at, end):
            at = match.end()
            if raw := self.structure.raw_end(match.start()):
                at = raw
            elif match.group() == "{":
                at = self.structure.closers.get(match.start(), at - 1) + 1
            elif match.group() == "}":
                return -1
            elif match.group() == "$" and self.text.startswith(closer, match.start()):
                return match.start()
        return -1

    def close_of_option(self, start: int, end: int) -> int:
        """The offset of the ``]`` that closes the ``[`` before ``start``, or -1."""
        end = min(end, self.paragraph_end(start), start + _LONGEST_OPTION)
        at, depth = start, 0
        while match := _OPTION.search(self.text, at, end):
            at = match.end()
            if match.group() == "{":
                at = self.structure.closers.get(match.start(), at - 1) + 1
            elif match.group() == "}":
                return -1
            elif match.group() == "[":
                depth += 1
                if depth > _DEEPEST_OPTION:
                    return -1
            elif match.group() == "]":
                if not depth:
                    return match.start()
                depth -= 1
        return -1


class Structure:
    """What opens and closes where in one text.

    ``closers`` maps a brace to its partner, ``branches`` the end of an ``\\if...`` to the ends of its
    ``\\else`` (or None) and of its ``\\fi``; ``raw`` lists the ranges that are not read as LaTeX,
    ``unclosed`` what never ends.
    """

    def __init__(self, text: str) -> None:
        self.closers: dict[int, int] = {}
        self.branches: dict[int, tuple[int | None, int]] = {}
        self.fi_after_else: dict[int, int] = {}
        self.raw: list[tuple[int, int]] = []
        self.unclosed: list[tuple[str, int]] = []
        self._open: list[tuple[str, int]] = []
        self._conditions: list[list[int | None]] = []
        self._never_ends: set[str] = set()
        self._scan(text)
        self.unclosed += [(what, at) for what, at in self._open if what != "document"]
        self.unclosed += [("\\if", opened) for opened, _ in self._conditions if opened is not None]
        self.unclosed.sort(key=lambda entry: entry[1])

    def raw_end(self, offset: int) -> int:
        """Where the range without LaTeX ends that holds ``offset``, 0 where none does."""
        if not self.raw:
            return 0
        at = bisect_left(self.raw, (offset + 1, 0)) - 1
        return self.raw[at][1] if at >= 0 and offset < self.raw[at][1] else 0

    def _scan(self, text: str) -> None:
        at = 0
        dead = None  # the depth of the \iffalse that is being skipped
        while match := _STRUCTURE.search(text, at):
            at = match.end()
            branch = match["branch"]
            if branch and branch not in NOT_CONDITIONALS:
                self._branch(branch, match.start(), match.end())
                if dead is None and branch == "iffalse":
                    dead = len(self._conditions)
                elif dead is not None and (
                    len(self._conditions) < dead or (branch == "else" and len(self._conditions) == dead)
                ):
                    dead = None
            elif dead is not None:
                continue
            elif match["brace"] == "{":
                self._open.append(("{", match.start()))
            elif match["brace"] == "}":
                self._close_brace(match.start())
            elif match["address"]:
                self.closers[match.start("address")] = match.end("address") - 1
            elif match["edge"] == "begin":
                at = self._begin(text, match)
            elif match["edge"] == "end":
                self.closers[match.start("name") - 1] = match.end("name")
                self._end(match["name"])

    def _begin(self, text: str, match: re.Match[str]) -> int:
        name = match["name"]
        self.closers[match.start("name") - 1] = match.end("name")
        if name.rstrip("*") in RAW_ENVIRONMENTS:
            stop = -1 if name in self._never_ends else text.find(f"\\end{{{name}}}", match.end())
            if stop < 0:
                self._never_ends.add(name)
                self.unclosed.append((name, match.start()))
                return match.end()
            stop += len(name) + len("\\end{}")
            self.raw.append((match.end(), stop))
            return stop
        self._open.append((name, match.start()))
        return match.end()

    def _close_brace(self, offset: int) -> None:
        depth = len(self._open)
        while depth and self._open[depth - 1][0] != "{":
            depth -= 1
        if depth:
            self.closers[self._open[depth - 1][1]] = offset
            del self._open[depth - 1 :]

    def _end(self, name: str) -> None:
        for depth in range(len(self._open) - 1, max(-1, len(self._open) - 60), -1):
            if self._open[depth][0] == name:
                self.unclosed += self._open[depth + 1 :]
                del self._open[depth:]
                return

    def _branch(self, name: str, start: int, end: int) -> None:
        if name.startswith("if"):
            self._conditions.append([end, None])
        elif name == "else" and self._conditions:
            self._conditions[-1][1] = end
        elif name == "fi" and self._conditions:
            opened, otherwise = self._conditions.pop()
            assert opened is not None
            self.branches[opened] = (otherwise, end)
            if otherwise is not None:
                self.fi_after_else[otherwise] = end
