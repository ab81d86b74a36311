"""Lines that name one fault are told from the lines of templates."""

import time

import pytest

from dupfind.records import Record
from dupfind.text.composition import lines
from dupfind.text.faults import is_fault

FAULTS = """
java.lang.IllegalStateException: Fragment not attached to a context.
at org.sample.ui.FeedFragment.refresh(FeedFragment.java:233)
Caused by: com.acme.db.PoolTimeoutException
TypeError: Cannot read properties of undefined (reading 'map')
TypeError: undefined is not a function
Uncaught ReferenceError: jQuery is not defined
at renderRow (app.js:10:5)
renderRow@app.js:10:5
File "src/app/feed.py", line 12, in refresh
ValueError
werkzeug.exceptions.NotFoundError: 404
thread 'main' panicked at 'called Option::unwrap() on a None value', src/main.rs:3:5
thread 'main' panicked at src/main.rs:3:5:
task 'rustc' failed at 'explicit failure', libsyntax/diagnostic.rs:102
3: demo::feed::refresh
error[E0308]: mismatched types
error: linking with cc failed: exit code: 1
panic: runtime error: invalid memory address or nil pointer dereference
main.(*Server).handle(0xc00001, 0x2)
/srv/app/server.go:21 +0x1d
#1 0x0000555555555131 in parse_row (row=0x0) at parse.c:12
#00 pc 0001a2b4 /data/app/lib/libnative.so (decode+12)
#0 src/Feed.php(12): App->refresh()
PHP Fatal error: Uncaught Error: Call to a member function all() on null
app/models/feed.rb:12:in `refresh'
NoMethodError: undefined method `each' for nil:NilClass
System.NullReferenceException: Object reference not set to an instance of an object.
at Acme.Feed.Refresh(String name) in C:\\src\\Feed.cs:line 12
Fatal error: Index out of range: file Feed.swift, line 12
3 Reader 0x0000000104b2 -[FeedView refresh:] + 123
*** Terminating app due to uncaught exception 'NSInvalidArgumentException'
terminate called after throwing an instance of 'std::out_of_range'
==12==ERROR: AddressSanitizer: heap-use-after-free on address
parse: parse.c:12: parse_row: Assertion `row' failed.
Segmentation fault (core dumped)
The process ended with 0xc0000005
ORA-00942: table or view does not exist
connect ECONNREFUSED 127.0.0.1:5432
net::ERR_CONNECTION_REFUSED
signal SIGSEGV, code SEGV_MAPERR
EXC_BAD_ACCESS
HTTP 503 from the gateway
the command ended with exit code 137
2024-01-02 ERROR [main] pool is exhausted
[ERROR] pool is exhausted
E/AndroidRuntime: FATAL EXCEPTION: main
错误：连接被拒绝
""".strip().splitlines()

TEMPLATE = """
Error message:
Error messages
## Error log
ERROR LOGS AND SCREENSHOTS
错误信息：
Steps to reproduce
What error do you see?
Does the app crash with "permission denied"?
If applicable, paste the error or the stack trace here.
Describe the crash in your own words.
- [x] I have searched for this error in the existing issues.
Please attach the log file and the exception, if there is one.
Operating system and version:
Is it a regression? Did this fail in the last release?
Expected behaviour: no error
Note: run with RUST_BACKTRACE=1 to display a backtrace
Traceback (most recent call last)
stack backtrace:
at java.lang.Thread.run(Thread.java:748)
at android.os.Handler.dispatchMessage(Handler.java:102)
SDK version: 3.1.0.GA
rustc 1.0.0-nightly (4be79d6ac 2015-01-23)
host: x86_64-unknown-linux-gnu
Encoding: UTF-16, ISO-8859
Node.js version: 20.1
var win = Titanium.UI.createWindow({
win.open();
top: 0,
""".strip().splitlines()


@pytest.mark.parametrize("line", FAULTS)
def test_a_line_that_names_one_fault_is_known(line: str) -> None:
    assert is_fault(line)


@pytest.mark.parametrize("line", FAULTS)
def test_it_is_known_without_the_marks_that_the_composition_removes(line: str) -> None:
    [cleaned] = lines(Record(id="1", title="", body=f"* `{line}`").body)
    assert is_fault(cleaned), cleaned


@pytest.mark.parametrize("line", TEMPLATE)
def test_a_line_of_a_template_is_no_fault(line: str) -> None:
    assert not is_fault(line)


@pytest.mark.parametrize(
    "line", ["it ended with ſtatus 5", "exıt code 5", "EXİT 5", "a failure： x", "no digit of ours in E٣٣"]
)
def test_letters_that_are_equal_but_for_their_case_are_known_in_other_scripts(line: str) -> None:
    assert is_fault(line)


PUMPS = (
    "a",
    "A",
    "a.",
    "$",
    "a::",
    "ERROR ",
    "Error",
    "1 a ",
    "1: ",
    "#1 ",
    "E1",
    "(",
    "@:",
    "1 - ",
    " at :",
    "_error",
)


@pytest.mark.parametrize("pump", PUMPS)
def test_a_long_line_costs_no_more_than_a_short_one(pump: str) -> None:
    line = pump * 1_000_000
    started = time.process_time()
    is_fault(line)
    assert time.process_time() - started < 0.05
