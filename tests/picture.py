"""The README's picture: a real run on a terminal, as SVG. ``python -m tests.readme`` draws it anew."""

from __future__ import annotations

import html
import os
import pty
import re
import subprocess
import sys

from tests.readme import ROOT

PICTURE = ROOT / "docs" / "terminal.svg"
COMMAND = "claimlint corpus/demo/paper.tex --select decodable-means-used"
# The font would come from another host, which a README's picture may not ask.
_FONT = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)
_CODES = re.compile(r"\x1b\[[\d;]*m")


def run() -> str:
    """What the command prints on a terminal, with the codes for its colours."""
    ours, theirs = pty.openpty()
    path = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    with subprocess.Popen(["bash", "-c", COMMAND], cwd=ROOT, stdout=theirs, env=env) as running:
        os.close(theirs)
        printed = b"".join(iter(lambda: _read(ours), b""))
        running.wait()
    os.close(ours)
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """The next bytes; a terminal whose other end is closed is an error on Linux."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def draw() -> None:
    """Write the picture."""
    from rich.console import Console  # noqa: PLC0415  (only who draws needs it)
    from rich.text import Text  # noqa: PLC0415

    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=108, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text(f"$ {COMMAND}", style="bold"))
        console.print(Text.from_ansi(run()))
        drawn = console.export_svg(title="claimlint", unique_id="claimlint")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(_FONT.sub("", drawn), encoding="utf-8")


def letters_in(svg: str) -> str:
    """The characters of a picture from its prompt on, as they stand, without white space."""
    shown = html.unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg)))
    return "".join("".join(shown.partition("$")[1:]).split())


def letters_printed(printed: str) -> str:
    return "".join(f"${COMMAND}{_CODES.sub('', printed)}".split())
