"""Recognises the lines that name one fault: exceptions, stack frames, error codes, messages of a crash."""

import re

from dupfind.text.signs import DIGITS, has_any

FRAME = re.compile(
    r"at [\w.$<>/]+ ?\(|at \S+:\d+|at [\w.$<>][\w$<>]*+\.[\w.$<>]++$"  # Java, JavaScript, .NET
    r"|File \".*\", line \d"  # Python
    r"|#?\d{1,3}:? (?:.*\b0x[0-9a-f]|.* at \S+:\d|\S+ - |(?=\S++$)\S+::\S)"  # gdb, Rust, Objective-C
)
"""The start of a line of a stack trace, with its addresses."""

RUNTIME_FRAME = re.compile(
    r"at (?:java|javax|jdk|sun|com\.sun|org\.junit|org\.apache\.maven|org\.mockito|scala|kotlin|android\.os"
    r"|android\.app|com\.android\.internal|dalvik|System|Microsoft|node:internal|internal/|Module\.)\b"
    r"|#?\d{1,3}:? .*(?:__libc_start_main|CoreFoundation|UIApplicationMain|GraphicsServices)"
)
"""The start of a frame of a language's runtime, which every trace of a platform has."""

_LONGEST = 400  # characters that are read; the lines of a composed text are no longer

# Frames of other forms, and frames whose addresses the composition has removed.
_OTHER_FRAME = re.compile(
    r"#\d{1,3} (?:pc |in |[\w:~<>.*&]+ ?\(|\S+\(\d+\): )"  # Android, sanitizers, gdb, PHP
    r"|\d{1,3}:? (?:- )?<?(?!(?:std|core|alloc|backtrace|unwind|rt)::)\w[\w<>$.&]*::\S"  # Rust
    r"|\d{1,3} \S+ [-+\w].* \+ \d+$"  # Objective-C, Swift
    r"|main\.\S+\(|\S+\.go:\d+"  # Go
    r"|[\w.$<>/]*@\S+:\d+(?::\d+)?$"  # JavaScript of Firefox and Safari
    r"|\S+:\d+:in "  # Ruby
)
_PYTHON_FRAME = re.compile(r"File \"[^\"]*\", line \d")

_SYSTEM = (
    r"(?:ACCES|ADDRINUSE|AGAIN|BADF|BUSY|CONNABORTED|CONNREFUSED|CONNRESET|EXIST"
    r"|HOSTUNREACH|INVAL|IO|ISDIR|MFILE|NOENT|NOMEM|NOSPC|NOTDIR|NOTEMPTY|NOTFOUND|PERM|PIPE|ROFS|TIMEDOUT)"
)
ERRNO = f"E{_SYSTEM}"
"""The names of the errors of system calls, as a pattern."""

_CODE = re.compile(
    # E0308, ORA-00942; but no name of a standard or of a platform
    r"\b(?!(?:UTF|ISO|RFC|SHA|WIN|AMD|ARM|IA|API|X)[-_]?\d)[A-Z]{1,12}[-_]?\d{2,}\b"
)
_MAY_BE_CODE = re.compile(r"[A-Z][-_]?\d\d")
_ADDRESS = re.compile(r"\b0[xX][0-9a-fA-F]{2,8}\b")
_NUMBERED = re.compile(
    r"\b(?i:error|errno|exit(?:ed)?(?: with)?|status|fault)(?i:[ _-]?(?:code|status|number))?[ :=#(]{1,3}-?\d"
)
_OF_SYSTEM = re.compile(rf"E(?<!\wE){_SYSTEM}\b")  # begins with a letter, which is found fast
_MESSAGE = re.compile(  # "error: mismatched types", but not "Error message:", which is a heading
    r"(?:^|[\s\[(<>|:;,\"'-])(?i:error|fatal|panic|exception|failure|abort|crash|what\(\)"
    r"|fehler|erreur|errore?|erro|ошибка|błąd|hata|错误|錯誤|异常|異常|エラー|例外|오류|예외|خطأ)"
    r"[\])]?[ ]?[:：][ ]?[^\s:]"
)
_NAME = re.compile(
    r"\b[A-Z]\w*(?:Exception|Error|Fault|Failure|Panic|Rejection|Interrupt)\b"  # NullPointerException
    r"|::(?:Error|out_of_range|invalid_argument|bad_\w+)\b|\w_(?:error|exception|fault)\b"  # std::runtime_error
    r"|\b(?:SIG(?:SEGV|ABRT|BUS|ILL|FPE|TRAP|KILL|TERM|SYS|PIPE)|(?:EXC|ERR|ERROR|STATUS|NS_ERROR)_[A-Z][A-Z_]+)\b"
    r"|\bHTTP(?:/\d(?:\.\d)?)? ?[45]\d\d\b"
    # "ERROR foo", but not "ERROR LOG"
    r"|\b(?:ERROR|FATAL|SEVERE|CRITICAL|PANIC)\b[\])]?[\s:|-]{1,4}(?![A-Z]{2})[^\s:|-]"
)

_PHRASES = """
panicked at, failed at ', segmentation fault, core dumped, bus error, double free,
terminate called, caused by:, uncaught exception, unhandled exception, addresssanitizer, threadsanitizer,
use-after-free, buffer-overflow, undefined reference, undefined symbol, undefined method, undefined variable,
cannot find symbol, cannot find module, cannot find package, cannot read propert, cannot set propert,
is not a function, no such file or directory, no such method, no such module, has no attribute, has no member,
permission denied, access denied, access is denied, connection refused, connection reset, connection timed out,
timed out after, index out of, out of bounds, out of range, out of memory, null pointer, nil pointer,
null reference, null object reference, division by zero, divide by zero, invalid memory address,
illegal instruction, stack smashing, stack overflow, heap corruption, deadlock detected
"""
_FAULT_PHRASES = tuple(" ".join(_PHRASES.split()).split(", "))

_WORDS = """
error, exception, caused by, panic, fail, fatal, assert, abort, crash, segfault, segmentation, undefined,
not found, denied, timeout, timed out, overflow, traceback
"""
_FAULT_WORDS = tuple(" ".join(_WORDS.split()).split(", "))


# Every line that matches a pattern has one of these parts, which are faster to find.
_IN_FRAME = ("main.", ".go:", "@", ":in ")  # or "#" or a digit at the start
_IN_NAME = re.compile(
    "Exception|Error|Fault|Failure|Panic|Rejection|Interrupt|::out_of_range|::invalid_argument|::bad_|_error|_exception"
    "|_fault|SIG|EXC_|ERR_|ERROR|STATUS_|HTTP|FATAL|SEVERE|CRITICAL|PANIC"
)
_IN_NUMBERED = ("err", "exit", "status", "fault")  # of ASCII in lower case, as the next ones
_IN_MESSAGE = ("err", "fatal", "panic", "exception", "failure", "abort", "crash", "what()", "fehler", "hata")
_IN_PHRASES = (
    "panicked", "failed at", "fault", "dump", "bus e", "ble free", "te called", "by:", "exception", "saniti", "-free",
    "overflow", "undef", "cannot ", "is not a f", "no such", "has no ", "denied", "connec", "timed out", "out of",
    "pointer", "reference", "by zero", "mory a", "illegal", "smash", "corrupt", "deadlock",
)  # fmt: skip


def is_fault(line: str) -> bool:
    """Return whether a line names one fault, by which a report of the fault can be found.

    Such lines are exceptions, own frames of a stack trace, error codes, and messages of a crash. Headings, questions
    and frames of a language's runtime are not: "Error message:", "Does it crash?", "at java.lang.Thread.run(".

    Args:
        line: One line of a cleaned body, in its own case; 400 characters are read.
    """
    line = line[:_LONGEST]
    if FRAME.match(line) or (_may_be_frame(line) and _OTHER_FRAME.match(line)):
        return not RUNTIME_FRAME.match(line)
    if _OF_SYSTEM.search(line) or (_IN_NAME.search(line) and _NAME.search(line)):
        return True
    small = line.lower()
    is_ascii = line.isascii()  # only then lower case has all that a pattern finds that ignores case
    if DIGITS.match(line) and (
        (_MAY_BE_CODE.search(line) and _CODE.search(line))
        or ("0x" in small and _ADDRESS.search(line))
        or ((not is_ascii or has_any(small, _IN_NUMBERED)) and _NUMBERED.search(line))
    ):
        return True
    may_be_message = (":" in line or "：" in line) and (not is_ascii or has_any(small, _IN_MESSAGE))
    if may_be_message and _MESSAGE.search(line):
        return True
    if line.endswith(("?", "？")):
        return False
    if has_any(small, _IN_PHRASES) and has_any(small, _FAULT_PHRASES):
        return True
    return "assertion" in small and "failed" in small


def names_a_fault(line: str) -> bool:
    """Return whether a line, in lower case, has a word for a fault ("error", "denied")."""
    return has_any(line, _FAULT_WORDS)


def _may_be_frame(line: str) -> bool:
    start = line[:1]
    return start == "#" or start.isdecimal() or has_any(line, _IN_FRAME)


def is_python_frame(line: str) -> bool:
    """Return whether a line is a frame of a Python traceback, whose code is on the next line."""
    return line.startswith("File ") and bool(_PYTHON_FRAME.match(line))
