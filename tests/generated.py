"""What pages take from the code: ``python -m tests.generated`` writes it.

A page for each rule and their table in ``docs/rules/``, the tables of ``docs/levels.md`` and
``docs/measured.md``, and the truth table in ``experiments/models/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from claimlint.checks import Rule, load_rules
from claimlint.checks.measured import Measured, load_measured
from claimlint.claims.engine import engine
from claimlint.claims.profiles import PROFILES
from claimlint.evidence import licence
from claimlint.evidence.licence import COMPARED, LEVELS, LICENCES, methods_for
from claimlint.evidence.model import Experiment, Manifest, Method
from claimlint.report.measured import CUE_COLUMNS, RULE_COLUMNS, Row, cue_rows, rule_rows
from claimlint.report.rules import GAPS, measured_words
from experiments.models import truth
from tests.readme import ROOT

RULE_PAGES = ROOT / "docs" / "rules"
LEVELS_PAGE = ROOT / "docs" / "levels.md"
MEASURED_PAGE = ROOT / "docs" / "measured.md"
TRUTH_PAGE = ROOT / "experiments" / "models" / "README.md"
_SPECIAL = re.compile(r"([\\*_<>|\[\]])")


def rule_pages(rules: Sequence[Rule]) -> dict[str, str]:
    """The Markdown of every page in ``docs/rules/``, by its file name."""
    measured = load_measured()
    pages = {f"{rule.code}.md": "\n".join(_rule_page(rule, measured)) for rule in rules}
    return {"README.md": "\n".join(_index(rules)), **pages}


def levels_page(page: str) -> str:
    """``docs/levels.md`` with the tables as the code has them now."""
    return _filled(_filled(page, "profiles", _profiles()), "licences", _licences())


def measured_page(page: str) -> str:
    """``docs/measured.md`` with the figures as ``rules/measured.toml`` has them now."""
    measured = load_measured()
    cues, rules = cue_rows(measured, engine().lexicon.cues), rule_rows(measured, load_rules())
    page = _filled(page, "sets", _table(("set", "sentences", "labels", "cues right"), _sets(measured)))
    page = _filled(page, "cues", _measured(CUE_COLUMNS, cues, measured))
    return _filled(page, "rules", _measured(RULE_COLUMNS, rules, measured))


def truth_page(page: str) -> str:
    """The README of the models of known mechanism, with the table as its file has it now."""
    return _filled(page, "truth", truth.page(truth.read()))


def _filled(page: str, name: str, lines: Iterator[str]) -> str:
    """The page with these lines between its marks of that name."""
    body = "\n".join(lines)
    return re.sub(
        rf"(?s)(<!-- {name} -->\n).*?(<!-- end of {name} -->)",
        lambda found: f"{found[1]}\n{body}\n\n{found[2]}",
        page,
    )


def _rule_page(rule: Rule, measured: Measured) -> Iterator[str]:
    yield f"# {rule.code} {rule.name}\n"
    yield f"{rule.severity}, {rule.status}, {'on' if rule.default else 'off'} by default" + (
        f"; gap {rule.gap}, {GAPS[rule.gap]}\n" if rule.gap else "\n"
    )
    yield f"{_escaped(rule.what)}\n"
    yield f"**Why.** {_escaped(rule.why)}\n"
    yield f"**Flagged.** {_escaped(rule.example.bad)}\n"
    yield f"**Holds.** {_escaped(rule.example.good)}\n"
    yield f"**Fix.** {_escaped(rule.fix)}\n"
    if rule.manifest_fields:
        yield f"**Manifest fields.** {', '.join(f'`{field}`' for field in rule.manifest_fields)}\n"
    if words := measured_words(rule, measured):
        yield f"**Measured.** {words} [All figures](../measured.md)\n"
    misses = [test for test in rule.tests if test.known_miss]
    if misses:
        yield "**Known misses.** Sentences that it should flag, and does not yet:\n"
        yield from (f"- {_escaped(test.text)} ({_escaped(test.known_miss)})" for test in misses)
        yield ""
    if rule.references:
        yield f"**References.** {', '.join(map(_reference, rule.references))}\n"
    file = f"rules/checks/{rule.code}-{rule.name}.toml"
    yield f"The rule: [`{file}`](../../{file})\n"


def _index(rules: Sequence[Rule]) -> Iterator[str]:
    yield "# Rules\n"
    yield "A page for each, as `claimlint explain` shows it. `make readme` writes them from the rule files."
    yield "[What was measured](../measured.md) says how often each was right on labelled text.\n"
    yield "| rule | severity | status | by default | it speaks when |"
    yield "|---|---|---|---|---|"
    for rule in rules:
        name = f"[{rule.code} {rule.name}]({rule.code}.md)"
        unasked = "on" if rule.default else "off"
        yield f"| {name} | {rule.severity} | {rule.status} | {unasked} | {_escaped(rule.what)} |"
    yield "\nThe gaps that the pages name:\n"
    yield from (f"- {code}: {words}" for code, words in GAPS.items())
    yield ""


def _measured(columns: Sequence[str], rows: Iterable[Row], measured: Measured) -> Iterator[str]:
    """A row for each cue or rule, with what was right and what fired in each set."""
    head = (*columns, *(f"`{name}`" for name in measured.sets))
    return _table(head, ((*row.cells[: len(columns)], *_by_set(row, measured)) for row in rows))


def _sets(measured: Measured) -> Iterator[tuple[str, ...]]:
    for name, text in measured.sets.items():
        counts = [by_set[name] for by_set in measured.cues.values() if name in by_set]
        right, fired = sum(count.right for count in counts), sum(count.fired for count in counts)
        share = f"{right / fired:.2f} of {fired:,}" if fired else ""
        yield f"`{name}`", f"{text.sentences:,}", text.labels, share


def _by_set(row: Row, measured: Measured) -> Iterator[str]:
    for name in measured.sets:
        count = row.counts.get(name)
        yield f"{count.right}/{count.fired}" if count and count.fired else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(map(_escaped, head))} |"
    yield "|---" * len(head) + "|"
    yield from (f"| {' | '.join(map(_escaped, row))} |" for row in rows)


def _profiles() -> Iterator[str]:
    yield f"| kind | {' | '.join(PROFILES)} | methods that can license it |"
    yield f"|---|{'---|' * len(PROFILES)}---|"
    for kind in LEVELS:
        levels = " | ".join(str(profile[kind]) for profile in PROFILES.values())
        able = ", ".join(f"`{method}`" for method in methods_for(kind))
        yield f"| {kind} | {levels} | {able or 'any that edits, with the outcome of that one prompt'} |"


def _licences() -> Iterator[str]:
    """What each method licenses once it was carried out and nothing else is known, and what more would do."""
    yield "| method | licenses | and more, where it was done |"
    yield "|---|---|---|"
    for method, row in LICENCES.items():
        got = licence(_bare(method), Manifest())
        kinds = ", ".join(kind for kind in LEVELS if kind in got.kinds)
        needs = {unmet.kind: f"{unmet}" for unmet in got.unmet if unmet.kind != "counterfactual"}
        for kind, condition in row:
            if condition in COMPARED:
                needs[kind] = f"{needs[kind]}, and" if kind in needs else f"{kind} needs"
                needs[kind] += f" {COMPARED[condition]}"
        yield f"| `{method}` | {kinds or 'nothing by itself'} | {'; '.join(needs.values())} |"


def _bare(method: Method) -> Experiment:
    return Experiment.model_validate({"id": "bare", "method": method})


def _reference(reference: str) -> str:
    if reference.startswith("arXiv:"):
        return f"[{reference}](https://arxiv.org/abs/{reference.removeprefix('arXiv:')})"
    return f"<{reference}>"


def _escaped(words: str) -> str:
    """On one line, and read by Markdown as it stands; what is between backticks is left alone."""
    parts = re.split(r"(`[^`]*`)", " ".join(words.split()))
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\1", part) for part in parts)


def main() -> None:
    RULE_PAGES.mkdir(exist_ok=True)
    pages = rule_pages(load_rules())
    for old in set(RULE_PAGES.glob("*.md")) - {RULE_PAGES / name for name in pages}:
        old.unlink()
    for name, text in pages.items():
        (RULE_PAGES / name).write_text(text, encoding="utf-8")
    for page, filled in (
        (LEVELS_PAGE, levels_page),
        (MEASURED_PAGE, measured_page),
        (TRUTH_PAGE, truth_page),
    ):
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
