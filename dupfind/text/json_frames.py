"""The stack traces that error trackers and servers write as objects in JSON, as the lines of a trace in text."""

import json
import re
from collections.abc import Iterator
from typing import Any

_SIGNS = (".php:", '"lineno"', '"lineNumber"', '"line_number"')
_LISTS = ("frames", "stacktrace", "stackTrace", "trace")
_HAS_LIST = tuple(f'"{key}"' for key in _LISTS)
_START = re.compile(r"^[^{\n]{0,200}\{", re.MULTILINE)
_MOST_BROKEN = 8  # objects without an end, each of which is read up to the end of the text
_MOST = 400  # frames that are read
_DEEPEST = 40  # objects inside of each other
_LONGEST = 300  # characters of a name
_FUNCTION = ("function", "functionName", "method", "methodName")
_NAME = ("name",)  # of a function, as structlog writes it, where no other key has it
_FILE = ("filename", "fileName", "file")
_CLASS = ("className", "declaringClass")
_OF_JAVA = (".java", ".kt", ".kts", ".scala", ".groovy")
_OF_PHP = re.compile(r"((?:[^\s:]{1,300}/)?([\w.-]{1,100})\.php):\d{1,7}$")  # as Monolog lists them
_OF_LOG = ("level", "levelname", "severity", "msg", "message")
_TYPE = ("type", "class", "exc_type", "exceptionType")
_SAID = ("value", "exc_value", "message")


def with_frames(text: str) -> str:
    """Return a text with the traces of its JSON as lines at its end; a text without one is returned as it is.

    A trace is a list of two frames or more under a key such as `frames`; each frame has a function and a file. It
    becomes a frame of Java where it has a class, of Python or of JavaScript otherwise. A list of files of PHP is one,
    too. The type and the message that stand next to the list, or to the object that has it, are the exception. Lines of
    a log are no frames. Frames that are listed from the outermost call to the innermost one, as Sentry does, are turned
    around unless they are Python's, whose frames are expected in that order.

    Args:
        text: Raw; read where it has keys such as `lineno` and `frames`. Objects begin on a line of their own, or are
            the first ones of a line. One without an end is not read.
    """
    if not (any(sign in text for sign in _SIGNS) and any(key in text for key in _HAS_LIST)):
        return text
    lines = [line for value in _objects(text) for line in _traces(value, {}, "", 0)]
    return "\n".join([text, "", *lines]) if lines else text


def _objects(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    place, n_broken = 0, 0
    while n_broken < _MOST_BROKEN and (start := _START.search(text, place)):
        try:
            value, place = decoder.raw_decode(text, start.end() - 1)
        except (ValueError, RecursionError):
            n_broken, place = n_broken + 1, start.end()
        else:
            yield value


def _traces(value: Any, outer: dict[str, Any], key: str, depth: int) -> Iterator[str]:
    """Yield the lines of the traces in a value.

    Args:
        value: Of JSON.
        outer: The object that has it.
        key: Its key there.
        depth: Objects and lists around it.
    """
    if depth == _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in _LISTS and isinstance(inner, list) and len(frames := [*_frames(inner)]) > 1:
                yield from _trace(frames, _exception(value) or _exception(outer), is_cause=key == "cause")
            else:
                yield from _traces(inner, value, name, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _traces(inner, outer, key, depth + 1)


def _trace(frames: list[str], exception: str, *, is_cause: bool) -> Iterator[str]:
    if frames[0].startswith("File "):  # Python names it below
        return iter(["Traceback (most recent call last):", *frames, exception])
    if not exception:
        return iter(['"frames":', *frames])
    return iter([f"Caused by: {exception}" if is_cause else exception, *frames])


def _exception(value: dict[str, Any]) -> str:
    kind, said = _first(value, _TYPE), _first(value, _SAID)
    return f"{kind}: {said}" if kind and said else kind


def _frames(objects: list[Any]) -> Iterator[str]:
    """Yield the frames of a list, for JavaScript and Java from the innermost one; nothing for a list of a log."""
    if objects and all(isinstance(value, str) for value in objects):
        yield from (
            f"#0 {place[1]}(1): {place[2]}" for value in objects[:_MOST] if (place := _OF_PHP.match(value))
        )
        return
    found = [value for value in objects[:_MOST] if isinstance(value, dict)]
    if any(key in value for value in found for key in _OF_LOG):
        return
    frames = [frame for value in found if (frame := _frame(value))]
    # Sentry and those who follow it list the innermost call last.
    if found and "lineno" in found[0] and not all(frame.startswith("File ") for frame in frames):
        frames.reverse()
    yield from frames


def _frame(value: dict[str, Any]) -> str:
    function, file, owner = (_first(value, keys) for keys in (_FUNCTION + _NAME, _FILE, _CLASS))
    if not function or not file or " " in function:
        return ""
    if not owner and file.endswith(_OF_JAVA):
        owner = _first(value, ("module",))
    if owner:
        return f"at {owner}.{function}({file}:1)"
    if file.endswith(".py"):
        return f'File "{file}", line 1, in {function}'
    return f"at {function} ({file}:1:1)"


def _first(value: dict[str, Any], keys: tuple[str, ...]) -> str:
    """Return the first text under some keys, on one line; "" without one."""
    texts = (value[key] for key in keys if isinstance(value.get(key), str))
    return " ".join(next(texts, "")[:_LONGEST].split())
