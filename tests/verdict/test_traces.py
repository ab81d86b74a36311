"""Stack traces say that two reports are of one fault, or of two, or nothing."""

import pytest

from dupfind.verdict.traces import NO_TRACES, compare_traces
from tests.support.trace_samples import REPORTS


@pytest.mark.parametrize("form", REPORTS)
def test_two_reports_of_one_fault_are_the_same(form: str) -> None:
    reports = REPORTS[form]
    assert compare_traces(reports.one, reports.again).is_same
    assert compare_traces(reports.again, reports.one).is_same


@pytest.mark.parametrize("form", REPORTS)
def test_two_faults_of_one_program_are_never_the_same(form: str) -> None:
    reports = REPORTS[form]
    for report in (reports.one, reports.again):
        assert not compare_traces(report, reports.other).is_same


def test_two_faults_under_one_caller_are_not_set_apart() -> None:
    found = compare_traces(REPORTS["python"].one, REPORTS["python"].other)
    assert not found.sets_apart
    assert not found.is_same
    assert found.starts_elsewhere


@pytest.mark.parametrize("form", [form for form in REPORTS if form != "python"])
def test_two_faults_of_one_program_are_set_apart(form: str) -> None:
    found = compare_traces(REPORTS[form].one, REPORTS[form].other)
    assert found.sets_apart
    assert found.left
    assert found.left != found.right


TRACE = """{error}: {message}
\tat com.acorn.ledger.Book.post(Book.java:88)
\tat com.acorn.ledger.Desk.save(Desk.java:41)
\tat com.acorn.ledger.Desk.main(Desk.java:1)"""


def test_another_exception_at_the_same_place_says_nothing() -> None:
    one = TRACE.format(error="java.lang.IllegalStateException", message="closed")
    other = TRACE.format(error="java.lang.OutOfMemoryError", message="heap")
    found = compare_traces(one, other)
    assert (found.is_same, found.sets_apart, found.starts_elsewhere) == (False, False, False)
    assert (found.left, found.right) == ("IllegalStateException", "OutOfMemoryError")
    assert found.has_other_exception


def test_another_message_at_the_same_place_says_nothing_and_a_translated_one_is_the_same() -> None:
    one = TRACE.format(error="java.lang.IllegalStateException", message="the ledger is closed since noon")
    other = TRACE.format(error="java.lang.IllegalStateException", message="the clerk has no key")
    translated = TRACE.format(error="java.lang.IllegalStateException", message="Journal fermé depuis midi")
    assert compare_traces(one, other) == NO_TRACES
    assert compare_traces(one, translated).is_same


def test_a_program_that_another_one_started_and_that_failed_says_nothing() -> None:
    trace = 'Traceback:\n  File "a.py", line 1, in run\n  File "b.py", line 2, in call\nSystemExit: 1'
    assert compare_traces(trace, trace.replace("line 2", "line 3")) == NO_TRACES


def test_a_trace_that_ends_early_is_still_the_same() -> None:
    one = TRACE.format(error="java.lang.IllegalStateException", message="closed")
    assert compare_traces(one, "\n".join(one.split("\n")[:3])).is_same


def test_a_trace_without_its_cause_says_nothing() -> None:
    wrapped = TRACE.format(error="java.lang.RuntimeException", message="failed")
    frames = "\tat com.acorn.Disk.a(Disk.java:1)\n\tat com.acorn.Disk.b(Disk.java:2)"
    whole = f"{wrapped}\nCaused by: java.io.IOException: disk\n{frames}"
    assert compare_traces(wrapped, whole) == NO_TRACES


@pytest.mark.parametrize("fault", ["silo.Closed", "silo.ClosedError: connection lost"])
def test_two_callers_of_one_library_call_are_not_the_same(fault: str) -> None:
    library = "\n".join(
        f'  File "/venv/lib/python3.12/site-packages/silo/{name}.py", line 9, in {name}\n    go()'
        for name in ("engine", "cursor", "socket")
    )
    one = f'Traceback:\n  File "/app/grain.py", line 3, in load\n    x()\n{library}\n{fault}'
    other = f'Traceback:\n  File "/app/flour.py", line 8, in sift\n    y()\n{library}\n{fault}'
    assert compare_traces(one, other) == NO_TRACES
    assert compare_traces(one, one.replace("line 3", "line 30")).is_same


def test_traces_of_the_runtime_alone_say_nothing() -> None:
    one = "x\n\tat java.lang.Thread.run(Thread.java:1)\n\tat java.util.Timer.run(Timer.java:2)"
    other = "y\n\tat java.lang.Thread.run(Thread.java:1)\n\tat java.util.List.of(List.java:2)"
    assert compare_traces(one, one.replace("x", "z")) == NO_TRACES
    assert compare_traces(one, other) == NO_TRACES


def test_traces_of_two_languages_are_not_set_apart() -> None:
    assert compare_traces(REPORTS["java"].one, REPORTS["go"].one) == NO_TRACES


def test_the_end_of_a_long_body_is_compared() -> None:
    log = "an uninteresting line of a log\n" * 4_000
    reports = REPORTS["java"]
    assert compare_traces(log + reports.one, log + reports.again).is_same


def native_trace(*names: str) -> str:
    return "\n".join(
        f"#{place} 0x{1000 + place} in mill::{name} () at mill.cpp:1" for place, name in enumerate(names)
    )


def test_two_faults_that_share_only_outer_frames_are_set_apart_though_one_of_them_is_short() -> None:
    short = native_trace("Stone::grind", "Shop::serve", "Shop::open")
    long = native_trace(
        "Sieve::shake", "Sack::fill", "Cart::load", "Road::drive", "Shop::serve", "Shop::open"
    )
    found = compare_traces(short, long)
    assert found.sets_apart
    assert (found.left, found.right) == ("mill::Stone::grind", "mill::Sieve::shake")
    assert compare_traces(long, short).sets_apart


@pytest.mark.parametrize("left_out", [1, 2])
def test_a_trace_without_its_innermost_frames_is_not_set_apart(left_out: int) -> None:
    names = ("Sieve::shake", "Sack::fill", "Cart::load", "Road::drive", "Shop::serve", "Shop::open")
    assert not compare_traces(native_trace(*names), native_trace(*names[left_out:])).sets_apart


# They say where a part stands, or only the files of a page, and not what went wrong there.
NO_CALLS = {
    "components of React": (
        "Warning: Each child in a list needs a key.\n    in Stone (at Mill.js:3)\n    in Mill (at App.js:9)",
        "Warning: Texts belong into Text.\n    in Stone (at Mill.js:3)\n    in Mill (at App.js:9)",
    ),
    "components of Vue": (
        "[Vue warn]: Invalid prop: sack\n---> <Stone> at src/Stone.vue\n       <Mill> at src/Mill.vue\n         <Root>",
        "[Vue warn]: Duplicate keys: 31\n---> <Stone> at src/Stone.vue\n       <Mill> at src/Mill.vue\n         <Root>",
    ),
    "the console of a browser": (
        "Failed to load stone.png\nturn @ stone.js:31\nopen @ mill.js:9\n(anonymous) @ mill.js:12",
        "Slow network is detected\nturn @ stone.js:31\nopen @ mill.js:9\n(anonymous) @ mill.js:12",
    ),
    "pages of ColdFusion": (
        "Element SACK is undefined\nThe error occurred in C:/mill/stone.cfm: line 12\n"
        "Called from C:/mill/door.cfm: line 3\nCalled from C:/mill/index.cfm: line 9",
        "The value x cannot be converted\nThe error occurred in C:/mill/stone.cfm: line 480\n"
        "Called from C:/mill/door.cfm: line 3\nCalled from C:/mill/index.cfm: line 9",
    ),
    "procedures of SQL Server": (
        "Msg 8134, Level 16, State 1, Procedure dbo.turn, Line 31\nDivide by zero.\n"
        "Msg 266, Level 16, State 2, Procedure dbo.open_door, Line 3\nTransaction count.",
        "Msg 515, Level 16, State 1, Procedure dbo.turn, Line 7\nCannot insert NULL.\n"
        "Msg 266, Level 16, State 2, Procedure dbo.open_door, Line 3\nTransaction count.",
    ),
}


@pytest.mark.parametrize("form", NO_CALLS)
def test_parts_of_a_page_make_no_two_faults_the_same(form: str) -> None:
    one, other = NO_CALLS[form]
    assert compare_traces(one, other) == NO_TRACES
    assert compare_traces(other, one) == NO_TRACES


MARKED = (
    "# {kind} when the sack is filled",
    "## {kind}: no such sack",
    "- {kind} when the sack is filled",
    "* {kind}: no such sack",
    "+ {kind}: no such sack",
    "-- {kind}: no such sack",
    "// {kind}: no such sack",
    "1. {kind}: no such sack",
)


@pytest.mark.parametrize("line", MARKED)
def test_headings_and_items_of_a_list_are_no_exceptions(line: str) -> None:
    one, other = (
        f"The mill stands still.\n\n{line.format(kind=kind)}\n- steps\n- logs\n- more steps\n"
        for kind in ("TypeError", "ValueError")
    )
    assert compare_traces(one, other) == NO_TRACES


@pytest.mark.parametrize("line", MARKED)
def test_a_heading_above_a_trace_is_not_its_exception(line: str) -> None:
    one, other = (
        f"{line.format(kind=kind)}\n\n{TRACE.format(error='java.lang.IllegalStateException', message='closed')}"
        for kind in ("TypeError", "ValueError")
    )
    assert compare_traces(one, other).is_same


@pytest.mark.parametrize("mark", ["# ", "- ", "+", "// ", "-- ", "> - "])
def test_the_exception_of_a_trace_behind_marks_is_read(mark: str) -> None:
    one, again, other = (
        "\n".join(
            mark + line
            for line in TRACE.format(error=f"java.lang.{kind}", message=said).replace("\t", "").split("\n")
        )
        for kind, said in (
            ("IllegalStateException", "sack 3 is closed"),
            ("IllegalStateException", "sack 7 is closed"),
            ("OutOfMemoryError", "heap"),
        )
    )
    assert compare_traces(one, again).is_same
    found = compare_traces(one, other)
    assert not found.is_same
    assert (found.left, found.right) == ("IllegalStateException", "OutOfMemoryError")


@pytest.mark.parametrize("prefix", ["2026-03-04 11:12:13 ERROR ", "[11:12:13] ", "> ", "mill_1  | "])
def test_two_exceptions_behind_a_prefix_are_named(prefix: str) -> None:
    found = compare_traces(f"{prefix}TypeError: no sack", f"{prefix}ValueError: no door")
    assert found.has_other_exception
    assert (found.left, found.right) == ("TypeError", "ValueError")
