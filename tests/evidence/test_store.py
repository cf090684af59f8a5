"""Writing a manifest: whole or not at all, and never over somebody else's entries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from claimlint.errors import ClaimlintError
from claimlint.evidence import (
    Experiment,
    Manifest,
    add_entries,
    load_manifest,
    update_manifest,
    write_manifest,
)
from claimlint.evidence.model import Model

ADD = """
import sys
from claimlint.evidence import Experiment, add_entries
path, name, count = sys.argv[1:]
for number in range(int(count)):
    add_entries(path, [Experiment(id=f"{name}-{number}", method="ablation")])
"""
WRITE_FOREVER = """
import sys
from claimlint.evidence import Experiment, add_entries
entries = [Experiment(id=f"e{n}", method="ablation", note="x" * 2000) for n in range(200)]
print("writing", flush=True)
while True:
    add_entries(sys.argv[1], entries)
"""


def probe(name: str = "probe-8") -> Experiment:
    return Experiment(id=name, method="linear_probe")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    manifest = Manifest(version=1, models=(Model(id="m"),), experiments=(probe(),))
    write_manifest(path, manifest)
    assert load_manifest(path) == manifest


def test_fields_keep_the_order_of_the_schema_and_unset_ones_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_manifest(
        path, Manifest(experiments=(Experiment(method="pca", id="a", behaviour="gender"),), version=1)
    )
    data = json.loads(path.read_text(encoding="utf-8"))
    assert list(data) == ["version", "experiments"]
    assert list(data["experiments"][0]) == ["id", "method", "behaviour"]


def test_equal_manifests_are_equal_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for path in (one, two):
        write_manifest(path, Manifest(version=1, experiments=(probe(),)))
    write_manifest(one, load_manifest(two))
    assert one.read_bytes() == two.read_bytes()


def test_an_entry_with_a_known_id_takes_the_old_ones_place(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    add_entries(path, [probe("a"), probe("b")])
    add_entries(path, [Experiment(id="a", method="pca"), probe("c")])
    assert [(e.id, e.method) for e in load_manifest(path).experiments] == [
        ("a", "pca"),
        ("b", "linear_probe"),
        ("c", "linear_probe"),
    ]


def test_two_processes_lose_no_entries(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    writers = [
        subprocess.Popen([sys.executable, "-c", ADD, str(path), name, "25"])
        for name in ("one", "two", "three")
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    expected = {f"{name}-{number}" for name in ("one", "two", "three") for number in range(25)}
    assert {e.id for e in load_manifest(path).experiments} == expected
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
def test_a_lock_that_its_holder_took_away_in_between_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl  # noqa: PLC0415  (Windows has none)

    lock, flock, calls = tmp_path / ".manifest.json.lock", fcntl.flock, []

    def after_the_holder(handle: int, how: int) -> None:
        calls.append(handle)
        if len(calls) == 1:
            lock.unlink()
        flock(handle, how)

    def seen(manifest: Manifest) -> Manifest:
        assert lock.exists(), "nobody else is kept out"
        return manifest

    monkeypatch.setattr(fcntl, "flock", after_the_holder)
    update_manifest(tmp_path / "manifest.json", seen)


def test_a_killed_writer_leaves_a_whole_manifest_and_blocks_nobody(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    add_entries(path, [probe("first")])
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE_FOREVER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        writer.kill()
        writer.communicate()
        assert load_manifest(path).experiment("first") is not None
    add_entries(path, [probe("last")])
    assert load_manifest(path).experiment("last") is not None
    assert list(tmp_path.iterdir()) == [path]


def test_a_manifest_that_does_not_fit_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text('{"experiments": [{"id": "a"}]}', encoding="utf-8")
    with pytest.raises(ClaimlintError):
        add_entries(path, [probe()])
    assert path.read_text(encoding="utf-8") == '{"experiments": [{"id": "a"}]}'


def test_a_manifest_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    add_entries(path, [probe()])
    before = path.read_bytes()
    with pytest.raises(ClaimlintError, match="no model has the id 'nowhere'"):
        add_entries(path, [Experiment(id="b", method="pca", model="nowhere")])
    assert path.read_bytes() == before


def test_a_write_that_fails_midway_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "manifest.json"
    add_entries(path, [probe()])
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ClaimlintError, match="No space left on device"):
        add_entries(path, [probe("b")])
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.draft"))


def test_a_toml_manifest_is_never_rewritten(tmp_path: Path) -> None:
    with pytest.raises(ClaimlintError, match="are rewritten"):
        add_entries(tmp_path / "manifest.toml", [probe()])


def test_a_link_to_the_manifest_stays_a_link(tmp_path: Path) -> None:
    path, other = tmp_path / "manifest.json", tmp_path / "link.json"
    add_entries(path, [probe("a")])
    other.symlink_to(path)
    add_entries(other, [probe("b")])
    assert other.is_symlink()
    assert [e.id for e in load_manifest(path).experiments] == ["a", "b"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ClaimlintError, match="cannot be written"):
        write_manifest(tmp_path / "none" / "manifest.json", Manifest(version=1))
