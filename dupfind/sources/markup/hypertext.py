"""HTML as text: paragraphs, list items, and code in fences; without scripts and styles."""

import re
from html.parser import HTMLParser

_BLOCK_TAGS = """
address article aside blockquote dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header
hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
_APART_TAGS = "p pre blockquote ul ol table div h1 h2 h3 h4 h5 h6"
_UNSEEN_TAGS = "script style template head"
_BLOCKS, _APART, _UNSEEN = (frozenset(tags.split()) for tags in (_BLOCK_TAGS, _APART_TAGS, _UNSEEN_TAGS))
_SPACE = re.compile(r"\s+")
_GAP = re.compile(r"\n{3,}")


def as_text(html: str) -> str:
    """The text of a piece of HTML, however broken; one without tags or entities is returned as it is."""
    if "<" not in html and "&" not in html:
        return html
    parser = _Text()
    parser.feed(html)
    parser.close()
    return _GAP.sub("\n\n", "".join(parser.parts)).strip()


class _Text(HTMLParser):
    """Collects text; nothing is kept of where a tag stands but whether that is in code, and how often unseen."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._is_code = False
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "pre":
            self._break("\n\n")
            self.parts.append("```\n")
            self._is_code = True
        elif tag == "code" and not self._is_code:
            self.parts.append("`")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self._break("\n")
            self.parts.append("- ")
        elif tag == "img":
            self.parts.append(dict(attrs).get("alt") or "")
        elif tag in _BLOCKS:
            self._break("\n\n" if tag in _APART else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "pre" and self._is_code:
            self._break("\n")
            self.parts.append("```\n\n")
            self._is_code = False
        elif tag == "code" and not self._is_code:
            self.parts.append("`")
        elif tag in _BLOCKS:
            self._break("\n\n" if tag in _APART else "\n")

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if not self._is_code:
            data = _SPACE.sub(" ", data)
            if not self.parts or self.parts[-1].endswith("\n"):
                data = data.lstrip()
        if data:
            self.parts.append(data)

    def _break(self, gap: str) -> None:
        """Begin a new line, or a paragraph, where there is text before and it has not begun already."""
        if self.parts and not self.parts[-1].endswith(gap):
            self.parts.append(gap)
