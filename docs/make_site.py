"""Build the documentation as a site: pages with a search, a Markdown twin of each page, and llms.txt.

    python -m docs.make_site [FOLDER]

The pages are those of docs/README.md in its order, README.md, and the pages about the project. The Python reference is
made from the docstrings. Links and anchors are checked; a dead one is an error. FOLDER is site/ by default.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from docs import make_python
from docs.site_links import faults
from docs.site_pages import (
    API,
    HOME,
    ROOT,
    Page,
    groups,
    navigation,
    source_address,
    staged,
    title,
    with_links,
    with_titles,
)

SITE = ROOT / "site"

LLMS_HEAD = """\
# dupfind

> dupfind finds issues that report the same problem in different words, before and after they are filed. It is a command
> line tool and a Python package; it searches by meaning and by words, on your machine.

Each page is also a Markdown file, whose address stands here.
"""


def markdown_pages() -> dict[str, str]:
    """Return the Markdown of every page by its name on the site, with links that hold there."""
    pages, source = staged(), source_address()
    texts = {
        name: with_links(path, (ROOT / path).read_text(encoding="utf-8"), pages, source)
        for path, name in pages.items()
    }
    texts[API] = make_python.page()
    titles = {name: title(text) for name, text in texts.items()}
    return {name: with_titles(text, titles) for name, text in texts.items()}


def llms(listed: Mapping[str, Sequence[Page]]) -> str:
    """Return llms.txt: the Markdown twins of all pages with one line about each (https://llmstxt.org)."""
    sections = [
        f"## {group}\n\n"
        + "".join(
            f"- [{page.title}]({page.name}){f': {page.summary}' if page.summary else ''}\n" for page in pages
        )
        for group, pages in listed.items()
    ]
    return "\n".join([LLMS_HEAD, f"- [Overview]({HOME}): What is dupfind, and what does it do?\n", *sections])


def build(target: Path) -> list[str]:
    """Build the site in a folder, which is replaced.

    Returns:
        The faults of its links, one line each.

    Raises:
        CalledProcessError: Zensical failed; its message has been printed.
    """
    texts = markdown_pages()
    listed = groups({name: title(text) for name, text in texts.items()})
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        pages = work / "pages"
        shutil.copytree(ROOT / "docs/images", pages / "images")
        for name, text in texts.items():
            (pages / name).write_text(text, encoding="utf-8")
        settings = (ROOT / "docs/zensical.toml").read_text(encoding="utf-8")
        own = f'[project]\ndocs_dir = "pages"\nsite_dir = "html"\nnav = {navigation(listed)}\n'
        (work / "zensical.toml").write_text(settings.replace("[project]\n", own, 1), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "zensical", "build", "--clean"], cwd=work, check=True)
        html = work / "html"
        for name, text in texts.items():
            (html / name).write_text(text, encoding="utf-8")
            _name_twin(
                html / ("index.html" if name == HOME else f"{name.removesuffix('.md')}/index.html"), name
            )
        (html / "llms.txt").write_text(llms(listed), encoding="utf-8")
        shutil.copy(ROOT / "docs/run_tutorial.py", html / "run_tutorial.py")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(html, target)
    return faults(target)


def _name_twin(page: Path, name: str) -> None:
    """Add the address of its Markdown twin to the head of a page."""
    up = "" if name == HOME else "../"
    link = f'<link rel="alternate" type="text/markdown" href="{up}{name}">'
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r"</head>", f"{link}</head>", text, count=1), encoding="utf-8")


def main() -> int:
    """Build the site; return 1 if a link is dead."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=SITE)
    target = parser.parse_args().folder
    if find_spec("zensical") is None:
        sys.exit("zensical is missing: install dupfind[docs]")
    found = build(target)
    print(*found or [f"{target}: {len(list(target.rglob('*.html')))} pages, no dead link"], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
