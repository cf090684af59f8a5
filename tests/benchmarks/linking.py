"""Precision and recall of linking on the papers of ``corpus/``: ``python -m tests.benchmarks.linking``."""

from __future__ import annotations

from tests.corpus.links import PAPERS, count


def main() -> None:
    for name, folders in [*((folder.name, [folder]) for folder in PAPERS), ("all", PAPERS)]:
        pairs = count(folders)
        print(
            f"{name:<14} precision {pairs.precision:.3f} ({pairs.right} of {pairs.linked} links)   "
            f"recall {pairs.recall:.3f} ({pairs.found} of {pairs.labelled} labelled pairs)"
        )


if __name__ == "__main__":
    main()
