"""Comments that speak to claimlint, and the sentences each one reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimlint.manuscript import read, sentences
from claimlint.manuscript.directives import reach

BOUND = [
    ("One. % claimlint: ignore[a] -- why\nTwo.", "One."),
    ("One. Two % claimlint: ignore[a] -- why\ngoes on. Three.", "One."),
    ("One goes % claimlint: ignore[a] -- why\non. Two.", "One goes on."),
    ("One goes\non. Two. % claimlint: ignore[a] -- why\nThree.", "Two."),
    ("One.\n  % claimlint: ignore[a] -- why\nTwo.\nThree.", "Two."),
    ("One.\n% claimlint: ignore[a] -- why\n\n\\section{A}\nTwo.", "Two."),
    ("One\\footnote{Aside.} ends. % claimlint: ignore[a] -- why", "One ends."),
    ("\\begin{center} % claimlint: ignore[a] -- why\nOne.\\end{center}", None),
    ("One.\n% claimlint: ignore[a] -- why\n", None),
]


@pytest.mark.parametrize(("source", "text"), BOUND)
def test_a_comment_is_nearest_to_the_sentence_behind_which_or_before_which_it_stands(
    source: str, text: str | None
) -> None:
    document = read("paper.tex", source)
    ((directive, reached),) = reach(document, sentences(document))
    assert (directive.verb, directive.names, directive.reason) == ("ignore", ("a",), "why")
    assert next((sentence.text for sentence in reached), None) == text


REACHED = [
    ("One. Two. Three. % claimlint: ignore[a] -- why\nFour.", ["Three.", "Two.", "One."]),
    (
        "Zero.\nOne goes\non. Two % claimlint: ignore[a] -- why\ngoes on. Three.",
        ["One goes on.", "Two goes on."],
    ),
    (
        "Zero.\n% claimlint: ignore[a] -- why\n\nOne. Two. Three goes\non. Four.",
        ["One.", "Two.", "Three goes on."],
    ),
    ("Zero. One goes\n% claimlint: ignore[a] -- why\non. Two.\nThree.", ["Two.", "One goes on."]),
    ("Zero. One goes\n% claimlint: ignore[a] -- why\non.", ["One goes on."]),
    ("Zero.\n% claimlint: ignore[a] -- why\n", []),
]


@pytest.mark.parametrize(("source", "texts"), REACHED)
def test_a_comment_reaches_every_sentence_on_its_line_or_on_the_next(source: str, texts: list[str]) -> None:
    document = read("paper.tex", source)
    ((_, reached),) = reach(document, sentences(document))
    assert [sentence.text for sentence in reached] == texts


def test_a_markdown_comment_reaches_what_stands_before_it_on_its_line() -> None:
    source = "One. Two. Three. <!-- claimlint: ignore[a] -- why --> Four.\n\nFive."
    document = read("paper.md", source)
    ((_, reached),) = reach(document, sentences(document))
    assert [sentence.text for sentence in reached] == ["Three.", "Two.", "One."]


def test_markdown_speaks_in_html_comments() -> None:
    source = (
        "One. <!-- claimlint: evidence[run-1, run-2] -->\n\n"
        "<!-- claimlint: ignore[a] -- why -->\nTwo\ngoes on."
    )
    document = read("paper.md", source)
    found = reach(document, sentences(document))
    assert [(d.verb, d.names, s.text) for d, (s,) in found] == [
        ("evidence", ("run-1", "run-2"), "One."),
        ("ignore", ("a",), "Two goes on."),
    ]


def test_a_comment_alone_does_not_cut_a_paragraph() -> None:
    source = "One goes\n<!-- claimlint: ignore[a] -- why -->\non."
    assert [s.text for s in sentences(read("paper.md", source))] == ["One goes on."]


def test_directives_in_an_included_file_bind_there(tmp_path: Path) -> None:
    (tmp_path / "main.tex").write_text("One.\n\\input{a}\nThree.")
    (tmp_path / "a.tex").write_text("% claimlint: ignore[a] -- why\nTwo.")
    document = read(str(tmp_path / "main.tex"))
    ((directive, (sentence,)),) = reach(document, sentences(document))
    assert directive.alone
    assert sentence.text == "Two."


@pytest.mark.parametrize(
    "comment", ["ignore", "ignore[]", "ignore a -- why", "forget[a]", "ignore[a] because", "ignore[a", ""]
)
def test_a_directive_that_cannot_be_understood_is_told(comment: str) -> None:
    source = f"One. % claimlint: {comment}\nTwo."
    document = read("paper.tex", source)
    assert document.directives == ()
    (notice,) = document.notices
    assert notice.rule == "malformed-directive"
    assert notice.span.start == source.index("%")


@pytest.mark.parametrize(
    "source",
    [
        "One.\n% see % claimlint: ignore[a] -- why\nTwo.",
        "One.\n\\begin{verbatim}\n% claimlint: ignore[a] -- why\n\\end{verbatim}\nTwo.",
        "One is 5\\% claimlint: ignore[a] -- why\nTwo.",
    ],
)
def test_what_only_looks_like_a_directive_is_none(source: str) -> None:
    document = read("paper.tex", source)
    assert (document.directives, document.notices) == ((), ())
