"""``\\if`` and its many kin: one branch where the condition is known, both where it is not."""

from __future__ import annotations

import re

from claimlint.manuscript.latex.reader import Call, Reader
from claimlint.manuscript.latex.source import raw

_CONDITION = re.compile(r"(?:\s*(?:\\(?!else|fi|if)[a-zA-Z@]+|[<>=]|-?\d+))*(?:\\relax)?\s?")
_COMPARED = re.compile(r"\s*\\([a-zA-Z@]+)\s*\\([a-zA-Z@]+)")
_FLAG = re.compile(r"\\boolean\s*\{(\w+)\}|^\s*(\w+)\s*$")
_EQUAL = re.compile(r"\\equal\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
COMPARISONS = ("ifstrequal", "IfStrEq", "ifdefstring")


def new_flag(reader: Reader, call: Call) -> None:
    name = raw(reader.source.argument()).strip().removeprefix("\\if")
    if name:
        reader.flags[name] = False


def set_flag(reader: Reader, call: Call) -> None:
    flag, value = raw(reader.source.argument()).strip(), raw(reader.source.argument()).strip()
    reader.flags[flag] = value == "true"


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


def choose_if(reader: Reader, call: Call) -> None:
    """``\\ifthenelse{...}{A}{B}`` and its kin: where the condition is not known, both are read."""
    condition = raw(reader.source.argument())
    flag, equal = _FLAG.search(condition), _EQUAL.search(condition)
    if equal:
        left, right = equal.groups()
    elif call.name in COMPARISONS:
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
