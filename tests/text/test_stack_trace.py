"""Two reports of one fault have the same traces, and text that is no trace has none."""

import pytest

from dupfind.text.frame_owner import Owner
from dupfind.text.stack_frame import frame
from dupfind.text.stack_trace import MAX_FAULTS, MAX_FRAMES, StackTraces, stack_traces
from tests.support.trace_samples import REPORTS


def deepest(traces: StackTraces) -> str:
    return traces.top[0]


@pytest.mark.parametrize("form", REPORTS)
def test_two_reports_of_one_fault_have_the_same_top(form: str) -> None:
    one, again, other = (stack_traces(report) for report in REPORTS[form])
    assert len(one.top) >= 2, one
    assert one.top[:2] == again.top[:2], (one.first, again.first)
    assert set(one.tops) & set(again.tops), "no run of own frames is shared"
    assert one.top[0] not in other.own


@pytest.mark.parametrize("form", REPORTS)
def test_two_faults_of_a_program_share_no_run_of_own_frames_at_the_top(form: str) -> None:
    one, again, other = (stack_traces(report) for report in REPORTS[form])
    of_worker_threads = set(one.tops) & set(again.tops) & set(other.tops)
    assert deepest(one) != deepest(other)
    assert set(one.tops) & set(again.tops) > of_worker_threads


@pytest.mark.parametrize("form", [form for form in REPORTS if form not in ("glibc", "dart")])
def test_the_exception_of_a_fault_is_found(form: str) -> None:
    one, again = stack_traces(REPORTS[form].one), stack_traces(REPORTS[form].again)
    assert one.exceptions
    assert one.kind
    assert not again.exceptions or set(one.exceptions) & set(again.exceptions)


NO_TRACES = {
    "a numbered list": "1. open the page\n2. press Save (twice)\n3. see the error\n",
    "a list with colons": "1: open the page\n2: press save\n3: it fails\n",
    "issue numbers": "#12 fix the parser (again)\n#13 write a test (later)\n#14 release (soon)",
    "quoted mail": "On Mon, Mar 3 at 10:30, Jo <jo@mail.example:25> wrote:\n> at noon: ok\n> at 10:31:12 it broke",
    "addresses": "git@host.example:22\nmail@host.example:25\nadmin@10.0.0.1:8080",
    "a hex dump": "0000: 48 65 6c 6c 6f 20 77 6f\n0010: 72 6c 64 21 00 00 00 00\n0x0020: 4500 0034 0000",
    "another hex dump": "00000000  48 65 6c 6c 6f  |Hello|\n00000010  20 77 6f 72 6c  | worl|",
    "memory": "16: 0x4865 0x6c6c\n24: 0x6f20 0x776f\n32: 0x726c 0x6421",
    "code in Go": "app.run()\nfoo.bar()\nserver.handle(x, y)\n",
    "code in Python": "import os\nos.path.join(a, b)\nprint(in_file.read())\nfor x in foo.bar(1):\n    x.y()",
    "code in Rust": "use std::io;\nlet x = foo::bar(1);\nstd::mem::swap(a, b);",
    "code in C#": "var x = Foo.Bar(1);\nfoo.Baz(2);\nreturn Foo.Bar(3);",
    "code with decorators": "@app.route('/a')\ndef a(): pass\n@app.route('/b')\ndef b(): pass",
    "times": "at 10:30:15 it began\nat 10:31:20\nat 12:00:01\n",
    "servers": "at db.example.com:5432\nat web.example.com:443\nat http://web.example.com:80",
    "prose with places": "at the end of foo.txt\nat line 3 of bar.js\nin config.load the value is lost",
    "a ratio and versions": "1: 1.2.3\n2: 2.0.0\n1:2:3 ratio",
    "yaml": "image: a/b:1.2\nports:\n  - 80:80\n  - 443:443",
    "diff": "@@ -1,2 +1,2 @@\n-a.b(c)\n+a.b(d)\n@@ -9,2 +9,2 @@",
    "compiler output": "src/a.c:12:3: warning: unused variable\nsrc/a.c:14:3: warning: unused variable",
    "one frame": "it fails at com.acorn.Book.post(Book.java:12)\n  at com.acorn.Book.post(Book.java:12)\nand no more",
}


@pytest.mark.parametrize("name", NO_TRACES)
def test_text_that_only_looks_like_a_trace_is_none(name: str) -> None:
    traces = stack_traces(NO_TRACES[name])
    assert traces.frames == (), traces.first


def test_every_frame_of_a_java_trace_is_read_and_those_of_the_runtime_are_told_apart() -> None:
    traces = stack_traces(REPORTS["java"].one)
    assert len(traces.frames) == 4
    assert len(traces.own) == 2
    assert traces.first == "com.acorn.ledger.Book.post"
    assert traces.form == "java"


def test_the_last_call_of_python_is_the_first_frame() -> None:
    assert stack_traces(REPORTS["python"].one).first == "fire oven.py"


def test_old_ruby_lists_the_innermost_call_last() -> None:
    old = """Traceback (most recent call last):
\t2: from bin/cook.rb:4:in `<main>'
\t1: from app/stove.rb:30:in `light'
app/kettle.rb:12:in `boil': undefined method `heat' for nil:NilClass (NoMethodError)"""
    new = """app/kettle.rb:12:in `boil': undefined method `heat' for nil:NilClass (NoMethodError)
\tfrom app/stove.rb:30:in `light'
\tfrom bin/cook.rb:4:in `<main>'"""
    assert stack_traces(old).tops == stack_traces(new).tops


def test_the_crashed_thread_of_an_apple_report_is_the_one_that_counts() -> None:
    assert stack_traces(REPORTS["apple"].one).first == "-[NeedleView spin:]"


def test_the_cause_of_a_java_exception_is_the_trace_that_counts() -> None:
    traces = stack_traces(REPORTS["java with a cause"].one)
    assert traces.first == "com.acorn.price.Tariff.of"
    assert traces.kind == "NullPointerException"


def test_a_panic_has_the_same_message_from_an_old_and_a_new_rust() -> None:
    old = "thread 'main' panicked at 'nest is full: 12 eggs', src/nest.rs:21:40"
    new = "thread 'main' (7) panicked at src/nest.rs:99:1:\nnest is full: 31 eggs\nnote: run with `RUST_BACKTRACE=1`"
    assert stack_traces(old).exceptions == stack_traces(new).exceptions
    assert len(stack_traces(old).exceptions) == 2


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("0: 0x7f00aa - heron::beak::peck::h7a9472f62848a24fC9B::v0.10.pre", "heron::beak::peck"),
        ("3: <heron::Wing as heron::Fly>::flap", "heron::Wing::flap"),
        ("#3 0x00007f00aa in _ZN5heron4Wing4flapEPKc (x=1) at wing.cc:3", "heron::Wing::flap"),
        (
            "#3 0x00007f00aa in std::vector<int> heron::lay<int, 3>(char const*) const /src/nest.cc:3:1",
            "heron::lay",
        ),
        ("at Heron.flap (/home/a b/wing.js:3:1)", "flap wing.js"),
        ("at com.acorn.Bar$$Lambda$14/0x0000000800066840.run(Unknown Source)", "com.acorn.Bar.run"),
        ("at com.acorn.Bar$Baz$3.lambda$run$0(Bar.java:3)", "com.acorn.Bar$Baz.run"),
        ("at Heron.Wing.<>c__DisplayClass3_0.<Flap>b__1(Int32 x)", "Heron.Wing.Flap"),
        ("3   Nest 0x00000001041 0x104100000 + 4711", "Nest+4711"),
        ("frame #2: 0x0000000100003f0a nest`heron::flap(this=0x0) at wing.cpp:3:1", "heron::flap"),
        ("nest!heron::flap+0x1c [c:\\wing.cpp @ 3]", "heron::flap"),
        ("[ 12.345] ? ext4_flap+0x1c/0x80 [ext4]", "ext4_flap"),
        ("2 0x0000aaaabbbb flap(_:) + 12 in nest at /src/wing.swift:3:1", "flap"),
        ("(nest 0.1.0) lib/nest/wing.ex:3: Nest.Wing.flap/2", "Nest.Wing.flap/2"),
        ("at flap (address at index.android.bundle:1:48211)", "flap index.android.bundle"),
        ("1. Heron->flap() /srv/wing.php:3", "Heron->flap wing.php"),
    ],
)
def test_a_frame_has_its_function_without_what_differs(line: str, name: str) -> None:
    found = frame(" ".join(line.split()), "")
    assert found is not None
    assert found.text == name


@pytest.mark.parametrize(
    "line",
    [
        "at Module._compile (module.js:456:26)",
        "at Array.map (<anonymous>)",
        "at org.junit.Assert.assertTrue(Assert.java:1)",
        "2: core::result::unwrap_failed",
        "#1 0x00007f00aa in __assert_fail_base () from /lib/libc.so.6",
        "#00 pc 0001a2b4  /system/lib/libc.so (tgkill+12)",
        'File "/usr/lib/python3.12/asyncio/runners.py", line 3, in run',
    ],
)
def test_a_frame_of_a_runtime_or_of_what_only_reports_is_not_own(line: str) -> None:
    found = frame(" ".join(line.split()), "")
    assert found is not None
    assert found.owner is Owner.RUNTIME


def test_traces_of_the_runtime_alone_have_one_top_of_their_whole_length() -> None:
    runtime = "\tat java.lang.Thread.run(Thread.java:1)\n\tat java.util.concurrent.FutureTask.run(FutureTask.java:2)"
    assert len(stack_traces(runtime).tops) == 1
    assert stack_traces(runtime).own == ()


def test_no_more_frames_and_faults_are_read_than_the_limits() -> None:
    many = "\n".join(f"\tat com.acorn.Book.page{'x' * (n % 50)}n{n}y(Book.java:{n})" for n in range(2_000))
    assert len(stack_traces(many).frames) == MAX_FRAMES
    faults = "\n".join(f"java.lang.A{'b' * (n % 90)}Exception: " + "c" * (n // 90) for n in range(2_000))
    assert len(stack_traces(faults).exceptions) <= 2 * MAX_FAULTS


def test_a_package_that_is_named_like_a_part_of_a_function_keeps_its_name() -> None:
    found = frame("at org.mill.cold.part3.Wheel.turn(Wheel.java:7)", "")
    assert found is not None
    assert found.text == "org.mill.cold.part3.Wheel.turn"
    native = frame("#0 0x00005581aa10 in weave.part.0.cold () at weave.c:5", "")
    assert native is not None
    assert native.text == "weave"


@pytest.mark.parametrize(
    "text", ["", "\n" * 99, "\x00\ud800\n" * 9, "at " * 999, "#0 0x" + "f" * 999, 'File "' * 99]
)
def test_odd_texts_have_no_traces(text: str) -> None:
    assert stack_traces(text).tokens == ()
