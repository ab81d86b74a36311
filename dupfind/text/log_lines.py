"""Tells the lines of logs from what a person wrote, and routine lines from those that report a fault."""

import re
from collections.abc import Iterable

_READ = 160  # characters of a line

_QUIET = "TRACE|DEBUG|VERBOSE|FINE(?:R|ST)?|CONFIG|INFO(?:RMATION)?|NOTICE|WARN(?:ING)?|DBG|INF|WRN|VRB"
_LOUD = "ERROR|FATAL|SEVERE|CRITICAL|ALERT|EMERG(?:ENCY)?|PANIC|ERR|CRIT|FTL"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_LOGCAT = r"(?:\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})?\s{0,6}\d{1,7}\s{1,7}\d{1,7}"
_LEVEL_FIELD = r"\b(?:level|lvl|severity)[\"']?\s?[=:]\s?[\"']?"
_DAY = (
    r"(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d(?:[-/.]\d{2,4})?"
    rf"|\d{{1,2}}[-/ ]{_MONTH}[-/ ]\d{{2,4}}|(?:[MTWFS][a-z]{{2}})?,? ?{_MONTH} {{1,2}}\d{{1,2}}(?:,? \d{{4}})?)"
)

_OF_QUIET_LEVEL = (
    # After at most three words: "INFO [pool-1]", "main.Boot DEBUG -"
    re.compile(
        rf"(?:[\w.:/+\[\]-]{{1,40}}\s{{1,4}}){{0,3}}?[\[(<|]?(?<![\w.-])(?:{_QUIET})[\])>|]?(?=[\s:|(\[-]|$)"
    ),
    re.compile(
        r"\W?\[(?:[\w.-]{1,30}[ /|:]{1,3})?(?i:trace|debug|verbose|info|notice|warn(?:ing)?)\b[^\]]{0,40}\]"
    ),
    re.compile(r"(?i:info|debug|trace|dbug|trce|warn): {1,6}[A-Z]\w{0,60}\.[\w.]{1,100}\[\d{1,6}\]"),  # .NET
    re.compile(r"[VDIW]/[\w.$:-]{1,60}\s{0,8}\(\s{0,6}\d{1,7}\)\s?:"),  # Android
    re.compile(rf"{_LOGCAT} [VDIW] [^\s:]"),
    re.compile(r"[DIW], \[\d{4}-|\((?:II|WW|==|--|\*\*|\+\+)\) "),  # Ruby, Xorg
    re.compile(r"[IW]\d{4} \d\d:\d\d:\d\d\.\d{6}\s{1,7}\d{1,7} [\w./-]{1,80}:\d{1,6}\]"),  # Kubernetes
    re.compile(rf"\A.{{0,80}}?{_LEVEL_FIELD}(?i:trace|debug|info|notice|warn(?:ing)?)\b"),  # logfmt, JSON
    re.compile(r"(?:Information|Verbose|Warning)\s{1,4}\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\s"),  # Windows
    re.compile(r"Normal\s{1,8}[A-Z]\w{2,40}\s{1,8}(?:\d|<unknown>)"),  # events of Kubernetes
    re.compile(
        r"\[[\d.:-]{8,40}\]\[[ \d]{1,3}\]Log\w{1,40}: (?:Display|Verbose|VeryVerbose|Log|Warning): "
    ),  # Unreal
    re.compile(r"[VDIW]\s?\(\d{1,9}\)\s\S{1,60}: "),  # ESP-IDF
    re.compile(r"\[(?:\d{1,9}:){2}\d{4}/\d{6}\.\d{3,6}:(?:VERBOSE\d|INFO|WARNING):"),  # Chromium
    re.compile(r"\A.{0,80}?\"s\":\s?\"(?:I|W|D\d?)\""),  # MongoDB
    re.compile(r"\A.{0,80}?\"level\":\s?[1-4]0\b"),  # Pino and Bunyan
    re.compile(r"npm (?i:info|notice|http|verb|sill|timing|warn)\b"),
)
_OF_LOUD_LEVEL = re.compile(
    rf"(?<![\w-])(?:{_LOUD})\b(?![.!]?[\w.])"
    rf"|\[(?:[\w.-]{{1,30}}[ /|:]{{1,3}})?(?i:error|fatal|critical|crit|err|emerg|alert)\b"
    rf"|{_LEVEL_FIELD}(?i:err(?:or)?|fatal|panic|crit(?:ical)?|alert|emerg)\b|\A[EFA]/[\w.$:-]{{1,60}}\s{{0,8}}\("
    rf"|\A{_LOGCAT} [EFA] [^\s:]"
    r"|\A.{0,80}?\"(?:s\":\s?\"[EF]\"|level\":\s?[56]0\b)|\A[EF] \(\d{1,9}\) "
    r"|\A[EF], \[\d{4}-|\A\(EE\) |\A[EF]\d{4} \d\d:\d\d:\d\d|\A(?i:fail|crit|error): {1,6}[A-Z]"
)
_WITHOUT_LEVEL = (
    re.compile(rf"\W?(?:{_DAY}[T :,-]{{1,3}})?\d{{1,2}}:\d\d:\d\d(?:[.,]\d{{1,9}})?(?:\W|[AP]M\b|Z\b)"),
    re.compile(r"\[\s{0,6}\d{1,6}\.\d{3,6}\]\s"),  # the kernel's ring buffer
    re.compile(rf"{_MONTH}\s{{1,2}}\d{{1,2}}\s\d\d:\d\d:\d\d\s\S"),  # syslog, journald
    re.compile(r"\{\"log\":\""),  # Docker
    re.compile(  # the access log of a web server
        r"[0-9a-fA-F.:]{3,45} \S{1,60} \S{1,60} \[\d{1,2}/[A-Z][a-z]{2}/\d{4}:[\d:]{8} [+-]\d{4}\] \"[A-Z]{3,8} "
    ),
    re.compile(  # Rails
        r"(?:Started|Processing by|Completed \d{3}|Rendered|Rendering|Sent file|Redirected to|Parameters:)\s"
        r"(?=.{0,120}?(?:\bfor \d|\w#\w| in \d|\(\d|\bas (?:HTML|JSON)|https?:|\{))"
    ),
    re.compile(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S{0,100} (?:HTTP/\d\S{0,4} )?\"?\d\d\d\b"),
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
    if _matches(line, _OF_QUIET_LEVEL):
        return not is_loud(line)
    return _matches(line, _WITHOUT_LEVEL) and _FAULT.search(line) is None and not is_loud(line)


def is_quiet(line: str) -> bool:
    """Return whether a line of a log has a level below an error, and no level above it."""
    line = line[:_READ].strip()
    return _matches(line, _OF_QUIET_LEVEL) and not is_loud(line)


def is_loud(line: str) -> bool:
    """Return whether a line of a log has the level of an error or above it."""
    return _OF_LOUD_LEVEL.search(line[:_READ]) is not None


def _matches(line: str, forms: Iterable[re.Pattern[str]]) -> bool:
    for form in forms:  # noqa: SIM110 - a generator takes twice the time
        if form.match(line):
            return True
    return False
