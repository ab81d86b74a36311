"""Traces of reports, logs, JSON, other tools and pictures are the traces of their program."""

import pytest

from dupfind.text.stack_trace import stack_traces


def test_the_trace_of_a_group_of_exceptions_is_that_of_the_first_one_in_it() -> None:
    group = """  + Exception Group Traceback (most recent call last):
  |   File "/srv/mill/main.py", line 3, in main
  |   File "/srv/mill/hall.py", line 5, in open_all
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/mill/door.py", line 9, in unlock
    |   File "/srv/mill/stone.py", line 31, in turn
    | ValueError: no sack
    +------------------------------------"""
    found = stack_traces(group)
    assert (found.first, found.kind) == ("turn stone.py", "ValueError")


@pytest.mark.parametrize(
    ("written", "first"),
    [
        (
            '{badmatch,[{stone,turn,2,\n     [{file,"src/stone.erl"},{line,31}]},\n'
            '  {door,unlock,1,[{file,"src/door.erl"},{line,9}]}]}',
            "stone:turn",
        ),
        (
            '{Mill.Stone, :turn, 2, [file: ~c"lib/stone.ex", line: 31]}, '
            '{Mill.Door, :unlock, 1, [file: ~c"lib/door.ex", line: 9]}',
            "Mill.Stone.turn/2",
        ),
        (
            "[error] \tat org.mill.Stone.turn(Stone.scala:31)\n[error] \tat org.mill.Door.unlock(Door.scala:9)",
            "org.mill.Stone.turn",
        ),
        (
            "V panic: index out of range\n/tmp/v_7/mill.ab12.tmp.c:31: at stone__turn: Backtrace\n"
            "/tmp/v_7/mill.ab12.tmp.c:9: by door__unlock",
            "stone__turn",
        ),
        (
            "at Mill . Stone . Turn ( ) in D:\\n\\Stone.cs : line 31\n"
            "at Mill . Door . Unlock ( ) in D:\\n\\Door.cs : line 9",
            "Mill.Stone.Turn",
        ),
        (
            '{"exception":[{"exc_type":"KeyError","exc_value":"x","frames":[{"filename":"/srv/door.py","lineno":9,'
            '"name":"unlock"},{"filename":"/srv/stone.py","lineno":31,"name":"turn"}]}]}',
            "turn stone.py",
        ),
        (
            "0 [ra] 0x00007f00aa11 Stone.turn(_:) + 31 in mill at /src/Stone.swift:31:4\n"
            "1 [ra] [inlined] 0x00007f00aa12 Door.unlock(_:) + 9 in mill at /src/Door.swift:9:4",
            "Stone.turn",
        ),
        (
            "#0 /srv/Stone.php(31): Mill\\\\Stone->turn(NULL)\n#1 /srv/Door.php(9): Mill\\\\Door->unlock()",
            "Mill\\Stone->turn Stone.php",
        ),
        (
            "Task failed: 'Traceback (most recent call last):\\n"
            '  File "/srv/door.py", line 9, in unlock\\n    turn()\\n'
            '  File "/srv/stone.py", line 31, in turn\\n    fail()\\nKeyError: 1\\n',
            "turn stone.py",
        ),
        (
            "at 0   mill   0x10ab54   kfun:org.mill.Stone#turn(){} + 31 (/b/Stone.kt:31:4)\n"
            "at 1   mill   0x10ab55   kfun:org.mill.Door#unlock(){} + 9 (/b/Door.kt:9:4)",
            "org.mill.Stone#turn",
        ),
        (
            " 0  mill.dll!mill::Stone::turn(int) [stone.cpp : 31 + 0x4]\n     rax = 0x0000000000000001\n"
            "    Found by: call frame info\n 1  mill.dll!mill::Door::unlock() [door.cpp : 9 + 0x2]",
            "mill::Stone::turn",
        ),
        (
            "#0      Stone.turn.<anonymous closure> (file:///home/a/lib/stone.dart:31:4)\n<asynchronous suspension>\n"
            "#1      Door.unlock (file:///home/a/lib/door.dart:9:2)",
            "Stone.turn.<anonymous closure>",
        ),
        (
            "stacktrace:\n  mill/stone.turn src/mill/stone.gleam:31\n  mill/door.unlock src/mill/door.gleam:9",
            "mill/stone.turn",
        ),
        (
            '{"exception":{"class":"RuntimeException","message":"no sack","trace":["/srv/src/Stone.php:31",'
            '"/srv/src/Door.php:9"]}}',
            "Stone Stone.php",
        ),
        (
            "   at Mill.StoneModule.turn@31-4.Invoke(Unit u) in /b/Stone.fs:line 31\n"
            "   at Mill.DoorModule.unlock@9.Invoke(Unit u) in /b/Door.fs:line 9",
            "Mill.StoneModule.turn.Invoke",
        ),
        (
            "car: contract violation\n  context...:\n   /home/a/stone.rkt:31:4: turn-stone\n"
            "   /home/a/door.rkt:9:2: unlock-door",
            "turn-stone",
        ),
        (
            "From entry point STONETU at statement 31 at compile unit offset +0A3C at address 2A090CDE.\n"
            "From entry point DOORUN at statement 9 at compile unit offset +0B11 at address 2A090CFE.",
            "STONETU",
        ),
        (
            "++ lib/door.sh:9: unlock_door: local n=1\n++ lib/stone.sh:31: turn_stone: local n=2\n++ false",
            "turn_stone",
        ),
    ],
)
def test_traces_of_reports_logs_and_pictures_are_read(written: str, first: str) -> None:
    found = stack_traces(written)
    assert found.first == first
    assert len(found.frames) == 2


@pytest.mark.parametrize(
    "text",
    [
        '{"trace":["see page 3","see mill.php:9 and page 4"],"file":"a.php:3"}',
        "door.rkt:9:2: the door is open\nstone.rkt:31:4: the stone is still",
        "door.sh:9: note: no quotes\nstone.sh:31: note: no quotes",
        "It's 'new\\n  old' at 0 mill, 3 mill!now [a : b]",
        "the tuple {stone,turn,2} and the list [{file,a}]",
        "at noon . everybody left . (see below)\nat night . nobody was there . (see above)",
        "[error] the mill stopped\n[error] at the door (see page 9)",
        '{"people":[{"name":"Ann","filename":"ann.png"},{"name":"Bob","filename":"bob.png"}],"lineno":1,"frames":[]}',
    ],
)
def test_what_only_looks_like_them_is_no_trace(text: str) -> None:
    assert stack_traces(text).frames == ()
