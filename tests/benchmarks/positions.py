"""Do sentences point at the right characters? Reads every manuscript of a folder and says how many do.

    python -m tests.benchmarks.positions FOLDER [--sample 200]

FOLDER (or $MANUSCRIPTS) holds one manuscript a subfolder; an ``index.json`` in it may name the roots, else
they are found. Exits 1 where a sentence points at the wrong place, a root fails to read, or one takes over 20
seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import time
from pathlib import Path

from claimlint.errors import ClaimlintError
from claimlint.manuscript import read, sentences
from claimlint.manuscript.model import Document, Sentence

SLOWEST = 20.0
_ENDINGS = (".tex", ".ltx", ".md", ".txt")
_ROOT = re.compile(r"^[^%\n]*\\(?:documentclass|documentstyle|bye\b)", re.MULTILINE)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*\n?|<!--.*?-->", re.DOTALL)
_ASIDES = re.compile(
    r"\\(?:footnote|label|cite\w*|citep|citet|c?ref|Cref|eqref|evidence|url)\*?(?:\[[^\]]*\])*\{"
)
_MATH = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|\\\(.*?\\\)|\\\[.*?\\\]", re.DOTALL)
_MARKUP = re.compile(r"\\[a-zA-Z@]+\*?|\[[^\]]*\]\(|[^\w]")
_STANDS_FOR = re.compile(r"MATH|CITE|REF|CODE|URL")


def roots(folder: Path) -> list[Path]:
    """One root per manuscript: the one that the index names, else the largest that can be one."""
    index = folder / "index.json"
    if index.is_file():
        return [folder / entry["slug"] / entry["root"] for entry in json.loads(index.read_text("utf-8"))]
    return [root for part in sorted(folder.iterdir()) if part.is_dir() and (root := _root_of(part))]


def _root_of(folder: Path) -> Path | None:
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _ENDINGS]
    whole = [path for path in files if _ROOT.search(path.read_text("utf-8", "replace"))] or files
    return max(whole, key=lambda path: path.stat().st_size, default=None)


def is_in_place(document: Document, sentence: Sentence) -> bool:
    """Whether every copied character stands where the block says, within the sentence's span."""
    span = sentence.span
    inside = [s for s in sentence.block.segments if s.start < sentence.end]
    for segment, following in zip(inside, [*(s.start for s in inside[1:]), sentence.end], strict=True):
        begin, end = max(segment.start, sentence.start), min(following, sentence.end)
        if not segment.copied or begin >= end:
            continue
        offset = segment.offset + begin - segment.start
        copied = document.source(segment.file).text[offset : offset + end - begin]
        if "".join(" " if c.isspace() else c for c in copied) != sentence.block.text[begin:end]:
            return False
        if segment.file == span.file and not span.start <= offset < offset + end - begin <= span.end:
            return False
    source = document.source(span.file).text[span.start : span.end]
    return bool(source) and not source[0].isspace() and not source[-1].isspace()


def reads_the_same(document: Document, sentence: Sentence) -> bool:
    """Whether the source at the span, stripped of markup by this script's own rules, has its letters."""
    span = sentence.span
    source = _COMMENT.sub("", document.source(span.file).text[span.start : span.end])
    return _letters(_without_asides(_MATH.sub(" ", source))) == _letters(_without_marks(sentence))


def _without_marks(sentence: Sentence) -> str:
    text = sentence.text
    for mark in sorted(sentence.marks, key=lambda m: -m.start):
        text = text[: mark.start] + " " + text[mark.end :]
    return text


def _without_asides(source: str) -> str:
    """Leaves out footnotes, labels and keys, with everything in their braces."""
    kept, at = [], 0
    while match := _ASIDES.search(source, at):
        kept.append(source[at : match.start()])
        depth, at = 1, match.end()
        while depth and at < len(source):
            depth += (source[at] == "{") - (source[at] == "}")
            at += 1
    return "".join([*kept, source[at:]])


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]", "", _MARKUP.sub(" ", _STANDS_FOR.sub(" ", text)))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", default=os.environ.get("MANUSCRIPTS"))
    parser.add_argument("--sample", type=int, default=200)
    arguments = parser.parse_args()
    if not arguments.folder:
        parser.error("name a folder of manuscripts, or set MANUSCRIPTS")
    everything: list[tuple[Document, Sentence]] = []
    failed = size = 0
    spent = 0.0
    for root in roots(Path(arguments.folder)):
        start = time.perf_counter()
        try:
            document = read(str(root))
        except ClaimlintError as error:
            failed += 1
            print(f"{root}: {error}")
            continue
        seconds = time.perf_counter() - start
        spent += seconds
        size += sum(len(source.text) for source in document.sources)
        if seconds > SLOWEST:
            failed += 1
            print(f"{root}: {seconds:.1f} s")
        everything += [(document, sentence) for sentence in sentences(document)]
    sample = random.Random(2602).sample(everything, min(arguments.sample, len(everything)))
    wrong = [pair for pair in everything if not is_in_place(*pair)]
    for _, sentence in wrong[:20]:
        print(f"wrong place: {sentence.span}: {sentence.text[:90]!r}")
    same = sum(reads_the_same(*pair) for pair in everything)
    print(f"{len(everything)} sentences, {size / 1e6:.1f} MB in {spent:.1f} s, {failed} roots failed")
    print(f"in place: {len(everything) - len(wrong)} of {len(everything)}")
    print(f"in place, of the sample: {sum(is_in_place(*pair) for pair in sample)} of {len(sample)}")
    print(f"stripped source reads the same: {same} of {len(everything)}")
    return 1 if wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main())
