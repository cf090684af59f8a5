"""Do sentences come out whole from what PDF-to-text tools write?

    python -m tests.benchmarks.whole_sentences FOLDER CLAIMS [--show]

FOLDER holds one ``.txt`` a paper; CLAIMS is JSON Lines with ``paper`` (a file's name without its ending) and
``text``, words copied from that paper. Of the claims whose letters and digits occur as one run in the paper,
says how many lie inside one extracted sentence. Exits 1 below nine in ten.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from claimlint.manuscript import read, sentences

ENOUGH = 0.9


def bare(text: str) -> str:
    """Letters and digits, case folded."""
    return "".join(c for c in text.casefold() if c.isalnum())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("claims", type=Path)
    parser.add_argument("--show", action="store_true", help="print the claims that were torn apart")
    arguments = parser.parse_args()
    claims: dict[str, list[str]] = {}
    for line in arguments.claims.read_text(encoding="utf-8").splitlines():
        claim = json.loads(line)
        claims.setdefault(claim["paper"], []).append(claim["text"])
    asked = whole = total = 0
    for paper, texts in claims.items():
        path = arguments.folder / f"{paper}.txt"
        run = bare(path.read_text(encoding="utf-8"))
        found = [bare(sentence.text) for sentence in sentences(read(str(path)))]
        total += len(texts)
        for text in texts:
            if bare(text) not in run:
                continue
            asked += 1
            if any(bare(text) in sentence for sentence in found):
                whole += 1
            elif arguments.show:
                print(f"{paper}: {text}")
    print(f"{total} claims, {asked} as one run in their paper")
    print(f"inside one sentence: {whole} of {asked} ({whole / max(1, asked):.3f})")
    return 0 if asked and whole >= ENOUGH * asked else 1


if __name__ == "__main__":
    sys.exit(main())
