"""Every rule file does what its own tests say, through reader, engine and linker."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from jinja2 import Environment, meta
from pydantic import BaseModel

from claimlint.checks import Rule, enabled, load_rules
from claimlint.checks.rules import RuleTest
from claimlint.checks.wording import VARIABLES
from claimlint.claims.model import KINDS
from claimlint.config import Config
from claimlint.evidence import METHODS
from claimlint.evidence.model import Experiment, Manifest
from claimlint.packs import rules_folder
from claimlint.pipeline import lint as lint_paper
from claimlint.report.rules import explain
from tests.checks.papers import lint, manifest_of, names

RULES = load_rules()
OPENINGS = tomllib.loads((rules_folder() / "openings.toml").read_text(encoding="utf-8"))
CASES = [
    pytest.param(rule, test, id=f"{rule.code}-{number}")
    for rule in RULES
    for number, test in enumerate(rule.tests, 1)
]


def found_by(rule: Rule, test: RuleTest, folder: Path, rules: Sequence[Rule] = RULES) -> list[str]:
    manifest = None
    if test.given is not None:
        experiments = [{"id": name, **rule.experiments[name]} for name in test.given]
        manifest = manifest_of(experiments, [{"id": id, **data} for id, data in rule.prompt_sets.items()])
    home = folder / "paper"
    home.mkdir()
    path = home / f"paper{test.suffix}"
    text = f"{OPENINGS[test.described]}\n## Results\n\n{test.text}" if test.described else test.text
    path.write_text(text.lstrip(), encoding=test.encoding)
    for name, text in test.files.items():
        (home / name).write_text(text, encoding="utf-8")
    config = Config(select=tuple(r.name for r in rules if r.default or r.name == rule.name))
    if test.described:
        outcome = lint_paper(str(path), config, home)
    else:
        outcome = lint(None, manifest, path=str(path), rules=rules, config=config)
    # What is said of the manifest as a whole says nothing about a sentence.
    of_manifest = {"no-manifest", "only-plans"} - {rule.name}
    return [name for name in names(outcome) if name not in of_manifest]


@pytest.mark.parametrize(("rule", "test"), CASES)
def test_a_rule_file_keeps_its_own_promises(rule: Rule, test: RuleTest, tmp_path: Path) -> None:
    assert found_by(rule, test, tmp_path) == sorted(test.expect)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_shows_when_it_speaks_and_when_it_does_not(rule: Rule) -> None:
    assert any(rule.name in test.expect for test in rule.tests)
    assert any(rule.name not in test.expect and not test.known_miss for test in rule.tests)


def test_file_names_are_code_and_name() -> None:
    stems = {path.stem for path in (rules_folder() / "checks").glob("*.toml")}
    assert stems == {f"{rule.code}-{rule.name}" for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_templates_mention_only_what_is_known(rule: Rule) -> None:
    assert variables((*rule.messages.values(), rule.needed, *rule.rewordings)) <= VARIABLES


def variables(templates: Iterable[str]) -> set[str]:
    return {name for text in templates for name in meta.find_undeclared_variables(Environment().parse(text))}


def test_the_rewordings_name_methods_and_known_variables() -> None:
    by_method = tomllib.loads((rules_folder() / "rewordings.toml").read_text())["by_method"]
    assert set(by_method) <= set(METHODS)
    assert variables(text for texts in by_method.values() for text in texts) <= VARIABLES


def test_every_variable_is_one_that_some_template_uses() -> None:
    shared = tomllib.loads((rules_folder() / "rewordings.toml").read_text())
    texts = [text for texts in shared["by_method"].values() for text in texts] + [*shared["open"].values()]
    for rule in RULES:
        texts += [*rule.messages.values(), rule.needed, *rule.rewordings]
    assert variables(texts) == VARIABLES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_manifest_field_that_a_rule_needs_exists(rule: Rule) -> None:
    for path in rule.manifest_fields:
        assert any(has_field(table, path.split(".")) for table in (Experiment, Manifest)), path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_fields_that_a_rule_demands_are_told_and_not_listed_by_hand(rule: Rule) -> None:
    demands = (*getattr(rule.when, "all_of", ()), *getattr(rule.when, "any_of", ()))
    assert not set(rule.needs) & set(rule.when.demanded)
    told = " ".join(explain(rule).split())
    assert all(demand.field in told for demand in demands)


def test_a_limit_and_the_least_number_of_samples_are_fields_too() -> None:
    of = {rule.code: rule.manifest_fields for rule in RULES}
    assert of["CL505"] == ("distribution_shift.value", "distribution_shift.reference")
    assert of["CL501"][-2:] == ("effect.n", "dim")


def has_field(model: type[BaseModel], path: list[str]) -> bool:
    if path[0] not in model.model_fields:
        return False
    inner = re.findall(r"\b[A-Z]\w+", str(model.model_fields[path[0]].annotation))
    return len(path) == 1 or any(
        has_field(table, path[1:]) for name in inner if (table := tables().get(name)) is not None
    )


def tables() -> dict[str, type[BaseModel]]:
    from claimlint.evidence import model  # noqa: PLC0415

    return {
        name: value
        for name, value in vars(model).items()
        if isinstance(value, type) and issubclass(value, BaseModel)
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rules_speak_of_kinds_and_methods_that_exist(rule: Rule) -> None:
    assert set(getattr(rule.when, "claim_kinds", ())) <= set(KINDS)
    assert set(getattr(rule.when, "methods", ())) <= set(METHODS)


def test_a_silenced_rule_is_less_specific_and_never_silences_back() -> None:
    over = {rule.name: set(rule.over) for rule in RULES}
    for name, others in over.items():
        for other in others:
            assert name not in over[other]


#: The catalogue: what runs unasked, and what `--preview` adds.
DEFAULT = {
    f"CL{number:03}"
    for number in (
        1,
        2,
        3,
        101,
        102,
        103,
        104,
        105,
        106,
        201,
        202,
        203,
        204,
        206,
        207,
        208,
        209,
        214,
        301,
        302,
        304,
        401,
        402,
        404,
        501,
        505,
        601,
        603,
    )
}
PREVIEW = {
    f"CL{number:03}"
    for number in (107, 205, 210, 211, 212, 213, 303, 305, 306, 403, 405, 406, 407, 502, 503, 504, 602)
}


def test_the_catalogue_is_whole_and_each_rule_is_on_or_in_preview_as_it_says() -> None:
    assert len(DEFAULT | PREVIEW) == 45
    running = {rule.code for rule in enabled(RULES)}
    assert running >= DEFAULT
    assert not running & PREVIEW
    assert {rule.code for rule in enabled(RULES, preview=True)} >= DEFAULT | PREVIEW


def test_each_of_the_eight_gaps_is_found_by_a_rule_that_runs() -> None:
    running = [rule for rule in enabled(RULES) if any(rule.name in test.expect for test in rule.tests)]
    assert {rule.gap for rule in running} >= {f"G{number}" for number in range(1, 9)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_of_the_catalogue_shows_several_sentences_of_either_sort(rule: Rule) -> None:
    if rule.code < "CL900":
        assert sum(rule.name in test.expect for test in rule.tests) >= 2
        assert sum(rule.name not in test.expect and not test.known_miss for test in rule.tests) >= 2
