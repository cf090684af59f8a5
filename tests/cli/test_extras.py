"""The core alone is installed: what needs more says which extra has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("missing", "args", "extra"),
    [
        (["pygls", "pygls.lsp.server", "lsprotocol"], ["lsp"], "lsp"),
        (["pypdfium2"], ["paper.pdf"], "pdf"),
        (["torch", "transformers", "sklearn"], ["run", "spec.toml"], "experiments"),
    ],
    ids=["lsp", "pdf", "experiments"],
)
def test_a_missing_extra_is_named_in_a_message(
    tmp_path: Path, missing: list[str], args: list[str], extra: str
) -> None:
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7\n")
    (tmp_path / "spec.toml").write_text("", encoding="utf-8")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({missing!r}))\n"
        f"sys.path.insert(0, {str(ROOT)!r}); sys.argv = ['claimlint', *{args!r}]\n"
        "from claimlint.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 2
    what, why, fix = done.stderr.splitlines()
    assert "not installed" in what
    assert why.startswith("  why: ")
    assert fix.startswith(f"  fix: Run pip install 'claimlint[{extra}]'")
    assert done.stdout == ""
