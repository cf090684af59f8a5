"""A small typesetter: justified columns with broken words, running heads, line numbers and footnotes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

FONT = "Times-Roman"
WIDTH, HEIGHT = 612.0, 792.0
TOP, FOOT, MARGIN = 700.0, 90.0, 72.0


@dataclass
class Typesetter:
    """Sets paragraphs, headings (``# ...``) and captions (``^ ...``) into as many pages as they need.

    ``notes`` are footnotes, the first at the foot of the first column, and so on.
    """

    columns: int = 1
    numbered: bool = False
    head: str = ""
    title: str = ""
    size: float = 10.0
    notes: Sequence[str] = ()
    encrypt: str | None = None

    def pdf(self, parts: Sequence[str]) -> bytes:
        buffer = io.BytesIO()
        canvas = Canvas(buffer, (WIDTH, HEIGHT), encrypt=self.encrypt)
        lines = list(self._lines(parts))
        notes, page, count = list(self.notes), 1, 0
        while lines:
            top = self._furniture(canvas, page)
            for column in range(self.columns):
                left, y = MARGIN + column * (self._measure + 18), top
                foot = FOOT + (24 if notes else 0)
                while lines and y > foot:
                    kind, text, indent, full = lines.pop(0)
                    self._draw(canvas, kind, text, left + indent, y, self._measure - indent if full else 0)
                    if self.numbered and text:
                        canvas.setFont(FONT, 6)
                        outside = left - 30 if column == 0 else left + self._measure + 18
                        canvas.drawString(outside, y, f"{count:03d}")
                        count += 1
                    y -= self.size * 1.15
                if notes:
                    self._draw(canvas, "note", notes.pop(0), left, FOOT, 0)
            canvas.showPage()
            page += 1
        canvas.save()
        return buffer.getvalue()

    @property
    def _measure(self) -> float:
        return (WIDTH - 2 * MARGIN - 18 * (self.columns - 1)) / self.columns

    def _furniture(self, canvas: Canvas, page: int) -> float:
        canvas.setFont(FONT, 9)
        if self.head:
            canvas.drawCentredString(WIDTH / 2, 750, self.head)
        canvas.drawCentredString(WIDTH / 2, 50, str(page))
        canvas.saveState()
        canvas.rotate(90)
        canvas.drawString(300, -20, "made:2601.00000v1 [cs.XX] 1 Jan 2026")
        canvas.restoreState()
        if self.title and page == 1:
            canvas.setFont("Times-Bold", 16)
            canvas.drawCentredString(WIDTH / 2, TOP, self.title)
            return TOP - 40
        return TOP

    def _draw(self, canvas: Canvas, kind: str, text: str, x: float, y: float, fill: float) -> None:
        size = {"heading": self.size * 1.2, "note": self.size * 0.8}.get(kind, self.size)
        font = "Times-Bold" if kind == "heading" else FONT
        drawn = canvas.beginText(x, y)
        drawn.setFont(font, size)
        gaps = text.count(" ")
        drawn.setWordSpace((fill - stringWidth(text, font, size)) / gaps if fill and gaps else 0)
        drawn.textOut(text)
        canvas.drawText(drawn)

    def _lines(self, parts: Sequence[str]) -> Iterator[tuple[str, str, float, bool]]:
        """Kind, text, indentation, and whether the line fills its column; an empty one is white space."""
        after_text = False
        for part in parts:
            if part.startswith("# "):
                yield from [("", "", 0, False), ("heading", part[2:], 0, False), ("", "", 0, False)]
                after_text = False
                continue
            caption = part.startswith("^ ")
            if caption:
                yield "", "", 0, False
            indent = 12.0 if after_text and not caption else 0.0
            broken = self._broken(part.removeprefix("^ "), indent)
            for at, line in enumerate(broken):
                yield "text", line, indent if at == 0 else 0.0, at + 1 < len(broken)
            if caption:
                yield "", "", 0, False
            after_text = not caption

    def _broken(self, text: str, indent: float) -> list[str]:
        lines, line = [], ""
        for word in text.split():
            room = self._measure - (0 if lines else indent)
            longer = f"{line} {word}".strip()
            if stringWidth(longer, FONT, self.size) <= room:
                line = longer
                continue
            half = len(word) // 2
            start = f"{line} {word[:half]}-"
            if half > 2 and word.isalpha() and stringWidth(start, FONT, self.size) <= room:
                lines.append(start)
                line = word[half:]
            else:
                lines.append(line)
                line = word
        return [*lines, line]
