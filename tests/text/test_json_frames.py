"""Frames that are objects in JSON are the frames of the same trace as text."""

import json

import pytest

from dupfind.text.json_frames import with_frames
from dupfind.text.stack_trace import stack_traces
from dupfind.verdict.traces import NO_TRACES, compare_traces

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
                {**frame, "module": "org.mill." + str(frame["filename"])[:-5]}
                for frame in sentry(("unlock", "Door.java"), ("turn", "Stone.java"))
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


def event(kind: str, *, is_after: bool = False) -> str:
    """Return an exception as Sentry writes it, with its type before or behind its frames."""
    stack = {"stacktrace": {"frames": sentry(("unlock", "mill/door.py"), ("turn", "mill/stone.py"))}}
    named = {"type": kind, "value": "no such sack: 31"}
    return json.dumps({"exception": {"values": [stack | named if is_after else named | stack]}})


@pytest.mark.parametrize("is_after", [False, True])
def test_the_exception_of_frames_in_json_is_the_one_that_stands_next_to_them(is_after: bool) -> None:
    written = stack_traces(event("KeyError", is_after=is_after))
    assert (written.kind, written.message) == ("KeyError", "no such sack:")
    assert written.exceptions == stack_traces(f"{PYTHON}\nKeyError: no such sack: 7").exceptions
    assert compare_traces(event("KeyError"), event("KeyError", is_after=True)).is_same
    assert not compare_traces(event("KeyError"), event("ZeroDivisionError", is_after=is_after)).is_same


def test_the_cause_of_an_exception_in_json_is_the_trace_that_counts() -> None:
    frames = [
        {
            "declaringClass": f"org.mill.{name}",
            "methodName": "turn",
            "fileName": f"{name}.java",
            "lineNumber": 3,
        }
        for name in ("Stone", "Door", "Sack", "Mill")
    ]
    cause = {"type": "java.io.IOException", "message": "gone", "stackTrace": frames[:2]}
    outer = {
        "type": "java.lang.RuntimeException",
        "message": "lost",
        "stackTrace": frames[2:],
        "cause": cause,
    }
    traces = stack_traces("Since noon:\n" + json.dumps(outer, indent=1))
    assert (traces.kind, traces.first) == ("IOException", "org.mill.Stone.turn")


LOGGED = ("started", "listening", "first sack", "stone turns")


@pytest.mark.parametrize("key", ["level", "levelname", "severity", "msg", "message"])
@pytest.mark.parametrize("is_in_a_list", [False, True])
def test_lines_of_a_log_in_json_are_no_frames(key: str, is_in_a_list: bool) -> None:
    logged = [
        {key: said, "function": f"main{n}", "filename": "server.py", "lineno": n, "frames": []}
        for n, said in enumerate(LOGGED)
    ]
    lines = [json.dumps({"trace": logged})] if is_in_a_list else [json.dumps(line) for line in logged]
    one, other = ("\n".join([*lines, said]) for said in ("The sack burst.", "The wind fell."))
    assert stack_traces(one).frames == ()
    assert compare_traces(one, other) == NO_TRACES


def test_objects_outside_of_a_list_of_frames_are_no_frames() -> None:
    [unlock, turn] = sentry(("unlock", "mill/door.py"), ("turn", "mill/stone.py"))
    for written in (
        [unlock, turn],
        {"callers": [unlock, turn], "frames": []},
        {"frames": [unlock]},
        {"frames": {"a": unlock, "b": turn}},
    ):
        assert stack_traces(json.dumps(written)).frames == ()


def test_an_object_without_an_end_is_not_read_and_the_next_one_is() -> None:
    whole = event("KeyError")
    assert stack_traces(whole[:-2]).frames == ()
    assert len(stack_traces(f"{whole[:-2]}\n{whole}").top) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"lineno": 3}',
        '{"lineno": 3, "frames": 1}',
        '"lineno"' * 99,
        '"lineno"' + '{"frames": [' * 9_999,
        '"lineno" "frames"' + "\n{" * 9_999,
        '{"lineno": 3, "frames": [[], 1, null, {"function": 3, "filename": []}, {"function": "a b"}]}',
    ],
)
def test_other_json_stays_as_it_is(text: str) -> None:
    assert with_frames(text) == text
