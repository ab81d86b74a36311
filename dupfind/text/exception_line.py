"""Reads the types of exceptions, panics and signals from a line, and their messages without what differs."""

import re
from dataclasses import dataclass

_WORD = r"[A-Za-z_$][\w$]{0,99}"
_ENDING = "(?:Exception|Error|Fault|Panic|Failure|Throwable|Interrupt|Warning|Rejection)"
_LEADS = (
    r"(?:\[?(?:ERROR|FATAL|SEVERE|CRITICAL)\]?:? |Caused by: |Suppressed: |Wrapped by: |\[cause\]: |[Ee]rror: |Next "
    r"|-{2,3}> |Exception in thread \"[^\"]{0,80}\" |Unhandled [Ee]xception[.:]? |Uncaught (?:\(in promise\) )?|PHP "
    r"|Fatal error: |FATAL EXCEPTION: |\(Inner Exception #\d{1,4}\) ){0,4}"
)
_EXCEPTION = re.compile(
    rf"\A{_LEADS}(?P<type>(?:{_WORD}(?:\.|::|\\)){{0,12}}[A-Z]\w{{0,80}}?{_ENDING}"
    r"|panic(?=:)|fatal error(?=:)|Fatal error(?=:))\b(?:<[^<>\n]{0,80}>)?(?: ?[(\[][^()\[\]\n]{0,80}[)\]])?"
    r"(?: ?: ?(?P<message>[^\n]{0,400}))?"
)
_NAMED_INSIDE = re.compile(
    rf"(?<![\w.$\\])(?P<type>(?:[a-z][\w$]{{0,60}}\.){{2,12}}[A-Z]\w{{0,80}}?{_ENDING})\b"
    r"(?:: (?P<message>[^\n]{0,400}))?"
)
_CONSTANT = re.compile(r"\A(?:[A-Z]\w{0,60}::){0,5}[A-Z]\w{1,80}$")  # a class of Ruby
_OF_PYTHON = re.compile(
    r"\A(?P<type>(?:[A-Za-z_]\w{0,60}\.){0,8}[A-Z]\w{1,80})(?:: (?P<message>[^\n]{0,400}))?$"
)
_PANIC = re.compile(r"thread '[^'\n]{0,80}' (?:\(\d{1,9}\) )?(?:has )?panicked at (?P<rest>[^\n]{0,400})")
_PLACE = re.compile(r"\A(?:'(?P<message>[^\n]{0,300})', )?(?P<file>[^\s':][^\n':]{0,300}?):\d+(?::\d+)?:?$")
_SANITIZER = re.compile(
    r"(?:Address|Thread|Memory|Leak|HWAddress|UndefinedBehavior)Sanitizer: (?P<type>[\w-]{3,60}(?: race)?)"
    r"|:\d+: runtime error: (?P<message>[^\n]{1,300})"
)
_SIGNAL = re.compile(r"\b(?P<type>SIG(?:SEGV|ABRT|BUS|ILL|FPE|TRAP|SYS|PIPE|KILL)|EXC_[A-Z_]{3,40})\b")
_TERMINATED = re.compile(
    r"(?:after throwing an instance of|due to uncaught exception) '(?P<type>[^'\n]{1,200})'"
    r"(?:, reason: '(?P<message>[^\n]{0,300}))?"
)
_VARIED = re.compile(
    r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`|‘[^‘’\n]*’|“[^“”\n]*”|(?<![\w.-])[\w.-]*\d[\w.-]*|/\S+"
    r"|(?<!\S)[^\s@]+@\S+|[A-Za-z]:\\\S+"
)
_PLACE_OF_PHP = re.compile(r" in /\S+:\d+$")


@dataclass(frozen=True, slots=True)
class Fault:
    """What a line says went wrong.

    Attributes:
        kind: The type without its package, such as "KeyError" or "SIGSEGV".
        message: In lower case, without numbers, quoted names and paths; "" without one.
        is_cause: Whether it caused the exception before it.
    """

    kind: str
    message: str = ""
    is_cause: bool = False


def fault(line: str, *, is_after_python: bool = False) -> Fault | None:
    """Read what went wrong from a line; None where it names nothing.

    Args:
        line: Without spaces at its ends and without the prefixes of a log.
        is_after_python: Whether a traceback of Python ends before it: its exceptions may have any name.
    """
    if "panicked at " in line and (found := _PANIC.search(line)):
        return _panic(found["rest"])
    if ("Sanitizer" in line or "runtime error" in line) and (found := _SANITIZER.search(line)):
        return Fault(found["type"] or "undefined behaviour", template(found["message"] or ""))
    if found := _EXCEPTION.match(line):
        if " ---> " in line:  # .NET has the innermost one last
            inner = _EXCEPTION.match(line.rpartition(" ---> ")[2])
            found = inner or found
        return _fault(found, line.startswith(("Caused by: ", "[cause]: ")))
    if is_after_python and (found := _OF_PYTHON.match(line)):
        return _fault(found)
    if "ception" in line or "Error" in line:
        if found := _TERMINATED.search(line):
            return _fault(found)
        if found := _NAMED_INSIDE.search(line):
            return _fault(found)
    if line.endswith(")") and ":in " in line:
        message, _, name = line[:-1].rpartition(" (")
        if _CONSTANT.match(name):
            return Fault(name.rpartition("::")[2], template(message.partition(":in ")[2].partition(": ")[2]))
    if "instance of '" in line and (found := _TERMINATED.search(line)):
        return _fault(found)
    if ("SIG" in line or "EXC_" in line) and (found := _SIGNAL.search(line)):
        return Fault(found["type"])
    if "Fatal error: " in line:
        return Fault("Fatal error", template(line.partition("Fatal error: ")[2].partition(": file ")[0]))
    return None


def template(message: str) -> str:
    """Return a message without numbers, quoted names and paths, which differ between two reports of one fault."""
    return " ".join(_VARIED.sub(" ", _PLACE_OF_PHP.sub("", message)).lower().split())


def _fault(found: re.Match[str], is_cause: bool = False) -> Fault:
    return Fault(re.split(r"\.|::|\\", found["type"])[-1], template(found["message"] or ""), is_cause)


def _panic(rest: str) -> Fault:
    """Return a panic of Rust with its message, which old versions quote and new ones have on the next line."""
    place = _PLACE.match(rest)
    if place is None:
        return Fault("panic", template(rest.strip("'")))
    file = re.split(r"[/\\]", place["file"])[-1]
    return Fault("panic", f"{file} {template(place['message'] or '')}".strip())
