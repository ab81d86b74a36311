"""axe-core's rules for accessible pages, run in a browser page."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(
    sys.prefix, "axe", "node_modules", "axe-core", "axe.min.js"
)  # apart: npm removes what it did not install
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: "Page") -> list[str]:
    """Return what axe-core finds on a page as it is, one line each; skip the test where axe-core is absent."""
    if not AXE.is_file():
        if os.environ.get("DUPFIND_NEEDS_AXE"):
            pytest.fail("`make axe` has run, and axe-core is not there")
        pytest.skip("axe-core is absent: `make axe` installs it where there is npm")
    # By evaluation in the page's world, which its content security policy does not forbid.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "rules => axe.run({runOnly: {type: 'tag', values: rules}}).then(result => result.violations)", RULES
    )
    return [
        f"{each['id']}: {each['nodes'][0]['html']} {each['nodes'][0]['failureSummary']}" for each in found
    ]
