"""Frames that are objects in JSON are the frames of the same trace as text."""

import json

import pytest

from dupfind.text.json_frames import with_frames
from dupfind.text.stack_trace import stack_traces

PYTHON = """Traceback (most recent call last):
  File "/srv/mill/door.py", line 9, in unlock
    turn()
  File "/srv/mill/stone.py", line 31, in turn
    return sacks[0]"""
JAVA = """\tat org.mill.Stone.turn(Stone.java:31)
\tat org.mill.Door.unlock(Door.java:9)"""
NODE = """    at turn (/srv/mill/stone.js:31:4)
    at unlock (/srv/mill/door.js:9:2)"""


def sentry(*frames: tuple[str, str]) -> list[dict[str, object]]:
    return [
        {"filename": file, "function": name, "lineno": n, "vars": {"sacks": "[]"}, "in_app": True}
        for n, (name, file) in enumerate(frames, 3)
    ]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("frames", "trace"),
    [
        (sentry(("unlock", "mill/door.py"), ("turn", "mill/stone.py")), PYTHON),
        (sentry(("unlock", "mill/door.js"), ("turn", "mill/stone.js")), NODE),
        (
            [
                {
                    "declaringClass": "org.mill.Stone",
                    "methodName": "turn",
                    "fileName": "Stone.java",
                    "lineNumber": 3,
                },
                {
                    "declaringClass": "org.mill.Door",
                    "methodName": "unlock",
                    "fileName": "Door.java",
                    "lineNumber": 7,
                },
            ],
            JAVA,
        ),
        (
            [
                {"functionName": "turn", "fileName": "https://mill.example/stone.js", "lineNumber": 3},
                {"functionName": "unlock", "fileName": "https://mill.example/door.js", "lineNumber": 7},
            ],
            NODE,
        ),
    ],
)
def test_frames_in_json_are_those_of_the_trace(
    frames: list[dict[str, object]], trace: str, indent: int | None
) -> None:
    written = json.dumps({"exception": [{"stacktrace": {"frames": frames}}]}, indent=indent)
    assert stack_traces(written).top[:2] == stack_traces(trace).top[:2]
    assert len(stack_traces(trace).top) == 2


@pytest.mark.parametrize(
    "text", ["", "{", '{"lineno": 3}', '{"lineno": 3, "function": "turn"}', '"lineno"' * 99]
)
def test_other_json_stays_as_it_is(text: str) -> None:
    assert with_frames(text) == text
