"""Every sentence points at the characters it was read from."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Span
from claimlint.manuscript.positions import LineIndex, Position, position
from tests.benchmarks.positions import is_in_place

WORDS = st.sampled_from(["layer", "head", "probe", "drives", "stores", "token", "effect", "the", "of"])
# Each wraps words in markup; the word stays what is read.
MARKUP = st.sampled_from(
    [
        "{}",
        r"\emph{{{}}}",
        r"{{\bf {}}}",
        r"\textcolor{{red}}{{{}}}",
        r"{} \label{{x}}",
        "{} % a comment\n and",
        r"\own{{{}}}",
        r"\both{{{}}}{{again}}",
        r"{}\footnote{{Aside here.}}",
        r"\href{{http://x.org/%20}}{{{}}}",
    ]
)
FILLERS = st.sampled_from([r"\model{}", r"$95\%$", r"~\cite{a}", r"\ref{b}", r"$x_i^2$", "--", r"caf\'e"])
PIECES = st.lists(
    st.one_of(st.tuples(MARKUP, WORDS).map(lambda p: p[0].format(p[1])), FILLERS), min_size=1, max_size=8
)
GAPS = st.sampled_from([" ", "\n", "\r\n", "  ", "\n% note\n"])
PREAMBLE = (
    "\\documentclass{article}\n\\newcommand{\\model}{GPT-2}\n\\newcommand{\\own}[1]{\\textit{#1}}\n"
    "\\newcommand{\\both}[2]{#2 and #1}\n\\begin{document}\n"
)


@st.composite
def manuscripts(draw: st.DrawFn) -> str:
    """Sentences that begin with ``We`` and end with ``works.``, in paragraphs, items and sections."""
    text = PREAMBLE
    for _ in range(draw(st.integers(1, 6))):
        text += draw(
            st.sampled_from(["", "\n\n", "\\section{Results}\n", "\\begin{itemize}\\item ", "\\end{itemize}"])
        )
        text += "We " + draw(GAPS).join(draw(PIECES)) + " works." + draw(GAPS)
    return text + "\\end{document}"


@given(manuscripts())
def test_spans_hold_exactly_their_sentence(text: str) -> None:
    document = read("paper.tex", text)
    body = [s for s in sentences(document) if s.block.kind != "footnote"]
    assert len(body) == text.count("works.")
    for sentence in body:
        span = sentence.span
        source = text[span.start : span.end]
        assert source.startswith("We ") or source.startswith("We\n") or source.startswith("We\r")
        assert source.endswith("works.")
        assert source.count("works.") == 1
        assert is_in_place(document, sentence)


@given(st.text(alphabet=r"ab.\{}$%&[]()~ " + "\n\t#^_-`'\"<>*|!é中", max_size=300))
def test_no_input_breaks_the_reader_or_misplaces_a_sentence(text: str) -> None:
    for name in ("paper.tex", "paper.md", "paper.txt"):
        document = read(name, "First one. " + text)
        assert all(is_in_place(document, sentence) for sentence in sentences(document))


FRAGMENTS = [
    r"\begin{figure}", r"\end{figure}", r"\caption{", r"\footnote{", "}", "{", "$", "$$", r"\[", r"\]", r"\(",
    r"\iffalse", r"\else", r"\fi", r"\newcommand{\a}[1]{#1 ", r"\a", r"\def\b#1.{", r"\b", r"\section{",
    r"\item[", "]", r"\cite[", r"\verb|", "|", r"\begin{tabular}{l}", r"\end{tabular}", "&", r"\\", "%",
    "\n\n", " word. ", r"\begin{verbatim}", r"\end{verbatim}", r"\input{", r"\end{document}",
    r"\begin{document}", r"\title{", r"\evidence{",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40))
def test_broken_latex_is_survived(fragments: list[str]) -> None:
    text = "First one. " + " ".join(fragments)
    document = read("paper.tex", text)
    assert all(is_in_place(document, sentence) for sentence in sentences(document))
    assert document == read("paper.tex", text)


@pytest.mark.parametrize(
    ("source", "quoted"),
    [
        (r"\newcommand{\m}{GPT-2}We like \m. Next.", r"We like \m."),
        (r"\newcommand{\h}[2]{head #1.#2}Next. We like \h{9}{6}", r"We like \h{9}{6}"),
        (r"Next. \emph{We like it.} Then.", "We like it."),
        (r"Next. We like it\footnote{Or not.}. Then.", r"We like it\footnote{Or not.}."),
        (r"Next. We like $x_i$. Then.", "We like $x_i$."),
        ("Next.\r\nWe like\r\nit. Then.", "We like\r\nit."),
        ("Ne\u00adxt. We\u200b li\u00adke\u200b it\u2060. Then.", "We\u200b li\u00adke\u200b it\u2060."),
    ],
)
def test_a_span_begins_and_ends_at_the_sentence(source: str, quoted: str) -> None:
    found = next(s for s in sentences(read("paper.tex", source)) if s.text.startswith("We like"))
    assert source[found.span.start : found.span.end] == quoted


def test_a_place_inside_a_sentence_points_at_the_words() -> None:
    source = r"\newcommand{\h}[2]{head~#1.#2}Next. The \h{9}{6} \textbf{copies} names."
    found = sentences(read("paper.tex", source))[-1]
    for words, quoted in (("copies", "copies"), ("head 9.6", r"\h{9}{6}")):
        at = found.text.index(words)
        span = found.place(at, at + len(words))
        assert source[span.start : span.end] == quoted


def test_columns_count_characters_utf16_units_and_bytes() -> None:
    text = "one\r\né😀x\ntwo"
    assert position(text, text.index("x")) == Position(line=2, column=3, utf16=4, byte=7)
    assert position(text, len(text)) == Position(line=3, column=4, utf16=4, byte=4)
    assert position(text, 0) == Position(1, 1, 1, 1)


@given(st.text(alphabet="ab\r\n😀", max_size=40), st.integers(0, 40))
def test_lines_are_those_of_an_editor(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    if text[offset - 1 : offset + 1] == "\r\n":
        return
    lines = re.split(r"\r\n|\n|\r", text[:offset])
    found = position(text, offset)
    assert (found.line, found.column) == (len(lines), len(lines[-1]) + 1)


@given(st.text(alphabet=st.sampled_from("ab 𝒳é\u2028\x0c\r\n")), st.integers(0, 40))
def test_an_editors_position_leads_back_to_the_offset(text: str, offset: int) -> None:
    lines = LineIndex(text)
    offset = min(offset, len(text))
    place = lines.position(offset)
    _, line_end = lines.line_range(place.line)
    assert lines.offset(place.line, place.utf16) == min(offset, line_end)
    assert lines.offset(place.line, 10**6) == line_end
    assert lines.offset(10**6, place.utf16) == len(text)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [((0, 5), (4, 9), True), ((0, 5), (5, 9), False), ((5, 5), (0, 9), True), ((5, 5), (5, 5), True)],
)
def test_spans_overlap_where_they_share_a_character(
    one: tuple[int, int], other: tuple[int, int], overlap: bool
) -> None:
    first, second = Span("a.tex", *one), Span("a.tex", *other)
    assert first.overlaps(second) == second.overlaps(first) == overlap
    assert not first.overlaps(Span("b.tex", *other))
