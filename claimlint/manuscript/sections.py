"""What part a section plays, read off the words of its heading."""

from __future__ import annotations

import re

from claimlint.manuscript.model import Section

# The first entry that matches wins, so the narrower headings stand first.
_ROLES = tuple(
    (role, re.compile(pattern, re.IGNORECASE))
    for role, pattern in (
        ("abstract", r"^(abstract|summary|tl;?dr)\b"),
        (
            "acknowledgements",
            r"^(acknowledge?ments?|funding|author contributions?|contributions of authors)\b",
        ),
        ("references", r"^(references|bibliography|works cited)\b"),
        ("appendix", r"^(appendix|appendices|supplementa)"),
        ("related_work", r"\b(related|previous|prior) (work|research|literature)\b|\bliterature review\b"),
        ("limitations", r"\b(limitations?|threats to validity|caveats|broader impacts?|ethic(s|al))\b"),
        ("conclusion", r"\b(conclusions?|concluding|closing remarks|outlook|future (work|directions))\b"),
        ("introduction", r"\b(introduction|motivation)\b|^overview$"),
        ("background", r"\b(background|preliminar(y|ies)|notation|problem (setup|setting|statement))\b"),
        ("discussion", r"\b(discussion|implications|interpretation of)\b"),
        (
            "results",
            r"\b(results?|findings?|experiments?|evaluation|analys[ie]s|case stud(y|ies)|ablations?)\b",
        ),
        (
            "method",
            r"\b(methods?|methodology|approach|experimental (setup|design|setting)s?|setup|implementation"
            r"|protocol|datasets?|data|materials|training details|models? and)\b",
        ),
    )
)
_SETUP = re.compile(
    r"\b(experiment\w*|evaluation) (set-?up|settings?|design|details|protocol)\b", re.IGNORECASE
)
_NUMBER = re.compile(r"^\s*(?:(?:[A-Z]|[0-9IVX]+)(?:\.[0-9]+)*[.):]?\s+|[0-9]+(?:\.[0-9]+)*[.):]?\s*)(?=\D)")


def role_of(title: str) -> str:
    """The role that a heading names, ``body`` where it names none."""
    bare = _NUMBER.sub("", title.strip()).strip()
    if _SETUP.search(bare):
        return "method"
    return next((role for role, words in _ROLES if words.search(bare)), "body")


class Outline:
    """The chain of open sections; a subsection whose heading names no role plays its parent's."""

    def __init__(self) -> None:
        self.current = Section()
        self._open: list[Section] = []
        self._appendix = False

    def start_appendix(self) -> None:
        self._appendix = True

    def enter(self, title: str, depth: int) -> Section:
        """Opens a section, closing those at its depth and below."""
        while self._open and self._open[-1].depth >= depth:
            self._open.pop()
        role = "appendix" if self._appendix else role_of(title)
        parent = self._open[-1].role if self._open else "body"
        if parent == "appendix" or (role == "body" and parent != "body"):
            role = parent
        self.current = Section(title.strip(), role, depth)
        self._open.append(self.current)
        return self.current
