"""The stack frames that error trackers and servers write as objects in JSON, each as a line of a trace."""

import re
from collections.abc import Iterator

_SIGNS = ('"lineno"', '"lineNumber"', '"line_number"')
_MOST = 400  # objects that are read
_OBJECT = re.compile(r"\{[^{}]{20,4000}")  # up to the first object inside
_FUNCTION = ("function", "functionName", "method", "methodName")
_FILE = ("filename", "fileName", "file")
_CLASS = ("className", "declaringClass")
_FIELD = re.compile(
    r"\"(?P<key>function|functionName|method|methodName|filename|fileName|file|className|declaringClass)\"\s?:\s?"
    r"\"(?P<value>[^\"\n]{1,300})\""
)


def with_frames(text: str) -> str:
    """Return a text with a line for each frame in JSON, behind the object that has it; others are returned as they are.

    A frame has a function and a file. It becomes a frame of Java where it has a class, of Python or of JavaScript
    otherwise. Objects that are listed from the outermost call to the innermost one, as Sentry does, are turned around
    unless they are Python's, whose frames are expected in that order.

    Args:
        text: Raw; read where it has a key such as `lineno`.
    """
    if not any(sign in text for sign in _SIGNS):
        return text
    frames = list(_frames(text))
    # Sentry and those who follow it list the innermost call last.
    if '"lineno"' in text and not all(frame.startswith("File ") for frame in frames):
        frames.reverse()
    return "\n".join([text, "", *frames]) if len(frames) > 1 else text


def _frames(text: str) -> Iterator[str]:
    for n, found in enumerate(_OBJECT.finditer(text)):
        if n == _MOST:
            return
        fields = {field["key"]: field["value"] for field in _FIELD.finditer(found[0])}
        function, file, owner = (
            next((fields[key] for key in keys if key in fields), "") for keys in (_FUNCTION, _FILE, _CLASS)
        )
        if not function or not file or " " in function:
            continue
        if owner:
            yield f"at {owner}.{function}({file}:1)"
        elif file.endswith(".py"):
            yield f'File "{file}", line 1, in {function}'
        else:
            yield f"at {function} ({file}:1:1)"
