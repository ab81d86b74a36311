"""The comments on an issue by which it is found: what people wrote first, without quotes and other issues' names."""

import re
from collections.abc import Iterable
from itertools import islice

from dupfind.records import Comment, storable
from dupfind.text.plain_text import characters

MAX_COMMENTS = 5
"""Comments of a record whose words are kept, the first ones."""

MAX_TIMES = 30
"""Comments of a record whose times are kept, the first ones."""

MAX_CHARACTERS = 500
"""Characters of a comment that are kept."""

MAX_READ = 4_096
"""Characters of a comment that are read at all."""

_MAX_TRIED = 200  # comments of an issue that are read

_QUOTED = re.compile(
    r"^[ \t]*(?:>|&gt;|\|).*$"
    r"|^[ \t]*(?:On|Am|Le|El|Em) [^\n]{1,200}(?:wrote|schrieb|a écrit|escribió|escreveu)\s?:[ \t]*$"
    r"|^-+ ?Original Message ?-+$",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTE_START = re.compile(r"\[quote(?:=[^\]\n]{0,100})?\]|\{quote\}|<blockquote[^<>]{0,200}>", re.IGNORECASE)
_QUOTE_END = re.compile(r"\[/quote\]|\{quote\}|</blockquote>", re.IGNORECASE)

_REPLY = re.compile(r"^\(In reply to [^\n]{0,200}$", re.MULTILINE)
_OTHER_ISSUE = re.compile(
    # Not C#7, "comment #3", a frame "#0 0x7f", nor "Linux 6.1 #1 SMP".
    r"(?<![&#])(?<!\b[CFcf])(?<!omment )#\d+\b(?! +(?:0x|in\b|SMP|PREEMPT))"
    r"|(?i:\b(?:gh-|bz[ #]?)\d)|(?<!\w)!\d{2,}\b"
    r"|(?i:\b(?:issue|bug|ticket|case|dupe?|duplicate|pr|pull request|mr)s?\b(?: ?(?:of|to|no\.?|nr\.?|number|id|is))?"
    r"[ :#(]{1,3}\d)"
    r"|(?i:\b(?:issue|bug|ticket)\d{2,}\b)"
    r"|(?i:/(?:issues|\+?bugs?|tickets?|browse|work_items|merge_requests|pull|discussions|show_bug\.cgi|view\.php"
    r"|t(?:/[\w-]{1,80})?)/?[?\w=&-]{0,30}\d|\bcrbug\.com/\d)"
)
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,30}-\d{1,9}")
_NAME = re.compile(r"(?<![\w-])[A-Z]\w*(?:-\d+)?(?![\w-])")
_NO_KEY = re.compile(
    r"(?:ORA|ERR|CVE|CWE|GHSA|KB|SQL|UTF|ISO|IEC|RFC|SHA|MD|AES|RSA|TLS|USB|HTTP|PEP|JEP|JSR|ASCII|WPA|COVID)-"
)
_BEFORE_CODE = re.compile(
    r"\b(?:codes?|errors?|errno|exception|fault|status|returns?|prints?)\W{1,3}\Z", re.IGNORECASE
)
_LONGEST_BEFORE_CODE = 20  # characters
_NUMBERED_TASK = re.compile(r"T\d{1,9}")
_FIELD = (
    r"(?:status|state|resolution|assignee|assigned(?: to)?|priority|severity|milestone|fix version(?:/s|s)?|labels?"
    r"|owner|component|version|keywords|cc|type)"
)
_VALUE = r"\S{1,60}(?: \S{1,60}){0,2}"
_BOOKKEEPING = re.compile(
    rf"{_FIELD}:? (?:was )?changed from {_VALUE} to {_VALUE}|{_FIELD} (?:was )?set to \S{{1,60}}"
    rf"|{_FIELD}: \S{{1,60}} ?(?:->|→|=>) ?\S{{1,60}}"
    r"|@?[\w-]{1,60} (?:closed|reopened|(?:self-|un)?assigned|locked|labell?ed|added|removed|changed|mentioned)"
    r" (?:this(?: (?:issue|as)\b[^\n]{0,60})?|the [^\n]{0,60}\b(?:milestone|labels?|status|state|title)\b[^\n]{0,60})",
    re.IGNORECASE,
)


def kept_comments(comments: Iterable[Comment], own_id: str = "") -> tuple[Comment, ...]:
    """Return the first comments of people on an issue, as they are kept for the search, in their order.

    Comments of programs are left out, quotes and lines that say what changed, too. A comment has no text where nothing
    is left of it, beyond the first `MAX_COMMENTS`, and where it names another issue: it would say which issue is the
    duplicate before a person asks.

    Args:
        comments: On one issue, oldest first.
        own_id: The id of the issue. Where it is a key such as "PUMP-7", words of that form name other issues.
    """
    named = next((form for form in (_KEY, _NUMBERED_TASK) if form.fullmatch(own_id)), None)
    own_project = own_id.rpartition("-")[0]
    kept: list[Comment] = []
    n_texts = 0
    for comment in islice(comments, _MAX_TRIED):
        if not comment.is_by_program and len(kept) < MAX_TIMES:
            text = _own_words(comment.text, named, own_project) if n_texts < MAX_COMMENTS else ""
            n_texts += bool(text)
            kept.append(Comment(text, comment.at))
    return tuple(kept)


def _own_words(text: str, named: re.Pattern[str] | None, own_project: str) -> str:
    """Return a comment without quotes and lines on what changed, cut to `MAX_CHARACTERS`.

    It is "" without a word, and where it names another issue.

    Args:
        text: As it was written.
        named: The form in which the tracker names its issues, besides numbers.
        own_project: What stands before the number of the own issue; "" for nothing.
    """
    text = _REPLY.sub("", storable(characters(text[:MAX_READ])))
    if _OTHER_ISSUE.search(text) or (named is not None and _names(text, named, own_project)):
        return ""
    text = _QUOTED.sub("", _without_quotes(text))
    lines = (line.strip() for line in text.splitlines())
    text = "\n".join(line for line in lines if line and not _BOOKKEEPING.fullmatch(line))[:MAX_CHARACTERS]
    return text if any(map(str.isalnum, text)) else ""


def _names(text: str, form: re.Pattern[str], own_project: str) -> bool:
    return any(
        form.fullmatch(found[0]) is not None
        and (found[0].rpartition("-")[0] == own_project or not _is_code(text, found))
        for found in _NAME.finditer(text)
    )


def _is_code(text: str, key: re.Match[str]) -> bool:
    """Return whether what looks like a key of another project is a code: `ORA-00942`, "code QX-7719"."""
    before = text[max(key.start() - _LONGEST_BEFORE_CODE, 0) : key.start()]
    return _NO_KEY.match(key[0]) is not None or _BEFORE_CODE.search(before) is not None


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
