"""Source archives as arXiv hands them out, and archives that no one should unpack."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimlint.errors import ClaimlintError
from claimlint.manuscript import read, sentences
from claimlint.manuscript.archives import open_archive
from claimlint.manuscript.model import Document

MAIN = r"\documentclass{article}\begin{document}One. \input{parts/a} Three.\end{document}"
FILES = {
    "main.tex": MAIN,
    "parts/a.tex": "Two.",
    "fig.tex": r"\documentclass{standalone}",
    "refs.bib": "@a{}",
}


def tar(files: dict[str, str], *odd: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
        for info in odd:
            archive.addfile(info)
    return buffer.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def reading(folder: Path, name: str, content: bytes) -> Document:
    (folder / name).write_bytes(content)
    return read(str(folder / name))


def texts(document: Document) -> list[str]:
    return [s.text for s in sentences(document)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("paper.tar.gz", gzip.compress(tar(FILES))),
        ("paper.tar", tar(FILES)),
        ("paper.zip", zipped(FILES)),
        ("2601.00000", gzip.compress(tar(FILES))),
    ],
)
def test_the_files_of_an_archive_read_as_one_text(tmp_path: Path, name: str, content: bytes) -> None:
    document = reading(tmp_path, name, content)
    assert texts(document) == ["One.", "Two.", "Three."]
    assert Path(sentences(document)[1].span.file) == tmp_path / name / "parts/a.tex"
    assert document.notices == ()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_single_gzipped_file_is_the_manuscript(tmp_path: Path) -> None:
    document = reading(tmp_path, "2601.00000.gz", gzip.compress(b"\\begin{document}One.\\end{document}"))
    assert texts(document) == ["One."]


@pytest.mark.parametrize(
    "readme", ["b.tex toplevelfile\n", '{"sources": [{"filename": "b.tex", "usage": "toplevel"}]}']
)
def test_the_root_is_the_one_that_the_readme_names(tmp_path: Path, readme: str) -> None:
    files = {"a.tex": MAIN, "b.tex": r"\documentclass{article}\begin{document}B.\end{document}"}
    assert texts(reading(tmp_path, "p.zip", zipped({**files, "00README.json": readme}))) == ["B."]


def test_the_root_is_a_whole_document_that_no_other_file_includes(tmp_path: Path) -> None:
    part = r"\documentclass[ms]{subfiles}\begin{document}" + "Two. " * 50 + r"\end{document}"
    files = {
        "a.tex": part,
        "ms.tex": r"\documentclass{article}\begin{document}One. \subfile{a}\end{document}",
    }
    assert texts(reading(tmp_path, "p.zip", zipped(files)))[:2] == ["One.", "Two."]


def link(kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo("odd.tex")
    info.type, info.linkname = kind, "/etc/hostname"
    return info


BAD = {
    "out of its folder": (gzip.compress(tar({**FILES, "../evil.tex": "x"})), "holds '../evil.tex'"),
    "absolute": (tar({**FILES, "/tmp/evil.tex": "x"}), "holds '/tmp/evil.tex'"),
    "zip out of its folder": (zipped({**FILES, "a/../../evil.tex": "x"}), "holds 'a/../../evil.tex'"),
    "symbolic link": (tar(FILES, link(tarfile.SYMTYPE)), "holds 'odd.tex', a link or a device"),
    "hard link": (tar(FILES, link(tarfile.LNKTYPE)), "holds 'odd.tex', a link or a device"),
    "device": (tar(FILES, link(tarfile.CHRTYPE)), "holds 'odd.tex', a link or a device"),
    "gzip bomb": (gzip.compress(bytes(20_000_000)), "unpacks to more than"),
    "zip bomb": (zipped({**FILES, "bomb.tex": "0" * 20_000_000}), "unpacks to more than"),
    "many files": (tar({f"{n}.tex": "" for n in range(5_001)}), "holds more than 5,000 files"),
    "no LaTeX": (zipped({"notes.txt": "A head."}), "holds no .tex file"),
    "cut off": (gzip.compress(tar(FILES))[:-40], "is a damaged or encrypted archive"),
    "no zip": (b"PK\x03\x04 and more", "is a damaged or encrypted archive"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_archive_that_cannot_be_read_is_refused_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    content, words = BAD[name]
    (tmp_path / "in").mkdir()
    (tmp_path / "in/paper").write_bytes(content)
    result = subprocess.run(
        [sys.executable, "-m", "claimlint", "in/paper"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert f"in/paper: {words}" in result.stderr
    assert "why:" in result.stderr
    assert "fix:" in result.stderr
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["in", "in/paper"]


@given(st.sampled_from([gzip.compress(tar(FILES)), tar(FILES), zipped(FILES)]), st.data())
def test_an_archive_with_broken_bytes_is_read_or_refused(content: bytes, data: st.DataObject) -> None:
    broken = bytearray(content)
    for at in data.draw(st.lists(st.integers(2, len(content) - 1), max_size=10)):
        broken[at] = data.draw(st.integers(0, 255))
    with suppress(ClaimlintError):
        open_archive("paper", bytes(broken))


def test_an_archive_with_a_nameless_file_is_refused() -> None:
    nameless = zipped({"a.tex": "We stop here."}).replace(b"a.tex", b"\0.tex")
    with pytest.raises(ClaimlintError, match="damaged"):
        open_archive("paper", nameless)


def test_rewordings_are_not_written_into_an_archive(tmp_path: Path) -> None:
    text = r"\documentclass{article}\begin{document}We found the complete circuit for addition.\end{document}"
    content = zipped({"main.tex": text})
    (tmp_path / "paper.zip").write_bytes(content)
    result = subprocess.run(
        [sys.executable, "-m", "claimlint", "--fix", "paper.zip"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert "its text stands in no file that can be edited" in result.stderr
    assert (tmp_path / "paper.zip").read_bytes() == content
