"""How often are cues and rules right on labelled text? Writes ``rules/measured.toml``, numbers only.

    python -m tests.benchmarks.measured [FOLDER]

FOLDER holds labelled sentences that are not ours, one JSON Lines file for each of ``SETS``: ``text``, where
known ``section`` and ``previous``, and the labels under ``gold``. Without it, their numbers stay as they are,
and only what ``corpus/`` labels is measured again. `make readme` makes a page of the numbers.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from claimlint import __version__
from claimlint.checks import check, load_rules
from claimlint.claims import claims
from claimlint.claims.engine import engine
from claimlint.claims.model import Reading
from claimlint.claims.packs import CueEntry
from claimlint.config import Config
from claimlint.manuscript import read, sentences
from claimlint.packs import rules_folder
from claimlint.pipeline import lint
from tests.corpus.links import CORPUS, PAPERS, root_file

Row = Mapping[str, Any]
Counts = dict[str, dict[str, int]]


class Firing(NamedTuple):
    """A cue or rule that was met; it ``fired`` where a label rests on the cue, or a finding is the rule's."""

    id: str
    fired: bool
    right: bool


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A file of labelled sentences.

    Args:
        labels: what it labels, in words.
        claims: whether all its sentences are known to be claims.
        top: the highest rung that it labels.
        counted: whether it is from the field that claimlint is for.
        only: the kind of cues that it is for; every kind, where empty.
    """

    name: str
    labels: str
    claims: bool = False
    top: int = 3
    counted: bool = True
    only: str = ""

    def rows(self, folder: Path) -> list[Row]:
        with (folder / f"{self.name}.jsonl").open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return [row if "gold" in row else {**row, "gold": row} for row in rows]


SETS = (
    LabelledSet("sentences_dev_more", "kind, stance and flags, in papers; the cues were worked out on it"),
    LabelledSet("sentences_dev", "the same, other sentences from most of these papers"),
    LabelledSet("pilot_dev", "rung, of claims in papers", claims=True),
    LabelledSet("pubmed_dev", "rung (0 to 2), of conclusions in medicine", top=2, counted=False),
    LabelledSet(
        "counterfactual_dev", "counterfactual or not, in the news", claims=True, only="counterfactual"
    ),
)
OURS = LabelledSet("counterfactual", "the same, our own sentences", claims=True, only="counterfactual")
PLANTED = "the overclaims in the papers of corpus/, with their manifests"


def cue_firings(rows: Iterable[Row], of: LabelledSet) -> Iterator[Firing]:
    """Each cue that each sentence has, where the labels can judge it."""
    for row in rows:
        where = {"section": row.get("section") or "", "previous": row.get("previous") or ""}
        reading = engine().read(row["text"], assume_claim=of.claims, labels_only=True, **where)
        for cue in {hit.cue.id: hit.cue for hit in engine().signs(row["text"]).hits}.values():
            if cue.says and (not of.only or cue.kind == of.only):
                right = agrees(label_of(cue), reading, row["gold"], of.top)
                if right is not None:
                    yield Firing(cue.id, rests_on(reading, cue), right)


def label_of(cue: CueEntry) -> str:
    """The label that the words speak for."""
    return "kind" if cue.kind else cue.flag or ("scope" if cue.scope else "stance")


def rests_on(reading: Reading, cue: CueEntry) -> bool:
    """Whether the reading has its label from the cue, among others."""
    if cue.flag:
        return bool(getattr(reading, cue.flag))
    if cue.scope:
        return reading.scope == cue.scope
    return cue.id in {reason.rule for reason in reading.cues}


def agrees(label: str, reading: Reading, gold: Mapping[str, Any], top: int) -> bool | None:
    """Whether reader and engine give one label, or at least one rung where no kind is labelled."""
    if label in gold:
        return bool(gold[label] == getattr(reading, label))
    return min(reading.level, top) == gold["level"] if label == "kind" else None


def wording_firings(rows: Iterable[Row]) -> Iterator[Firing]:
    """The findings of rules that read the text alone; right where the label is the kind that they name."""
    rules = [rule for rule in load_rules() if not rule.when.needs_manifest]
    for row in rows:
        before = row.get("previous") or ""
        document = read("paper.md", f"# {row.get('section') or ''}\n\n{before}\n\n{row['text']}\n")
        text = " ".join(row["text"].split())
        outcome = check(document, claims(document), (), None, rules, Config(preview=True))
        for finding in outcome.findings:
            if finding.claim and " ".join(finding.text.split()) in text:
                yield Firing(finding.code, True, finding.kind == row["gold"]["kind"])


def paper_firings(folder: Path) -> Iterator[Firing]:
    """The findings in a paper of the corpus; right where this rule was expected at this sentence."""
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))["finding"]
    for finding in lint(str(root_file(folder)), Config(), folder).findings:
        text = " ".join(finding.text.split())
        planted = {entry["rule"] for entry in expected if entry["sentence"] in text}
        yield Firing(finding.code, True, finding.code in planted)


def measure(folder: Path | None, known: Mapping[str, Any]) -> dict[str, Any]:
    """All that ``rules/measured.toml`` holds; what is not measured again stays as it was ``known``."""
    sets, cues, rules = (dict(known.get(table, {})) for table in ("sets", "cues", "rules"))
    for of, home in (*((of, folder) for of in SETS if folder), (OURS, CORPUS / "sentences")):
        rows = of.rows(home)
        sets[of.name] = {"sentences": len(rows), "labels": of.labels, "counted": of.counted}
        enter(cues, of.name, cue_firings(rows, of))
        if not of.only and "kind" in rows[0]["gold"]:
            enter(rules, of.name, wording_firings(rows))
    papers = [sentences(read(root_file(paper))) for paper in PAPERS]
    sets["papers"] = {"sentences": sum(map(len, papers)), "labels": PLANTED}
    enter(rules, "papers", (firing for paper in PAPERS for firing in paper_firings(paper)))
    return {"version": __version__, "sets": sets, "cues": cues, "rules": rules}


def enter(counts: Counts, name: str, firings: Iterable[Firing]) -> None:
    """Put the numbers of a set, by cue or rule, in the place of what was there."""
    met = list(firings)
    seen = Counter(firing.id for firing in met)
    fired = Counter(firing.id for firing in met if firing.fired)
    right = Counter(firing.id for firing in met if firing.fired and firing.right)
    for by_set in counts.values():
        by_set.pop(name, None)
    for id in seen:
        counts.setdefault(id, {})[name] = {"seen": seen[id], "fired": fired[id], "right": right[id]}


def written(measured: Mapping[str, Any]) -> str:
    """As TOML, a line for each set of each cue or rule."""
    tables = {
        "sets": measured["sets"],
        **{f"cues.{id}": by_set for id, by_set in sorted(measured["cues"].items()) if by_set},
        **{f"rules.{code}": by_set for code, by_set in sorted(measured["rules"].items()) if by_set},
    }
    head = f'# Written by `python -m tests.benchmarks.measured`.\nversion = "{measured["version"]}"\n'
    return "\n".join((head, *(f"[{name}]\n{_lines(table)}" for name, table in tables.items())))


def _lines(table: Mapping[str, Mapping[str, Any]]) -> str:
    """Inline tables; the numbers and plain words in them are written alike in JSON and in TOML."""
    pairs = {
        key: ", ".join(f"{name} = {json.dumps(value)}" for name, value in inner.items())
        for key, inner in table.items()
    }
    return "".join(f"{key} = {{ {inner} }}\n" for key, inner in pairs.items())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    file = rules_folder() / "measured.toml"
    known = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    file.write_text(written(measure(parser.parse_args().folder, known)), encoding="utf-8")


if __name__ == "__main__":
    main()
