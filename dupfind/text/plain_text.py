"""Turns the markup of a tracker into plain lines: characters, marks and whole lines that carry no information."""

import html
import re
import unicodedata
from collections.abc import Iterator

from dupfind.text.boilerplate import Boilerplate
from dupfind.text.faults import FRAME, RUNTIME_FRAME
from dupfind.text.lookalikes import in_one_alphabet
from dupfind.text.stream_safe import stream_safe

MAX_WORD = 120
"""Characters of a word that are kept; longer words are encoded data."""

_MAX_LINE = 400
_MAX_FRAMES = 4  # of each stack trace

# Characters. Direction and width marks, surrogates and controls are invisible; a newline and a tab are not.
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad"
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def characters(text: str) -> str:
    """Return a text in NFC, with entities decoded and without escape codes and invisible characters.

    A word of Latin and Cyrillic letters that look the same is in one alphabet.
    """
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    lines = text.splitlines()
    text = "\n".join(lines)  # every kind of line end becomes a newline
    if not "".join(lines).replace("\t", "").isprintable():  # no invisible character is printable
        text = _INVISIBLE.sub("", text)
    return text if text.isascii() else in_one_alphabet(unicodedata.normalize("NFC", stream_safe(text)))


# Bodies: marks that reach over several lines or stand inside one.
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|code|col|dd|del|details|div|dl|dt|em|font|h[1-6]|hr|i|img|ins|kbd|li|ol|p"
    r"|picture|pre|q|s|samp|small|source|span|strike|strong|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u|ul|video)"
    r"(?:\s[^<>]*|/)?>",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(r"</?(?:br|p|div|li|tr|h|pre|t[dh]|blockquote)", re.IGNORECASE)
_MACRO = re.compile(
    r"\{(?:code|noformat|quote|panel|color|html|anchor|expand|section|column|toc|info|note|warning|tip|excerpt|javascript"
    r"|java|xml|status|csv)(?::[^{}\n]*)?\}|\{\{\{(?:\s*#!\w+)?|\}\}\}"
)
_FENCE = re.compile(r"^[ \t>]*+(?:```|~~~)[`~]*+[ \t]*+[\w,.#+-]*+[ \t]*+$", re.MULTILINE)
_IMAGE = re.compile(
    r"!\[[^\[\]\n]*\]\([^()\n]*\)|!\[[^\[\]\n]*\]\[[^\[\]\n]*\]"
    r"|![^\s!|]+\.(?:png|jpe?g|gif|bmp|svg|webp|mov|mp4)(?:\|[^!\n]*)?!|\[\^[^\[\]\n]+\]|\[~[^\[\]\n]+\]",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"\[([^\[\]\n|]+)\](?:\((?:https?:|ftp:|mailto:|www\.|[/#.])[^()\n]*\))"  # Markdown
    r"|\[([^\[\]\n|]+)\|(?:https?:|ftp:|mailto:|[#^/~])[^\[\]\n]*\]"  # Jira
    r"|\[(?:https?|ftp|wiki|ticket|source):[^\s\[\]]+ ([^\[\]\n]+)\]"  # Trac
    r"|\"([^\"\n]+)\":(?:https?|ftp)://[^\s\"]+"  # Textile
)
_LINK_TARGET = re.compile(r"^ {0,3}\[[^\[\]\n]+\]:[ \t]*(?:https?|ftp)://\S+.*$", re.MULTILINE)
_URL = re.compile(r"\b(?:https?|ftp|file)://([^\s<>\"'()\[\]{}|]+)")
_PATH = re.compile(r"(?<![\w/\\.~-])(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@+-]+){3,}")
_THREE_FOLDERS = re.compile(
    r"[/\\][\w.@+-]+[/\\][\w.@+-]+[/\\][\w.@+-]"
)  # is in each long path, and found faster
_STARRED = re.compile(r"\*(?<![\w*]\*)\*{0,2}(?=[^\s*])([^*\n]+)(?<=[^\s*])\*{1,3}(?![\w*])")
_UNDERLINED = re.compile(r"_(?<!\w_)([^\s_][^_\n]*)(?<=\S)_(?!\w)")
_OTHER_EMPHASIS = re.compile(r"~~([^~\n]+)~~|'''([^'\n]+)'''|\{\{([^{}\n]+)\}\}")
_LOG_TIME = re.compile(
    r"\A[ \t]*\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]+"
)

# Bodies: whole lines.
_CHECKBOX = re.compile(r"(?:[-*+] |\d+[.)] )?\[[ xX]?\] ")
_MARKER = re.compile(r"(?:(?:[-*+#>]+|h[1-6]\.|b[cq]\.|\d{1,2}[.)]) )+|h[1-6]\.(?=[A-Z])|#{1,6}(?=[A-Z])")
_FRAME_LETTERS = "aF"  # with which a line of `FRAME` begins, but for a sign or a number
_HAS_WORD = re.compile(r"[^\W_]")
_ADDRESS = re.compile(
    r"\b0x[0-9a-fA-F]{9,16}\b"
    r"|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
)
_TEMPLATE_HEADINGS = """
actual, actual behavior, actual behaviour, actual output, actual result, actual results,
additional comments, additional context, additional details, additional info, additional information,
additional notes, any other context, attachments, background, backtrace, bug, bug description,
bug report, checklist, code, code sample, code snippet, code to reproduce, config, configuration,
context, current behavior, current behaviour, current result, debug log,
describe alternatives you've considered, describe the bug, describe the feature, describe the issue,
describe the problem, describe the solution you'd like, description, description of problem, details,
environment, environment details, environment info, environment information, error, error log,
error message, error messages, example, example code, expected, expected and actual behavior,
expected behavior, expected behaviour, expected output, expected result, expected results,
feature request, how reproducible, how to reproduce, how to test, is there an existing issue for this,
is your feature request related to a problem,
is your feature request related to a problem? please describe, issue, issue description, log,
log output, logs, meta, minimal example, minimal reproducible example, motivation, note, notes,
observed behavior, observed behaviour, observed result, other information, output, possible solution,
possible workaround, preconditions, problem, problem description, proposal, proposed solution,
reference, references, related issues, relevant log output, repro, repro case, repro steps,
reproducible, reproduction, reproduction code, reproduction steps, result, results, sample,
sample code, screenshot, screenshots, solution, stack trace, stacktrace, steps, steps to recreate,
steps to repro, steps to reproduce, steps to reproduce issue, steps to reproduce the behavior,
steps to reproduce the issue, suggestion, summary, system info, system information, test case,
test code, test environment, test steps, testcase, tested on, tests, to reproduce, traceback,
use case, version, version info, version information, versions, what did you do,
what did you expect to happen, what did you expect to see, what did you see instead, what happened,
what is the current behavior, what is the expected behavior,
what version of the product are you using, what went wrong, workaround, your environment
"""
_TEMPLATE = frozenset(" ".join(_TEMPLATE_HEADINGS.split()).split(", "))


def without_marks(body: str) -> str:
    """Return a body without the marks of HTML, Markdown, Jira, Trac and Textile; URLs and long paths are shortened."""
    body = characters(body)
    if "<" in body:
        body = _TAG.sub(_space_for_tag, _without_comments(body))
    if "{" in body or "}" in body:
        body = _MACRO.sub("\n", body)
    if "```" in body or "~~~" in body:
        body = _FENCE.sub("", body)
    body = body.replace("`", "")
    if "]:" in body:
        body = _LINK_TARGET.sub("", body)
    # Images before links: a link's label with brackets in it would not match.
    if "!" in body or "[^" in body or "[~" in body:
        body = _IMAGE.sub("", body)
    if "[" in body or '":' in body:
        body = _LINK.sub(_inner, body)
    if "://" in body:
        body = _URL.sub(_url_end, body)
    if ("/" in body or "\\" in body) and _THREE_FOLDERS.search(body):
        body = _PATH.sub(_path_end, body)
    if "*" in body:
        body = _STARRED.sub(r"\1", body)
    if "_" in body:
        body = _UNDERLINED.sub(r"\1", body)
    if "~~" in body or "'''" in body or "{{" in body:
        body = _OTHER_EMPHASIS.sub(_inner, body)
    return "\n".join(map(_without_time, body.split("\n"))) if ":" in body else body


def _without_time(line: str) -> str:
    return _LOG_TIME.sub("", line) if line.lstrip(" \t[")[:1].isdecimal() else line


def _without_comments(text: str) -> str:
    parts: list[str] = []
    start = 0
    # A pattern would scan to the end from each opening that nothing closes.
    while (opening := text.find("<!--", start)) >= 0 and (closing := text.find("-->", opening)) >= 0:
        parts.append(text[start:opening])
        start = closing + 3
    return "".join(parts) + text[start:]


def _inner(mark: re.Match[str]) -> str:
    return str(mark[mark.lastindex or 0])


def _space_for_tag(tag: re.Match[str]) -> str:
    return "\n" if _BLOCK_TAG.match(tag[0]) else ""


def _url_end(url: re.Match[str]) -> str:
    address = url[1].rstrip("/.,;:")
    host, _, path = address.partition("/")
    return ("/".join(path.split("/")[-2:]) or host) + url[1][len(address) :].lstrip("/")


def _path_end(path: re.Match[str]) -> str:
    return "/".join(re.split(r"[/\\]", path[0])[-2:])


def plain_lines(body: str, boilerplate: Boilerplate) -> Iterator[str]:
    """Yield the distinct lines of a body without marks; headings, checkboxes, frames and boilerplate are left out."""
    seen: set[str] = set()
    frames = 0
    has_boilerplate = bool(boilerplate)
    for raw in body.split("\n"):
        words = raw.split()
        if not words:
            continue
        if len(raw) > MAX_WORD:
            words = [word[:MAX_WORD] if word.isascii() else word for word in words]
        line = " ".join(words)
        if "] " in line and _CHECKBOX.match(line):
            continue
        if line.startswith("|"):  # a table row
            line = " ".join(line.replace("|", " ").split())
        is_unmarked = line[:1].isalpha() and line[0] not in "hb"
        if not is_unmarked and (marker := _MARKER.match(line)):
            line = line[marker.end() :]
        if (not is_unmarked or line[0] in _FRAME_LETTERS) and FRAME.match(line):
            if frames == _MAX_FRAMES or RUNTIME_FRAME.match(line):
                continue
            frames += 1
        else:
            frames = 0
        if ("0x" in line or line.count("-") > 3) and _ADDRESS.search(line):
            line = " ".join(_ADDRESS.sub("", line).split())
        if len(line) > _MAX_LINE:
            line = cut(line, _MAX_LINE)[0]
        has_word = line[:1].isalpha() or _HAS_WORD.search(line)
        if line in seen or not has_word or line.strip(" :?*_.#=-").lower() in _TEMPLATE:
            continue
        seen.add(line)
        if has_boilerplate and not (line := boilerplate.rest(line)):
            continue
        yield line


def cut(text: str, n: int) -> tuple[str, str]:
    """Split a text after at most `n` characters, at the last space if there is one."""
    if len(text) <= n:
        return text, ""
    space = text.rfind(" ", 0, n + 1)
    return (text[:space], text[space:]) if space > 0 else (text[:n], text[n:])
