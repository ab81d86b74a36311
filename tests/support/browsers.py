"""A headless Chromium for the tests of pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Launch Playwright's own Chromium, or the system's; skip the test if neither is installed."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is missing: install dupfind[dev]"
    )
    with playwright.sync_playwright() as driver:
        own = Path(driver.chromium.executable_path)
        program = str(own) if own.exists() else shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            if os.environ.get("DUPFIND_NEEDS_BROWSER"):
                pytest.fail("Chromium is not installed: `make browser` installs one")
            pytest.skip("Chromium is not installed: `make browser` installs one")
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
