"""The console examples of the README and of docs/: ``python -m tests.readme`` writes what they print.

The README's commands run at the top of the checkout. Those of a page in ``docs/`` run one after the other in
a folder of their own, into which the blocks with ``file=NAME`` are written first. What ``needs=MODULE`` is
left out where the module is not installed. The README's picture is drawn too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^```(?P<language>\w+)(?P<options>[^\n]*)\n(?P<body>.*?)^```", re.DOTALL | re.MULTILINE)
_OPTION = re.compile(r"(\w+)=(\S+)")
_COMMAND = re.compile(r"^\$ (?P<command>[^\n]+)\n(?P<output>(?:(?!\$ )[^\n]*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A command with the output that its page shows; ``needs`` is the module without which it cannot run."""

    command: str
    output: str
    needs: str = ""

    @property
    def runs(self) -> bool:
        return not self.needs or find_spec(self.needs) is not None


def examples(page: Path = README) -> list[Example]:
    """Every command of a page, in its order."""
    return [
        Example(line["command"], line["output"], options.get("needs", ""))
        for language, options, body in _blocks(page)
        if language == "console"
        for line in _COMMAND.finditer(body)
    ]


def prepare(page: Path, folder: Path) -> None:
    """Writes the files that a page shows."""
    for _, options, body in _blocks(page):
        if "file" in options:
            path = folder / options["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")


def printed(command: str, folder: Path = ROOT) -> str:
    """What a command prints when it is run in a folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    before = os.environ.get("PYTHONPATH")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PATH": path,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), before))),
            "PYTHONWARNINGS": "ignore",
        },
    )
    return done.stdout + done.stderr


def _blocks(page: Path) -> Iterator[tuple[str, dict[str, str], str]]:
    for block in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield block["language"], dict(_OPTION.findall(block["options"])), block["body"]


def _written_again(page: Path) -> str:
    """The page with what its commands print now; what cannot run here stays as it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = ROOT if page == README else Path(name)
        if page != README:
            prepare(page, folder)

        def block(found: re.Match[str]) -> str:
            needs = dict(_OPTION.findall(found["options"])).get("needs", "")
            if found["language"] != "console" or not Example("", "", needs).runs:
                return found.group()
            body = _COMMAND.sub(
                lambda line: f"$ {line['command']}\n{printed(line['command'], folder)}", found["body"]
            )
            return f"```console{found['options']}\n{body}```"

        return _BLOCK.sub(block, page.read_text(encoding="utf-8"))


def main() -> None:
    for page in PAGES:
        page.write_text(_written_again(page), encoding="utf-8")
    from tests.picture import draw  # noqa: PLC0415  (it needs this module)

    draw()


if __name__ == "__main__":
    main()
