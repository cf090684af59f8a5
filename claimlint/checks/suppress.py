"""Findings that the authors answer: comments in the source, and ``[[accept]]`` in the config.

Both need a reason, and both are reported when they hide nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from claimlint.checks.model import Finding
from claimlint.checks.rules import Rule
from claimlint.checks.study import Hit
from claimlint.claims.model import Claim
from claimlint.config import Config
from claimlint.errors import near_name
from claimlint.manuscript.directives import reach
from claimlint.manuscript.model import Document, Span


@dataclass(frozen=True, slots=True)
class Suppression:
    """One rule that one comment or config entry names.

    ``targets`` are the sentences within reach of a comment; ``words`` is what an ``[[accept]]`` entry quotes
    of the sentence.
    """

    rule: str
    reason: str
    place: Span
    label: str
    targets: tuple[Span, ...] = ()
    words: str = ""

    @property
    def written(self) -> str:
        """The part of a comment that names the rule; an entry of the config stands in no manuscript."""
        return "" if self.words else f"ignore[{self.rule}]"

    def covers(self, finding: Finding) -> bool:
        if self.rule not in (finding.name, finding.code):
            return False
        if self.words:
            return normalised(self.words) in normalised(finding.text)
        return any(target.overlaps(finding.sentence) for target in self.targets)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a suppression: ``unused``, ``unreasoned`` or ``unknown``."""

    problem: str
    suppression: Suppression
    detail: str


def suppress(
    findings: Sequence[Finding],
    document: Document,
    claims: Sequence[Claim],
    rules: Sequence[Rule],
    running: Sequence[Rule],
    options: Config,
) -> tuple[list[Finding], list[Finding], list[Problem]]:
    """The findings that stay, those that are answered, and what is wrong with the answers.

    An answer without a reason holds, and is reported. One for a rule that does not run is left alone: whether
    it would hide something is not known.
    """
    known = {name for rule in rules for name in (rule.name, rule.code)}
    active = {name for rule in running for name in (rule.name, rule.code)}
    answers = list(_suppressions(document, claims, options))
    open_, answered = list[Finding](), list[Finding]()
    problems = list[Problem]()
    used = set[Suppression]()
    for finding in findings:
        covering = [answer for answer in answers if answer.covers(finding)]
        used.update(covering)
        (answered if covering else open_).append(finding)
    for answer in answers:
        if answer.rule not in known:
            hint = near_name(answer.rule, sorted(known))
            place = " ([[accept]] in the config)" if answer.words else ""
            problems.append(Problem("unknown", answer, f"{answer.rule!r} is no rule{place}.{hint}"))
        elif answer not in used and answer.rule in active:
            problems.append(Problem("unused", answer, f"{answer.rule} has no finding for {answer.label}"))
        if not answer.reason:
            problems.append(Problem("unreasoned", answer, f"ignore[{answer.rule}]"))
    return open_, answered, problems


def hygiene(problems: Iterable[Problem], running: Sequence[Rule]) -> Iterator[tuple[Rule, Hit]]:
    """The problems as hits of the rules that report them."""
    reporting: dict[str, Rule] = {
        rule.when.problem: rule for rule in running if rule.when.kind == "suppression"
    }
    for problem in problems:
        rule = reporting.get(problem.problem)
        if rule is not None:
            place = problem.suppression.place
            words = problem.suppression.written
            yield rule, Hit(place, place, problem.detail, words, values={"detail": problem.detail})


def normalised(text: str) -> str:
    """A sentence as it is compared: letters and digits, whatever the line breaks and case around them."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def _suppressions(document: Document, claims: Sequence[Claim], options: Config) -> Iterator[Suppression]:
    for directive, reached in reach(document, [claim.sentence for claim in claims]):
        if directive.verb == "ignore":
            label = "the next line of text" if directive.alone else "this line"
            targets = tuple(sentence.span for sentence in reached)
            for name in directive.names:
                yield Suppression(name, directive.reason, directive.span, label, targets)
    for entry in options.accept:
        label = f"the sentence with the words {entry.sentence!r} ([[accept]] in the config)"
        place = Span(document.path, 0, 0)
        yield Suppression(entry.rule, entry.reason, place, label, words=entry.sentence)
