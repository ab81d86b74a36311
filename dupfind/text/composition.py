"""Composes the text that the model and the word search read of a record, and its fingerprint."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dupfind.records import Record
from dupfind.text.boilerplate import NOTHING, Boilerplate, names_a_fault

TEXT_VERSION = "2"
"""Version of the composition. A collection stores it, and a different version requires encoding again."""

MAX_RAW = 32_768
"""Characters of a body that are read: three quarters from its start, the rest from its end."""

MAX_TITLE = 300
"""Characters of a title that are kept."""

BODY_BUDGET = 800
"""Characters of a body that are kept, sentences and faults first; the model reads 256 tokens.

Chosen on the train parts of rust and titanium (`python benchmarks/quality.py --part train`). Longer bodies, and
bodies with more code, lower the recall of both the vectors and the word search.
"""

CODE_BUDGET = 100
"""Characters kept of a body's other lines: code, logs, settings."""

_MAX_LINE = 400
_MAX_WORD = 120  # longer ones are encoded data
_MAX_FRAMES = 4  # of each stack trace
_NAMED_BY = 80  # characters of a body that stand in for a missing title
_PASSES = 6


@dataclass(frozen=True, slots=True)
class ComposedText:
    """The cleaned text of one record; title and body are both empty if the record has no words.

    Attributes:
        title: One line.
        body: The body's most informative lines, for the model and the word search.
        names: Names of things in the whole record, lower-case, in order: `to_string`, `std::io`, `E0308`,
            `TableViewRow`, `--frozen`, `3.1.4`. The ranking compares them; equality of texts ignores them.
    """

    title: str
    body: str
    names: tuple[str, ...] = field(default=(), compare=False)

    @property
    def whole(self) -> str:
        """Title and body, one per line, as the model reads them."""
        return f"{self.title}\n{self.body}" if self.body else self.title


def compose(record: Record, boilerplate: Boilerplate = NOTHING) -> ComposedText:
    """Compose the text that stands for a record.

    If a record has no title, or its title is boilerplate, the first words of the body become the title and leave
    the body. A record that is all boilerplate keeps it. Composing a composed title and body again changes nothing.
    The text is in NFC, without control characters.

    Args:
        record: Only its title and body are read.
        boilerplate: Frequent lines and labels of the record's source; they are left out of the body.
    """
    title = clean_title(record.title)
    body = clean_body(record.body, boilerplate)
    if boilerplate and not boilerplate.rest(title):
        title = ""
    if not title and body:
        name, _ = _cut(body.partition("\n")[0], _NAMED_BY)
        title, body = clean_title(name), clean_body(body[len(name) :], boilerplate)
    if not title and boilerplate:
        return compose(record)
    return ComposedText(title, body, _names(record))


_NAME = re.compile(
    r"(?<![\w.])(?:"
    r"[A-Za-z_$][\w$]*(?:(?:\.|::|->|#)[A-Za-z_$][\w$]*)+"  # Ti.UI.TableView, std::io
    r"|[A-Za-z]*[a-z][A-Z]\w*"  # TableViewRow
    r"|\w+_\w+|_\w{2,}"  # to_string
    r"|[A-Za-z]+\d\w*|\d+[A-Za-z]\w*"  # E0308, 0x80004005
    r"|\d+(?:\.\d+)+"  # 3.1.4
    r"|--?[a-z][\w-]{2,}"  # --frozen
    r")"
)
_NAMES_READ = 8_000  # characters of a body
_MAX_NAMES = 400


def _names(record: Record) -> tuple[str, ...]:
    text = f"{record.title[: 4 * MAX_TITLE]}\n{record.body[:_NAMES_READ]}"
    names = {name.lower() for name in _NAME.findall(text) if 3 <= len(name) <= _MAX_WORD}
    return tuple(sorted(names)[:_MAX_NAMES])


def fingerprint(text: str) -> str:
    """Return the BLAKE2b-128 of a composed text, as 32 hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def clean_title(title: str) -> str:
    """Return a title on one line, without prefixes for the kind of issue.

    "[Bug]:" and "Feature request:" are removed; "[ios]" and "[ABFS]" name a part of the product and stay.
    """
    return _until_stable(title[: 4 * MAX_TITLE], _title_pass)


def clean_body(body: str, boilerplate: Boilerplate = NOTHING) -> str:
    """Return a body's most informative lines, without markup, template headings, checkboxes and log noise."""
    return _until_stable(
        _clipped(body), lambda text: _most_informative(list(_lines(_unmarked(text), boilerplate)))
    )


def lines(body: str) -> Iterator[str]:
    """Return the cleaned lines of a body, from which `clean_body` chooses; boilerplate is counted over them."""
    return _lines(_unmarked(_clipped(body)), NOTHING)


def _clipped(body: str) -> str:
    if len(body) <= MAX_RAW:
        return body
    tail = MAX_RAW // 4
    return f"{body[: MAX_RAW - tail - 1]}\n{body[-tail:]}"


def _until_stable(text: str, one_pass: Callable[[str], str]) -> str:
    # Removing one mark can complete another, so passes repeat until nothing changes. A text that still changes
    # after `_PASSES` is nested on purpose; it loses every character that a mark can contain.
    for pattern in ("", _ANY_MARK):
        text = re.sub(pattern, " ", text) if pattern else text
        for _ in range(_PASSES):
            before, text = text, one_pass(text)
            if text == before:
                return text
    return text


_ANY_MARK = r"[][<>&*_`{}|#!\"'~^+=\\/:()@-]"

# Characters. Direction and width marks, surrogates and controls are invisible; a newline and a tab are not.
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\xad"
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def _characters(text: str) -> str:
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    text = _INVISIBLE.sub("", "\n".join(text.splitlines()))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


# Titles.
_KIND = (
    r"(?:bug(?:[ -]?reports?)?|feature(?:[ -]?requests?)?|enhancements?|requests?|questions?|help(?: wanted)?"
    r"|support|issues?|problem|proposal|suggestion|idea|task|rfe|urgent)"
)
_KIND_PREFIX = re.compile(
    rf"\W{{0,4}}[\[({{【]\W{{0,3}}{_KIND}\W{{0,3}}[\])}}】][\s:–—-]*|{_KIND} ?: ", re.IGNORECASE
)


def _title_pass(title: str) -> str:
    title = " ".join(_characters(title).replace("`", "").split())
    prefix = _KIND_PREFIX.match(title)
    if prefix and prefix.end() < len(title):
        title = title[prefix.end() :]
    return _cut(title, MAX_TITLE)[0]


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
_FENCE = re.compile(r"^[ \t>]*(?:```|~~~)[`~]*[ \t]*[\w,.#+-]*[ \t]*$", re.MULTILINE)
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
_STARRED = re.compile(r"\*(?<![\w*]\*)\*{0,2}(?=[^\s*])([^*\n]+)(?<=[^\s*])\*{1,3}(?![\w*])")
_UNDERLINED = re.compile(r"_(?<!\w_)([^\s_][^_\n]*)(?<=\S)_(?!\w)")
_OTHER_EMPHASIS = re.compile(r"~~([^~\n]+)~~|'''([^'\n]+)'''|\{\{([^{}\n]+)\}\}")
_LOG_TIME = re.compile(
    r"^[ \t]*\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[ \t]+",
    re.MULTILINE,
)

# Bodies: whole lines.
_CHECKBOX = re.compile(r"(?:[-*+] |\d+[.)] )?\[[ xX]?\] ")
_MARKER = re.compile(r"(?:(?:[-*+#>]+|h[1-6]\.|b[cq]\.|\d{1,2}[.)]) )+|h[1-6]\.(?=[A-Z])|#{1,6}(?=[A-Z])")
_HAS_WORD = re.compile(r"[^\W_]")
_FRAME = re.compile(
    r"at [\w.$<>/]+ ?\(|at \S+:\d+|at [\w.$<>]+\.[\w.$<>]+$"  # Java, JavaScript, .NET
    r"|File \".*\", line \d"  # Python
    r"|#?\d{1,3}:? (?:.*\b0x[0-9a-f]|.* at \S+:\d|\S+ - |\S+::\S+$)"  # gdb, Rust, Objective-C
)
_RUNTIME_FRAME = re.compile(
    r"at (?:java|javax|jdk|sun|com\.sun|org\.junit|org\.apache\.maven|org\.mockito|scala|kotlin|android\.os"
    r"|android\.app|com\.android\.internal|dalvik|System|Microsoft|node:internal|internal/|Module\.)\b"
    r"|#?\d{1,3}:? .*(?:__libc_start_main|CoreFoundation|UIApplicationMain|GraphicsServices)"
)
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


def _unmarked(body: str) -> str:
    body = _characters(body)
    if "<" in body:
        body = _TAG.sub(_space_for_tag, _without_comments(body))
    if "{" in body or "}" in body:
        body = _MACRO.sub("\n", body)
    body = _FENCE.sub("", body).replace("`", "")
    if "[" in body or "!" in body or '":' in body:
        body = _LINK.sub(_inner, _IMAGE.sub("", _LINK_TARGET.sub("", body)))
    if "://" in body:
        body = _URL.sub(_url_end, body)
    if "/" in body or "\\" in body:
        body = _PATH.sub(_path_end, body)
    if "*" in body:
        body = _STARRED.sub(r"\1", body)
    if "_" in body:
        body = _UNDERLINED.sub(r"\1", body)
    body = _OTHER_EMPHASIS.sub(_inner, body)
    return _LOG_TIME.sub("", body)


def _without_comments(text: str) -> str:
    parts: list[str] = []
    start = 0
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


def _lines(body: str, boilerplate: Boilerplate) -> Iterator[str]:
    seen: set[str] = set()
    frames = 0
    for raw in body.split("\n"):
        words = raw.split()
        if not words:
            continue
        if len(raw) > _MAX_WORD:
            words = [word[:_MAX_WORD] if word.isascii() else word for word in words]
        line = " ".join(words)
        if _CHECKBOX.match(line):
            continue
        if line.startswith("|"):
            line = " ".join(line.replace("|", " ").split())
        if marker := _MARKER.match(line):
            line = line[marker.end() :]
        if _FRAME.match(line):
            if frames == _MAX_FRAMES or _RUNTIME_FRAME.match(line):
                continue
            frames += 1
        else:
            frames = 0
        if len(line) > 11 and _ADDRESS.search(line):
            line = " ".join(_ADDRESS.sub("", line).split())
        line = _cut(line, _MAX_LINE)[0]
        if line in seen or not _HAS_WORD.search(line) or line.strip(" :?*_.#=-").lower() in _TEMPLATE:
            continue
        seen.add(line)
        if boilerplate and not (line := boilerplate.rest(line)):
            continue
        yield line


def _most_informative(lines: list[str]) -> str:
    """Return the lines that fit the budgets, in their order; sentences and faults are chosen before the others."""
    chosen: set[int] = set()
    left = BODY_BUDGET
    is_informative = [_is_sentence(line) or names_a_fault(line.lower()) for line in lines]
    for informative, budget in ((True, BODY_BUDGET), (False, CODE_BUDGET)):
        left = min(left, budget)
        for number, line in enumerate(lines):
            if is_informative[number] is informative and len(line) < left:
                chosen.add(number)
                left -= len(line) + 1
    return "\n".join(lines[number] for number in sorted(chosen)) or _cut(" ".join(lines), 2 * CODE_BUDGET)[0]


def _is_sentence(line: str) -> bool:
    words = line.split()
    plain = sum(word.strip(".,;:!?()'\"").isalpha() for word in words)
    return not line.isascii() or (plain >= 4 and plain >= 0.6 * len(words))


def _cut(text: str, n: int) -> tuple[str, str]:
    """Split a text after at most `n` characters, at the last space if there is one."""
    if len(text) <= n:
        return text, ""
    space = text.rfind(" ", 0, n + 1)
    return (text[:space], text[space:]) if space > 0 else (text[:n], text[n:])
