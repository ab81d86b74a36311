"""The lines of a text as a program wrote them: without what logs, quotations, tables and JSON put around them."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dupfind.text.json_frames import with_frames
from dupfind.text.plain_text import characters
from dupfind.text.signs import has_any
from dupfind.text.stack_frame import SHORTEST, frame

MAX_LINE = 500
"""Characters of a line that are read."""

_LEVEL = "TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|SEVERE|FATAL|CRITICAL"
_TIME = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_PREFIXES = (
    r"[|>│!]\s{0,8}",
    r"==\d{1,7}==\s{1,8}|={5,12}\s{1,8}",  # Valgrind, compute-sanitizer
    r"\[[\d.:-]{8,40}\]\[[ \d]{3}\]Log\w{1,40}: (?:Error: )?",  # Unreal
    r"\[(?=[^\]\n]{0,60}(?:\d:\d\d|(?:ERR|WARN|INFO|DEBUG|FATAL|SEVERE|java|std(?:out|err))\b|ERROR|(?:error|warn|info)\]))[^\]\n]{1,80}\]:?\s{0,8}",
    r"\[pod/[\w.-]{1,200}/[\w.-]{1,80}\]\s{1,4}",  # kubectl logs --prefix
    r"#\d{1,4} \d{1,6}\.\d{1,3}\s{1,4}",  # BuildKit
    r"(?<=\s)\[[\w#./ -]{1,60}\]:?\s{1,4}",  # a thread
    r"\d{1,4}:?\s{1,8}(?=(?:at|File|#\d{1,3}) )",  # the number of a line
    r"##\[\w{2,12}\]",  # Azure Pipelines
    r"\(XEN\)\s{1,8}",
    r"\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\s{1,4}\d{1,7}\s{1,7}\d{1,7}\s[VDIWEF]\s[^\s:]{1,60}\s{0,12}:\s*",  # logcat
    r"[VDIWEF]/[^\s(:]{1,60}\s{0,12}(?:\(\s{0,5}\d{1,7}\))?:\s*",
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s{1,2}\d{1,2} [\d:]{8} \S{1,80} [^\s:]{1,80}:\s*",  # syslog
    r"<\d{1,3}>1 \S{10,40} \S{1,80} \S{1,60} \S{1,20} \S{1,40} (?:-|\[[^\]\n]{1,200}\]) ",  # and of RFC 5424
    rf"\d{{4}}-\d\d-\d\dT{_TIME}(?:Z|[+-]\d\d:?\d\d) \S{{1,80}} [^\s:[]{{1,80}}\[\d{{1,9}}\]:\s*",  # journalctl
    rf"\d{{4}}-\d\d-\d\d[T ]{_TIME}(?:Z|[+-]\d\d:?\d\d)?:?\s(?:std(?:out|err) [FP] |\d\d[OE][ +])?\s*",
    rf"{_TIME}\s{{1,4}}",
    rf"(?:{_LEVEL})\s{{1,4}}(?=\S)",
    r"(?:[a-z]\w{0,40}\.){1,8}\w{1,60} - ",  # a logger
    r"[a-z]{2,20}\[[\w.-]{1,40}\]:\s",  # Heroku
    r"app\[\w{6,20}\] [a-z]{3} \[[a-z]{4,8}\]\s{0,4}",  # Fly.io
    r"(?:\d{1,3}\|)?[\w.-]{1,60}(?:@[\w.-]{1,60})?\s{0,12}\|\s{1,4}",  # Docker Compose, PM2, a cell of a table
)
_OF_MARKDOWN = (
    r"[-+*]\s{1,8}(?=\S)|\+",  # a list, a difference
    r"(?:--|//|#|;)\s{1,8}(?![\d\s])",  # a comment, a heading
)
_MOST = 6  # prefixes of a line
_PREFIX = re.compile(rf"\A(?:{'|'.join(_PREFIXES)}){{0,{_MOST}}}")
_ANY_PREFIX = re.compile(rf"\A(?:{'|'.join((*_OF_MARKDOWN, *_PREFIXES))}){{1,{_MOST}}}")
_EMPTY = ("", "#", "##", "//", "--", ";", "+", "-", "*")  # lines that end no run of marked ones
_NEAR = 4  # lines from a frame within which the marks of others are left out
_STARTS = frozenset("|>│!=[<(+-*/;#0123456789VDIWEFJMASONCT")  # first characters of those, but for services
_MARKS = frozenset('"{`')
_ESCAPES = ("\\_", "\\*", "\\<")  # of Markdown
_PATH_OF_WINDOWS = re.compile(r"(?<![A-Za-z])[A-Za-z]:\\|\w\\[A-Za-z0-9]|\\\\\w")
_BEFORE_PATH = " \t\"'("
_CLOSES_PATH = {'"': '"', "'": "'", "(": ")"}
_LINE_NUMBER = re.compile(r":(?:line )?\d|\(\d")
_ESCAPED = ("\\n\\t", "\\n  ", "\\n#1 ")  # in a line that has a whole trace
# A path such as C:\src\n\tools has them, too, so that a string must begin before them.
_OPENS_STRING = re.compile(r"\A\W{0,8}[{\"]|[:=]\s?[\"'](?![A-Za-z]:\\)")
_END_OF_STRING = re.compile(r"(?<!\\)\"(?=[,}\]]|$|\s\w{1,40}=)")  # in JSON and logfmt
_ELEMENT = re.compile(r"\A\"(?P<text>[^\n]*)\",?$")  # of an array in JSON
_MESSAGE = re.compile(
    r"\A\{[^\n]{0,200}?\"(?:log|msg|message|textPayload)\":\s?\"(?P<text>(?:[^\"\\\n]|\\.){1,1000})\""
)
_TAG = re.compile(
    r"</?(?:p|div|pre|li|ul|ol|tr|td|th|tbody|table|blockquote|br)(?:\s[^<>\n]{0,300})?/?>",
    re.IGNORECASE,
)
_INLINE_TAG = re.compile(
    r"(?!(?<=\w)<\w{1,6}>(?:[^\w<]|$))"  # the type of Sack<b>.fill
    r"</?(?:span|font|code|tt|b|strong|em)(?:\s[^<>\n]{0,300})?>"
)
_CLOSING = ("</p>", "</div>", "</pre>", "</li>", "</td>", "</span>", "</code>")
_ENTITIES = ("&lt;", "&gt;", "&quot;", "&amp;", "&nbsp;", "&#")
_INVISIBLE = ("\u200b", "\u2060", "\ufeff", "\u200e", "\xad")
_LOST_COLOUR = re.compile(r"\[\d{1,3}(?:;\d{1,3}){0,5}m")
_LOST_BREAK = re.compile(
    r"(?<=[\w)\]}'\".:>]) (?=at (?:async )?[\w$.<>/]{1,300} ?\([^()\n]{1,300}:\d+\))|(?<=\d\)) (?=Caused by: )"
    r"|(?<=[\w)\]}'\".:>]) (?=File \"[^\"\n]{1,300}\", line \d)"
    r"|(?<=[\w)\]}'\".:>]) (?=#\d{1,3} {1,2}(?:0x[0-9a-f]{4,16} in |/\S{1,200}\(\d))"
    r"|(?<=[\w)\]}'\".:>]) (?=at (?:\w{1,100}\.){1,20}\w{1,100}\([^()\n]{0,300}\) in \S)"
)
_OF_ERLANG = re.compile(  # {stone,turn,2,[{file,"src/stone.erl"},{line,31}]}
    r"\{'?(?P<module>[A-Za-z][\w.@]{0,100})'?,\s{0,80}:?'?(?P<function>[a-z_][\w.?!/-]{0,100})'?,\s{0,80}"
    r"(?P<arity>\d{1,3}|\[[^\[\]\n]{0,200}\]),\s{0,80}\[\{?file(?:,|: ~c)\s{0,80}"
    r"\"(?P<file>[^\"\n]{1,200})\"\}?,\s{0,80}"
    r"\{?line[,:]\s{0,80}(?P<line>\d{1,7})\}?[^\[\]\n]{0,80}\]\}"
)
_SPACED_OUT = re.compile(r"\Aat \w{1,100}(?: \. \w{1,100}){1,20} ?\(")  # read from a picture
_AROUND_SIGN = re.compile(r" ?([.():]) ?")
_HAS_LOST_BREAK = (") at ", ' File "', " #1 ", ") in ")


class _Line(NamedTuple):
    """A line without its prefixes, with and without a mark of a list, a comment or a heading."""

    text: str
    mark: str = ""  # its first character
    unmarked: str = ""


_NOTHING = _Line("")


def trace_lines(text: str) -> Iterator[str]:
    """Yield the lines of a raw text with single spaces, without the prefixes of logs and without marks around them.

    Marks of a list, a comment and a heading are left out near a frame behind the same mark, since only there they stand
    before a trace: "# TypeError when saving" is a heading.

    Args:
        text: In any markup; of each line 500 characters are read.
    """
    mark = ""
    texts: list[str] = []  # of the lines that follow each other with one mark
    unmarked: list[str] = []
    for raw in _plain(text).split("\n"):
        own = raw[: 2 * MAX_LINE].strip()
        if not mark and not _may_be_marked(own):
            yield _spaced(own)
            continue
        line = _line(own)
        if mark and line.mark != mark and line.text not in _EMPTY:
            yield from _without_marks(texts, unmarked)
            mark, texts, unmarked = "", [], []
        mark = mark or line.mark
        if not mark:
            yield line.text
            continue
        texts.append(line.text)
        unmarked.append(line.unmarked)
    yield from _without_marks(texts, unmarked)


def _may_be_marked(line: str) -> bool:
    """Return whether anything may stand around a line without spaces at its ends, as its first character shows."""
    return "|" in line or line[:1] in _STARTS or line[:1] in _MARKS


def _line(line: str) -> _Line:
    """Take a line without spaces at its ends apart."""
    if not line:
        return _NOTHING
    first = line[0]
    if first in _MARKS:
        line = _unmarked(line)
    if not _may_be_marked(first + line) or not (found := _ANY_PREFIX.match(line)):
        return _Line(_spaced(line))
    before = _PREFIX.match(line)
    start = before.end() if before else 0
    mark, unmarked, line = line[start : found.end()], line[found.end() :], line[start:]
    if first in "|│":  # of a table or a box
        unmarked, line = unmarked.rstrip("|│ "), line.rstrip("|│ ")
    return _Line(_spaced(line), mark[:1], _spaced(unmarked)) if mark else _Line(_spaced(line))


def _spaced(line: str) -> str:
    line = line[:MAX_LINE].strip()
    if "  " in line or not line.isprintable():  # of all spaces, a printable text has that of ASCII
        line = " ".join(line.split())
    if " . " in line and _SPACED_OUT.match(line):
        call, bracket, place = line.removeprefix("at ").partition(")")
        call = _AROUND_SIGN.sub(r"\1", call)
        return f"at {call}{bracket}{place.replace(' : line', ':line').replace(' .', '.')}"
    return line


def _without_marks(texts: Sequence[str], unmarked: Sequence[str]) -> Iterator[str]:
    """Yield the lines that follow each other with one mark, without it where a frame is near.

    Args:
        texts: The lines with their mark.
        unmarked: Without it; "" for a line that has none.
    """
    near: set[int] = set()
    before = ""
    for place, line in enumerate(unmarked):
        if len(line) >= SHORTEST and frame(line, before) is not None:
            near.update(range(place - _NEAR, place + _NEAR + 1))
        before = line or before
    for place, (text, line) in enumerate(zip(texts, unmarked, strict=True)):
        yield line if line and place in near else text


def _unmarked(line: str) -> str:
    """Return what a line says within JSON or the marks of code."""
    if line[0] == "`":
        return line.strip("`")
    found = _ELEMENT.match(line) or _MESSAGE.match(line)
    return _content(found["text"]) if found else line


def _plain(text: str) -> str:
    """Return a text with its line breaks, in which JSON, HTML and Markdown write no character otherwise."""
    is_otherwise = ("&" in text and has_any(text, _ENTITIES)) or "\x1b" in text
    is_otherwise = is_otherwise or ("\r" in text and "\r" in text.replace("\r\n", ""))
    if is_otherwise or (not text.isascii() and has_any(text, _INVISIBLE)):
        text = characters(text)
    if '"' in text or "“" in text:
        text = _without_quotes(text)
    if "[0m" in text:
        text = _LOST_COLOUR.sub("", text)
    if "<" in text:
        if "<![CDATA[" in text:
            text = text.replace("<![CDATA[", "\n").replace("]]>", "\n")
        if "<br" in text or ("</" in text and has_any(text, _CLOSING)):
            text = _INLINE_TAG.sub("", _TAG.sub("\n", text))
    if "\\" in text:
        if has_any(text, _ESCAPED):  # a log in JSON
            text = "\n".join(_unescaped(line) for line in text.split("\n"))
        if has_any(text, _ESCAPES):
            text = "\n".join(map(_without_escapes, text.split("\n")))
    if "{file," in text or "[file: ~c" in text:
        text = _OF_ERLANG.sub(_call_of_erlang, text)
    if has_any(text, _HAS_LOST_BREAK):
        text = _LOST_BREAK.sub("\n", text)
    return text


def _call_of_erlang(found: re.Match[str]) -> str:
    """Return a call of a crash report on a line of its own, as a trace in text has it."""
    arity = found["arity"] if found["arity"].isdecimal() else "0"
    module, function, file = found["module"].removeprefix("Elixir."), found["function"], found["file"]
    if file.endswith(".erl"):
        return f"\n{module}:{function}/{arity} ({file}, line {found['line']})\n"
    return f"\n{file}:{found['line']}: {module}.{function}/{arity}\n"


def _without_quotes(text: str) -> str:
    """Return a text whose frames in JSON are lines, and whose quotation marks are those of a program."""
    if '"imageOffset"' in text:  # a crash report of Apple in JSON has the frames of a thread on one line
        for begin in ('{"imageOffset"', '"frames"', '"triggered"'):
            text = text.replace(begin, f"\n{begin}")
    return with_frames(text.replace("“", '"').replace("”", '"'))


def _without_escapes(line: str) -> str:
    """Return a line without the escapes of Markdown; in a path of Windows the same characters part folder and file.

    The path is only read as escaped where what stands beside it is.
    """
    if not has_any(line, _ESCAPES):
        return line
    path = _PATH_OF_WINDOWS.search(line)
    if path is None:
        return _without_own_escapes(line)
    start, end = _span_of_path(line, path.start())
    before, inside, after = line[:start], line[start:end], line[end:]
    beside = before + after
    if not has_any(beside, _ESCAPES) or _PATH_OF_WINDOWS.search(after):
        return line
    if "\\_" in beside and beside.count("_") == beside.count("\\_"):
        inside = _without_own_escapes(inside)
    return f"{_without_own_escapes(before)}{inside}{_without_own_escapes(after)}"


def _span_of_path(line: str, place: int) -> tuple[int, int]:
    """Return start and end of a path that has a place of a line inside: to its quote, bracket or number of a line."""
    start = place
    while start > 0 and line[start - 1] not in _BEFORE_PATH:
        start -= 1
    closing = _CLOSES_PATH.get(line[start - 1] if start else "")
    end = line.find(closing, place) if closing else -1
    if end < 0:
        number = _LINE_NUMBER.search(line, place)
        end = number.start() if number else len(line)
    return start, end


def _without_own_escapes(part: str) -> str:
    """Return a part of a line that has no path without the escapes of Markdown."""
    if part.count("_") != part.count("\\_") > 0:  # Markdown has all of them escaped
        return part
    return part.replace("\\_", "_").replace("\\*", "*").replace("\\<", "<")


def _unescaped(line: str) -> str:
    first = min((line.find(escaped) for escaped in _ESCAPED if escaped in line), default=-1)
    if first < 0 or (opening := _OPENS_STRING.search(line[:first])) is None:
        return line
    if not opening[0].endswith("'"):  # in one of Python, double quotation marks are not escaped
        line = _END_OF_STRING.sub("\n", line)
    line = (
        line.replace("\\r", "")
        .replace("\\n", "\n")
        .replace("\\t", " ")
        .replace('\\"', '"')
        .replace("\\\\", "\\")
    )
    return line.lstrip().removeprefix('"')


def _content(text: str) -> str:
    """Return what a string of JSON says, on one line."""
    return text.replace("\\n", " ").replace("\\t", " ").replace('\\"', '"').replace("\\\\", "\\").strip()
