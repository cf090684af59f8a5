"""Whatever ends a write, the file is the old one or the new one, and nothing else lies beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claimlint.atomic import replace_file


@pytest.mark.parametrize(("owner", "step"), [(os, "fsync"), (Path, "replace")])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_goes_wrong_leaves_the_old_file_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str, error: type[BaseException]
) -> None:
    (tmp_path / "report.json").write_text("old")

    def stop(*args: object) -> None:
        raise error

    monkeypatch.setattr(owner, step, stop)
    with pytest.raises(error):
        replace_file(tmp_path / "report.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert (tmp_path / "report.json").read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    place = tmp_path / "report.json"
    place.write_text("old")
    place.chmod(0o640)
    replace_file(place, b"new")
    assert (place.read_bytes(), place.stat().st_mode & 0o777) == (b"new", 0o640)
