"""Tells the lines of logs from what a person wrote, and routine lines from those that report a fault."""

import re
from collections.abc import Iterable

from dupfind.text.signs import has_any

_READ = 160  # characters of a line

_QUIET = "TRACE|DEBUG|VERBOSE|FINE(?:R|ST)?|CONFIG|INFO(?:RMATION)?|NOTICE|WARN(?:ING)?|DBG|INF|WRN|VRB"
_LOUD = "ERROR|FATAL|SEVERE|CRITICAL|ALERT|EMERG(?:ENCY)?|PANIC|ERR|CRIT|FTL"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_LOGCAT = r"(?:\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\s{0,6}\d{1,7}\s{1,7}\d{1,7}|\s{0,6}\d{3,7}\s{1,7}\d{3,7})"
_LEVEL_FIELD = r"\b(?:level|lvl|severity)[\"']?\s?[=:]\s?[\"']?"
# A person writes "set level: debug"; a log begins with it, or has a number, a mark or another field before it.
_BEFORE_FIELD = r"\A(?:.{0,80}?[^a-z\s\"'(-]\s{0,4}|[\w.]{1,40}=.{0,80}?)?[\"']?"
_WORD = (  # with which sentences begin
    r"(?i:the|an?|this|that|these|please|show|set|use|no|in|on|with|when|if|my|all|add|remove|why|how|what|i|we|it|is"
    r"|are|only|every|each|some|there|turn|enable|disable|hide|print|see|change|replace|make|to|from|for|of|and|or|as)"
)
_DAY = (
    r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d(?:[-/.]\d{2,4})?"
    rf"|\d{{1,2}}[-/ ]{_MONTH}[-/ ]\d{{2,4}}|(?:[MTWFS][a-z]{{2}})?,? ?{_MONTH} {{1,2}}\d{{1,2}}(?:,? \d{{4}})?)"
)

_OF_PINO = r"(?=.{0,160}?\"(?:pid\":\s?\d|time\":\s?(?:\d{4}|\"\d{4}-)))"
_VERB = (  # and what else a sentence about a command has behind it
    r"(?:is|are|was|does|do|has|shows?|prints?|lists?|gives?|says?|requests?|returns?|fails?|hangs?|works?|cannot|should)"
)
_EVENT = r"(?:[a-z0-9-]{1,60}\s{1,8})?(?:(?:\d{1,4}[smhd]){1,2}|<unknown>)\s{1,16}"  # as kubectl lists them

_QUIET_PARTS = ("TRACE", "DEBUG", "VERBOSE", "FINE", "CONFIG", "INF", "NOTICE", "WARN", "DBG", "WRN", "VRB")
_BEHIND_WORDS = re.compile(
    # After at most three words: "INFO [pool-1]", "main.Boot DEBUG -"
    rf"(?!{_WORD}\s)(?:[\w.:/+\[\]-]{{1,40}}\s{{1,4}}){{0,3}}?[\[(<|]?(?<![\w.-])(?:{_QUIET})[\])>|]?(?=[\s:|(\[-]|$)"
)
_FIELD_PARTS = ("level", "lvl", "severity")
_IN_FIELD = re.compile(
    rf"{_BEFORE_FIELD}{_LEVEL_FIELD}(?i:trace|debug|dbug|info|notice|warn(?:ing)?)\b"
)  # logfmt, JSON
_OF_QUIET_LEVEL = (  # what each line contains, which is found faster, and its form
    (
        "[",
        re.compile(
            r"\W?\[(?![A-Z]?[a-z]{3,9} [a-z])(?:[\w.-]{1,30}[ /|:]{1,3})?"
            r"(?i:trace|debug|verbose|info|notice|warn(?:ing)?)\b[^\]]{0,40}\]"
        ),
    ),
    (  # .NET
        "]",
        re.compile(r"(?i:info|debug|trace|dbug|trce|warn): {1,6}[A-Z]\w{0,60}\.[\w.]{1,100}\[\d{1,6}\]"),
    ),
    ("/", re.compile(r"[VDIW]/[\w.$:-]{1,60}\s{0,8}\(\s{0,6}\d{1,7}\)\s?:")),  # Android
    (":", re.compile(rf"{_LOGCAT} [VDIW] [^\s:]{{1,60}}\s{{0,12}}:")),
    (":", re.compile(rf"\[?[VDIW] (?:{_DAY}[T ])?\d\d:\d\d:\d\d\b")),  # Tornado, Jupyter
    ("[", re.compile(r"[DIW], \[\d{4}-")),  # Ruby
    ("(", re.compile(r"\((?:II|WW|==|--|\*\*|\+\+)\) ")),  # Xorg
    # Kubernetes
    ("]", re.compile(r"[IW]\d{4} \d\d:\d\d:\d\d\.\d{6}\s{1,7}\d{1,7} [\w./-]{1,80}:\d{1,6}\]")),
    (  # Windows
        ":",
        re.compile(
            r"\"?(?:Information|Verbose|Warning)[\s\",;]{1,4}\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\s{1,4}\d{1,2}:\d\d:\d\d\b"
        ),
    ),
    (  # events of Kubernetes
        "Normal",
        re.compile(
            r"Normal\s{1,8}[A-Z]\w{2,40}\s{1,8}(?:(?:\d{1,4}[smhd]){1,2}|<unknown>)\s{1,8}"
            r"(?:\(x\d{1,6} over \w{1,9}\)\s{1,8})?"
            r"(?:kubelet|[a-z]{2,40}-[a-z-]{2,60})\b"
        ),
    ),
    ("Normal", re.compile(rf"{_EVENT}Normal\s{{1,8}}[A-Z]\w{{2,40}}\s{{1,8}}[a-z]{{2,40}}/")),
    (  # Unreal
        "]Log",
        re.compile(
            r"\[[\d.:-]{8,40}\]\[[ \d]{1,3}\]Log\w{1,40}: (?:Display|Verbose|VeryVerbose|Log|Warning): "
        ),
    ),
    ("(", re.compile(r"[VDIW]\s?\(\d{3,9}\)\s\S{1,60}: ")),  # ESP-IDF
    ("[", re.compile(r"\[(?:\d{1,9}:){2}\d{4}/\d{6}\.\d{3,6}:(?:VERBOSE\d|INFO|WARNING):")),  # Chromium
    ('{"t":', re.compile(r"\{\"t\":.{0,80}?\"s\":\s?\"(?:I|W|D\d?)\"")),  # MongoDB
    ('"level":', re.compile(rf"{_OF_PINO}.{{0,80}}?\"level\":\s?[1-4]0\b")),  # and Bunyan
    ("npm ", re.compile(rf"npm (?i:info|notice|http|verb|sill|timing|warn)\b(?! {_VERB}\b)")),
)
_OF_LOUD_LEVEL = re.compile(
    rf"(?<![\w-])(?:{_LOUD})\b(?![.!]?[\w.])"
    rf"|\[(?:[\w.-]{{1,30}}[ /|:]{{1,3}})?(?i:error|fatal|critical|crit|err|emerg|alert)\b"
    rf"|{_LEVEL_FIELD}(?i:err(?:or)?|eror|fatal|panic|crit(?:ical)?|alert|emerg)\b|\A[EFA]/[\w.$:-]{{1,60}}\s{{0,8}}\("
    rf"|\A{_LOGCAT} [EFA] [^\s:]{{1,60}}\s{{0,12}}:|\A.{{0,80}}?\"level\":\s?[56]0\b"
    r"|\"@l\":\s?\"(?:Error|Fatal)\""
    r"|\A\{\"t\":.{0,80}?\"s\":\s?\"[EF]\"|\A[EF] \(\d{3,9}\) "
    rf"|\A\[?[EFC] (?:{_DAY}[T ])?\d\d:\d\d:\d\d\b"
    r"|\A\"?(?:Error|Critical)[\s\",;]{1,4}\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\s{1,4}\d{1,2}:\d\d:"  # Windows
    rf"|\A{_EVENT}Warning\s{{1,8}}[A-Z]\w{{2,40}}\s{{1,8}}[a-z]{{2,40}}/"
    r"|\A[EF], \[\d{4}-|\A\(EE\) |\A[EF]\d{4} \d\d:\d\d:\d\d|\A(?i:fail|crit|error): {1,6}[A-Z]"
)
_WITHOUT_LEVEL = (
    (
        ":",
        re.compile(rf"\W?(?:{_DAY}[T :,-]{{1,3}})?\d{{1,2}}:\d\d:\d\d(?:[.,]\d{{1,9}})?(?:\W|[AP]M\b|Z\b)"),
    ),
    ("[", re.compile(r"\[\s{0,6}\d{1,6}\.\d{3,6}\]\s")),  # the kernel's ring buffer
    (":", re.compile(rf"{_MONTH}\s{{1,2}}\d{{1,2}}\s\d\d:\d\d:\d\d\s\S")),  # syslog, journald
    ('{"log":"', re.compile(r"\{\"log\":\"")),  # Docker
    (  # the access log of a web server
        "[",
        re.compile(
            r"[0-9a-fA-F.:]{3,45} \S{1,60} \S{1,60} \[\d{1,2}/[A-Z][a-z]{2}/\d{4}:[\d:]{8} [+-]\d{4}\] \"[A-Z]{3,8} "
        ),
    ),
    (  # Rails
        "",
        re.compile(
            r"(?:Started [A-Z]{3,8} \"/|Processing by [\w:]{1,100}#\w|Completed \d{3} |Render(?:ed|ing) \S{0,100}[/.]\w"
            r"|Sent file /|Redirected to https?:|Parameters: \{)"
        ),
    ),
    (
        " /",
        re.compile(
            r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S{0,100} (?:HTTP/\d\S{0,4} )?\"?"
            r"\d\d\d\b(?! (?!in )[a-z]{2,20} )"
        ),
    ),
)
_FAULT = re.compile(
    r"\" [45]\d\d\b|\bCompleted [45]\d\d\b|\A[A-Z]{3,7} /\S{0,100} (?:HTTP/\d\S{0,4} )?\"?[45]\d\d\b"
    r"|\b[A-Z]\w{2,60}(?:Exception|Error)\b|\b(?:panicked at|segfault|Segmentation fault|core dumped|Oops:|BUG:)"
    r"|(?i:\b(?:failed|failure|fatal|error|cannot|could not|unable to|timed out|refused|denied|killed|crashed)\b)"
)


def is_routine(line: str) -> bool:
    """Return whether a line is one of a log and reports no fault: "INFO [main] started in 3 s".

    The level decides, whatever the words are. A line without a level reports a fault where its words do: "refused".

    Args:
        line: A cleaned line, with or without its date; its first 160 characters are read.
    """
    line = line[:_READ].strip()
    # The search for a loud level reads the whole line, so it comes last.
    if _is_of_quiet_level(line):
        return not is_loud(line)
    return _matches(line, _WITHOUT_LEVEL) and _FAULT.search(line) is None and not is_loud(line)


def is_quiet(line: str) -> bool:
    """Return whether a line of a log has a level below an error, and no level above it."""
    line = line[:_READ].strip()
    return _is_of_quiet_level(line) and not is_loud(line)


def is_loud(line: str) -> bool:
    """Return whether a line of a log has the level of an error or above it."""
    return _OF_LOUD_LEVEL.search(line[:_READ]) is not None


def _is_of_quiet_level(line: str) -> bool:
    return (
        (has_any(line, _QUIET_PARTS) and _BEHIND_WORDS.match(line) is not None)
        or (has_any(line, _FIELD_PARTS) and _IN_FIELD.match(line) is not None)
        or _matches(line, _OF_QUIET_LEVEL)
    )


def _matches(line: str, forms: Iterable[tuple[str, re.Pattern[str]]]) -> bool:
    for needs, form in forms:  # noqa: SIM110 - a generator takes twice the time
        if needs in line and form.match(line):
            return True
    return False
