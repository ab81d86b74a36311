"""Convert Jira's wiki markup to Markdown; emphasis is the same in both and stays.

Its marks: https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re

from dupfind.sources.markup.blocks import BlockText, Code, convert, inline

# Each pattern begins with its possible first characters, so that the search jumps to the next one of them.
_OPENING = re.compile(
    r"[{`](?:(?<=\{)(?:(?P<code>code(?P<options>:[^{}\n]{0,300})?\})|(?P<noformat>noformat(?::[^{}\n]{0,300})?\})"
    r"|(?P<mono>\{))|(?P<fence>(?<=`)``))"
)
_LANGUAGE = re.compile(r"[\w+#-]{1,30}")

_HEADING = re.compile(r"^[ \t]*h([1-6])\.[ \t]+", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]*bq\.[ \t]+", re.MULTILINE)
_LIST = re.compile(r"(?:^[ \t]{0,9}[*#]{1,6}[ \t]{1,9}\S[^\n]*(?:\n|\Z)){2,}", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*([*#]{1,6})[ \t]+", re.MULTILINE)
_TITLED = re.compile(
    r"\{(?:panel|expand)(?::(?:[^{}\n]{0,200}\|)?title=([^{}|\n]{0,200})[^{}\n]{0,200}|:([^{}|=\n]{0,200}))?\}"
)
_MACRO = re.compile(
    r"\{(?:quote|color|anchor|section|column|info|note|tip|warning|toc|align|status|csv|html|excerpt)(?::[^{}\n]{0,300})?\}"
)
_LINK = re.compile(
    r"\[([^\[\]|\n]{1,300})\|((?:https?://|ftp://|mailto:|file:|#|/)[^\s\[\]|]{0,600})(?:\|[^\[\]\n]{0,100})?\]"
)
_ADDRESS = re.compile(r"\[((?:https?|ftp)://[^\s\[\]|]{1,600})\]")
_IMAGE = re.compile(
    r"!(?<![\w!]!)([^\s!|]{1,300}\.(?:png|jpe?g|gif|bmp|svg|webp|mov|mp4))(?:\|[^!\n]{0,200})?!",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^[ \t]*\|\|([^\n]{1,4000}?)\|\|[ \t]*$", re.MULTILINE)
_BREAK = re.compile(r"(?<=\S)[ \t]?\\\\(?=\s|$)")


def as_text(text: str) -> str:
    """Convert wiki text to Markdown, its code in fences."""
    return convert(text, _OPENING, _code, _prose)


def _code(block: BlockText, match: re.Match[str]) -> Code | None:
    start, begin = match.span()
    if match["mono"]:
        end = block.find_inline("}}", begin)
        return None if end <= begin else Code(inline(block.text[begin:end]), end + 2)
    closing = "```" if match["fence"] else "{noformat}" if match["noformat"] else "{code}"
    end = block.find(closing, begin)
    if end < 0:
        return None
    if match["fence"]:
        return Code(block.text[start : end + 3], end + 3)
    return block.fence(start, block.text[begin:end], end + len(closing), _language(match["options"]))


def _language(options: str | None) -> str:
    """Return the language among options such as ":title=Foo.java|java|borderStyle=solid"."""
    words = (options or "").lstrip(":").split("|")
    return next((word.strip() for word in words if _LANGUAGE.fullmatch(word.strip())), "")


def _prose(text: str) -> str:
    # Two items or more: one line alone that begins with a number sign is a heading in Markdown.
    if _ITEM.search(text):
        text = _LIST.sub(lambda match: _ITEM.sub(_item, match[0]), text)
    text = _QUOTED.sub("> ", _HEADING.sub(lambda match: f"{'#' * int(match[1])} ", text))
    if "{" in text:
        text = _MACRO.sub("", _TITLED.sub(lambda match: (match[1] or match[2] or "").strip(), text))
    if "[" in text:
        text = _ADDRESS.sub(r"\1", _LINK.sub(r"[\1](\2)", text))
    if "!" in text:
        text = _IMAGE.sub(r"![](\1)", text)
    if "||" in text:
        text = _HEAD.sub(
            lambda match: f"| {' | '.join(cell.strip() for cell in match[1].split('||'))} |", text
        )
    return _BREAK.sub("\n", text) if "\\\\" in text else text


def _item(match: re.Match[str]) -> str:
    """Return the mark of a list item, indented by its depth."""
    return f"{'  ' * (len(match[1]) - 1)}{'1.' if match[1][-1] == '#' else '-'} "
