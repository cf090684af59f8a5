"""Where one thing ends and another begins: files that are documents of their own, what never ends."""

from __future__ import annotations

from pathlib import Path

from claimlint.manuscript import read, sentences

ROOT = r"""\documentclass{article}
\begin{document}
We study
\subfile{part}
and more.
\end{document}
"""
PART = r"""\documentclass[main]{subfiles}
\begin{document}
layer 3 is active.
\end{document}
"""


def test_a_subfile_does_not_go_on_with_the_sentence_before_it(tmp_path: Path) -> None:
    (tmp_path / "main.tex").write_text(ROOT)
    (tmp_path / "part.tex").write_text(PART)
    found = [sentence.text for sentence in sentences(read(str(tmp_path / "main.tex")))]
    assert found == ["We study", "layer 3 is active.", "and more."]


def test_an_environment_that_never_ends_is_told_once() -> None:
    text = "We study probes.\n\n\\begin{comment}\nnever closed\n\nLayer 3 is active on dates.\n"
    notices = [notice for notice in read("p.tex", text).notices if notice.rule == "unclosed-group"]
    assert len(notices) == 1
