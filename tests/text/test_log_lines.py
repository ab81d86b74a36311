"""Routine lines of logs are told from those that report a fault, and from what a person wrote."""

import re

import pytest

from dupfind.text import log_lines
from dupfind.text.log_lines import is_loud, is_quiet, is_routine

ROUTINE = """
INFO [main] com.acorn.Boot - started in 3 s
2024-03-04 12:00:01,123 INFO  [pool-1] com.acorn.Boot: ready
2024-03-04 12:00:01.123 DEBUG 4711 --- [nio-8080-exec-1] o.s.web.Dispatcher : GET "/a"
12:00:01.123 [main] WARN  com.acorn.Boot -- low on wax
04-Mar-2024 12:00:01.123 INFO [main] org.acorn.Startup.log Server built
Mar 04, 2024 12:00:01 PM com.acorn.Boot start
DEBUG:kiln.oven:heat is 900
WARNING:root:heat is low
2024-03-04 12:00:01,123 - kiln.oven - INFO - heat is 900
[2024-03-04 12:00:01,123: INFO/MainProcess] Connected
INFO:     127.0.0.1:5000 - "GET / HTTP/1.1" 200 OK
Mar  4 12:00:01 hive cron[811]: session opened for user bee
Mar 04 12:00:01 hive systemd[1]: Started Daily sweep of the hive.
2024-03-04T12:00:01.123456+01:00 hive sshd[77]: session opened
[    3.141592] usb 1-1: new high-speed device number 4
127.0.0.1 - - [04/Mar/2024:12:00:01 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl/8.0"
2024/03/04 12:00:01 [notice] 7#7: signal process started
[Mon Mar 04 12:00:01.123 2024] [mpm_event:notice] [pid 7] resuming normal operations
03-04 12:00:01.123  1234  5678 I ActivityManager: Start proc 99
03-04 12:00:01.123  1234  5678 W Binder  : slow call
 1234  5678 D OtterMap: zoom is 4
I/ActivityManager( 1234): Start proc 99
V/OtterMap(  77): drawn
default 12s Normal Pulled pod/mill
[2024.03.04-12.00.01:123][ 42]LogMill: Display: turned
[4711:1234:0304/120001.123456:INFO:mill.cc(31)] ready
{"log":"ready for connections\\n","stream":"stdout","time":"2024-03-04T12:00:01Z"}
{"level":"info","ts":1709553601.1,"msg":"ready"}
{"time":"2024-03-04T12:00:01Z","severity":"WARNING","message":"slow"}
time="2024-03-04T12:00:01Z" level=info msg="ready"
time="2024-03-04T12:00:01Z" level=warning msg="failed to load the banner, the default is used"
ts=2024-03-04 lvl=dbug msg=ready level=debug
Started GET "/combs/7" for 127.0.0.1 at 2024-03-04 12:00:01 +0000
Processing by CombsController#show as HTML
Completed 200 OK in 12ms (Views: 3.1ms | ActiveRecord: 0.9ms)
Rendered combs/show.html.erb within layouts/application (1.2ms)
I, [2024-03-04T12:00:01.123 #77]  INFO -- : ready
npm WARN deprecated wax@1.0.0: use comb
npm notice created a lockfile
npm http fetch GET 200 https://registry.example/wax 12ms
2024-03-04 12:00:01, Info                  CBS    Starting the session
I0304 12:00:01.123456       1 controller.go:77] Starting the controller
W0304 12:00:01.123456  812441 reflector.go:424] the watch ended
GET /combs/7 200 12 ms
info: Microsoft.Hosting.Lifetime[14]
[INFO] building the comb
[info] building the comb
[main/INFO]: loading the comb
[WARN] comb is old
(II) LoadModule: "glx"
NOTICE: the table exists, skipping
12:00:01 building the comb
[12:00:01] building the comb
INFO failed banner was replaced
Normal  Pulled  42s (x3 over 2h)  kubelet  Image is there
Normal Scheduled <unknown> default-scheduler Assigned hive to node-3
Warning 3/4/2024 10:30:15 AM Hive Service 2003 None bee is late
I (4711) wifi: connected
{"level":30,"time":1709553601123,"pid":7,"hostname":"hive","msg":"ready"}
{"name":"hive","pid":7,"level":20,"msg":"ready","time":"2024-03-04T12:00:01Z"}
{"t":{"$date":"2024-03-04T12:00:01Z"},"s":"I", "c":"REPL", "msg":"ready"}
hive-7f9c-x2x hive 2024-03-04T12:00:01Z level=info ready
component="hive" msg=ready level=debug
level=info ready
{ level: 'info', message: 'ready' }
Rendering combs/show.html.erb within layouts/application
Sent file /srv/comb.pdf (1.2ms)
Redirected to https://hive.example/combs in 3
Parameters: {"id"=>"7"} in 3
npm info using npm@9.1.0
npm warn deprecated wax@1.0.0: use comb
npm http cache wax@1.0.0
[Info  - 12:00:01] ready
[W 2026-02-01 10:00:00.123 ServerApp] an answer was refused twice
Information,2/14/2026 4:12:00 PM,Spooler,12,None,"refused, then done"
""".strip().splitlines()

FAULTS = """
E 21:56:37 kiln:325 no wax
"Error","2/14/2026 4:12:00 PM","Kiln","12"
ERROR [main] com.acorn.Boot - no wax
2024-03-04 12:00:01,123 ERROR [pool-1] com.acorn.Boot: no wax
2024-03-04 12:00:01.123 FATAL 4711 --- [main] o.s.web.Dispatcher : no wax
SEVERE: Exception starting the comb
ERROR:kiln.oven:heat is 9000
CRITICAL:root:the kiln is on fire
[2024-03-04 12:00:01,123: ERROR/MainProcess] Connection lost
INFO:     127.0.0.1:5000 - "GET / HTTP/1.1" 200 ERROR
Mar  4 12:00:01 hive kernel: bee[811]: segfault at 0 ip 0000 sp 0000 error 4
Mar 04 12:00:01 hive systemd[1]: hive.service: Failed with result 'exit-code'.
[    3.141592] BUG: kernel NULL pointer dereference
127.0.0.1 - - [04/Mar/2024:12:00:01 +0000] "GET /a HTTP/1.1" 500 612 "-" "curl/8.0"
2024/03/04 12:00:01 [error] 7#7: *1 connect() failed (111: Connection refused)
2024/03/04 12:00:01 [crit] 7#7: *1 open() failed
[Mon Mar 04 12:00:01.123 2024] [core:error] [pid 7] no such host
03-04 12:00:01.123  1234  5678 E AndroidRuntime: FATAL EXCEPTION: main
03-04 12:00:01.123  1234  5678 F libc    : Fatal signal 11
 1234  5678 E OtterMap: no tile
E/AndroidRuntime( 1234): FATAL EXCEPTION: main
{"log":"panic: assignment to entry in nil map; fatal","stream":"stderr","time":"2024-03-04T12:00:01Z"}
{"level":"error","ts":1709553601.1,"msg":"no wax"}
time="2024-03-04T12:00:01Z" level=fatal msg="no wax"
Completed 500 Internal Server Error in 12ms
npm ERR! code ELIFECYCLE
2024-03-04 12:00:01, Error                 CBS    Failed to resolve the package
E0304 12:00:01.123456       1 controller.go:77] no wax
F0304 12:00:01.123456       1 main.go:7] no wax
GET /combs/7 500 12 ms
fail: Microsoft.AspNetCore.Server.Kestrel[13]
[ERROR] no wax
[error] no wax
[main/ERROR]: no wax
E, [2024-03-04T12:00:01.123 #77]  no wax
(EE) no screens
12:00:01 could not open the comb
""".strip().splitlines()

SENTENCES = """
The map is empty after I zoom in twice.
I saw this at 12:00 and again in the evening.
Please show more information in the log.
Add a config option to hide warnings.
Started happening after the last update
GET requests are slow
Rendered pages have no title
Warn the user before the comb is deleted
The info panel overlaps the map
3 bees of 10 are lost
1234 5678 are the numbers
Debug builds are slow on my machine.
Mar 4 was the last day that it worked
Normal Print 4 pages come out empty
Normal Startup 30s is too slow
Warning 3/4/2024 the comb was gone
Information 3/4/2024 10:30 was the time
I (31) saw: it is empty
{"bee": "ada", "level": 20, "coins": 7}
{"bee": "ada", "level": 20, "time": 35}
{"size": "L", "s": "W", "colour": "red"}
10 20 I see nothing
3 4 I tried: it is empty
[Debug menu] does not open
[Info page] layout is wrong
Set the log level: debug and open the comb
I set "level": "info" in the settings
With --log-level=debug I see the same
With level=debug nothing changes
Started happening again for 2 bees
Rendered in 3 columns the page is wrong
Sent file is empty in 3 cases
Parameters: they are lost in 2 of 5 cases
GET /combs 200 times is slow
DELETE /combs 204 is returned but the comb stays
npm info shows the wrong version
npm notice is printed twice
npm http requests are slow
The INFO panel is empty
Please remove DEBUG from the title
""".strip().splitlines()


@pytest.mark.parametrize("line", ROUTINE)
def test_a_routine_line_of_a_log_is_recognised(line: str) -> None:
    assert is_routine(line)


@pytest.mark.parametrize("line", FAULTS)
def test_a_line_that_reports_a_fault_is_not_routine(line: str) -> None:
    assert not is_routine(line)


@pytest.mark.parametrize("line", SENTENCES)
def test_a_sentence_is_no_line_of_a_log(line: str) -> None:
    assert not is_routine(line)


@pytest.mark.parametrize(
    ("quiet", "loud"),
    [
        ("I 21:56:37 spool:325 done", "E 21:56:37 spool:325 done"),
        ("[D 10:00:00.123 LabApp] done", "[C 10:00:00.123 LabApp] done"),
        ("Warning,2/14/2026 4:12:00 PM,Spooler", "Error,2/14/2026 4:12:00 PM,Spooler"),
    ],
)
def test_a_letter_before_a_time_and_a_word_in_a_table_are_levels(quiet: str, loud: str) -> None:
    assert (is_quiet(quiet), is_loud(quiet), is_quiet(loud), is_loud(loud)) == (True, False, False, True)


def test_the_level_counts_only_near_the_start() -> None:
    assert not is_routine("a person wrote a long sentence about the level " + "x " * 60 + "INFO")


FORMS = [
    *((log_lines._QUIET_PARTS, log_lines._BEHIND_WORDS), (log_lines._FIELD_PARTS, log_lines._IN_FIELD)),
    *(((needs,), form) for needs, form in (*log_lines._OF_QUIET_LEVEL, *log_lines._WITHOUT_LEVEL)),
]


@pytest.mark.parametrize(("parts", "form"), FORMS, ids=lambda each: str(each)[:40])
def test_each_line_of_a_form_has_what_the_form_is_found_by(
    parts: tuple[str, ...], form: re.Pattern[str]
) -> None:
    lines = [line for line in [*ROUTINE, *FAULTS] if form.match(line)]
    assert lines
    assert all(any(part in line for part in parts) for line in lines)


def test_a_sentence_is_compared_with_no_form_but_one() -> None:
    sentence = "The mill grinds no flour after the second turn of the stone, and it gives no reason."
    assert [parts for parts, _ in FORMS if any(part in sentence for part in parts)] == [("",)]
