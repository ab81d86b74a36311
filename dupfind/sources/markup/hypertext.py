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
_WITHIN = frozenset(("br", "li", "img"))
"""Tags whose beginning is shown."""
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
    # What the pattern has no group for comes between the three groups of each tag.
    pieces = _TAG.split(_without_comments(html))
    parts: list[str] = []
    add = parts.append
    last = unseen = ""
    is_code = False
    for at in range(0, len(pieces), 4):
        data = pieces[at]
        if data and not unseen:
            data = _decoded(data) if "&" in data else data
            if not is_code:
                # All white space other than " " is unprintable.
                data = _SPACE.sub(" ", data) if not data.isprintable() or "  " in data else data
                data = data.lstrip() if not parts or last.endswith("\n") else data
            if data:
                add(last := data)
        if at + 1 == len(pieces) or pieces[at + 2] is None:
            continue
        is_end, name = pieces[at + 1], pieces[at + 2].lower()
        if unseen:
            unseen = "" if is_end and name == unseen else unseen
        elif name in _UNSEEN and not is_end:
            unseen = name
        elif name == "pre" and is_code == bool(is_end):
            gap = "\n" if is_code else "\n\n"
            if parts and not last.endswith(gap):
                add(gap)
            add(last := "```\n\n" if is_code else "```\n")
            is_code = not is_code
        elif name == "code" and not is_code:
            add(last := "`")
        elif is_end or name not in _WITHIN:
            if name in _BLOCKS:
                gap = "\n\n" if name in _APART else "\n"
                if parts and not last.endswith(gap):
                    add(last := gap)
        elif name == "br":
            add(last := "\n")
        elif name == "li":
            if parts and not last.endswith("\n"):
                add("\n")
            add(last := "- ")
        else:
            alt = _ALT.search(pieces[at + 3])
            add(last := _decoded(alt[1] or alt[2] or "") if alt else "")
    text = "".join(parts)
    return (_GAP.sub("\n\n", text) if "\n\n\n" in text else text).strip()


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
