"""Take the pictures of the report page and the search page for README.md and the site: docs/images/*.png.

    python docs/screenshot.py

It indexes the example tracker, writes the report with `--include-known` and opens it in a headless Chromium, which
`make browser` installs. The pictures show the clusters that the tracker marks, with the reasons of one pair: light,
dark, and as wide as a phone. Then it types a question into the page of `dupfind serve`.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs/images"
VIEWS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "": (1000, "light"),
    "-dark": (1000, "dark"),
    "-phone": (390, "light"),
}
"""The end of each picture's name, its width in pixels, and its theme."""

HEIGHT = 900
QUESTION = "antivirus says the installer is a trojan"


def write_report(page: Path, index: Path) -> None:
    """Index the example tracker and write its report."""
    dupfind = [sys.executable, "-m", "dupfind"]
    tracker = str(ROOT / "examples/tracker.db")
    subprocess.run([*dupfind, "index", "--quiet", "--index", str(index), tracker], check=True)
    subprocess.run(
        [*dupfind, "report", "--quiet", "--include-known", "--index", str(index), "-o", str(page)], check=True
    )


@contextmanager
def serving(index: Path) -> Iterator[str]:
    """Run `dupfind serve` on a free port; yield its address once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dupfind", "serve", "--index", str(index), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def take_pictures(browser: Browser, report: Path, service: str) -> None:
    """Write the pictures of both pages as PNG."""
    for end, (width, theme) in VIEWS.items():
        tab = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=theme)
        tab.goto(report.as_uri())
        tab.get_by_label("kind").select_option("known")
        tab.locator(".cluster[data-kind=new]").first.wait_for(state="hidden")
        tab.locator("details.why > summary").filter(visible=True).first.click()
        if width > 600:
            tab.keyboard.press("Home")
            tab.wait_for_timeout(200)
        tab.screenshot(path=IMAGES / f"report{end}.png")
        tab.goto(service)
        tab.locator("#title").fill(QUESTION)
        tab.locator(".hit").first.wait_for()
        tab.locator(".hit summary").first.click()
        tab.screenshot(path=IMAGES / f"search{end}.png")


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        executable = str(own) if own.exists() else shutil.which("chromium")
        if executable is None:
            sys.exit("Chromium is missing: `make browser` installs it")
        report, index = Path(folder, "duplicates.html"), Path(folder, "index")
        write_report(report, index)
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        with serving(index) as service:
            take_pictures(browser, report, service)
        browser.close()
    for picture in sorted(IMAGES.glob("*.png")):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
