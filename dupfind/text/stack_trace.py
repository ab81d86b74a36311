"""Finds the stack traces of a text and reduces them to what two reports of one fault have in common.

What stays are frames, the first own frames of each trace in their order, the types of exceptions, and their messages
without numbers and quoted names (after S3M, Khvorov et al. 2021, and TraceSim, Vasiliev et al. 2020).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from zlib import crc32

from dupfind.text.exception_line import Fault, fault
from dupfind.text.frame_owner import Owner
from dupfind.text.stack_frame import SHORTEST, StackFrame, frame, has_heading
from dupfind.text.trace_lines import trace_lines

MAX_FRAMES = 400
"""Frames of a text that are read."""

MAX_FAULTS = 50
"""Exceptions of a text that are read."""

_PREFIXES = (1, 2, 3, 5)  # lengths of the runs of own frames at the top of a trace that are compared
_TOP = 5  # own frames that `StackTraces.top` has
_FEWEST = 2  # frames of a trace
_GAP = 3  # lines between the frames of one trace: code, marks below it, the place

_CRASHED = re.compile(
    r"\AThread \d{1,5} (?:\S{1,60} )?Crashed|\A\"triggered\":true|\A(?:\* )?thread #\d+, .{0,200}\bstop reason\b"
)
_NEXT_TRACE = re.compile(
    r"\A(?:Thread \d|goroutine \d|Traceback \(|Caused by:|Suppressed:|\[cause\]:|\"frames\":|\* thread #"
    r"|stack backtrace:|(?:previously |freed |allocated |Previous |Mutex )\S|Address 0x[0-9a-fA-F]{1,16} is )"
)
_NUMBER = re.compile(r"\A#(\d{1,4}) ")
_CODE = re.compile(
    r"\A(?:(?:-{2,5}>|❱|>) ?)?\d{1,6}(?: │| \|| |$)|[└│╰]"
)  # of notebooks, with values below it
_REPEATED = re.compile(
    r"\A(?:\[Previous line repeated|\.\.\. \d+ (?:more|common frames|levels)|-{3} End of )"
)


@dataclass(frozen=True, slots=True)
class StackTraces:
    """What identifies the faults of a text, each as a token of digits behind one letter.

    Attributes:
        frames: Distinct frames.
        own: Those of them that belong to no language's runtime.
        tops: The first 1, 2, 3 and 5 own frames of each trace, and all of them.
        exceptions: Types of exceptions, and types with their messages.
        top: Up to five own frames of the trace of the root cause, the one that failed first.
        project: The first of its frames that belongs to no library; "" without one.
        kind: The type of the root cause, without a trace the first one; "" where the text names none.
        message: Its message without what differs; "" without one.
        first: The first own frame of that trace, as text; "" without a trace.
        form: How its frames are written, such as "java" or "python"; "" without a trace.
    """

    frames: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    tops: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    project: str = ""
    kind: str = ""
    message: str = ""
    first: str = ""
    form: str = ""

    @property
    def tokens(self) -> tuple[str, ...]:
        """All of them; () for a text without a trace."""
        return self.frames + self.tops + self.exceptions


@dataclass(slots=True)
class _Trace:
    """The frames of one thread or exception, from the innermost, with what it says went wrong."""

    fault: Fault | None = None
    is_crashed: bool = False
    frames: list[StackFrame] = field(default_factory=list)

    @property
    def own(self) -> list[StackFrame]:
        return [frame for frame in self.frames if frame.owner is not Owner.RUNTIME]

    def add(self, found: StackFrame) -> None:
        is_outermost_first = (self.frames or [found])[0].is_outermost_first
        self.frames.insert(0 if is_outermost_first else len(self.frames), found)


def stack_traces(text: str) -> StackTraces:
    """Find the stack traces of a raw text; a single frame is none.

    Args:
        text: In any markup; read line by line.
    """
    traces, faults = _read(text)
    exceptions = tuple(dict.fromkeys(token for found in faults for token in _exception_tokens(found)))
    if not traces:
        first = faults[0] if faults else Fault("")
        return StackTraces(exceptions=exceptions, kind=first.kind, message=first.message)
    root = _root(traces)
    own = root.own
    inside = [each for each in own if each.owner is Owner.PROJECT]
    named = root.fault or (faults[0] if faults else None)
    return StackTraces(
        frames=_tokens(each for trace in traces for each in trace.frames),
        own=_tokens(each for trace in traces for each in trace.own),
        tops=tuple(dict.fromkeys(token for trace in traces for token in _tops(trace))),
        exceptions=exceptions,
        top=tuple(_token("f", each.text) for each in own[:_TOP]),
        project=_token("f", inside[0].text) if inside else "",
        kind=named.kind if named else "",
        message=named.message if named else "",
        first=(own or root.frames)[0].text,
        form=Counter(each.form for each in root.frames).most_common(1)[0][0],
    )


def _read(text: str) -> tuple[list[_Trace], list[Fault]]:
    traces = [_Trace()]
    faults: list[Fault] = []
    n_frames, gap, n_above = 0, 0, -1
    is_panic_open = False
    before = ""
    for line in trace_lines(text):
        if len(line) < SHORTEST:
            gap += any(map(str.isalnum, line))
            is_panic_open = False
            continue
        trace = traces[-1]
        found = frame(line, before) if n_frames < MAX_FRAMES else None
        if found is None or not has_heading(found):
            before = line
        if found is not None:
            number = _NUMBER.match(line)
            is_next = (
                number is not None and int(number[1]) == n_above + 1
            )  # gdb writes variables between frames
            n_above = int(number[1]) if number else -1
            if gap > _GAP and trace.frames and not is_next:
                traces.append(trace := _Trace())
            trace.add(found)
            n_frames, gap = n_frames + 1, 0
            if found.form == "ruby" and (named := fault(line)):  # Ruby names it behind the innermost frame
                trace.fault = named
                faults.append(named)
            continue
        if _REPEATED.match(line):
            continue
        is_python = bool(trace.frames) and trace.frames[0].form == "python"
        named = fault(line, is_after_python=is_python and gap <= _GAP)
        if is_panic_open and named is None:  # the message stands on the line after the place
            named, faults = _with_message(faults, line)
            trace.fault = None
        is_panic_open = named is not None and named.kind == "panic" and line.endswith(":")
        gap += not (is_python and _CODE.match(line))
        if named is not None and len(faults) < MAX_FAULTS:
            faults.append(named)
            if is_python and trace.fault is None:
                trace.fault = named  # Python names it below
                traces.append(_Trace())
            elif not trace.frames:
                trace.fault = named if trace.fault is None or named.is_cause else trace.fault
            else:
                traces.append(_Trace(named))
        elif trace.frames and _NEXT_TRACE.match(line):
            traces.append(_Trace())
        if _CRASHED.match(line):
            if traces[-1].frames:
                traces.append(_Trace())
            traces[-1].is_crashed = True
    return [trace for trace in traces if len(trace.frames) >= _FEWEST], faults


def _with_message(faults: list[Fault], line: str) -> tuple[Fault, list[Fault]]:
    """Return the last panic with its message, and the faults before it."""
    panic = faults[-1]
    said = fault(f"panic: {line}")
    return Fault("panic", f"{panic.message} {said.message if said else ''}".strip()), faults[:-1]


def _root(traces: Sequence[_Trace]) -> _Trace:
    """Return the trace of the fault that happened first: of the crashed thread, of the last cause, or the first one."""
    # A group of exceptions of Python only collects them.
    traces = [
        trace for trace in traces if trace.fault is None or not trace.fault.kind.endswith("ExceptionGroup")
    ] or traces
    crashed = next((trace for trace in traces if trace.is_crashed), None)
    causes = [trace for trace in traces if trace.fault is not None and trace.fault.is_cause]
    return crashed or (causes[-1] if causes else traces[0])


def _tops(trace: _Trace) -> Iterator[str]:
    own = [each.text for each in trace.own]
    if own:
        for length in (*(length for length in _PREFIXES if length < len(own)), len(own)):
            yield _token("t", "\n".join(own[:length]))
    else:
        yield _token("t", "\n".join(each.text for each in trace.frames))


def _exception_tokens(found: Fault) -> Iterator[str]:
    yield _token("e", found.kind)
    if found.message:
        yield _token("e", f"{found.kind} {found.message}")


def _tokens(frames: Iterator[StackFrame]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_token("f", each.text) for each in frames))


def _token(kind: str, text: str) -> str:
    return f"{kind}{crc32(text.encode('utf-8', 'surrogatepass'))}"
