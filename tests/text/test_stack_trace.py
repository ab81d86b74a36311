"""Two reports of one fault have the same traces, and text that is no trace has none."""

import pytest

from dupfind.text.frame_owner import Owner, owner
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

PROSE = """
1# Close the tab in Safari
2# Drag (twice) in the sidebar
3# Wait at 10:45
4# login in /admin/users
5# Look at page:3
Typo at line 4 column 8
parseError at line 4 column 8
Error in menu.json (line 7)
Error using notes.txt (line 7)
Error in Warning (line 7)
lib/basket.dart 9 lines added
src/basket.dart 9:4 is wrong
lib/basket.dart 9:4 error
Note! Missing comma at Line 7
Wow!Missing comma at Line 7
Careful! the start is base+0x1c
at work, after I close it: line 7
at Save-All, when it is open: line 7
lib/nest/wing.ex:3: Nest.Wing.flap/2 has no doc
Settings.save (twice) (at 10:30)
at 0x0040: header (16 bytes)
at 0x0040: header (in flash)
by 0x0040: the loader (offset:16)
main.ts in Chrome at line 7
render(x) called at boot line 7
don't(x) called at night line 7
menu.lua:7: in 'strict' mode it is skipped
'Help', Line 7 - missing
File "notes.txt", line 7 is wrong
File "notes.txt", line 7, characters 2-4:
wing.py:7: in this case it is lost
at db.acorn.example(port:5432)
at lunch (12:30)
at lunch (12:30:15)
at noon (Mon 10:30:15)
at start (step 3:1)
at row (index 3)
at 10.30:15:20
Posted by ada @https://forum.example/t/12
See the entry @main.js
Look at this @app.js:12
at example.com (port 80)
in config.load (again)
in form.submit()
#1 bugs(3): open
#12 fix(31): crash
2 errors in Chrome at 10:30
2 errors in build at main.swift:30
#1 0x80004005 error appears
#2 0x80070005 denied
#3 0x7f001234 when I save
#1 Open (the app) from home
#1 Press (save) at once
#1 Press (save) at 10:30
1: use std::io in the example
2: Foo::bar fails with an empty list
31: let x = foo::bar(1);
7: foo::bar(1);
8: Foo::bar, Foo::baz
app.js (12:30)
""".strip().splitlines()


@pytest.mark.parametrize("line", PROSE)
def test_a_line_of_prose_is_no_frame(line: str) -> None:
    assert frame(line, "") is None
    assert stack_traces(f"It stops\n{line}\n{line.replace('7', '9')}\n").frames == ()


@pytest.mark.parametrize(
    ("text"),
    [
        "Broken\nmain.go:12\nMissing\nutil.go:31",
        "Typo at line 4 column 8\nQuote at line 9 column 2\nComma at line 12 column 1",
        "It was called from home\nTypo at line 4 column 8\nQuote at line 9 column 2",
    ],
)
def test_prose_on_several_lines_is_no_trace(text: str) -> None:
    assert stack_traces(text).frames == ()


def test_octave_lists_its_calls_below_a_heading() -> None:
    trace = "error: 'egg' undefined\nerror: called from\n  flap at line 31 column 9\n  nest>open at line 7 column 3\n"
    assert len(stack_traces(trace).frames) == 2
    assert stack_traces(trace).first == "flap"


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
        ("lib/nest/wing.ex:3: Nest.Wing.flap/2", "Nest.Wing.flap/2"),
        ("in call from wing_srv:flap/2 (wing_srv.erl, line 31)", "wing_srv:flap"),
        ("package:nest/wing.dart 31:9  WingState.flap", "WingState.flap"),
        ("Nest.Wing.Flap (System.Int32 n) (at Assets/Wing.cs:31)", "Nest.Wing.Flap"),
        ("at Nest.Wing.Flap (System.Int32 n) [0x0003f] in <4b1c>:0", "Nest.Wing.Flap"),
        ("Nest.Wing:Flap(Int32) (at Assets/Wing.cs:31)", "Nest.Wing.Flap"),
        ("by 0x10A4F2: nest::Wing::flap(int) (wing.cpp:31)", "nest::Wing::flap"),
        ("3# nest::Wing::flap(unsigned int) at /build/wing.cpp:31", "nest::Wing::flap"),
        ("3# nest::Wing::flap(unsigned int) in /usr/bin/nest", "nest::Wing::flap"),
        ("4# __libc_start_main in /lib/x86_64-linux-gnu/libc.so.6", "__libc_start_main"),
        ("5# flap in C:\\nest\\nest.exe", "flap"),
        ("6# main at /build/main.cpp:31", "main"),
        ("by 0x10A4F2: main (in /usr/bin/nest)", "main"),
        ("by 0x10A4F2: std::sort(int*) (functional:31)", "std::sort"),
        ("package:nest/wing.dart 31:9 new Wing", "new Wing"),
        ("at <ScriptBlock>, <No file>: line 1", "<ScriptBlock>"),
        ("at flap (evalmachine.<anonymous>:3:1)", "flap evalmachine.<anonymous>"),
        ("at flap (C:\\Program Files\\nest\\wing.js:3:1)", "flap wing.js"),
        ("at flap (wing.js:3)", "flap wing.js"),
        ("#1 0x80004005 in nest::flap (x=1) at wing.cc:3", "nest::flap"),
        ("#4 0x00007f00aa in main", "main"),
        ("3: void heron::flap<int>(int)", "heron::flap"),
        ("3: alloc::boxed::Box<dyn heron::Fly>::call", "alloc::boxed::Box::call"),
        ('#3 Object "/opt/nest", at 0x55d0aa, in nest::Wing::flap(int)', "nest::Wing::flap"),
        ('#3 Source "/src/wing.cc", line 31, in flap [0x55d0aa]', "flap"),
        (
            "00a1b2c3`00d4e5f6 00a1b2c3`00d4e5f6 : 00000000`00000001 : nest!Wing::flap+0x1c [\\wing.cpp @ 3]",
            "Wing::flap",
        ),
        ("nest.exe!Wing::flap(int n) Line 31 C++", "Wing::flap"),
        ("[Callstack] 0x00007ff8a1b2c3d4 UE4Editor-Nest.dll!AWing::Flap() [d:\\wing.cpp:31]", "AWing::Flap"),
        ("C [libnest.so+0x1f2a] nest::Wing::flap()+0x2e", "nest::Wing::flap"),
        ("j org.nest.Wing.flap(J)V+31", "org.nest.Wing.flap"),
        ("[004A1B2C]{nest.exe} Wing.TWing.Flap (Line 31)", "Wing.TWing.Flap"),
        ("/src/wing.zig:31:9: 0x10a4f2 in flap (nest)", "flap wing.zig"),
        ("/src/wing.nim(31) flap", "flap wing.nim"),
        (
            "at nest::Wing::flap::h0123456789abcdef (http://n/nest.wasm:wasm-function[31]:0x4f2a)",
            "nest::Wing::flap",
        ),
        ("nest::Wing::flap@https://n.example/nest.wasm:wasm-function[31]:0x4f2a", "nest::Wing::flap"),
        ("src/wing.tsx in flap at line 31:9", "flap wing.tsx"),
        ("Nest::Wing::flap(HASH(0x55d0aa), 31) called at lib/Nest.pm line 31", "Nest::Wing::flap"),
        ("./wing.lua:31: in method 'flap'", "flap wing.lua"),
        ('[string "@Nest/wing.lua"]:31: in function `flap\'', "flap wing.lua"),
        ("Script 'Workspace.Wing', Line 31 - function flap", "flap Workspace.Wing"),
        ("flap, called at src/Nest/Wing.hs:31:9 in nest-0.1-a1b2:Nest.Wing", "flap"),
        ('Called from Wing.flap in file "src/wing.ml", line 31, characters 4-9', "Wing.flap"),
        ("3: flap(x, n = 31) at wing.R#31", "flap wing.R"),
        ("3. │ └─nest::flap(x)", "nest::flap"),
        ("at Flap-Wing, C:\\nest\\wing.psm1: line 31", "Flap-Wing"),
        ('ORA-06512: at "NEST.WING_PKG.FLAP", line 31', "NEST.WING_PKG.FLAP"),
        ("PL/pgSQL function flap_wing(integer) line 31 at RAISE", "flap_wing"),
        ("Error in nest/flap (line 31)", "nest/flap"),
        ('(procedure "flap" line 31)', "flap"),
        ("from src/wing.cr:31:9 in 'flap'", "flap wing.cr"),
        ("at: flap (res://wing.gd:31)", "flap wing.gd"),
        ("0 - res://wing.gd:31 - at function: flap", "flap wing.gd"),
        ("at wingFlap.call(/var/jobs/7/libs/vars/wingFlap.groovy:31)", "wingFlap.call"),
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


@pytest.mark.parametrize(
    ("form", "name", "place", "whose"),
    [
        ("php", "Nest->open", "/var/www/nest/libraries/base_nest.php", Owner.PROJECT),
        ("python", "flap", "/srv/nest/libraries/base/wing.py", Owner.PROJECT),
        ("v8", "flap", "/srv/nest/libraries/ghc/wing.js", Owner.PROJECT),
        ("haskell", "flap", "src/mylibraries/base/Wing.hs", Owner.PROJECT),
        ("haskell", "flap", "libraries/baseline/Wing.hs", Owner.PROJECT),
        ("haskell", "head", "libraries/base/GHC/List.hs", Owner.RUNTIME),
        ("haskell", "index", "libraries/ghc-internal/src/GHC/Arr.hs", Owner.RUNTIME),
        ("ocaml", "Dune__exe__List.add", "list.ml", Owner.PROJECT),
        ("ocaml", "Nest.add", "array.ml", Owner.PROJECT),
        ("ocaml", "List.add", "src/list.ml", Owner.PROJECT),
        ("ocaml", "List.iter", "list.ml", Owner.RUNTIME),
        ("ocaml", "Stdlib__list.iter", "list.ml", Owner.RUNTIME),
        ("python", "flap", "internal/wing.py", Owner.PROJECT),
        ("v8", "flap", "internal/timers.js", Owner.RUNTIME),
        ("python", "flap", "/srv/nest/vendor.py", Owner.PROJECT),
        ("python", "flap", "/srv/nest/zone.py", Owner.PROJECT),
        ("v8", "e", "https://nest.example/vendors~main.4f2a.js", Owner.LIBRARY),
        ("v8", "e", "https://nest.example/zone-evergreen.js?v=3", Owner.LIBRARY),
        ("v8", "e", "https://nest.example/vendor.js", Owner.LIBRARY),
        ("native", "flap", "SwiftUINest", Owner.PROJECT),
        ("native", "flap", "UIKitCore", Owner.RUNTIME),
        ("native", "flap", "SwiftUI", Owner.RUNTIME),
    ],
)
def test_the_owner_of_a_frame_follows_from_its_language_and_place(
    form: str, name: str, place: str, whose: Owner
) -> None:
    assert owner(form, name, place) is whose


@pytest.mark.parametrize(
    ("line", "before", "name"),
    [
        ("@ Nest ~/.julia/dev/Nest/src/wing.jl:31", "[2] flap(x::Vector{Float64})", "flap"),
        ("webpack-internal:///./src/wing.tsx (31:9)", "flap", "flap wing.tsx"),
        ("src/app/wing.tsx (31:9) @ flap", "Source", "flap wing.tsx"),
        ("flap at line 31 column 9", "error: called from", "flap"),
        ("main.go:31", "main.flap", "main.flap"),
    ],
)
def test_a_frame_of_two_lines_has_the_function_of_the_first(line: str, before: str, name: str) -> None:
    found = frame(line, before)
    assert found is not None
    assert found.text == name


_ON_TWO_LINES = "IOError: nest is shut\n  at Wing.flap (/srv/wing.js:3:1)\n  at Nest.open (/srv/nest.js:9:1)"


@pytest.mark.parametrize(
    "written",
    [
        _ON_TWO_LINES.replace("\n  ", " "),
        _ON_TWO_LINES.replace("\n", "<br/>"),
        '{"level":50,"err":"' + _ON_TWO_LINES.replace("\n", "\\n") + '"}',
        '{"err":"' + _ON_TWO_LINES.replace("\n  ", "\\r\\n\\t") + '"}',
        'level=error err="' + _ON_TWO_LINES.replace("\n", "\\n") + '"',
        '2026-03-04 12:00:01 "stack": "' + _ON_TWO_LINES.replace("\n", "\\n") + '",',
    ],
)
def test_a_trace_on_one_line_is_the_same_trace(written: str) -> None:
    assert stack_traces(written).tops == stack_traces(_ON_TWO_LINES.replace(":9:1)", ":7:2)")).tops


@pytest.mark.parametrize("folder", ["new\\nest\\titan", "new\\n\\titan", "n\\n\\t"])
def test_a_path_of_windows_has_no_line_break(folder: str) -> None:
    windows = f"at flap (C:\\{folder}\\wing.js:3:1)\nat open (C:\\{folder}\\nest.js:3:1)"
    assert len(stack_traces(windows).frames) == 2
    python = f'File "C:\\{folder}\\wing.py", line 3, in flap\nFile "C:\\{folder}\\nest.py", line 3, in open'
    assert len(stack_traces(python).frames) == 2


def test_the_numbers_of_a_process_before_each_line_of_valgrind_are_left_out() -> None:
    lines = [
        "Invalid read of size 8",
        "   at 0x4A1B: Wing::flap() (wing.cpp:3)",
        "   by 0x4A2C: main (nest.cpp:9)",
    ]
    one, again = ("\n".join(f"=={number}== {line}" for line in lines) for number in (811, 29042))
    assert stack_traces(one).first == "Wing::flap"
    assert stack_traces(one).tops == stack_traces(again).tops


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
