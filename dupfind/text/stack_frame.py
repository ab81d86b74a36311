"""Reads a frame of a stack trace from a line, without what differs between two reports."""

import re
from dataclasses import dataclass

from dupfind.text.frame_forms import FORMS
from dupfind.text.frame_names import function_name, script_place
from dupfind.text.frame_owner import Owner, owner

SHORTEST = 6
"""Characters of the shortest line that can be a frame."""


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One call of a stack trace.

    Attributes:
        form: The kind of trace, such as "java".
        text: Its function, with the file where the function alone says too little.
        owner: Who wrote its code, as far as name and folder show.
        is_outermost_first: Whether the calls of its trace are listed from the outermost to the innermost.
    """

    form: str
    text: str
    owner: Owner
    is_outermost_first: bool = False


_MATCHES = [(form.needs, form.line.match, form.kind) for form in FORMS]

_GO_FUNCTION = re.compile(
    r"\A(?P<function>(?:created by )?[\w.~/%-]{1,300}?(?:\.\(\*?[\w\[\].]{1,100}\)[\w.]{0,200})?)"
    r"(?:\([^\n]{0,400}|\[\.\.\.\]\S{0,200}| in goroutine \d+|)$"
)
_GO_FILE = re.compile(r"\A(?P<file>\S{1,300}\.(?:go|s)):\d+(?: \+0x[0-9a-f]{1,8})?$")


_HASH_OF_FILE = re.compile(r"-[0-9a-f]{8,64}(?=[-.])")
_WITH_FILE = ("python", "ruby", "php")


def frame(line: str, before: str) -> StackFrame | None:
    """Read the frame of a line; None for any other line.

    Args:
        line: Without spaces at its ends and without the prefixes of a log.
        before: The line before it, which has the function of a frame of Go.
    """
    for needs, match, kind in _MATCHES:
        if needs in line and (found := match(line)):
            return _frame(kind, found.groupdict())
    if ".go:" in line and before and (place := _GO_FILE.match(line)) and (call := _GO_FUNCTION.match(before)):
        return _frame("go", {"function": call["function"], "file": place["file"]})
    return None


def _frame(kind: str, groups: dict[str, str | None]) -> StackFrame | None:
    place = groups.get("file") or ""
    name = function_name(kind, groups.get("function") or "")
    file = _HASH_OF_FILE.sub("", re.split(r"[/\\]", place.partition("?")[0])[-1])
    if kind == "v8" and not place:
        place = "<anonymous>"  # of the engine
    if kind == "v8":
        name, file = script_place(name, file, int((groups.get("column") or "0")[:9]))
    elif not name and groups.get("offset"):
        file += f"+{groups['offset']}"  # the same in all reports of one build
    elif kind not in _WITH_FILE:
        file = ""  # a qualified name says where it is
    text = f"{name} {file}".strip()
    if not text:
        return None
    of_kind = "native" if kind in ("android", "apple", "ips") else kind
    is_outermost_first = kind == "python" or groups.get("numbered") is not None
    return StackFrame(kind, text, owner(of_kind, name, place), is_outermost_first)
