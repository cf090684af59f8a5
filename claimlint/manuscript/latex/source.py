"""The input that is still to be read: a stack of texts, so that macros and includes need no recursion."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from claimlint.manuscript.latex.lexer import ARGUMENT_SPACE, CONTROL, TexText
from claimlint.manuscript.model import Span


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a text. ``origin`` is the macro call that produced it, None for text of a file."""

    source: TexText
    start: int
    end: int
    origin: Span | None = None

    @property
    def raw(self) -> str:
        return self.source.text[self.start : self.end]

    def place(self, start: int, end: int) -> Span:
        """The place in a file of what stands at ``start`` to ``end`` of the text."""
        return self.origin or Span(self.source.file, start, end)


Argument = tuple[Slice, ...]


def raw(argument: Argument | None) -> str:
    """The source of an argument, an empty string where there is none."""
    return "".join(piece.raw for piece in argument or ())


class Frame:
    """A slice that is being read, and what to do when it has been."""

    __slots__ = ("done", "end", "piece", "pos", "source")

    def __init__(self, piece: Slice, done: Callable[[], None] | None) -> None:
        self.piece = piece
        self.source = piece.source
        self.pos = piece.start
        self.end = piece.end
        self.done = done


class Source:
    """The stack of frames. ``done`` callbacks run when everything above them has been read."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def push(self, pieces: Iterable[Slice], done: Callable[[], None] | None = None) -> None:
        """Reads ``pieces`` next, then calls ``done``."""
        frames = [Frame(piece, None) for piece in pieces]
        if done is not None:
            empty = Frame(Slice(TexText(""), 0, 0), done)
            frames.append(empty)
        self.frames.extend(reversed(frames))

    def top(self) -> Frame | None:
        """The frame to read from, without stepping over the end of anything that waits for its end."""
        frames = self.frames
        while frames:
            frame = frames[-1]
            if frame.pos < frame.end:
                return frame
            if frame.done is not None:
                return None
            frames.pop()
        return None

    def peek(self) -> str:
        """The next character, skipping nothing; an empty string at an end."""
        frame = self.top()
        return frame.source.text[frame.pos] if frame else ""

    def skip_space(self) -> None:
        """Moves over blanks, comments and one line end."""
        while frame := self.top():
            match = ARGUMENT_SPACE.match(frame.source.text, frame.pos, frame.end)
            if match is None or match.end() == frame.pos:
                return
            frame.pos = match.end()
            if frame.pos < frame.end:
                return

    def star(self) -> bool:
        """Takes a ``*`` that follows directly."""
        return self.literal("*")

    def literal(self, char: str) -> bool:
        """Takes ``char`` where it comes next."""
        frame = self.top()
        if frame is None or frame.source.text[frame.pos] != char:
            return False
        frame.pos += 1
        return True

    def argument(self) -> Argument | None:
        """A mandatory argument: a group, a control sequence or one character."""
        back = self._state()
        self.skip_space()
        frame = self.top()
        if frame is None:
            return None
        char = frame.source.text[frame.pos]
        if char == "{":
            group = self.group()
            if group is None:
                self._restore(back)
            return group
        if char in "}&\n" or char.isspace():
            self._restore(back)
            return None
        control = CONTROL.match(frame.source.text, frame.pos, frame.end)
        if char == "\\" and control is None:
            self._restore(back)
            return None
        end = control.end() if control else frame.pos + 1
        piece = Slice(frame.source, frame.pos, end, frame.piece.origin)
        frame.pos = end
        return (piece,)

    def braced(self) -> Argument | None:
        """A mandatory argument, only where it stands in braces."""
        back = self._state()
        self.skip_space()
        if self.peek() == "{":
            return self.argument()
        self._restore(back)
        return None

    def group(self) -> Argument | None:
        """The group whose ``{`` comes next, which may reach through macro arguments; None where unclosed."""
        opening = self.frames[-1]
        source = opening.source
        close = source.structure.closers.get(opening.pos)
        if close is None:
            return None
        if close < opening.end:
            piece = Slice(source, opening.pos + 1, close, opening.piece.origin)
            opening.pos = close + 1
            return (piece,)
        return self._group_across(opening, close)

    def _group_across(self, opening: Frame, close: int) -> Argument | None:
        """A macro body is read in pieces with its arguments in between: collect them all."""
        depth = len(self.frames) - 1
        pieces = [Slice(opening.source, opening.pos + 1, opening.end, opening.piece.origin)]
        while depth and self.frames[depth].done is None:
            depth -= 1
            frame = self.frames[depth]
            if frame.source is opening.source and frame.pos <= close < frame.end:
                pieces.append(Slice(frame.source, frame.pos, close, frame.piece.origin))
                frame.pos = close + 1
                del self.frames[depth + 1 :]
                return tuple(pieces)
            pieces.append(Slice(frame.source, frame.pos, frame.end, frame.piece.origin))
        return None

    def option(self) -> Argument | None:
        """An optional argument in brackets."""
        back = self._state()
        self.skip_space()
        frame = self.top()
        if frame is None or frame.source.text[frame.pos] != "[":
            self._restore(back)
            return None
        close = frame.source.close_of_option(frame.pos + 1, frame.end)
        if close < 0:
            self._restore(back)
            return None
        piece = Slice(frame.source, frame.pos + 1, close, frame.piece.origin)
        frame.pos = close + 1
        return (piece,)

    def skip(self, letters: str) -> list[Argument | None]:
        """Reads arguments by their letters: o optional, m mandatory."""
        found: list[Argument | None] = []
        for letter in letters:
            found.append(self.option() if letter == "o" else self.argument())
            if letter == "m" and found[-1] is None:
                break
        return found

    def _state(self) -> tuple[Frame, int] | None:
        frame = self.top()
        return (frame, frame.pos) if frame else None

    def _restore(self, state: tuple[Frame, int] | None) -> None:
        """Goes back to a state if its frame is still there; white space at a frame's end is no loss."""
        if state and self.frames and self.frames[-1] is state[0]:
            state[0].pos = state[1]
