"""Manuscripts of several files, and files that cannot be read as they should."""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from claimlint.errors import ClaimlintError
from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Document


def write(folder: Path, **files: str) -> str:
    """Writes files (``__`` in a name is a folder, the ending is .tex) and names the root ``main.tex``."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".tex")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(folder / "main.tex")


def texts(document: Document) -> list[str]:
    return [s.text for s in sentences(document)]


def rules(document: Document) -> list[str]:
    return [n.rule for n in document.notices]


def test_a_tree_of_files_reads_as_one_text(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        main=r"\newcommand{\m}{GPT-2}One. \input{a} \include{parts/b} \subfile{d} \import{parts/}{e} "
        r"\subfile{parts/g} Last.",
        a="Two \\m.",
        parts__b="Three. \\input{parts/c}",
        parts__c="Four.",
        parts__e="Six. \\input{f}",
        parts__f="Seven.",
        d="\\documentclass[main]{subfiles}\\begin{document}Five.\\end{document}",
        parts__g="\\documentclass[../main]{subfiles}\\begin{document}Eight. \\input{h}\\end{document}",
        parts__h="Nine.",
    )
    document = read(root)
    told = "One. Two GPT-2. Three. Four. Five. Six. Seven. Eight. Nine. Last."
    assert " ".join(texts(document)) == told
    assert document.notices == ()
    four = sentences(document)[3]
    assert Path(four.span.file) == tmp_path / "parts/c.tex"
    assert (four.span.start, four.span.end) == (0, 5)


def test_a_sentence_may_run_through_an_included_file(tmp_path: Path) -> None:
    root = write(tmp_path, main="Head 3 \\input{a} names.", a="copies")
    (found,) = sentences(read(root))
    assert found.text == "Head 3 copies names."
    assert (found.span.file, found.span.start, found.span.end) == (root, 0, 23)


def test_what_is_wrong_with_an_include_is_told_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "secret.tex").write_text("Outside.")
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "binary.tex").write_bytes(b"\x00\x01\x02\x03" * 50)
    root = write(
        tmp_path / "paper",
        main="One. \\input{gone}\\input{a}\\input{../secret}\\input{binary} Two.",
        a="Three. \\input{main}",
    )
    document = read(root)
    assert texts(document) == ["One.", "Three.", "Two."]
    assert rules(document) == [
        "missing-include",
        "include-cycle",
        "include-outside-root",
        "unreadable-include",
    ]
    missing = document.notices[0]
    assert "gone" in missing.detail
    assert document.source(root).text[missing.span.start : missing.span.end] == "\\input{gone}"


def test_what_is_met_twice_at_one_place_is_told_once(tmp_path: Path) -> None:
    root = write(tmp_path, main="One. \\input{a}\\input{a}", a="Two. \\input{gone}")
    assert rules(read(root)) == ["missing-include"]


def test_a_root_whose_text_is_missing_says_which_file_is_not_there(tmp_path: Path) -> None:
    root = write(tmp_path, main="\\begin{document}\n\\input{parts/gone}\n\\end{document}")
    with pytest.raises(ClaimlintError, match=r"holds no text\n +.*main\.tex:2: missing-include: parts/gone"):
        read(root)


def test_includes_without_end_are_stopped(tmp_path: Path) -> None:
    names = "abcdefghijklmnop"
    files = {a: f"\\input{{{b}}}\\input{{{b}}}" for a, b in pairwise(names)}
    document = read(write(tmp_path, main="One. \\input{a}", p="Deep.", **files))
    assert "macro-limit" in rules(document)


@pytest.mark.parametrize(
    ("data", "text", "notices"),
    [
        ("Caf\u00e9 works.".encode(), "Café works.", []),
        ("Caf\u00e9 works.".encode("latin-1"), "Café works.", ["guessed-encoding"]),
        (b"\xef\xbb\xbf" + "Caf\u00e9 works.".encode(), "Café works.", []),
        ("Caf\u00e9 works.".encode("utf-16"), "Café works.", []),
        ("Caf\u00e9 works.".encode("utf-16-le"), "Café works.", ["guessed-encoding"]),
        ("\\usepackage[latin1]{inputenc}Caf\u00e9 works.".encode("latin-1"), "Café works.", []),
        ("それは動く。".encode("iso2022_jp"), "それは動く。", ["unread-script"]),
    ],
)
def test_encodings(tmp_path: Path, data: bytes, text: str, notices: list[str]) -> None:
    path = tmp_path / "main.tex"
    path.write_bytes(data)
    document = read(str(path))
    assert (texts(document), rules(document)) == ([text], notices)


def test_lines_that_end_as_on_old_macs_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "paper.tex"
    path.write_bytes(b"Layer 8 matters. % a comment ends with its line\rHead 3 copies names.")
    assert texts(read(str(path))) == ["Layer 8 matters.", "Head 3 copies names."]


def test_a_guessed_encoding_is_told_at_the_first_odd_character(tmp_path: Path) -> None:
    path = tmp_path / "main.tex"
    path.write_bytes("Good. Caf\u00e9.".encode("latin-1"))
    (notice,) = read(str(path)).notices
    assert (notice.span.start, notice.span.end) == (9, 10)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \n",
        b"% only a comment\n",
        b"\x7fELF\x00\x01" * 40,
        b"\\section{Only a heading}",
        b"\x89\x01" * 99,
    ],
)
def test_nothing_to_check_is_an_error_and_no_silent_pass(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "main.tex"
    path.write_bytes(data)
    with pytest.raises(ClaimlintError, match=r"main\.tex") as raised:
        read(str(path))
    assert raised.value.why
    assert raised.value.fix


@pytest.mark.parametrize("name", ["manifest.json", "refs.bib", "figure.PY"])
def test_a_file_that_is_no_manuscript_is_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("Layer 8 matters.")
    with pytest.raises(ClaimlintError, match=f"{name}: .* is no ending of a manuscript"):
        read(str(path))


def test_a_file_that_only_its_name_calls_a_pdf_is_told_as_that(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_text("<html>Not found</html>")
    with pytest.raises(ClaimlintError, match=r"paper\.pdf: is no PDF"):
        read(str(path))


def test_roots_that_are_no_file_are_errors(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.tex"):
        with pytest.raises(ClaimlintError, match=r"cannot be read|is a folder"):
            read(str(path))


def test_a_folder_is_answered_with_the_documents_in_it(tmp_path: Path) -> None:
    write(tmp_path, paper__main=r"\begin{document}\input{a}\end{document}", paper__a="One.")
    with pytest.raises(ClaimlintError) as caught:
        read(str(tmp_path))
    assert caught.value.fix.endswith(f": {tmp_path / 'paper' / 'main.tex'}")


@pytest.mark.parametrize(
    ("piped", "found"),
    [
        ("\\section{A}\nHead~9 works.", ["Head 9 works."]),
        ("# A\n\nHead **9** works.", ["Head 9 works."]),
        ("Head 9 works. It does.", ["Head 9 works.", "It does."]),
    ],
)
def test_standard_input_is_read_as_what_it_looks_like(
    monkeypatch: pytest.MonkeyPatch, piped: str, found: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped.encode())))
    document = read("-")
    assert [s.text for s in sentences(document) if s.block.kind == "paragraph"] == found
    assert document.sources[0].name == "-"


@pytest.mark.parametrize(
    ("source", "at"),
    [
        ("One. {Two.", "{Two."),
        ("One. \\emph{Two.\n\nThree.", "{Two."),
        ("One. \\begin{itemize}\\item Two.", "\\begin"),
        ("One. An $x is open. Two.", "$x"),
        ("One. \\begin{equation} X. Two.", "\\begin"),
        ("One. \\iffalse Two.", " Two."),
    ],
)
def test_what_is_never_closed_is_told_and_the_text_is_still_read(source: str, at: str) -> None:
    document = read("paper.tex", source)
    assert texts(document)[0] == "One."
    assert "Two." in " ".join(texts(document))
    assert ("unclosed-group", source.index(at)) in [(n.rule, n.span.start) for n in document.notices]


@pytest.mark.parametrize(
    "source",
    [
        r"\def\x{a\x}One. \x Two.",
        r"\newcommand{\x}[1]{\x{#1#1}}One. \x{a} Two.",
        r"\def\a{\b\b\b\b\b\b\b\b\b\b}\def\b{\c\c\c\c\c\c\c\c\c\c}\def\c{\d\d\d\d\d\d\d\d\d\d}"
        r"\def\d{\e\e\e\e\e\e\e\e\e\e}\def\e{word}One. \a Two.",
        r"\newenvironment{q}{\begin{q}}{\end{q}}One. \begin{q}x\end{q} Two.",
    ],
)
def test_macros_without_end_are_left_out_and_told(source: str) -> None:
    document = read("paper.tex", source)
    assert rules(document) == ["macro-limit"]
    assert texts(document)[0] == "One."
    assert texts(document)[-1].endswith("Two.")


def test_deep_nesting_is_survived() -> None:
    deep = "{" * 50_000 + "Deep" + "}" * 50_000 + "\\footnote{a " * 5_000 + "}" * 5_000
    assert texts(read("paper.tex", "One. " + deep))[:2] == ["One.", "Deep"]
