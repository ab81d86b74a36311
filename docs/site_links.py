"""Check the links of a built site: every page, file and anchor that a page names is there, and nothing is fetched
from another server."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
_MARKUP = re.compile(r"(?:^|\n)(?:[-*] |\d+\. |\| )|!\[|\]\(")
"""Markdown that was meant as a list, a table, a picture or a link, and is left as text."""


class _Parser(HTMLParser):
    """Collects the anchors of a page, what it links to and fetches, and paragraphs with Markdown left in them."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.leftovers: list[str] = []
        self._paragraph: list[str] | None = None
        self._depth_of_code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if "id" in values:
            self.anchors.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag in _FETCHED and values.get("rel") != "canonical" and _FETCHED[tag] in values:
            self.fetched.append(values[_FETCHED[tag]])
        if tag == "p":
            self._paragraph = []
        self._depth_of_code += tag in ("code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self._depth_of_code -= tag in ("code", "pre")
        if tag == "p" and self._paragraph is not None:
            text = "".join(self._paragraph).strip()
            if _MARKUP.search(text):
                self.leftovers.append(text)
            self._paragraph = None

    def handle_data(self, data: str) -> None:
        if self._paragraph is not None:
            self._paragraph.append("CODE" if self._depth_of_code else data)


def faults(site: Path) -> list[str]:
    """Return one line for each dead link, foreign file and piece of Markdown that a page shows as text.

    Args:
        site: Folder with the built site. Links to other sites are not followed.
    """
    parsed = {}
    for path in sorted(site.rglob("*.html")):
        parser = _Parser()
        parser.feed(path.read_text(encoding="utf-8"))
        parsed[path] = parser
    found = []
    for path, parser in parsed.items():
        page = path.relative_to(site).as_posix()
        if path.name == "404.html":
            continue  # its links are absolute, for any depth
        for address in [*parser.links, *parser.fetched]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if address in parser.fetched and parts.scheme != "data":
                    found.append(f"{page}: fetches {address} from another server")
                continue
            target = path.parent / unquote(parts.path) if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            target = target.resolve()
            if not target.is_file():
                found.append(f"{page}: links to {address}, which is not there")
            elif (
                parts.fragment and target in parsed and unquote(parts.fragment) not in parsed[target].anchors
            ):
                found.append(f"{page}: links to {address}, and the page has no such anchor")
        found += [f"{page}: shows Markdown as text: {text[:80]!r}" for text in parser.leftovers]
    return found
