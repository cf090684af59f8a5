"""PDFs made here, in the layouts that papers come in; and PDFs that cannot be read."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from claimlint.errors import ClaimlintError
from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Document
from claimlint.manuscript.pdf import read_pdf
from tests.benchmarks.positions import is_in_place
from tests.manuscript.typesetter import Typesetter

NAMES = (
    *("amber", "beryl", "cobalt", "copper", "coral", "crimson", "garnet", "gold", "indigo", "ivory", "jade"),
    *("lapis", "lilac", "lime", "maroon", "mauve", "ochre", "olive", "opal", "pearl", "plum", "rose", "ruby"),
    *("saffron", "silver", "teal", "topaz", "umber", "violet", "zinc"),
)
SENTENCES = [
    sentence
    for name in NAMES
    for sentence in (
        f"{name.title()} heads attend to considerable stretches of the preceding representation.",
        f"Removing them lowers the probability of the continuation that the {name} prompts ask for.",
    )
]
ABSTRACT = "We study which attention heads of a small language model copy names."
CAPTION = "Figure 2: The effect of removing heads, by layer and head."
LAYOUTS = {
    "one column": Typesetter(),
    "two columns": Typesetter(columns=2, title="Heads that copy names"),
    "running head": Typesetter(columns=2, head="Under review as a conference paper at a conference"),
    "line numbers": Typesetter(numbered=True),
    "line numbers on both sides": Typesetter(columns=2, numbered=True),
    "footnotes": Typesetter(columns=2, notes=["1 A first note on heads.", "2 A second note on names."]),
}


def parts() -> list[str]:
    paragraphs = [" ".join(SENTENCES[at : at + 4]) for at in range(0, len(SENTENCES), 4)]
    half = len(paragraphs) // 2
    return [
        *("# Abstract", ABSTRACT, "# 1 Introduction", *paragraphs[:half], f"^ {CAPTION}"),
        *("# 2 Results", *paragraphs[half:]),
    ]


def reading(folder: Path, data: bytes) -> Document:
    path = folder / "paper.pdf"
    path.write_bytes(data)
    return read(str(path))


@pytest.fixture(params=LAYOUTS)
def document(request: pytest.FixtureRequest, tmp_path: Path) -> Document:
    return reading(tmp_path, LAYOUTS[request.param].pdf(parts()))


def test_every_sentence_comes_out_whole_and_nothing_of_the_layout(document: Document) -> None:
    body = [s.text for s in sentences(document) if s.block.kind in ("paragraph", "abstract", "caption")]
    expected = [ABSTRACT, *SENTENCES[:28], CAPTION, *SENTENCES[28:]]
    assert sorted(body) == sorted(expected + ["Heads that copy names"] * ("Heads that copy names" in body))


def test_sections_abstract_captions_and_footnotes_are_known(document: Document) -> None:
    role = {s.text: s.section.role for s in sentences(document)}
    assert (role[ABSTRACT], role[SENTENCES[0]], role[SENTENCES[-1]]) == (
        "abstract",
        "introduction",
        "results",
    )
    assert [b.text for b in document.blocks if b.kind == "caption"] == [CAPTION]
    for block in document.blocks:
        assert ("note on" in block.text) == (block.kind == "footnote")


def test_places_are_pages_and_lines(document: Document) -> None:
    found = sentences(document)
    assert all(is_in_place(document, sentence) for sentence in found)
    first, last = found[0].span.file, found[-1].span.file
    assert first.endswith("paper.pdf#page=1")
    assert last.endswith(f"paper.pdf#page={len(document.sources)}")


def run(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "claimlint", *args], capture_output=True, text=True, check=False, cwd=folder
    )


def test_every_format_reports_a_pdf_by_page_and_line(tmp_path: Path) -> None:
    claim = "We found the complete circuit for addition."
    (tmp_path / "paper.pdf").write_bytes(Typesetter().pdf(["# Results", claim]))
    formats = ("json", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson", "markdown", "html")
    outputs = [f"--output={name}={name}.out" for name in formats]
    result = run("paper.pdf", *outputs, folder=tmp_path)
    assert result.stderr == ""
    assert "paper.pdf#page=1:3:10: warning CL207" in result.stdout
    for name in formats:
        assert "page" in (tmp_path / f"{name}.out").read_text(encoding="utf-8")
    findings = json.loads((tmp_path / "json.out").read_text(encoding="utf-8"))["findings"]
    assert ("paper.pdf#page=1", 3) in [(f["file"], f["line"]) for f in findings]


def scanned() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.rect(100, 100, 300, 300, fill=1)
    canvas.save()
    return buffer.getvalue()


BAD = {
    "damaged": (lambda: Typesetter().pdf(["A head."])[:200], "is a damaged PDF"),
    "only the mark": (lambda: b"%PDF-1.7\n", "is a damaged PDF"),
    "encrypted": (lambda: Typesetter(encrypt="secret").pdf(["A head."]), "is encrypted"),
    "scanned": (scanned, "is a PDF without text"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_pdf_that_cannot_be_read_is_refused_in_three_parts(tmp_path: Path, name: str) -> None:
    make, words = BAD[name]
    (tmp_path / "paper.pdf").write_bytes(make())
    result = run("paper.pdf", folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"paper.pdf: {words}" in result.stderr
    assert "why:" in result.stderr
    assert "fix:" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["paper.pdf"]


@given(st.data())
def test_a_pdf_with_broken_bytes_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(Typesetter().pdf(["# Results", "Head 5.1 copies the name."]))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[at] = data.draw(st.integers(0, 255))
    with suppress(ClaimlintError):
        read_pdf("paper.pdf", b"%PDF-" + bytes(content[5:]))
