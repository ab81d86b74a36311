"""Take the picture of the report page that README.md shows: docs/images/report.png.

    python docs/screenshot.py

It indexes the example tracker, writes the report with `--include-known` and opens it in a headless Chromium, which
`make browser` installs. The picture shows the clusters that the tracker marks, with the reasons of one pair.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/images/report.png"
WIDTH, HEIGHT = 1000, 900
"""Of the picture, in pixels."""


def write_report(page: Path, index: Path) -> None:
    """Index the example tracker and write its report."""
    dupfind = [sys.executable, "-m", "dupfind"]
    tracker = str(ROOT / "examples/tracker.db")
    subprocess.run([*dupfind, "index", "--quiet", "--index", str(index), tracker], check=True)
    subprocess.run(
        [*dupfind, "report", "--quiet", "--include-known", "--index", str(index), "-o", str(page)], check=True
    )


def take_picture(page: Path, picture: Path) -> None:
    """Open the page in Chromium and write the picture as PNG."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        executable = str(own) if own.exists() else shutil.which("chromium")
        if executable is None:
            sys.exit("Chromium is missing: `make browser` installs it")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(page.as_uri())
        tab.get_by_label("kind").select_option("known")
        tab.locator("details.why > summary").filter(visible=True).nth(1).click()
        tab.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "duplicates.html")
        write_report(report, Path(folder, "index"))
        take_picture(report, PICTURE)
    print(f"wrote {PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes")
