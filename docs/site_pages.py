"""The pages of the site: which files they are made of, their navigation, and their links."""

import posixpath
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

PROJECT_PAGES = {
    "benchmarks/README.md": "benchmarks.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
}
"""Files outside docs/ that are pages of the site, with their names there."""

HOME = "index.md"
API = "python-api.md"
"""The Python reference, which is made while the site is built."""

API_SUMMARY = "Which classes and functions has the package? (their docstrings)"

_LINK = re.compile(r"(\]\()([^)\s]+)(\))")
_NAMED_LINK = re.compile(r"\[[\w/-]+\.md\]\((\w[\w-]*\.md)((?:#[^)]*)?)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_GROUP = re.compile(r"^## (.+)\n\n((?:\|.*\n)+)", re.MULTILINE)
_ROW = re.compile(r"^\| \[[^\]]+\]\((\w[\w-]*\.md)\) \| (.+) \|$", re.MULTILINE)


class Page(NamedTuple):
    """One page of the site.

    Attributes:
        name: Its file among the site's Markdown files, such as "install.md".
        title: Its first heading.
        summary: What it answers, in one line; "" where docs/README.md does not say so.
    """

    name: str
    title: str
    summary: str


def staged() -> dict[str, str]:
    """Return the name of each page on the site, by its path in the repository."""
    pages = {f"docs/{path.name}": path.name for path in sorted((ROOT / "docs").glob("*.md"))}
    del pages["docs/README.md"]  # the navigation has the same list
    return {"README.md": HOME, **pages, **PROJECT_PAGES}


def groups(titles: Mapping[str, str]) -> dict[str, list[Page]]:
    """Return the pages by the headings of docs/README.md, then those of the project.

    Args:
        titles: The first heading of each page, by its name on the site.
    """
    text = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    listed = {
        group: [Page(name, titles[name], summary) for name, summary in _ROW.findall(table)]
        for group, table in _GROUP.findall(text)
    }
    listed["Reference"].append(Page(API, titles[API], API_SUMMARY))
    listed["Project"] = [Page(name, titles[name], "") for name in PROJECT_PAGES.values()]
    return listed


def title(text: str) -> str:
    """Return the first heading of a page."""
    return re.search(r"^# (.+)$", text, re.MULTILINE)[1]  # type: ignore[index]  # every page has one


def with_links(path: str, text: str, pages: Mapping[str, str], source: str) -> str:
    """Return a page's text with links that hold on the site.

    Args:
        path: The file in the repository.
        text: Its Markdown.
        pages: The name of each page on the site, by its path in the repository.
        source: Address of the repository's files on the web.

    Raises:
        FileNotFoundError: A link names a file that does not exist.
    """

    def rewritten(match: re.Match[str]) -> str:
        target, hash_sign, anchor = match[2].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if file == "docs/README.md":
            return f"{match[1]}{HOME}{match[3]}"
        if file in pages:
            return f"{match[1]}{pages[file]}{hash_sign}{anchor}{match[3]}"
        if file.startswith("docs/images/"):
            return f"{match[1]}{file.removeprefix('docs/')}{match[3]}"
        if not (ROOT / file).exists():
            raise FileNotFoundError(f"{path} links to {target}, which does not exist")
        return f"{match[1]}{source}/{file}{hash_sign}{anchor}{match[3]}"

    return _outside_code(text, lambda part: _LINK.sub(rewritten, part))


def with_titles(text: str, titles: Mapping[str, str]) -> str:
    """Return a page's text with the title of a page in each link whose text is the name of its file."""

    def titled(match: re.Match[str]) -> str:
        return f"[{titles[match[1]]}]({match[1]}{match[2]})"

    return _outside_code(text, lambda part: _NAMED_LINK.sub(titled, part))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts, at = [], 0
    for fence in _FENCE.finditer(text):
        parts += [change(text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, change(text[at:])])


def source_address() -> str:
    """Return the address of the repository's files on the web, as pyproject.toml names it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['urls']['Source']}/blob/main"


def navigation(listed: Mapping[str, Sequence[Page]]) -> str:
    """Return the navigation as a value in TOML."""

    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    entries = [f'{{ "Home" = "{HOME}" }}']
    for group, pages in listed.items():
        names = ", ".join(f"{{ {quoted(page.title)} = {quoted(page.name)} }}" for page in pages)
        entries.append(f"{{ {quoted(group)} = [{names}] }}")
    return f"[{', '.join(entries)}]"
