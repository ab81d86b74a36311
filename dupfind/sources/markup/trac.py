"""Convert Trac's wiki markup to Markdown.

Its marks: https://trac.edgewall.org/wiki/WikiFormatting
"""

import re

from dupfind.sources.markup.blocks import BlockText, Code, convert, inline

# Each pattern begins with its possible first characters, so that the search jumps to the next one of them.
_OPENING = re.compile(r"[{`](?:(?P<block>(?<=\{)\{\{)|(?<=`)(?:(?P<fence>``)|(?P<tick>)))")
_PROCESSOR = re.compile(r"\s*#!([\w./+-]{1,60})[^\n]*(?:\n|$)")
_WIKI_PROCESSORS = frozenset(("div", "span", "table", "tr", "td", "th", "box", "wiki", "text/x-trac-wiki"))

_BOLD_ITALIC, _BOLD, _ITALIC = (
    re.compile(rf"(?<!'){mark}(?![\s'])([^\n]{{1,400}}?)(?<![\s']){mark}(?!')")
    for mark in ("'''''", "'''", "''")
)
_HEADING = re.compile(
    r"^ {0,3}(={1,6})[ \t]{1,9}(\S[^\n]{0,400}?)(?:[ \t]{1,9}\1)?(?:[ \t]{1,9}#[\w.-]{1,100})?[ \t]{0,9}$",
    re.MULTILINE,
)
_IMAGE = re.compile(r"\[\[Image\(([^,()\n]{1,300})(?:,[^()\n]{0,300})?\)\]\]", re.IGNORECASE)
_BREAK = re.compile(r"\[\[BR\]\]", re.IGNORECASE)
_MACRO = re.compile(r"\[\[(?:\w{1,60}\([^()\n]{0,400}\)|PageOutline|TOC|RecentChanges|TitleIndex)\]\]")
_PAGE = re.compile(r"\[\[([^\[\]|\n]{1,300})(?:\|([^\[\]\n]{1,300}))?\]\]")
_LINK = re.compile(
    r"\[((?:https?|ftp|mailto|wiki|ticket|changeset|source|browser|attachment|comment|milestone|version|report|query"
    r"|search|log|diff|export):[^\s\[\]]{1,500})(?:[ \t]++([^\[\]\n]{0,300}))?\]"
)
_ANCHOR = re.compile(r"\[=#[^\[\]\n]{1,100}\]")
_ROW = re.compile(r"^[ \t]*\|\|([^\n]{1,4000})\|\|[ \t]*$", re.MULTILINE)
_SUBSCRIPT = re.compile(r",,([^,\n]{1,100}),,")
_ESCAPED = re.compile(r"!(?<![\w!]!)(?=[A-Z][a-z]+[A-Z]|\[\[|#\d)")


def as_text(text: str) -> str:
    """Convert wiki text to Markdown, its code in fences."""
    return convert(text, _OPENING, _code, _prose)


def _code(block: BlockText, match: re.Match[str]) -> Code | None:
    start, begin = match.span()
    if match["tick"] is not None:
        end = block.find_inline("`", begin)
        return None if end < 0 else Code(block.text[start : end + 1], end + 1)
    closing = "```" if match["fence"] else "}}}"
    end = block.find(closing, begin)
    if end < 0:
        return None
    code = block.text[begin:end]
    if match["fence"]:
        return Code(block.text[start : end + 3], end + 3)
    if "\n" not in code:
        return Code(inline(code), end + 3)
    processor = _PROCESSOR.match(code)
    if processor is None:
        return block.fence(start, code, end + 3)
    code = code[processor.end() :]
    if processor[1] == "comment":
        return Code("", end + 3)
    if processor[1] in _WIKI_PROCESSORS:
        return Code(_prose(code.strip()), end + 3)
    return block.fence(start, code, end + 3, processor[1].rpartition("/")[2].removeprefix("x-"))


def _prose(text: str) -> str:
    if "''" in text:
        # The longest mark first, since each contains the shorter ones.
        text = _ITALIC.sub(r"*\1*", _BOLD.sub(r"**\1**", _BOLD_ITALIC.sub(r"***\1***", text)))
    if "=" in text:
        text = _HEADING.sub(lambda match: f"{'#' * len(match[1])} {match[2]}", text)
    if "||" in text:
        text = _ROW.sub(_row, text)
    if "!" in text:
        text = _ESCAPED.sub("", text)
    if ",," in text:
        text = _SUBSCRIPT.sub(r"\1", text)
    if "[" in text:
        text = _MACRO.sub("", _BREAK.sub("\n", _IMAGE.sub(r"![](\1)", _ANCHOR.sub("", text))))
        text = _LINK.sub(_link, _PAGE.sub(_link, text))
    return text


def _link(match: re.Match[str]) -> str:
    """Return a link with its label, or the address or name alone."""
    target, label = match[1].strip(), (match[2] or "").strip(" \t\"'")
    if target.startswith(("http:", "https:", "ftp:")):
        return f"[{label}]({target})" if label else target
    return label or target.removeprefix("wiki:")


def _row(match: re.Match[str]) -> str:
    cells = (cell.strip().removeprefix("=").removesuffix("=").strip() for cell in match[1].split("||"))
    return f"| {' | '.join(cells)} |"
