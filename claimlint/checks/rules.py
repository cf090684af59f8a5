"""The rule files: one TOML file a rule, checked by pydantic, its tests inside."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from claimlint.checks.kinds import KINDS, AnyKind
from claimlint.errors import ClaimlintError, near_name
from claimlint.packs import rules_folder

#: Of the codes that begin as a word does, so many are named.
_MOST_CODES = 10

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(Table):
    """A sentence that the rule flags, and how it reads within its evidence."""

    bad: Text
    good: Text


class RuleTest(Table):
    """A sentence and all the findings it must give, by name.

    Args:
        given: the experiments, by their names in ``[experiments]``; left out, there is no manifest.
        described: how the paper begins (``rules/openings.toml``), where there is no manifest and it describes
            its experiments itself.
        known_miss: why the rule should speak here and does not yet.
        suffix: the kind of manuscript that ``text`` is; ``encoding`` is how it is saved.
        files: what else there is, by its path from the manuscript's folder.
    """

    text: Text
    given: tuple[str, ...] | None = None
    described: str = ""
    expect: tuple[str, ...] = ()
    known_miss: str = ""
    suffix: Literal[".md", ".tex"] = ".md"
    encoding: str = "utf-8"
    files: dict[str, str] = Field(default_factory=dict)


class Rule(Table):
    """One rule. ``over`` names the rules that keep silent about a claim which this one flags.

    ``needs`` names the manifest's fields that it reads, as far as its kind does not ask for them by name.
    ``described`` says that the experiments that a paper describes are evidence enough for it, and ``once``
    that it then speaks a single time, of what the paper as a whole does not say.
    """

    code: Annotated[str, StringConstraints(pattern=r"^CL\d{3}$")]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$")]
    severity: Literal["info", "warning", "error"]
    status: Literal["stable", "preview", "deprecated"]
    default: bool
    gap: Literal["", "G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8"] = ""
    over: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    described: bool = False
    once: bool = False
    what: Text
    why: Text
    fix: Text
    references: tuple[Text, ...] = ()
    example: Example
    when: AnyKind
    messages: dict[str, Text]
    needed: Text
    rewordings: tuple[Text, ...] = ()
    experiments: dict[str, dict[str, Any]] = Field(default_factory=dict)
    prompt_sets: dict[str, dict[str, Any]] = Field(default_factory=dict)
    tests: tuple[RuleTest, ...]

    @property
    def manifest_fields(self) -> tuple[str, ...]:
        """The manifest's fields that it reads."""
        return tuple(dict.fromkeys((*self.when.demanded, *self.needs)))

    def can_speak(self, *, manifest: bool, described: bool) -> bool:
        """Whether there is what it needs: a manifest, or, for few, what the paper describes."""
        return not self.when.needs_manifest or (self.described if described else manifest)

    @model_validator(mode="after")
    def _holds_together(self) -> Rule:
        lacking = [name for name in self.when.messages if name not in self.messages]
        if lacking:
            raise ValueError(
                f"messages: {', '.join(lacking)} missing, which rules of kind {self.when.kind!r} use"
            )
        for test in self.tests:
            for name in test.given or ():
                if name not in self.experiments:
                    known = near_name(name, list(self.experiments))
                    raise ValueError(f"tests: {name!r} is not in [experiments].{known}")
        return self


def load_rules(folder: Path | None = None) -> tuple[Rule, ...]:
    """Every rule of the folder, by code.

    Raises:
        ClaimlintError: a file is not valid, or two rules share a name or a code.
    """
    folder = folder or rules_folder() / "checks"
    rules = sorted((load_rule(path) for path in sorted(folder.glob("*.toml"))), key=lambda rule: rule.code)
    if not rules:
        raise ClaimlintError(
            f"{folder}: no rule files",
            "Nothing would be checked.",
            "Install claimlint again, with its rules.",
        )
    for field in ("code", "name"):
        values = [getattr(rule, field) for rule in rules]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ClaimlintError(
                f"{folder}: two rules share the {field} {twice[0]!r}",
                "A finding must lead to one rule.",
                f"Give each rule its own {field}.",
            )
    names = [rule.name for rule in rules]
    for rule in rules:
        for other in rule.over:
            if other not in names:
                raise ClaimlintError(
                    f"{folder}: {rule.name}: over: {other!r} is no rule.{near_name(other, names)}",
                    "Both rules would speak about one claim.",
                    "Name a rule of this folder.",
                )
    return tuple(rules)


def load_rule(path: Path) -> Rule:
    """One rule file.

    Raises:
        ClaimlintError: it is not TOML, or not a rule; the message quotes the file and the field.
    """
    try:
        return Rule.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClaimlintError(
            f"{path}: not a TOML file: {error}", "The rule cannot run.", "Mend the line that is named."
        ) from error
    except ValidationError as error:
        raise ClaimlintError(
            f"{path}: {'; '.join(_complaint(item) for item in error.errors())}",
            "The rule cannot run.",
            "Give the field what it asks for; another file of the folder shows how.",
        ) from error


def _complaint(item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{place}: no such field.{near_name(str(item['loc'][-1]), _field_names())}"
    return f"{place}: {item['msg']}" if place else str(item["msg"])


def _field_names() -> list[str]:
    models: list[type[BaseModel]] = [Rule, RuleTest, Example, *KINDS]
    return sorted({name for model in models for name in model.model_fields})


def find_rule(word: str, rules: Iterable[Rule]) -> Rule:
    """The rule of this name or code.

    Raises:
        ClaimlintError: there is none; the message suggests the near name.
    """
    rules = tuple(rules)
    for rule in rules:
        if word.casefold() in (rule.name, rule.code.casefold()):
            return rule
    begun = [rule.code for rule in rules if word and rule.code.startswith(word.upper())]
    known = [rule.name for rule in rules] + [rule.code for rule in rules]
    near = f" Codes are given whole: {', '.join(begun[:_MOST_CODES])}." if begun else near_name(word, known)
    raise ClaimlintError(
        f"{word!r} is no rule.{near}",
        "Rules are known by name, or by code.",
        "`claimlint rules` lists them.",
    )


def enabled(
    rules: Iterable[Rule],
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    preview: bool = False,
) -> tuple[Rule, ...]:
    """The rules that run: those selected, else the default set, with the others too where wanted.

    What could not be read is told whatever is selected: a missing file is no clean one.
    """
    rules = tuple(rules)
    wanted = {find_rule(word, rules).name for word in select}
    unwanted = {find_rule(word, rules).name for word in ignore}
    return tuple(
        rule
        for rule in rules
        if rule.name not in unwanted
        and (
            rule.name in wanted or rule.when.kind == "reading"
            if wanted
            else rule.default or (preview and rule.status != "deprecated")
        )
    )
