"""The server: which files are open, which manuscripts they make up, and when to check them again."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from claimlint import __version__
from claimlint.errors import ClaimlintError
from claimlint.lsp.actions import KINDS, actions
from claimlint.lsp.definition import definition
from claimlint.lsp.diagnostics import diagnostics
from claimlint.lsp.hover import hover
from claimlint.lsp.places import path_of, uri_of
from claimlint.lsp.project import Checked, checked
from claimlint.lsp.roots import root_of
from claimlint.manuscript.endings import PAPERS

T = TypeVar("T")

_WATCHED = (
    *(f"**/*{ending}" for ending in PAPERS),
    "**/manifest.json",
    "**/manifest.toml",
    "**/claimlint.toml",
    "**/pyproject.toml",
)


class Server(LanguageServer):
    """Holds the texts of open files and checks each manuscript that one of them belongs to.

    Checks run one after the other in a thread of their own, so that messages are heard meanwhile. A text that
    changed during a check is checked once more, and only the last result is shown.
    """

    def __init__(self) -> None:
        # Whole texts: partial ones would rest on Python's idea of a line, which is not the protocol's.
        super().__init__("claimlint", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.texts: dict[str, str] = {}
        self.uris: dict[str, str] = {}
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._roots: dict[str, str] = {}
        self._checks: dict[str, asyncio.Task[Checked]] = {}
        self._shown: dict[str, set[str]] = {}
        self._stale: set[str] = set()
        self._at_work: set[asyncio.Task[Any]] = set()
        self.greeted = False

    def put(self, uri: str, text: str) -> None:
        """The text of an open file, now; its manuscript is checked."""
        path = path_of(uri)
        if path is None:
            return
        self.texts[path] = text
        if path.endswith(PAPERS):
            self.uris[path] = uri
            self._start(self.found(path, again=True))

    def close(self, uri: str) -> None:
        """The file on disk counts again; the findings of a manuscript none of whose files is open go."""
        path = path_of(uri) or ""
        self.texts.pop(path, None)
        self.uris.pop(path, None)
        root = self._roots.pop(path, None)
        if root is None:
            return
        if root in self._roots.values():
            self._start(self._current(root, again=True))
        else:
            self._show(root, {})

    def again(self) -> None:
        """Something on disk changed: which file belongs where, the manifest, the config."""
        self._start(self._sort_again())

    async def _sort_again(self) -> None:
        texts = dict(self.texts)
        roots = {path: await self._apart(root_of, path, texts) for path in list(self.uris)}
        self._roots = {path: root for path, root in roots.items() if path in self.uris}
        for gone in self._shown.keys() - set(self._roots.values()):
            self._show(gone, {})
        for root in sorted(set(self._roots.values())):
            self._start(self._current(root, again=True))

    async def found(self, path: str, *, again: bool = False) -> Checked | None:
        """The result for an open file's manuscript as it stands now; None of a file that is not open."""
        if path not in self._roots and path in self.uris:
            root = await self._apart(root_of, path, dict(self.texts))
            if path in self.uris:
                self._roots[path] = root
        root = self._roots.get(path)
        return await self._current(root, again=again) if root else None

    async def _current(self, root: str, *, again: bool = False) -> Checked:
        running = self._checks.get(root)
        if again:
            self._stale.add(root)
        if running is None or (running.done() and root in self._stale):
            self._stale.add(root)
            running = self._checks[root] = self._start(self._check(root))
        # A request that is cancelled leaves the check alone, on which others wait.
        return await asyncio.shield(running)

    async def _check(self, root: str) -> Checked:
        while True:
            self._stale.discard(root)
            result: Checked = await self._apart(checked, root, dict(self.texts))
            if root not in self._stale:
                if root in self._roots.values():
                    self._show(root, diagnostics(result))
                return result

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task

    async def _apart(self, work: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    def _show(self, root: str, by_file: dict[str, list[types.Diagnostic]]) -> None:
        for path in sorted(self._shown.get(root, set()) - by_file.keys()):
            by_file[path] = []
        self._shown[root] = {path for path, found in by_file.items() if found}
        for path, found in by_file.items():
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(self.uris.get(path, uri_of(path)), found)
            )

    def report_server_error(self, error: Exception, source: Any) -> None:
        """What a client sent and nobody understands is told to it, without a word about our insides."""
        what = (str(error) or type(error).__name__).splitlines()[0]
        told = f"claimlint: a message was not understood ({what})"
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, told))


def make_server() -> Server:
    """A server with its features."""
    server = Server()

    @server.feature(types.INITIALIZE)
    async def initialize(_: types.InitializeParams) -> None:
        server.greeted = True

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: types.DidOpenTextDocumentParams) -> None:
        server.put(params.text_document.uri, params.text_document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        if params.content_changes:
            server.put(params.text_document.uri, params.content_changes[-1].text)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(_: types.DidSaveTextDocumentParams) -> None:
        server.again()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_files(_: types.DidChangeWatchedFilesParams) -> None:
        server.again()

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        workspace = server.client_capabilities.workspace
        watching = workspace and workspace.did_change_watched_files
        if watching and watching.dynamic_registration:
            watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            registered = types.RegistrationParams([types.Registration("files", method, options)])
            await server.client_register_capability_async(registered)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def on_hover(params: types.HoverParams) -> types.Hover | None:
        path = path_of(params.text_document.uri) or ""
        found = await server.found(path)
        return hover(found, path, params.position) if found else None

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=list(KINDS)),
    )
    async def on_code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        path = path_of(params.text_document.uri) or ""
        found = await server.found(path)
        return actions(found, path, params.range, params.context) if found else []

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def on_definition(params: types.DefinitionParams) -> list[types.Location]:
        path = path_of(params.text_document.uri) or ""
        found = await server.found(path)
        return definition(found, path, params.position, server.texts) if found else []

    return server


def serve() -> None:
    """Serve one client over standard input and output, until it leaves.

    Raises:
        ClaimlintError: there is no client, or it announced a message that no memory holds.
    """
    if sys.stdin.isatty():
        raise _no_client("is a terminal")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    server = make_server()
    try:
        server.start_io()
    except (MemoryError, OverflowError, ValueError) as error:
        raise _no_client(f"holds a message without an end ({error or type(error).__name__})") from error
    if not server.greeted:
        raise _no_client("ended before an editor had said anything")


def _no_client(what: str) -> ClaimlintError:
    return ClaimlintError(
        f"standard input: {what}",
        "The server speaks the Language Server Protocol, not to people.",
        "Have an editor start `claimlint lsp`; to check a paper by hand, run `claimlint PAPER`.",
    )
