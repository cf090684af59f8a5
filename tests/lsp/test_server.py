"""The language server as an editor meets it: a process, its standard input and output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from claimlint.cli.check import command as check

pytest.importorskip("pygls", reason="pygls is not installed, so the language server is NOT tested")

from tests.lsp.client import ROOT, Client, applied, editor, offset_of, place

MAIN = r"""\documentclass{article}
\begin{document}
\section{Results}
\input{sections/probing}
\end{document}
"""
OVERSTATED = "Layer 8 stores the gender of the antecedent."
SECTION = rf"""We trained linear probes. {OVERSTATED}
It is one sentence of several.
"""
MANIFEST = {
    "version": 1,
    "models": [{"id": "narrow-18"}],
    "prompt_sets": [{"id": "probe-l8", "n": 1000, "templates": 12}],
    "experiments": [
        {
            "id": "probe-l8",
            "grade": "declared",
            "method": "linear_probe",
            "model": "narrow-18",
            "prompts": "probe-l8",
            "behaviour": "gender of the antecedent",
            "target": {"layer": [8]},
            "effect": {"metric": "accuracy", "value": 95, "unit": "percent"},
            "controls": {"control_task": 0.54},
        }
    ],
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with editor(tmp_path_factory.mktemp("desk")) as started:
        yield started


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A paper of two files with its manifest."""
    (tmp_path / "main.tex").write_text(MAIN)
    (tmp_path / "sections").mkdir()
    (tmp_path / "sections" / "probing.tex").write_text(SECTION)
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST, indent=2))
    (tmp_path / "claimlint.toml").write_text("")
    return tmp_path


def names(found: list[dict[str, Any]]) -> list[str]:
    return [diagnostic["code"].split()[1] for diagnostic in found if "code" in diagnostic]


def marked(text: str, diagnostic: dict[str, Any]) -> str:
    """The words that a diagnostic underlines."""
    return part_of(text, diagnostic["range"])


def part_of(text: str, where: dict[str, Any]) -> str:
    return text[offset_of(text, where["start"]) : offset_of(text, where["end"])]


def test_a_finding_lands_in_the_file_that_holds_the_sentence(client: Client, paper: Path) -> None:
    """The section is opened, its root is not: who includes it is found in the folder above."""
    uri = client.open(paper / "sections" / "probing.tex")
    found = client.findings(uri)
    assert names(found) == ["decodable-means-used"]
    assert marked(SECTION, found[0]) == "stores"
    assert "probe-l8" in found[0]["message"]
    assert client.diagnostics[(paper / "main.tex").as_uri()] == []


def test_what_is_typed_counts_and_not_what_is_saved(client: Client, paper: Path) -> None:
    uri = client.open(paper / "sections" / "probing.tex", "Nothing is claimed in this file.\n")
    assert client.findings(uri) == []
    client.change(uri, SECTION)
    assert client.findings(uri)
    client.change(uri, SECTION.replace("stores", "may or may not store"))
    client.change(uri, "The text that was typed last is what counts.\n")
    client.wait(lambda: client.diagnostics[uri] == [])


def test_places_are_counted_in_utf16_units(client: Client, tmp_path: Path) -> None:
    text = f"# Results\n\n𝒳 and 🧠 came first. {OVERSTATED}\n"
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    uri = client.open(tmp_path / "paper.md", text)
    found = client.findings(uri)
    assert marked(text, found[0]) == "stores"
    assert client.at("textDocument/hover", uri, text, "stores")
    assert client.at("textDocument/hover", uri, text, "came first") is None


def test_hover_tells_what_why_evidence_and_verdict(client: Client, paper: Path) -> None:
    uri = client.open(paper / "sections" / "probing.tex")
    told = client.at("textDocument/hover", uri, SECTION, "stores")
    shown = told["contents"]["value"]
    assert part_of(SECTION, told["range"]) == OVERSTATED
    for part in (
        "*What*: ",
        "*Why it matters*: ",
        "**evidence**: probe-l8: linear probe",
        "Verdict: **gap**",
    ):
        assert part in shown
    assert client.at("textDocument/hover", uri, SECTION, "It is one sentence") is None


def test_a_rewording_can_be_taken_over(client: Client, paper: Path) -> None:
    uri = client.open(paper / "sections" / "probing.tex")
    found = client.findings(uri)
    offered = client.actions(uri, SECTION, "stores", found)
    reword = next(action for action in offered if action["title"].startswith("Reword: "))
    assert reword["isPreferred"]
    assert reword["diagnostics"][0]["data"] == found[0]["data"]
    text = applied(SECTION, reword["edit"]["changes"][uri])
    assert "stores" not in text
    assert text.startswith("We trained linear probes. ")
    client.change(uri, text)
    assert client.findings(uri) == []


def test_all_rewordings_of_a_file_can_be_taken_over_at_once(client: Client, paper: Path) -> None:
    again = "We find that layer 8 stores the gender of the antecedent."
    text = f"{SECTION}\n{again}\n"
    (paper / "sections" / "probing.tex").write_text(text, encoding="utf-8")
    uri = client.open(paper / "sections" / "probing.tex")
    client.findings(uri)
    (action,) = client.actions(uri, text, "We trained", [], only=["source.fixAll"])
    assert action["kind"] == "source.fixAll.claimlint"
    edits = action["edit"]["changes"][uri]
    fixed = CliRunner().invoke(check, [str(paper / "main.tex"), "--fix"])
    assert f"{len(edits)} reworded" in fixed.output
    assert applied(text, edits) == (paper / "sections" / "probing.tex").read_text(encoding="utf-8")
    kinds = {a["kind"] for a in client.actions(uri, text, "stores", [], only=["quickfix"])}
    assert kinds == {"quickfix"}
    client.change(uri, applied(text, edits))
    assert not client.actions(uri, applied(text, edits), "We trained", [], only=["source"])


def test_an_answer_holds_once_its_reason_is_written(client: Client, paper: Path) -> None:
    uri = client.open(paper / "sections" / "probing.tex")
    found = client.findings(uri)
    offered = client.actions(uri, SECTION, "stores", found)
    action = next(action for action in offered if action["title"].startswith("Say why it stands"))
    assert action["diagnostics"] == found
    text = applied(SECTION, action["edit"]["changes"][uri])
    client.change(uri, text)
    assert names(client.findings(uri)) == ["suppression-without-reason"]
    client.change(uri, text.replace("] -- ", "] -- see Section 3, which shows it"))
    assert client.findings(uri) == []


def test_a_sentence_is_linked_to_an_experiment(client: Client, paper: Path) -> None:
    text = "# Results\n\nThe gender is represented in the middle of the network. More follows.\n"
    uri = client.open(paper / "notes.md", text)
    offered = client.actions(uri, text, "represented", [])
    link = next(action for action in offered if action["title"].startswith("Link to probe-l8"))
    text = applied(text, link["edit"]["changes"][uri])
    client.change(uri, text)
    assert (
        "named in a comment" in client.at("textDocument/hover", uri, text, "represented")["contents"]["value"]
    )
    assert not [a for a in client.actions(uri, text, "represented", []) if a["title"].startswith("Link to")]


def test_definition_leads_to_the_experiment_in_the_manifest(client: Client, paper: Path) -> None:
    """The prompt set of the same name is not what is meant."""
    uri = client.open(paper / "sections" / "probing.tex")
    (at,) = client.at("textDocument/definition", uri, SECTION, "stores")
    assert at["uri"] == (paper / "manifest.json").as_uri()
    manifest = (paper / "manifest.json").read_text()
    assert part_of(manifest, at["range"]) == "probe-l8"
    assert at["range"]["start"] == place(manifest, manifest.rindex('"id": "probe-l8"') + len('"id": "'))
    named = SECTION.replace("antecedent.", r"antecedent\evidence{probe-l8}.")
    client.change(uri, named)
    assert client.at("textDocument/definition", uri, named, "probe-l8") == [at]
    assert client.at("textDocument/definition", uri, named, "It is one") == []


def test_definition_in_a_manifest_written_by_hand(client: Client, tmp_path: Path) -> None:
    text = f"# Results\n\n{OVERSTATED}\n"
    written = (
        'version = 1\n\n[[experiments]]\nid = "probe-l8"\nmethod = "linear_probe"\n'
        'behaviour = "gender of the antecedent"\ntarget = { layer = [8] }\n'
    )
    (tmp_path / "manifest.toml").write_text(written)
    uri = client.open(tmp_path / "paper.md", text)
    (at,) = client.at("textDocument/definition", uri, text, "stores")
    assert at["range"]["start"] == place(written, written.index("probe-l8"))


def test_a_root_may_be_named_in_the_file(client: Client, paper: Path) -> None:
    (paper / "other").mkdir()
    (paper / "other" / "whole.tex").write_text(MAIN.replace("sections/probing", "part"))
    (paper / "other" / "part.tex").write_text(f"% !TeX root = whole.tex\n{SECTION}")
    (paper / "other" / "manifest.json").write_text(json.dumps(MANIFEST))
    uri = client.open(paper / "other" / "part.tex")
    assert "probe-l8" in client.findings(uri)[0]["message"]


def test_a_saved_manifest_counts_at_once(client: Client, paper: Path) -> None:
    uri = client.open(paper / "sections" / "probing.tex")
    assert "probe-l8" in client.findings(uri)[0]["message"]
    (paper / "manifest.json").write_text("{")
    client.notify("workspace/didChangeWatchedFiles", changes=[])
    root = (paper / "main.tex").as_uri()
    told = client.findings(root)
    assert "not valid JSON" in told[0]["message"]
    assert "fix: " in told[0]["message"]
    (paper / "manifest.json").unlink()
    client.save(uri)
    assert names(client.findings(root)) == ["no-manifest"]
    client.wait(lambda: uri in client.diagnostics)
    assert "probe-l8" not in json.dumps(client.diagnostics[uri])


def test_a_file_that_is_no_longer_included_stands_alone(client: Client, paper: Path) -> None:
    uri = client.open(paper / "sections" / "probing.tex")
    client.findings(uri)
    root = (paper / "main.tex").as_uri()
    (paper / "main.tex").write_text(MAIN.replace(r"\input{sections/probing}", "Nothing is included here."))
    client.diagnostics.clear()
    client.save(uri)
    client.findings(uri)
    client.request("textDocument/hover", textDocument={"uri": uri}, position={"line": 0, "character": 0})
    assert root not in client.diagnostics


def test_findings_go_when_the_file_is_closed(client: Client, paper: Path) -> None:
    uri = client.open(paper / "sections" / "probing.tex")
    assert client.findings(uri)
    client.close(uri)
    assert client.findings(uri) == []
    position = place(SECTION, SECTION.index("stores"))
    assert client.request("textDocument/hover", textDocument={"uri": uri}, position=position) is None


def test_a_cancelled_request_harms_no_other(client: Client, paper: Path) -> None:
    """There is so much to read that the client gives up before it is read."""
    long = SECTION + "".join(f"Ablating head {n // 12}.{n % 12} lowers it by {n}.\n" for n in range(300))
    uri = client.open(paper / "sections" / "probing.tex", long)
    position = place(SECTION, SECTION.index("stores"))
    first = client.start("textDocument/hover", textDocument={"uri": uri}, position=position)
    second = client.start("textDocument/hover", textDocument={"uri": uri}, position=position)
    client.notify("$/cancelRequest", id=first)
    assert "error" in client.answer(first)
    assert "stores" in json.dumps(client.answer(second)["result"])
    assert client.diagnostics[uri]


@pytest.mark.parametrize(
    "garbage",
    [
        b"Content-Length: 5\r\n\r\n{not}",
        b"Content-Length: 3\r\n\r\n[1]",
        b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc",
        b"hello\r\n",
        b"Content-Length: -4\r\n\r\n",
        b'Content-Length: 17\r\n\r\n{"jsonrpc": "2.0"',
    ],
)
def test_garbage_harms_nothing(client: Client, tmp_path: Path, garbage: bytes) -> None:
    client.raw(garbage)
    text = "# Results\n\nPatching layer 9 restores the logit difference.\n"
    uri = client.open(tmp_path / "paper.md", text)
    assert client.at("textDocument/hover", uri, text, "restores")


def test_requests_that_make_no_sense_are_answered(client: Client, tmp_path: Path) -> None:
    (tmp_path / "paper.md").write_text("# Results\n\nPatching layer 9 restores it.\n")
    uri = (tmp_path / "paper.md").as_uri()
    nowhere = {"line": 10**6, "character": 10**6}
    assert "error" in client.answer(client.start("textDocument/unheardOf"))
    client.start("textDocument/hover", position="here")
    assert client.request("textDocument/hover", textDocument={"uri": uri}, position=nowhere) is None
    uri = client.open(tmp_path / "paper.md")
    client.request("textDocument/hover", textDocument={"uri": uri}, position=nowhere)
    for odd in ("untitled:Untitled-1", "", "file:///no/such/folder/paper.md"):
        asked = {"textDocument": {"uri": odd}, "position": nowhere}
        assert client.request("textDocument/hover", **asked) is None


def test_an_editor_that_watches_files_is_asked_to(tmp_path: Path) -> None:
    watching = {"didChangeWatchedFiles": {"dynamicRegistration": True}}
    with editor(tmp_path, workspace=watching) as client:
        client.wait(lambda: bool(client.asked))
        (registered,) = client.asked[0]["params"]["registrations"]
        patterns = [watcher["globPattern"] for watcher in registered["registerOptions"]["watchers"]]
        assert {"**/manifest.json", "**/*.qmd"} <= set(patterns)


@pytest.mark.parametrize(
    "said", [b"", b"hello there\n", bytes(range(256)), b"Content-Length: %d\r\n\r\n" % 10**30]
)
def test_what_no_editor_says_ends_in_a_message_for_people(said: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "claimlint", "lsp"], input=said, capture_output=True, cwd=ROOT, check=False
    )
    assert_explained(done.returncode, done.stderr.decode())


def test_on_a_terminal_it_does_not_wait_for_an_editor() -> None:
    """Ctrl-C would not end it, for the thread that reads would wait on."""
    ours, theirs = os.openpty()
    with os.fdopen(ours), os.fdopen(theirs) as terminal:
        done = subprocess.run(
            [sys.executable, "-m", "claimlint", "lsp"],
            stdin=terminal,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
    assert_explained(done.returncode, done.stderr)


def assert_explained(code: int, message: str) -> None:
    assert code == 2
    assert [line.split(":")[0].strip() for line in message.splitlines()] == ["claimlint", "why", "fix"]
