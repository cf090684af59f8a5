"""The README's console examples: ``python -m tests.readme`` runs them again and writes what they print.

It also draws the README's picture.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"(?<=```console\n)\$ (?P<command>[^\n]+)\n(?P<output>.*?)(?=```)", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """Each command with the output that the README shows for it."""
    return [(m["command"], m["output"]) for m in BLOCK.finditer(README.read_text(encoding="utf-8"))]


def printed(command: str) -> str:
    """What a command prints when it is run at the top of the checkout."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
    )
    return done.stdout + done.stderr


def main() -> None:
    text = README.read_text(encoding="utf-8")
    README.write_text(
        BLOCK.sub(lambda m: f"$ {m['command']}\n{printed(m['command'])}", text), encoding="utf-8"
    )
    from tests.picture import draw  # noqa: PLC0415  (it needs this module)

    draw()


if __name__ == "__main__":
    main()
