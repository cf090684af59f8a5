"""Draws findings of a folder of manuscripts for people to judge: paper, file and line, rule; no sentence.

    python -m tests.benchmarks.audit FOLDER [--number 100] [--seed 0]
    python -m tests.benchmarks.audit         how the readers of each audit judged, rule by rule

FOLDER holds one manuscript a subfolder, as for `tests.benchmarks.positions`. The same folder, seed and
version draw the same list. Findings about files, settings and the manifest are not drawn, since no sentence
is judged by them.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from claimlint.config import Config
from claimlint.errors import ClaimlintError
from claimlint.pipeline import lint
from claimlint.report.places import line_and_column
from tests.benchmarks.positions import roots

Drawn = tuple[str, str, int, str, str]
JUDGED = Path(__file__).parents[2] / "corpus" / "audit"


def findings(folder: Path) -> list[Drawn]:
    """Paper, file, line, code and severity of every finding about a claim, in the order of the papers."""
    found: list[Drawn] = []
    for root in roots(folder):
        paper = root.relative_to(folder).parts[0]
        try:
            outcome = lint(str(root), Config(), root.parent)
        except ClaimlintError as error:
            print(f"{paper}: {error}", file=sys.stderr)
            continue
        for finding in outcome.findings:
            if finding.claim:
                line, _ = line_and_column(outcome.document, finding.span)
                file = Path(finding.span.file).resolve().relative_to((folder / paper).resolve())
                found.append((paper, str(file), line, finding.code, finding.severity))
    return found


def draw(found: list[Drawn], number: int, seed: int) -> list[Drawn]:
    """``number`` of the findings, or all where there are fewer, in the order in which they were found."""
    chosen = random.Random(seed).sample(range(len(found)), min(number, len(found)))
    return [found[at] for at in sorted(chosen)]


def print_verdicts(path: Path) -> None:
    """Of every rule: findings, those that both readers found justified, and those they agree on."""
    judged = defaultdict[str, list[tuple[str, str]]](list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            for name in (row["rule"], "all"):
                judged[name].append((row["reader_1"], row["reader_2"]))
    for name, verdicts in sorted(judged.items()):
        both, alike = verdicts.count(("1", "1")), sum(one == other for one, other in verdicts)
        print(f"{name:6s} {both:3d} of {len(verdicts):3d} justified, {alike:3d} judged alike")


def print_beside_others(path: Path) -> None:
    """How many verdicts of the readers of other lists, on the same findings, are the same: both or not."""
    mine = dict(_verdicts(path))
    others = [verdict for other in _lists() if other != path for verdict in _verdicts(other)]
    alike = [mine[finding] == verdict for finding, verdict in others if finding in mine]
    print(f"others {sum(alike):3d} of {len(alike):3d} verdicts on the same findings are the same")


def _verdicts(path: Path) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Each finding, by its place and rule, with whether both readers found it justified."""
    with path.open(encoding="utf-8", newline="") as file:
        for *finding, one, other in list(csv.reader(file, delimiter="\t"))[1:]:
            yield tuple(finding), one == other == "1"


def _lists() -> list[Path]:
    return sorted(JUDGED.glob("*.tsv"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.folder is None:
        for path in _lists():
            print(path.stem)
            print_verdicts(path)
            print_beside_others(path)
        return 0
    found = findings(asked.folder)
    print("\t".join(("paper", "file", "line", "rule", "severity")))
    for row in draw(found, asked.number, asked.seed):
        print("\t".join(map(str, row)))
    print(f"{len(found)} findings in all", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
