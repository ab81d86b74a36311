"""The text of an issue as HTML: its Markdown rendered, with nothing in it that runs, loads or leads astray."""

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from dupfind.dedup.report import MAX_BODY
from dupfind.reports.display import visible

MAX_LENGTH = MAX_BODY + 2
"""Characters of a text that are rendered, some of which take quadratic time."""

MAX_HTML = 10 * MAX_LENGTH
"""Characters of HTML; a text that grows beyond is shown as it is."""

MAX_CELLS = 4_000
"""Lines times columns above which no table is made: a short text can ask for a million cells."""

LANGUAGES = frozenset(
    (
        *(
            "bash",
            "c",
            "cpp",
            "csharp",
            "css",
            "diff",
            "go",
            "ini",
            "java",
            "javascript",
            "js",
            "json",
            "kotlin",
        ),
        *(
            "lua",
            "perl",
            "powershell",
            "py",
            "python",
            "pytb",
            "rb",
            "ruby",
            "rs",
            "rust",
            "sh",
            "shell",
            "sql",
        ),
        *("swift", "toml", "ts", "typescript", "xml", "yaml", "yml", "zsh"),
    )
)
"""Languages of a code block that are highlighted."""

_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_LINK = re.compile(r"(?:https?://|mailto:)[^\s\"'<>\\`]+\Z", re.IGNORECASE)


def render(text: str) -> Markup:
    """Return a text's Markdown as HTML.

    Raw HTML is shown as text. Links lead to http, https and mailto only; a picture becomes a link to it. Comments of
    HTML, which templates are full of, are left out, but for those in code.

    Args:
        text: The body of an issue, of any length; what is cut ends in "…".
    """
    shown = visible(_without_comments(text[: 2 * MAX_LENGTH]))
    if len(shown) > MAX_LENGTH or len(text) > 2 * MAX_LENGTH:
        shown = f"{shown[:MAX_LENGTH]} …"
    lines = shown.splitlines()
    n_columns = max((line.count("|") for line in lines), default=0) + 1
    # Once more, because entities of HTML have become characters.
    html = visible(_markdown(n_columns * len(lines) <= MAX_CELLS).render(shown))
    if len(html) > MAX_HTML:
        html = f"<pre>{escape(shown)}</pre>"
    return Markup(html)  # safe: made by `_Renderer`, without raw HTML


def _without_comments(text: str) -> str:
    kept, at = [], 0
    is_in_code = False
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        is_in_code ^= len(_FENCE.findall(kept[-1])) % 2 == 1
        at = end + 3
        if is_in_code or kept[-1].endswith("`"):
            at = start + 4
            kept.append(text[start:at])
    return "".join([*kept, text[at:]])


@cache
def _markdown(has_tables: bool) -> MarkdownIt:
    # A line stays a line, as trackers show it.
    options = {"html": False, "breaks": True, "xhtmlOut": False}
    markdown = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
    markdown.enable(["strikethrough", "table"] if has_tables else ["strikethrough"])
    markdown.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    return markdown


def _highlighted(code: str, language: str) -> str:
    name = language.lower()
    if name not in LANGUAGES:
        return escape(code)
    lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


class _Renderer(RendererHTML):
    """HTML whose headings do not belong to the page, and whose pictures are links."""

    def heading_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return '<p class="heading">'

    def heading_close(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return "</p>\n"

    def fence(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        language = tokens[at].info.split(maxsplit=1)[:1] or [""]
        return f"<pre><code>{_highlighted(tokens[at].content, language[0])}</code></pre>\n"

    def th_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return "<th>"  # without the column's alignment, which would be a style

    def td_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return "<td>"

    def link_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        address = str(tokens[at].attrs["href"])
        env["is_in_link"] = bool(address)  # `[text]()` has none
        return _anchor(address) if address else ""

    def image(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        name = self.renderInlineAsText(tokens[at].children or [], options, env) or "picture"
        address = str(tokens[at].attrs["src"])
        if env.get("is_in_link") or not address:
            return escape(name)
        return f"{_anchor(address)}{escape(name)}</a>"

    def link_close(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
        return "</a>" if env.pop("is_in_link") else ""


def _anchor(url: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer" target="_blank">'
