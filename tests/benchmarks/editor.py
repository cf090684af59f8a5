"""How long an editor waits: from a keystroke to the findings, over a process that is warm."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from tests.lsp.client import Client, editor

KEYSTROKES = 20


def seconds(paper: Path) -> tuple[float, float]:
    """Median seconds between a letter typed and the new findings: on the clock, and of computing.

    The letters make a word in the middle of the paragraph in the middle of the file.
    """
    text = paper.read_text(encoding="utf-8")
    at = text.index(" ", len(text) // 2)
    with editor(paper.parent) as client:
        uri = client.open(paper)
        client.findings(uri)
        clock, computing = [], []
        for stroke in range(KEYSTROKES + 2):
            start, used = time.perf_counter(), _computed(client)
            client.change(uri, f"{text[:at]} {'x' * stroke}{text[at:]}")
            client.findings(uri)
            clock.append(time.perf_counter() - start)
            computing.append(_computed(client) - used)
        return statistics.median(clock[2:]), statistics.median(computing[2:])


def _computed(client: Client) -> float:
    """Processor seconds that the server has used so far."""
    fields = Path(f"/proc/{client.process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
