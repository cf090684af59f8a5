"""Text that a PDF-to-text tool wrote: what the layout put there goes, and what it tore apart is whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Document, Source
from claimlint.manuscript.pages import pages_of
from claimlint.manuscript.plain import read_plain
from tests.benchmarks.positions import is_in_place


def reading(folder: Path, text: str) -> Document:
    path = folder / "paper.txt"
    path.write_text(text, encoding="utf-8", newline="")
    document = read(str(path))
    assert all(is_in_place(document, sentence) for sentence in sentences(document))
    return document


def texts(document: Document) -> list[str]:
    return [s.text for s in sentences(document)]


def page(number: int, body: str) -> str:
    return f"     Copying heads in small models\n\n{body}\n\n                 {number}\n"


@pytest.mark.parametrize("between", ["\f", "\r\n\f"])
def test_a_sentence_runs_over_a_page_break_with_its_running_head_and_number(
    tmp_path: Path, between: str
) -> None:
    found = texts(
        reading(
            tmp_path,
            page(7, "Ablating the three name mover heads lowers the logit")
            + between
            + page(8, "difference by half. A second sentence stands here."),
        )
    )
    assert found == [
        "Ablating the three name mover heads lowers the logit difference by half.",
        "A second sentence stands here.",
    ]


def test_pages_are_told_by_their_numbers_where_no_form_feed_divides_them(tmp_path: Path) -> None:
    names = ("Ada", "Ben", "Cleo", "Dan")
    body = "\n\n".join(f"{{0}} ablates head {n} here." for n in range(9))
    pages = [
        page(n, f"when {name} asks.\n\n{body.format(name)}\n\nAt the end of it {name} says that it copies")
        for n, name in enumerate(names, 1)
    ]
    found = texts(reading(tmp_path, "".join(pages)))
    assert "At the end of it Ben says that it copies when Cleo asks." in found
    assert len(found) == 4 * 9 + 5


def test_a_number_alone_in_a_short_text_is_left(tmp_path: Path) -> None:
    assert "How many heads are there: 12" in " ".join(
        texts(reading(tmp_path, "How many heads are there:\n12\nof them."))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We ab-\n      late the head.", "We ablate the head."),
        ("We use fine-\ntuning. All fine-tuning runs alike.", "We use fine-tuning."),
        ("The score of GPT-\n2 falls.", "The score of GPT- 2 falls."),
        ("The eﬀect is signiﬁ-\ncant.", "The effect is significant."),
    ],
)
def test_words_broken_at_a_line_end_are_whole(tmp_path: Path, text: str, expected: str) -> None:
    assert texts(reading(tmp_path, text))[0] == expected


WORDS = ["The head copies the name to the last place and so the model says it again", ""][0].split()


def test_a_very_long_word_is_read(tmp_path: Path) -> None:
    """Were each of its letters a start to look from, this would take hours."""
    (tmp_path / "paper.txt").write_text("We see a read-\nout of " + "x" * 1_000_000 + ".\n")
    told = "".join(texts(read(str(tmp_path / "paper.txt"))))
    assert (told[:19], told.count("x")) == ("We see a readout of", 1_000_000)


@pytest.mark.parametrize("form", ["{:03d}  {}", "{1}     {0:03d}", "{:03d}\n{}"])
def test_line_numbers_of_a_review_template_are_no_text(tmp_path: Path, form: str) -> None:
    lines = "\n".join(form.format(54 + n, word) for n, word in enumerate(WORDS))
    assert texts(reading(tmp_path, lines)) == [" ".join(WORDS)]


def test_a_numbered_blank_line_still_divides_paragraphs(tmp_path: Path) -> None:
    lines = [*WORDS[:8], "", *WORDS[8:]]
    text = "\n".join(f"{n:03d} {word}" for n, word in enumerate(lines))
    assert [b.text for b in reading(tmp_path, text).blocks] == [" ".join(WORDS[:8]), " ".join(WORDS[8:])]


def test_a_caption_is_a_caption(tmp_path: Path) -> None:
    document = reading(tmp_path, "The heads copy.\n\nFigure 3: Effect of the\nablation.\n\nThey move names.")
    assert [b.kind for b in document.blocks] == ["paragraph", "caption", "paragraph"]


@given(st.text("aA1 -.\n\f\rﬁ•", max_size=300))
def test_every_sentence_of_any_text_is_in_its_place(text: str) -> None:
    source = Source("paper.txt", text)
    document = Document("paper.txt", (source,), read_plain(pages_of(source)))
    assert all(is_in_place(document, sentence) for sentence in sentences(document))


LEFT = [
    "1  Introduction",
    "We ask what a small model knows about dates.",
    "Probes read the month at layer four, and the",
    "day at layer six of the residual stream. The",
    "year can be read at all of the layers, but it",
    "is read best at the first ones, where the em-",
    "bedding still holds it. Nothing was edited in",
    "these runs, so whether the model uses what we",
    "read there stays open until the last section.",
    "The probes were trained on half of the dates.",
    "They were tested on the other half of them.",
    "No date stands in both halves of the list, as",
]
RIGHT = [
    "a script makes sure before any probe is made.",
    "2  Related Work",
    "Others have read numbers from models that are",
    "much larger than ours, and found them early.",
    "3  Results",
    "Ablating layer six makes the model forget the",
    "day, and ablating layer four costs the month.",
    "The year survives all ablations that we tried,",
    "which may mean that it is held more than once.",
    "We did not remove two layers at the same time.",
    "A larger study would have to do this as well.",
    "It is left to those who have more machines.",
]


def side_by_side(left: list[str], right: list[str]) -> str:
    return "\n".join(
        f"{one:<50}{' ' * (n % 3)}{other}".rstrip()
        for n, (one, other) in enumerate(zip(left, right, strict=True))
    )


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    document = reading(tmp_path, f"{side_by_side(LEFT, RIGHT)}\n\nThis line runs over both of the columns.\n")
    found = [(s.text, s.section.role) for s in sentences(document)]
    assert (
        "No date stands in both halves of the list, as a script makes sure before any probe is made.",
        "introduction",
    ) in found
    assert (
        "Ablating layer six makes the model forget the day, and ablating layer four costs the month.",
        "results",
    ) in found
    assert found[-1][0] == "This line runs over both of the columns."


def test_lines_of_two_columns_that_stand_at_different_heights_are_told_apart(tmp_path: Path) -> None:
    halves = [half for one, other in zip(LEFT, RIGHT, strict=True) for half in (one, " " * 52 + other)]
    assert texts(reading(tmp_path, "\n".join(halves))) == texts(reading(tmp_path, side_by_side(LEFT, RIGHT)))


def test_a_line_of_the_first_column_that_reaches_into_the_second_stays_in_it(tmp_path: Path) -> None:
    left, right = LEFT.copy(), RIGHT.copy()
    left[4], right[4] = "year can be read at all layers of the residual stream, but it", ""
    (found,) = (text for text in texts(reading(tmp_path, side_by_side(left, right))) if "stream, but" in text)
    assert found.startswith("The year can be read at all layers of the residual stream, but it is read best")


@pytest.mark.parametrize("cells", ["          0.11          copies", f"{' ' * 34}copies one of the names"])
def test_a_table_is_no_two_columns(tmp_path: Path, cells: str) -> None:
    rows = "\n".join(f"head {n}.{n}{cells}" for n in range(1, 10))
    document = reading(tmp_path, f"{rows}\n\nSo much for the heads.\n")
    assert document.blocks[0].text.startswith(f"head 1.1 {' '.join(cells.split())} head 2.2")
    assert texts(document)[-1] == "So much for the heads."


def test_a_name_of_a_section_in_small_letters_is_no_heading(tmp_path: Path) -> None:
    assert texts(reading(tmp_path, "Method\n\nWe ran it.\n\nresults\n")) == ["We ran it.", "results"]


def test_a_numbered_line_is_a_heading_where_its_number_goes_on(tmp_path: Path) -> None:
    text = "\n\n".join(
        (
            "1 Introduction",
            "A.",
            "7 Token Loss",
            "B.",
            "2 Experiments",
            "C.",
            "2.1 Dates",
            "D.",
            "3.2 Months",
            "E.",
        )
    )
    roles = {s.text: s.section.role for s in sentences(reading(tmp_path, text)) if s.text.endswith(".")}
    assert roles == {
        "A.": "introduction",
        "B.": "introduction",
        "C.": "results",
        "D.": "results",
        "E.": "body",
    }
