"""The comments on an issue by which it is found: what people wrote first, without quotes and other issues' names."""

import re
from collections.abc import Iterable, Iterator

from dupfind.records import Comment
from dupfind.text.plain_text import characters

MAX_COMMENTS = 5
"""Comments of a record that are kept, the first ones."""

MAX_CHARACTERS = 500
"""Characters of a comment that are kept."""

MAX_READ = 4_096
"""Characters of a comment that are read at all."""

_MAX_TRIED = 100  # comments of an issue that are read

_QUOTED = re.compile(
    r"^[ \t]*(?:>|&gt;|\|).*$"
    r"|^[ \t]*(?:On|Am|Le|El|Em) [^\n]{1,200}(?:wrote|schrieb|a écrit|escribió|escreveu)\s?:[ \t]*$"
    r"|^-+ ?Original Message ?-+$|^\(In reply to [^\n]{0,200}$",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTE_START = re.compile(r"\[quote(?:=[^\]\n]{0,100})?\]|\{quote\}|<blockquote[^<>]{0,200}>", re.IGNORECASE)
_QUOTE_END = re.compile(r"\[/quote\]|\{quote\}|</blockquote>", re.IGNORECASE)

_OTHER_ISSUE = re.compile(
    r"(?<![&#])(?<!\b[CFcf])#\d"
    r"|(?i:\bgh-\d)"
    r"|(?i:\b(?:issue|bug|ticket|case|dupe?|duplicate|pr|pull request|mr)s?\b(?: ?(?:of|to|no\.?|nr\.?|number|id|is))?"
    r"[ :#(]{1,3}\d)"
    r"|(?i:/(?:issues|bugs?|tickets?|browse|work_items|merge_requests|pull|show_bug\.cgi|view\.php|t)/?[?\w=&-]*\d)"
    r"|\b(?!(?:UTF|ISO|SHA|RFC|CVE|MD|IEEE|HTTP|ES|CP|KOI|X|AES|RSA)\d*-)[A-Z][A-Z0-9]{1,19}-\d{1,7}\b"
)
_BOOKKEEPING = re.compile(
    r"(?:status|state|resolution|assignee|assigned(?: to)?|priority|severity|milestone|fix version(?:/s|s)?|labels?"
    r"|owner|component|version|keywords|cc|type)\b[^\n]{0,40}?(?:changed|set to|added|removed|deleted|->|→)[^\n]*"
    r"|\S{1,60} (?:closed|reopened|assigned|self-assigned|unassigned|locked|labell?ed|added|removed|changed|mentioned)"
    r" (?:this|the (?:milestone|label|status|state|title))[^\n]*",
    re.IGNORECASE,
)


def kept_comments(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    """Return the first comments of people on an issue, as they are kept for the search, in their order.

    Left out are comments of programs, quotes, lines that say what changed, and every comment that names another issue:
    it would say which issue is the duplicate before a person asks.

    Args:
        comments: On one issue, oldest first.
    """
    return tuple(_kept(comments))


def _kept(comments: Iterable[Comment]) -> Iterator[Comment]:
    n_kept = 0
    for number, comment in enumerate(comments):
        if n_kept == MAX_COMMENTS or number == _MAX_TRIED:
            return
        if comment.is_by_program:
            continue
        text = characters(comment.text[:MAX_READ])
        if _OTHER_ISSUE.search(text):
            continue
        text = _own_words(text)
        if text:
            n_kept += 1
            yield Comment(text, comment.at)


def _own_words(text: str) -> str:
    """Return a comment without quotes and lines on what changed, cut to `MAX_CHARACTERS`; "" without a word."""
    text = _QUOTED.sub("", _without_quotes(text))
    lines = (line.strip() for line in text.splitlines())
    text = "\n".join(line for line in lines if line and not _BOOKKEEPING.fullmatch(line))[:MAX_CHARACTERS]
    return text if any(map(str.isalnum, text)) else ""


def _without_quotes(text: str) -> str:
    """Return a text without its marked quotes; one without an end reaches to the end of the text."""
    parts: list[str] = []
    at = 0
    while start := _QUOTE_START.search(text, at):
        parts.append(text[at : start.start()])
        end = _QUOTE_END.search(text, start.end())
        if end is None:
            return "".join(parts)
        at = end.end()
    return "".join([*parts, text[at:]])
