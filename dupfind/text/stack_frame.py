"""Reads a frame of a stack trace from a line, without what differs between two reports."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from dupfind.text.frame_form import Form
from dupfind.text.frame_forms import FORMS
from dupfind.text.frame_names import function_name, script_place
from dupfind.text.frame_owner import Owner, owner
from dupfind.text.signs import DIGITS

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


_SIGNS = (":", "(", ".", "0x", "!")  # many lines of prose have few of them
_BEGINS = re.compile(  # of a pattern: two letters, a digit, or a sign
    r"\\A(?:(?P<letters>[A-Za-z]{2})|(?P<digit>\\d)|(?P<number>\#)|(?P<bracket>\\\[))(?!\{0|[?*])"
)


def _start_of(form: Form) -> str:
    """Return how every line of a form begins, as `_start`; "" where its pattern does not show it."""
    begins = _BEGINS.match(form.line.pattern)
    if begins is None:
        return ""
    if begins["digit"]:
        return "0"
    return begins["letters"] or ("#" if begins["number"] else "[")


_FORM_STARTS = [(form, _start_of(form)) for form in FORMS]
_STARTS = frozenset(start for _, start in _FORM_STARTS)


def _start(line: str) -> str:
    """Return the beginning of a line that tells forms apart: two letters, a sign, "0" for any digit, or ""."""
    if (start := line[:2]) in _STARTS or (start := line[:1]) in _STARTS:
        return start
    return "0" if start.isdecimal() else ""


@lru_cache(None)  # of a few hundred lists: there are no more starts and signs
def _forms(
    start: str, has_digit: bool, *signs: bool
) -> list[tuple[str, Callable[[str], re.Match[str] | None], str]]:
    """Return the forms that a line may have, in their order: what it contains, what matches it, and its kind.

    Args:
        start: As `_start` returns it.
        has_digit: Whether it has a digit.
        signs: Whether it has each of `_SIGNS`.
    """
    absent = [sign for sign, is_there in zip(_SIGNS, signs, strict=True) if not is_there]
    return [
        (form.needs, form.line.match, form.kind)
        for form, of_form in _FORM_STARTS
        if of_form in ("", start)
        and has_digit >= form.has_digit
        and not any(sign in form.needs for sign in absent)
    ]


_GO_FUNCTION = re.compile(
    r"\A(?=\S{0,300}[.(]|created by )"
    r"(?P<function>(?:created by )?[\w.~/%-]{1,300}?(?:\.\(\*?[\w\[\].]{1,100}\)[\w.]{0,200})?)"
    r"(?:\([^\n]{0,400}|\[\.\.\.\]\S{0,200}| in goroutine \d+|)$"
)
_GO_FILE = re.compile(r"\A(?P<file>\S{1,300}\.(?:go|s)):\d+(?: \+0x[0-9a-f]{1,8})?$")

_JULIA_PLACE = re.compile(r"\A@ (?P<module>\S{1,100} )?(?P<file>\S{1,300}\.jl):\d+$")
_JULIA_FUNCTION = re.compile(r"\A\[\d{1,3}\] (?P<function>[^\s(){}]{1,200})(?:\(|\{|$)")
_OCTAVE_HEADING = re.compile(r"\A(?:error: )?called from:?$")
_OCTAVE_CALL = re.compile(r"\A(?:error: )?(?P<function>[A-Za-z][\w.>/@]{0,200}) at line \d+(?: column \d+)?$")
_LISP_CALL = re.compile(r"\A(?P<function>[^\s()\\\"'#]{2,120})\(")
_ABAP_CALL = re.compile(
    r"\A\d{1,3} (?:METHOD|FORM|FUNCTION|EVENT|MODULE \([A-Z]{2,6}\)) \S{1,60} \S{1,60} \d{1,6}$"
)
_ABAP_NAME = re.compile(r"\A[A-Z/%][\w/%=>~-]{1,120}$")
_OVERLAY_PLACE = re.compile(
    r"\A(?P<file>[^\s()]{0,300}[\w\]]\.[cm]?[jt]sx?) \(\d+:(?P<column>\d+)\)(?: @ (?P<function>[\w.$<>]{1,200}))?$"
)
_OVERLAY_FUNCTION = re.compile(r"\A[A-Za-z_$][\w.$<>]{0,200}$")
_HASH_OF_FILE = re.compile(r"-[0-9a-f]{8,64}(?=[-.])")
_WITH_FILE = ("python", "ruby", "php", "lua", "nim", "zig", "godot", "r", "script")
_HEADED = ("octave", "lisp")  # one heading stands above all their calls


def has_heading(frame: StackFrame) -> bool:
    """Return whether one heading stands above all frames of a trace."""
    return frame.form in _HEADED


def frame(line: str, before: str) -> StackFrame | None:
    """Read the frame of a line; None for any other line.

    Args:
        line: Without spaces at its ends and without the prefixes of a log.
        before: The line before it, which has the function of a frame of Go or Julia, and of a page of Next.js.
                Above the frames of Octave and Emacs it is their heading.
    """
    has_digit = DIGITS.match(line) is not None
    forms = _forms(_start(line), has_digit, ":" in line, "(" in line, "." in line, "0x" in line, "!" in line)
    for needs, match, kind in forms:
        if needs in line and (found := match(line)):
            return _frame(kind, found.groupdict())
    if "(" in line and before.startswith("Debugger entered--") and (call := _LISP_CALL.match(line)):
        return _frame("lisp", {"function": call["function"]})
    if before[-1:].isdecimal() and _ABAP_NAME.match(line) and _ABAP_CALL.match(before):
        return _frame("abap", {"function": line})
    return _numbered_frame(line, before) if has_digit else None


def _numbered_frame(line: str, before: str) -> StackFrame | None:
    """Read a frame whose number of a line stands below its function, or below a heading."""
    if ".go:" in line and before and (place := _GO_FILE.match(line)) and (call := _GO_FUNCTION.match(before)):
        return _frame("go", {"function": call["function"], "file": place["file"]})
    if ".jl:" in line and (place := _JULIA_PLACE.match(line)) and (call := _JULIA_FUNCTION.match(before)):
        return _frame("julia", {"function": call["function"], "file": place["file"]})
    if " at line " in line and _OCTAVE_HEADING.match(before) and (call := _OCTAVE_CALL.match(line)):
        return _frame("octave", {"function": call["function"]})
    if line.startswith("(", line.rfind(" ") + 1) or " @ " in line:  # what Next.js shows on the page
        return _overlay_frame(line, before)
    return None


def _overlay_frame(line: str, before: str) -> StackFrame | None:
    if (place := _OVERLAY_PLACE.match(line)) is None:
        return None
    call = _OVERLAY_FUNCTION.match(before)
    name = place["function"] or (call[0] if call else "")
    if not place["function"] and "/" not in place["file"]:
        return None
    return _frame("v8", {"function": name, "file": place["file"], "column": place["column"]})


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
