"""Convert HTML to text: paragraphs, list items, and code in fences; scripts and styles are dropped.

Python's own parser is not used: its time grows with the square of a text that is broken on purpose, and it fails on
some texts.
"""

import re
from html import unescape

_BLOCK_TAGS = """
address article aside blockquote dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header
hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
_APART_TAGS = "p pre blockquote ul ol table div h1 h2 h3 h4 h5 h6"
_UNSEEN_TAGS = "script style template head"
_BLOCKS, _APART, _UNSEEN = (frozenset(tags.split()) for tags in (_BLOCK_TAGS, _APART_TAGS, _UNSEEN_TAGS))
_SPACE = re.compile(r"\s+")
_GAP = re.compile(r"\n{3,}")
_ALT = re.compile(r"\balt\s{0,5}=\s{0,5}(?:\"([^\"]{0,500})\"|'([^']{0,500})')", re.IGNORECASE)
_ENDLESS = re.compile(r"&#[0-9]{20,}+;?")  # Python refuses a number of more than 4,300 digits
# Every quantifier is bounded or stops at the next "<", so that time grows linearly with the text.
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]{0,15})\b(?P<attributes>[^<>]{0,4000})>|<[!?][^<>]{0,4000}>"
)


def as_text(html: str) -> str:
    """Convert HTML, even broken HTML, to text; a text without tags or entities is returned unchanged."""
    if "<" not in html and "&" not in html:
        return html
    html = _without_comments(html)
    text = _Text()
    at = 0
    for tag in _TAG.finditer(html):
        text.say(html[at : tag.start()])
        if tag["end"]:
            text.end(tag["name"].lower())
        elif tag["name"]:
            text.start(tag["name"].lower(), tag["attributes"])
        at = tag.end()
    text.say(html[at:])
    return _GAP.sub("\n\n", "".join(text.parts)).strip()


def _decoded(text: str) -> str:
    """Decode entities; a number too long for any character becomes U+FFFD, as HTML has it."""
    return unescape(_ENDLESS.sub("\ufffd", text)) if "&" in text else text


def _without_comments(html: str) -> str:
    parts: list[str] = []
    at = 0
    while (begin := html.find("<!--", at)) >= 0 and (end := html.find("-->", begin)) >= 0:
        parts.append(html[at:begin])
        at = end + 3
    return "".join(parts) + html[at:]


class _Text:
    """Collects text and remembers only whether it is inside code or a hidden element."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._is_code = False
        self._unseen = ""

    def start(self, tag: str, attributes: str) -> None:
        """Begin an element."""
        if self._unseen:
            return
        if tag in _UNSEEN:
            self._unseen = tag
        elif tag == "pre" and not self._is_code:
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
            alt = _ALT.search(attributes)
            self.parts.append(_decoded(alt[1] or alt[2] or "") if alt else "")
        elif tag in _BLOCKS:
            self._break("\n\n" if tag in _APART else "\n")

    def end(self, tag: str) -> None:
        """End an element."""
        if tag == self._unseen:
            self._unseen = ""
        elif self._unseen:
            return
        elif tag == "pre" and self._is_code:
            self._break("\n")
            self.parts.append("```\n\n")
            self._is_code = False
        elif tag == "code" and not self._is_code:
            self.parts.append("`")
        elif tag in _BLOCKS:
            self._break("\n\n" if tag in _APART else "\n")

    def say(self, data: str) -> None:
        """Add the text between two tags."""
        if self._unseen or not data:
            return
        data = _decoded(data)
        if not self._is_code:
            data = _SPACE.sub(" ", data)
            if not self.parts or self.parts[-1].endswith("\n"):
                data = data.lstrip()
        if data:
            self.parts.append(data)

    def _break(self, gap: str) -> None:
        """Begin a new line or paragraph if there is text before it."""
        if self.parts and not self.parts[-1].endswith(gap):
            self.parts.append(gap)
