"""The check that a user runs on a machine of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_device_check_runs_on_a_small_model() -> None:
    model = str(ROOT / "experiments" / "models" / "agreement")
    small = ("--tokens", "8", "--cells", "6", "--rounds", "1")
    done = subprocess.run(
        [sys.executable, "experiments/device_check.py", "--device", "cpu", "--model", model, *small],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("all equal")
