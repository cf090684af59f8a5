"""A headless Chromium for the report page, from the system's own packages."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
#: Set where a browser has to be there, so that no test is left out unseen.
NEEDED = "CLAIMLINT_NEEDS_BROWSER"
ROOT = Path(__file__).parents[2]
AXE = Path(sys.prefix) / "axe/node_modules/axe-core/axe.min.js"


def missing() -> str:
    """Why the page cannot be tried in a browser here; '' where it can."""
    lacking = [program for program in ("chromium", "chromedriver") if shutil.which(program) is None]
    return (
        f"{' and '.join(lacking)} not found: `make browser` installs what these tests need" if lacking else ""
    )


def browser_or_reason() -> str:
    """As `missing`; where a browser has to be there, its lack is a failure."""
    reason = missing()
    if reason and os.environ.get(NEEDED):
        pytest.fail(reason)
    return reason


@contextmanager
def chromium(profile: Path, width: int = 1400, height: int = 950) -> Iterator[Any]:
    """A browser with a fresh profile, which keeps what it asked for and what it complained of."""
    from selenium import webdriver  # noqa: PLC0415  (only where there is a browser)
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    # axe-core reads every element of the page, which a busy machine may need its time for.
    driver.set_script_timeout(180)
    try:
        yield driver
    finally:
        driver.quit()


def requests(driver: Any) -> list[str]:
    """Addresses that were asked for since the last call."""
    messages = (json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
