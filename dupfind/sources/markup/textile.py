"""Convert Redmine's Textile to Markdown; emphasis and lists stay, since Redmine also supports Markdown.

Its marks: https://textile-lang.com and https://www.redmine.org/projects/redmine/wiki/RedmineTextFormattingTextile
"""

import re

from dupfind.sources.markup.blocks import BlockText, Code, convert, inline

_STYLE = r"(?:\([^()\n]{1,60}\)|\{[^{}\n]{1,100}\}|\[[a-z-]{2,10}\]|[<>=()]){0,4}"
# Each pattern begins with its possible first characters, so that the search jumps to the next one of them.
_CODE = (
    r"[<`@](?:(?P<pre>(?<=<)pre(?:\s[^<>\n]{0,200})?>)|(?<=`)(?:(?P<fence>``)|(?P<tick>))"
    r"|(?P<at>(?<![\w@]@)(?<=@)(?=[^\s@])))"
)
_OPENING = re.compile(_CODE)
_BLOCK = rf"^(?P<block>(?:bc|pre)(?:\((?P<language>[\w+#-]{{1,30}})\)|{_STYLE})(?P<dots>\.\.?)[ \t])"
_OPENING_OR_BLOCK = re.compile(rf"{_CODE}|{_BLOCK}", re.MULTILINE)
_BLOCK_BEGINS = re.compile(r"^(?:h[1-6]|bq|bc|pre|p|notextile)[^\s.]{0,60}\.", re.MULTILINE)
_INNER = re.compile(r"\s*<code(?:\s[^<>\n]{0,60}?class=[\"']?(?:language-)?([\w+#-]{1,30})[^<>\n]{0,100})?>")
_NEXT = re.compile(rf"\n\n(?=(?:h[1-6]|bq|bc|pre|p|notextile){_STYLE}\.\.? )")

# A heading, a quotation or a paragraph.
_BEGINNING = re.compile(
    rf"^(?:h(?P<level>[1-6]){_STYLE}\.[ \t]+|(?P<quoted>bq){_STYLE}\.\.?[ \t]+"
    rf"|(?:p{_STYLE}|notextile)\.[ \t]+(?!\d+\b))",
    re.MULTILINE,
)
_LINK = re.compile(
    r"\"([^\"\n]{1,300})\":((?:https?|ftp)://[^\s\"<>]{1,600}|mailto:[^\s\"<>]{1,200}|/[^\s\"<>]{1,300})"
)
_TRAIL = ".,;:!?)]"
_IMAGE = re.compile(
    r"!(?<![\w!]!)[<>=]?(?:\{[^{}\n]{0,100}\})?([^\s!(]{1,600}\.(?:png|jpe?g|gif|bmp|svg|webp))(?:\(([^()\n]{0,200})\))?!(?::\S{1,300})?",
    re.IGNORECASE,
)
_SPAN = re.compile(r"%\{[^{}\n]{1,100}\}([^%\n]{1,400})%")
_CITED = re.compile(r"(?<!\?)\?\?(?=[^\s?])([^?\n]{1,300})\?\?(?!\?)")
_CELL = re.compile(r"(?<=\|)(?:_|[\\/]\d{1,2}|[<>=~^])[^\s|.]{0,20}\.[ \t]")
_THUMBNAIL = re.compile(r"\{\{thumbnail\(([^(),\n]{1,300})(?:,[^()\n]{0,200})?\)\}\}")
_COLLAPSED = re.compile(r"^\{\{collapse(?:\(([^()\n]{0,200})\))?[ \t]*$", re.MULTILINE)
_MACRO = re.compile(r"\{\{[<>]?\w{1,40}(?:\([^()\n]{0,300}\))?\}\}|^[ \t]*\}\}[ \t]*$", re.MULTILINE)
_PAGE = re.compile(r"\[\[(?:[^\[\]|:\n]{1,100}:)?([^\[\]|\n]{1,300})(?:\|([^\[\]\n]{1,300}))?\]\]")


def as_text(text: str) -> str:
    """Convert Textile to Markdown, its code in fences."""
    if _BLOCK_BEGINS.search(text):
        return convert(text, _OPENING_OR_BLOCK, _code, _prose)
    return convert(text, _OPENING, _code, _within_lines)


def _code(block: BlockText, match: re.Match[str]) -> Code | None:
    start, begin = match.span()
    if match.groupdict().get("block"):
        return _block(block, match)
    if match["tick"] is not None or match["at"] is not None:
        end = block.find_inline(match[0], begin)
        is_code = end > begin and block.text[end - 1] != " "
        return Code(inline(block.text[begin:end]), end + 1) if is_code else None
    closing = "```" if match["fence"] else "</pre>"
    end = block.find(closing, begin)
    if end < 0:
        return None
    if match["fence"]:
        return Code(block.text[start : end + 3], end + 3)
    code = block.text[begin:end]
    inner = _INNER.match(code)
    if inner:
        code = code[inner.end() :].rstrip().removesuffix("</code>")
    return block.fence(start, code, end + 6, inner[1] or "" if inner else "")


def _block(block: BlockText, match: re.Match[str]) -> Code:
    """Return one paragraph of code, or with two dots all paragraphs up to the next explicit block."""
    if match["dots"] == ".":
        end = block.find("\n\n", match.end())
    else:
        after = _NEXT.search(block.text, match.end())
        end = after.start() if after else -1
    end = len(block.text) if end < 0 else end
    return block.fence(match.start(), block.text[match.end() : end], end, match["language"] or "")


def _prose(text: str) -> str:
    return _within_lines(_BEGINNING.sub(_begun, text))


def _begun(match: re.Match[str]) -> str:
    level, quoted = match.groups()
    return f"{'#' * int(level)} " if level else "> " if quoted else ""


def _within_lines(text: str) -> str:
    if '":' in text:
        text = _LINK.sub(_link, text)
    if "!" in text:
        text = _IMAGE.sub(lambda match: f"![{match[2] or ''}]({match[1]})", text)
    if "%{" in text:
        text = _SPAN.sub(r"\1", text)
    if "??" in text:
        text = _CITED.sub(r"\1", text)
    if "|" in text:
        text = _CELL.sub(" ", text)
    if "{{" in text or "}}" in text:
        text = _MACRO.sub("", _COLLAPSED.sub(r"\1", _THUMBNAIL.sub(r"![](\1)", text)))
    return _PAGE.sub(lambda match: match[2] or match[1], text) if "[[" in text else text


def _link(match: re.Match[str]) -> str:
    address = match[2].rstrip(_TRAIL)
    return f"[{match[1]}]({address}){match[2][len(address) :]}"
