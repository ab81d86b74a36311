"""Convert Remarkup, the markup of Phabricator and Phorge, to Markdown.

Its marks: https://we.phorge.it/book/phorge/article/remarkup/
"""

import re

from dupfind.sources.markup.blocks import BlockText, Code, convert, inline

# Each pattern begins with its possible first characters, so that the search jumps to the next one of them.
_CODE = r"[`#%](?:(?P<fence>(?<=`)``)|(?P<tick>(?<=`))|(?P<mono>(?<=#)#)|(?P<literal>(?<=%)%%))"
_OPENING = re.compile(_CODE)
_OPENING_OR_INDENTED = re.compile(rf"{_CODE}|^(?P<indented> {{2,}})(?=lang=)", re.MULTILINE)
_OPTION = r"(?:(?:lang|name|lines)=[^,\n]{1,200}|counterexample)"
_OPTIONS = re.compile(
    rf"[ \t]{{0,9}}\n?[ \t]{{0,9}}({_OPTION}(?:,[ \t]{{0,9}}{_OPTION}){{0,5}})[ \t]{{0,9}}(?:\n|$)|([\w+#-]{{1,30}})\n"
)
_LANGUAGE = re.compile(r"lang=([\w+#-]{1,30})")

_HEADING = re.compile(r"^(={1,6})[ \t]{0,9}([^\s=][^\n]{0,400}?)[ \t]{0,9}={0,6}[ \t]{0,9}$", re.MULTILINE)
_FILE = re.compile(r"\{(F\d{1,18})(?:,[^{}\n]{0,200})?\}")
_OBJECT = re.compile(
    r"\{((?:[A-EG-Z]\d{1,18}|r[A-Z]{1,30}[0-9a-f]{1,40})(?:#\d{1,18})?)(?:,[^{}\n]{0,200})?\}"
)
_IMAGE = re.compile(r"\{image[ \t]+([^\s{},]{1,600}+)[^{}\n]{0,200}\}")
_SPOKEN = re.compile(r"\{(?:key|nav)[ \t]++([^{}\n]{0,200})\}")
_UNSPOKEN = re.compile(r"\{(?:icon|meme|youtube|toc|nav|anchor)\b[^{}\n]{0,200}\}")
_LINK = re.compile(r"\[\[([^\[\]|\n]{1,600})(?:\|([^\[\]\n]{1,300}))?\]\]")
_CALLOUT = re.compile(r"^\((NOTE|WARNING|IMPORTANT)\)[ \t]+", re.MULTILINE)
_ITALIC = re.compile(r"/(?<![:/\w]/)/(?=[^\s/])([^\n]{1,400}?)(?<=[^\s/:])//(?![/\w])")
_MARKED = re.compile(r"!(?<!!!)!(?=[^\s!])([^!\n]{1,400})!!(?!!)")
_ANSWERED = re.compile(r"^>>!?[ \t]*", re.MULTILINE)


def as_text(text: str) -> str:
    """Convert Remarkup to Markdown, its code in fences."""
    return convert(text, _OPENING_OR_INDENTED if " lang=" in text else _OPENING, _code, _prose)


def _code(block: BlockText, match: re.Match[str]) -> Code | None:
    start, begin = match.span()
    if match.groupdict().get("indented"):
        return _indented(block, start)
    if match["tick"] is not None or match["mono"]:
        mark = match[0]
        end = block.find_inline(mark, begin)
        return None if end <= begin else Code(inline(block.text[begin:end]), end + len(mark))
    end = block.find(match[0], begin)
    if end < 0:
        return None
    if match["literal"]:
        return block.fence(start, block.text[begin:end], end + 3)
    return _fence(block, start, block.text[begin:end], end + 3)


def _fence(block: BlockText, start: int, code: str, end: int) -> Code:
    """Return a code block without its line of options, such as "lang=php, name=boot.php"."""
    options = _OPTIONS.match(code)
    if options is None:
        return block.fence(start, code, end)
    language = _LANGUAGE.search(options[1] or f"lang={options[2]}")
    return block.fence(start, code[options.end() :], end, language[1] if language else "")


def _indented(block: BlockText, start: int) -> Code:
    """Return an indented code block that begins with its options."""
    lines: list[str] = []
    at = end = start
    while at < len(block.text):
        stop = block.text.find("\n", at)
        stop = len(block.text) if stop < 0 else stop
        line = block.text[at:stop]
        if line.strip() and not line.startswith("  "):
            break
        lines.append(line[2:])
        end = stop if line.strip() else end
        at = stop + 1
    return _fence(block, start, "\n".join(lines).rstrip(), end)


def _prose(text: str) -> str:
    if "=" in text:
        text = _HEADING.sub(lambda match: f"{'#' * len(match[1])} {match[2]}", text)
    if "{" in text:
        text = _IMAGE.sub(r"![](\1)", _FILE.sub(r"![](\1)", text))
        text = _UNSPOKEN.sub("", _SPOKEN.sub(r"\1", _OBJECT.sub(r"\1", text)))
    if "[[" in text:
        text = _LINK.sub(_link, text)
    if "//" in text:
        text = _ITALIC.sub(r"*\1*", text)
    if "!!" in text:
        text = _MARKED.sub(r"**\1**", text)
    return _ANSWERED.sub("> ", _CALLOUT.sub(r"\1: ", text))


def _link(match: re.Match[str]) -> str:
    target, label = match[1].strip(" \t"), (match[2] or "").strip(" \t")
    if target.startswith(("http:", "https:")):
        return f"[{label}]({target})" if label else target
    return label or target
