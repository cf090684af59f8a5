"""What Markdown and plain text read as."""

from __future__ import annotations

import time

import pytest

from claimlint.manuscript import read, sentences


def blocks(text: str, name: str = "paper.md") -> list[tuple[str, str]]:
    return [(b.kind, b.text) for b in read(name, text).blocks]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Head **9.6** _copies_ ***names***.", "Head 9.6 copies names."),
        ("A snake_case_name stays.", "A snake_case_name stays."),
        ("See [the page](http://x.org/a_(b)) and <http://y.org>.", "See the page and URL."),
        ("The head `L9H6` runs `model.run(x)` here.", "The head L9H6 runs CODE here."),
        ("It is $95\\%$ of $\\sum_i x_i$.", "It is 95% of MATH."),
        ("It costs $5 or $6 a run.", "It costs $5 or $6 a run."),
        ("As shown [@lee20, p. 3; @kim21] before.", "As shown CITE before."),
        ("A &amp; B \\* C<br>D <b>e</b>f.", "A & B * C D ef."),
        ("Seen ![a plot](plot.png) here[^1].", "Seen here."),
        ("Seen [![a badge](b.svg)](https://x.org) here.", "Seen here."),
        ("It is 2 * 3 * 4.", "It is 2 * 3 * 4."),
        ("A lay\u200ber sto\u00adres it.", "A layer stores it."),
        ("Never ``closed` it is.", "Never ``closed` it is."),
        ("So \\[a \\\\[2pt] b\\] holds.", "So MATH holds."),
        ("Wrapped\nover   two\r\nlines.", "Wrapped over two lines."),
        ("Seen ![a plot](plot.png){#fig:a width=80%} here.", "Seen here."),
        ('Seen [there](a.html){target="a b"} and `L9H6`{.py}.', "Seen there and L9H6."),
        ("Seen [in small]{.smallcaps}\n{width=80%}\n", "Seen in small"),
        ("A set {a, b} and one of {k=32}.", "A set {a, b} and one of {k=32}."),
        ("::: {.wide width=80%}\nIn a division.\n:::", "In a division."),
    ],
)
def test_inline_markup_is_taken_off(source: str, text: str) -> None:
    assert blocks(source) == [("paragraph", text)]


@pytest.mark.parametrize("mark", ["`", r"\[", r"\(", "[", "*", "$$a", "<a "])
def test_marks_that_are_never_closed_take_no_long_time(mark: str) -> None:
    start = time.perf_counter()
    assert (
        sentences(read("paper.md", f"So {mark * (200_000 // len(mark))}\n\nHeads copy."))[-1].text
        == "Heads copy."
    )
    assert time.perf_counter() - start < 10


def test_citations_keep_their_keys() -> None:
    (found,) = sentences(read("paper.md", "As shown [@lee20, p. 3; @kim21]."))
    assert [(m.kind, m.keys) for m in found.marks] == [("citation", ("lee20", "kim21"))]


def test_structure() -> None:
    source = """---
title: "Heads that copy"
tags: [a]
---

## Abstract
We show it.

Results
-------
- first item
  goes on
- second item

1. third item

> quoted
> words.

| Head | Effect |
|------|--------|
| 9.6  | 0.4    |

```python
hidden = 1
```

    hidden = 2

***
Last one.[^n]

[^n]: A note.
[ref]: http://x.org
"""
    assert blocks(source) == [
        ("title", "Heads that copy"),
        ("heading", "Abstract"),
        ("abstract", "We show it."),
        ("heading", "Results"),
        ("item", "first item goes on"),
        ("item", "second item"),
        ("item", "third item"),
        ("paragraph", "quoted words."),
        ("table", "| Head | Effect | |------|--------| | 9.6 | 0.4 |"),
        ("paragraph", "Last one."),
        ("footnote", "A note."),
    ]
    roles = {b.text: b.section.role for b in read("paper.md", source).blocks}
    assert (roles["We show it."], roles["first item goes on"]) == ("abstract", "results")


def test_the_first_heading_is_the_title() -> None:
    assert blocks("# Heads that copy\n\nText.\n\n# Results\n\nMore.") == [
        ("title", "Heads that copy"),
        ("paragraph", "Text."),
        ("heading", "Results"),
        ("paragraph", "More."),
    ]


def test_an_abstract_that_comes_first_is_no_title() -> None:
    assert blocks("# Abstract\n\nHeads copy.\n\n# Results\n\nMore.")[:2] == [
        ("heading", "Abstract"),
        ("abstract", "Heads copy."),
    ]


def test_plain_text_has_paragraphs_headings_and_items() -> None:
    source = (
        "1 Introduction\n\nHeads copy\nnames. They do.\n\nRESULTS\nIt holds:\n\n- for heads\n- for layers\n"
    )
    assert blocks(source, "paper.txt") == [
        ("heading", "1 Introduction"),
        ("paragraph", "Heads copy names. They do."),
        ("heading", "RESULTS"),
        ("paragraph", "It holds:"),
        ("item", "for heads"),
        ("item", "for layers"),
    ]
    document = read("paper.txt", source)
    assert sentences(document)[0].section.role == "introduction"


def test_an_authors_initial_begins_no_appendix() -> None:
    source = "A. Author, Somewhere\n\nAbstract\n\nHeads copy.\n\n1 Introduction\n\nMore.\n"
    roles = {b.text: b.section.role for b in read("paper.txt", source).blocks}
    assert (roles["Heads copy."], roles["More."]) == ("abstract", "introduction")


DRAWN = """Results

The heads write to each other.

                     Legend
     When                           Key / Value
     Mary                 Query     Class of Heads
        went          Previous Token Heads
            to                      2.2  4.11
              the        Name Movers       Output
                store                9.9

Figure 1: The circuit, which stores the names.

the
dog
stores
it
and then goes on to a long line of text, in which it is told what the dog did after all of this.
"""


def test_the_words_drawn_in_a_figure_are_no_sentence() -> None:
    text = [sentence.text for sentence in sentences(read("paper.txt", DRAWN))]
    assert text == [
        "The heads write to each other.",
        "Figure 1: The circuit, which stores the names.",
        "the dog stores it and then goes on to a long line of text, in which it is told what the dog did "
        "after all of this.",
    ]


def test_a_word_broken_at_a_lines_end_is_one_word() -> None:
    source = "The inter-\nvention moves GPT-2\nfar."
    (found,) = sentences(read("paper.txt", source))
    assert found.text == "The intervention moves GPT-2 far."
    at = found.text.index("vention")
    assert found.place(at, at + 7).start == source.index("vention")


def test_markdown_sentences_point_at_their_source() -> None:
    source = "# T\n\n> We **like**\n> it. Then\n> more."
    found = sentences(read("paper.md", source))
    assert [source[s.span.start : s.span.end] for s in found[1:]] == ["We **like**\n> it.", "Then\n> more."]
