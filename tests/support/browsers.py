"""A headless Chromium, and pages whose every dialog, request and error is noted."""

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
    """Playwright's own Chromium, else the system's; the test is skipped where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is missing: install dupfind[dev]"
    )
    with playwright.sync_playwright() as tool:
        own = Path(tool.chromium.executable_path)
        found = str(own) if own.exists() else shutil.which("chromium") or shutil.which("chromium-browser")
        if found is None:
            if os.environ.get("DUPFIND_NEEDS_BROWSER"):
                pytest.fail("there is no Chromium: `make browser` installs one")
            pytest.skip("there is no Chromium: `make browser` installs one")
        launched = tool.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()
