"""``make bench``: start-up, a cold lint, throughput, an editor's wait; positions over a folder of papers."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks import editor, positions

ROOT = Path(__file__).parents[2]
RUNS = 5
#: As an installed package, which has its bytecode, whatever the shell says of writing it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(*args: str, stdin: bytes = b"") -> float:
    """Median wall-clock seconds of a whole process, after one warm-up."""
    taken = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "claimlint", *args],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=ROOT,
            env=ENVIRONMENT,
        )
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def main() -> int:
    lines = [
        json.dumps({"id": number, **json.loads(line)})
        for number, line in enumerate(
            line
            for path in sorted((ROOT / "corpus" / "sentences").glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    ]
    one, many = lines[0].encode(), "\n".join(lines).encode()
    alone, batch = seconds("classify", stdin=one), seconds("classify", stdin=many)
    paper = ROOT / "build" / "long-paper.md"
    paper.parent.mkdir(exist_ok=True)
    paper.write_text("# Results\n\n" + "\n\n".join(_words(lines, 12_000)), encoding="utf-8")
    manifest = str(ROOT / "corpus" / "demo" / "manifest.json")
    print(f"claimlint --version                  {seconds('--version'):.3f} s")
    print(f"cold lint of the demo paper          {seconds('corpus/demo/paper.tex'):.2f} s")
    print(f"cold lint of 12,000 words            {seconds(str(paper), '--manifest', manifest):.2f} s")
    print(f"classify, {len(lines)} sentences          {(len(lines) - 1) / (batch - alone):,.0f} a second")
    for name, edited in (
        ("demo paper", ROOT / "corpus" / "demo" / "sections" / "interventions.tex"),
        ("12,000 words", paper),
    ):
        clock, computing = editor.seconds(edited)
        print(f"editor, {name:<28} {clock:.3f} s a keystroke ({computing:.3f} s of computing)")
    return positions.main() if len(sys.argv) > 1 or os.environ.get("MANUSCRIPTS") else 0


def _words(lines: list[str], wanted: int) -> list[str]:
    """Paragraphs of ten sentences, ``wanted`` words in all."""
    texts, count = [], 0
    for line in lines:
        texts.append(json.loads(line)["text"])
        count += len(texts[-1].split())
        if count >= wanted:
            break
    return [" ".join(texts[at : at + 10]) for at in range(0, len(texts), 10)]


if __name__ == "__main__":
    sys.exit(main())
