"""What a LaTeX manuscript reads as."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Block, Document


def latex(body: str) -> Document:
    return read("paper.tex", body)


def texts(body: str, kind: str = "") -> list[str]:
    return [b.text for b in latex(body).blocks if not kind or b.kind == kind]


def block(body: str, kind: str) -> Block:
    return next(b for b in latex(body).blocks if b.kind == kind)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"Head~9.6 \emph{moves} {\bf names}.", "Head 9.6 moves names."),
        (r"The na\"{\i}ve caf\'e of Schr\"odinger.", "The naïve café of Schrödinger."),
        (r"It rises---``sharply''---by 3--5 points.", "It rises—“sharply”—by 3–5 points."),
        (r"A drop of 12\% \& more at site \#3.", "A drop of 12% & more at site #3."),
        ("An inter%\n  vention works.", "An intervention works."),
        ("The effect % seen twice\nis large.", "The effect is large."),
        (r"Run \verb|a = {$%| or \lstinline!L9H6! twice.", "Run CODE or L9H6 twice."),
        (r"See \href{http://x.org/a%20b}{the page} or \url{http://x.org}.", "See the page or URL."),
        (r"\textcolor{red}{Layer 8} is \texttt{wide}.", "Layer 8 is wide."),
        (r"\hspace{2em}Heads \parbox[t]{3cm}{matter}.", "Heads matter."),
        (r"Text \todo[inline]{fix me} goes on.", "Text goes on."),
        ("One \\\\[2pt] two.", "One two."),
        (r"Layer 8\footnote{A note.} matters.", "Layer 8 matters."),
        (r"Seen \only<2>{late} here.", "Seen late here."),
        (r"\pdfbookmark[1]{Heads}{heads}Heads matter.", "Heads matter."),
        (r"Heads matter \parencites(see)()[1]{lee20}[2]{roy22}.", "Heads matter CITE."),
        (r"Layers \numrange{8}{12} matter.", "Layers 8–12 matter."),
        ("Lay\u200ber 8 mat\u00adters.", "Layer 8 matters."),
    ],
)
def test_markup_is_taken_off(source: str, text: str) -> None:
    assert texts(source, "paragraph") == [text]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"Accuracy is $95\%$.", "Accuracy is 95%."),
        (r"We find $p<0.05$ here.", "We find p<0.05 here."),
        (r"It is $0.82 \pm 0.03$.", "It is 0.82 ± 0.03."),
        (r"Layer $L_9$ and $n=1{,}000$.", "Layer L9 and n=1,000."),
        (r"A $3\times$ gain.", "A 3× gain."),
        (r"The $p$-value is low.", "The p-value is low."),
        (r"Let $a$ be the input.", "Let MATH be the input."),
        (r"The loss \(\sum_i x_i^2\) falls.", "The loss MATH falls."),
        (r"So \[ y = \frac{a}{b}, \] where it ends.", "So MATH, where it ends."),
        ("So\n\\begin{align*} y &= 1 \\end{align*}\nholds.", "So MATH holds."),
        ("We get\n$$ y = x $$\nThen it ends.", "We get MATH. Then it ends."),
        ("Drawn\n$$\\begin{tikzpicture}\\node{$E$};\\end{tikzpicture}$$\nhere.", "Drawn MATH here."),
        (r"Math $\text{if $x$}$ nests.", "Math MATH nests."),
    ],
)
def test_short_math_stays_readable_and_other_math_is_one_word(source: str, text: str) -> None:
    assert texts(source) == [text]


def test_a_comment_within_a_formula_is_no_part_of_it() -> None:
    document = latex("Scores rise:\n$$a + b\n% + \\hat{c} $ }\n$$\nLayer 8 matters.")
    assert not document.notices
    assert [s.text for s in sentences(document)][-1] == "Layer 8 matters."


def test_citations_and_references_become_words_that_keep_their_keys() -> None:
    body = r"\citet{lee20} and others~\citep[see][p.~3]{kim21, roy22} agree with Section~\ref{sec:a}."
    (found,) = sentences(latex(body))
    assert found.text == "CITE and others CITE agree with Section REF."
    assert [(m.kind, m.keys, found.text[m.start : m.end]) for m in found.marks] == [
        ("citation", ("lee20",), "CITE"),
        ("citation", ("kim21", "roy22"), "CITE"),
        ("reference", ("sec:a",), "REF"),
    ]


def test_evidence_prints_nothing_and_marks_its_sentence() -> None:
    body = (
        "\\usepackage{claimlint}\n"
        "Head 3 copies names\\evidence{patching, run-2}. It is strong. \\evidence{late} Then more.\n\n"
        "\\evidence{early} Next one."
    )
    first, second, _, third = sentences(latex(body))
    assert [s.text for s in (first, second, third)] == ["Head 3 copies names.", "It is strong.", "Next one."]
    assert [(m.kind, m.keys) for m in first.marks] == [("evidence", ("patching", "run-2"))]
    assert [m.keys for m in second.marks] == [("late",)]
    assert [m.keys for m in third.marks] == [("early",)]


def test_a_command_named_evidence_that_emphasises_words_keeps_them() -> None:
    assert texts(r"They call it \evidence{strong}.") == ["They call it strong."]
    own = r"\newcommand{\evidence}[1]{\textbf{#1}}It is \evidence{head-3}."
    assert texts(own) == ["It is head-3."]
    assert texts(rf"\usepackage{{claimlint}}{own}") == ["It is ."]
    silent = r"\providecommand{\evidence}[1]{}It is so\evidence{patching}."
    assert [m.kind for m in sentences(latex(silent))[0].marks] == ["evidence"]
    two = r"\newcommand{\evidence}[2]{#2 (#1)}It is \evidence{strong}{head 3}."
    assert texts(two) == ["It is head 3 (strong)."]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"\newcommand{\model}{GPT-2\xspace}\model is small, \model.", "GPT-2 is small, GPT-2."),
        (r"\newcommand{\head}[2][L]{head~#1#2}A \head{9} or \head[M]{3}.", "A head L9 or head M3."),
        (r"\def\pair#1.#2;{(#1 and #2)}The \pair a.b; ends.", "The (a and b) ends."),
        (r"\newcommand{\acc}[1]{$#1\%$}It is \acc{95}.", "It is 95%."),
        (r"\newcommand\n{41.3}A drop of $\n\%$.", "A drop of 41.3%."),
        (r"\let\old\emph \newcommand{\a}{b}\let\c\a Say \c.", "Say b."),
        (r"\newcommand{\swap}[2]{#2 before #1}Now \swap{one}{two}.", "Now two before one."),
        (
            r"\NewDocumentCommand{\x}{O{8} m}{layer #1 #2}The \x{ends}; \x[9]{begins}.",
            "The layer 8 ends; layer 9 begins.",
        ),
        (r"\expandafter\def\csname foo\endcsname{bar}A \csname foo\endcsname.", "A bar."),
        (r"\def\gpt/{GPT-2}The \gpt/ model and \gpt/.", "The GPT-2 model and GPT-2."),
        (r"\newif\iffinal \finaltrue A \iffinal b\else c\fi.", "A b."),
        (r"\newif\ifdraft A \ifdraft b\else c\fi.", "A c."),
        (r"A \iffalse { $ hidden \fi shown.", "A shown."),
        (r"\newenvironment{say}{We say: }{ (end)}\begin{say}yes\end{say}", "We say: yes (end)"),
        (r"\providecommand{\a}{b}\providecommand{\a}{c}A \a.", "A b."),
    ],
)
def test_the_papers_own_commands_are_expanded(source: str, text: str) -> None:
    assert texts(source) == [text]


def test_what_is_no_prose_is_left_out() -> None:
    body = r"""Before.
\begin{comment}
Head 1 { $ hidden
\end{comment}
\begin{verbatim}
Head 2 { $ % hidden
\end{verbatim}
\begin{lstlisting}[language=Python]
hidden = {"a": 1
\end{lstlisting}
\begin{tikzpicture} \node {hidden}; \end{tikzpicture}
\begin{algorithm}\caption{The sweep.}\State hidden \end{algorithm}

\lstnewenvironment{code}{}{}
\begin{code} hidden \end{code}
After.
\begin{thebibliography}{9}\bibitem{a} Hidden.\end{thebibliography}"""
    assert [s.text for s in sentences(latex(body))] == ["Before.", "The sweep.", "After."]


def test_tables_are_blocks_and_no_sentences() -> None:
    body = r"""Before. \begin{table}\caption{All heads.}
\begin{tabular}{l|r} Head & Effect \\ 9.6 & 0.4 \\ \end{tabular}\end{table} After."""
    document = latex(body)
    assert block(body, "table").text.split() == ["Head", "Effect", "9.6", "0.4"]
    assert [s.text for s in sentences(document)] == ["Before.", "After.", "All heads."]


def test_captions_footnotes_and_items_are_blocks_of_their_own() -> None:
    body = r"""Layer 8 matters\footnote{In GPT-2.} most.
\begin{figure}\includegraphics[width=3cm]{a.pdf}\caption[short]{Layer 8 drives it.\label{fig:a}}\end{figure}
\begin{itemize}\item First one. \item[Heads] second one.\end{itemize}"""
    assert [(b.kind, b.text) for b in latex(body).blocks] == [
        ("paragraph", "Layer 8 matters most."),
        ("footnote", "In GPT-2."),
        ("caption", "Layer 8 drives it."),
        ("item", "First one."),
        ("item", "Heads: second one."),
    ]


@pytest.mark.parametrize(
    "title", [r"\title[short]{Heads \\ that copy\thanks{Funded.}}", r"\icmltitle{Heads that copy}"]
)
def test_titles_are_read_in_the_preamble(title: str) -> None:
    body = rf"""\documentclass{{article}} hidden {title} \author{{A. Name}}
\begin{{document}}\maketitle Text.\end{{document}} gone"""
    assert block(body, "title").text == "Heads that copy"
    assert texts(body, "paragraph") == ["Text."]


@pytest.mark.parametrize(
    "abstract", [r"\begin{abstract}We show it.\end{abstract}", r"\abstract{We show it.}"]
)
def test_abstracts_are_environments_or_commands(abstract: str) -> None:
    found = block(rf"\documentclass{{x}}\begin{{document}}{abstract} Text.\end{{document}}", "abstract")
    assert (found.text, found.section.role) == ("We show it.", "abstract")


def test_sections_play_roles_and_subsections_inherit_them() -> None:
    body = r"""\section{Introduction} A. \section{Related Work} B. \section{Experiments}\subsection{Heads} C.
\section{Experimental Setup} D. \section{Discussion and Limitations} E. \section{Conclusion} F.
\section{Heads that copy} G. \appendix \section{Results again} H."""
    roles = [(b.section.title, b.section.role) for b in latex(body).blocks if b.kind == "paragraph"]
    assert roles == [
        ("Introduction", "introduction"),
        ("Related Work", "related_work"),
        ("Heads", "results"),
        ("Experimental Setup", "method"),
        ("Discussion and Limitations", "limitations"),
        ("Conclusion", "conclusion"),
        ("Heads that copy", "body"),
        ("Results again", "appendix"),
    ]


def test_headings_are_no_sentences_unless_they_run_into_the_text() -> None:
    body = r"\section{Heads copy names} We test it. \paragraph{Layer 8 drives it.} It does."
    assert [s.text for s in sentences(latex(body))] == ["We test it.", "Layer 8 drives it.", "It does."]


def test_a_file_ends_where_it_says() -> None:
    assert texts("One.\n\\endinput\nTwo.") == ["One."]


def test_slides_have_their_titles_as_headings() -> None:
    body = (
        r"\begin{frame}<1->[t]{First}One.\end{frame}\begin{frame}\frametitle{Second}Two."
        r"\begin{alertblock}<2>{Third}Three.\end{alertblock}Four.\end{frame}"
    )
    assert [(b.kind, b.text) for b in latex(body).blocks] == [
        ("heading", "First"),
        ("paragraph", "One."),
        ("heading", "Second"),
        ("paragraph", "Two."),
        ("heading", "Third"),
        ("paragraph", "Three."),
        ("paragraph", "Four."),
    ]


def test_plain_tex_is_read_up_to_its_end() -> None:
    body = (
        "\\magnification=1200 \\hsize=6in\n\\beginsection Results\n\n"
        "Head 3 copies.\\vskip 1cm plus 2pt It does.\n\\bye\nGone."
    )
    assert [(b.kind, b.text) for b in latex(body).blocks] == [
        ("heading", "Results"),
        ("paragraph", "Head 3 copies. It does."),
    ]


def test_previous_is_the_sentence_before_in_the_section() -> None:
    body = r"\section{A} One.\footnote{Aside.} Two. \section{B} Three."
    assert [(s.text, s.previous) for s in sentences(latex(body))] == [
        ("One.", ""),
        ("Two.", "One."),
        ("Aside.", ""),
        ("Three.", ""),
    ]


def test_the_style_file_that_defines_evidence_prints_nothing(tmp_path: Path) -> None:
    style = (files("claimlint.manuscript") / "claimlint.sty").read_text("utf-8")
    (tmp_path / "claimlint.sty").write_text(style, "utf-8")
    (tmp_path / "paper.tex").write_text(r"\input{claimlint.sty}It is \evidence{run-1} so.")
    (found,) = sentences(read(str(tmp_path / "paper.tex")))
    assert (found.text, found.marks[0].keys) == ("It is so.", ("run-1",))
