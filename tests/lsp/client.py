"""A small editor: it starts ``claimlint lsp`` as a process and speaks the protocol with it."""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 60


class Client:
    """Sends requests and notifications, and keeps what the server says of its own accord."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.logged: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self._ids = itertools.count(1)
        self._heard: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._answers: dict[Any, dict[str, Any]] = {}
        self._versions = itertools.count(1)
        threading.Thread(target=self._listen, daemon=True).start()

    def raw(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def notify(self, method: str, **params: Any) -> None:
        self.send({"method": method, "params": params})

    def start(self, method: str, **params: Any) -> int:
        """Sends a request and does not wait."""
        number = next(self._ids)
        self.send({"id": number, "method": method, "params": params})
        return number

    def answer(self, number: int) -> dict[str, Any]:
        self.wait(lambda: number in self._answers)
        return self._answers[number]

    def request(self, method: str, **params: Any) -> Any:
        answer = self.answer(self.start(method, **params))
        assert "error" not in answer, answer
        return answer["result"]

    def wait(self, until: Callable[[], bool]) -> None:
        """Hears the server until something holds."""
        while not until():
            message = self._heard.get(timeout=PATIENCE)
            assert message is not None, "the server has gone"
            self._note(message)

    def open(self, path: Path, text: str | None = None) -> str:
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "latex", "version": next(self._versions)}
        text = path.read_text(encoding="utf-8") if text is None else text
        self.notify("textDocument/didOpen", textDocument={**document, "text": text})
        return uri

    def change(self, uri: str, text: str) -> None:
        document = {"uri": uri, "version": next(self._versions)}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def save(self, uri: str) -> None:
        self.notify("textDocument/didSave", textDocument={"uri": uri})

    def close(self, uri: str) -> None:
        self.notify("textDocument/didClose", textDocument={"uri": uri})

    def findings(self, uri: str) -> list[dict[str, Any]]:
        """The next diagnostics that are published for a file."""
        self.diagnostics.pop(uri, None)
        self.wait(lambda: uri in self.diagnostics)
        return self.diagnostics[uri]

    def at(self, method: str, uri: str, text: str, words: str, **more: Any) -> Any:
        """A request about the place of some words."""
        position = place(text, text.index(words))
        return self.request(method, textDocument={"uri": uri}, position=position, **more)

    def actions(
        self, uri: str, text: str, words: str, shown: list[dict[str, Any]], **context: Any
    ) -> list[dict[str, Any]]:
        at = place(text, text.index(words))
        return self.request(
            "textDocument/codeAction",
            textDocument={"uri": uri},
            range={"start": at, "end": at},
            context={"diagnostics": shown, **context},
        )

    def _listen(self) -> None:
        assert self.process.stdout
        while line := self.process.stdout.readline():
            length = int(line.split(b":")[1])
            while self.process.stdout.readline().strip():
                pass
            self._heard.put(json.loads(self.process.stdout.read(length)))
        self._heard.put(None)

    def _note(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._answers[message["id"]] = message
        elif message["method"] == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message["method"] == "window/logMessage":
            self.logged.append(message["params"]["message"])
        elif "id" in message:
            self.asked.append(message)
            self.send({"id": message["id"], "result": None})


@contextmanager
def editor(folder: Path, **capabilities: Any) -> Iterator[Client]:
    """A server at work in a folder; it must leave in peace."""
    process = subprocess.Popen(
        [sys.executable, "-m", "claimlint", "lsp"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        client = Client(process)
        told = client.request(
            "initialize", processId=None, rootUri=folder.as_uri(), capabilities=capabilities
        )
        assert told["serverInfo"]["name"] == "claimlint"
        client.notify("initialized")
        yield client
        client.request("shutdown")
        client.notify("exit")
        assert process.wait(PATIENCE) == 0
        assert process.stderr
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def place(text: str, offset: int) -> dict[str, int]:
    """A place as the protocol has it: lines from 0, UTF-16 units."""
    before = text[:offset].split("\n")
    return {"line": len(before) - 1, "character": len(before[-1].encode("utf-16-le")) // 2}


def offset_of(text: str, position: dict[str, int]) -> int:
    """The offset of a place as the protocol has it."""
    lines = text.split("\n")
    line = lines[position["line"]]
    column = len(line.encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le"))
    return sum(len(before) + 1 for before in lines[: position["line"]]) + column


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """A text with an action's edits made."""
    assert edits
    places = [tuple(offset_of(text, edit["range"][side]) for side in ("start", "end")) for edit in edits]
    for (start, end), edit in sorted(zip(places, edits, strict=True), key=lambda pair: -pair[0][0]):
        text = text[:start] + edit["newText"] + text[end:]
    return text
