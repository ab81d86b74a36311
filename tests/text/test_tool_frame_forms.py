"""Frames of notebooks, debuggers, frameworks and servers are read, and prose is not."""

import pytest

from dupfind.text.stack_frame import frame
from dupfind.text.stack_trace import stack_traces

FRAMES = {
    'File "/srv/mill/stone.py" in turn': "turn stone.py",
    "/srv/mill/stone.py in turn(self, sack)": "turn stone.py",
    "~/mill/stone.py in <module>()": "<module> stone.py",
    "c:\\mill\\stone.py in turn(self, sack)": "turn stone.py",
    "<ipython-input-31-0a1b2c> in turn(sack)": "turn <ipython-input-",
    "[3] turn(::Sack, ::Int64) at /srv/mill/src/stone.jl:31": "turn",
    "in turn(::Sack) at stone.jl:31": "turn",
    "Error in ==> mill>turn at 31": "mill>turn",
    "turnStone (http://10.0.2.2:8081/index.bundle?platform=ios:31:4)": "turnStone index.bundle",
    "turn@qrc:/qml/Stone.qml:31": "turn Stone.qml",
    "Stone:Turn(Int32, String)": "Stone.Turn",
    "at async Task<int> Mill.Stone.Turn(int n, string name) in /src/Stone.cs:line 31": "Mill.Stone.Turn",
    "at void Old.Mill.Stone.Turn(IList<string> names)+(string n) => { }": "Old.Mill.Stone.Turn",
    "at bool Stone.Turn() in C:/src/Stone.cs:line 31": "Stone.Turn",
    "00000002|04 |00A1B2C3|mill.exe |000A1B2C|Stone.pas |TStone |Turn |31[7] |": "TStone.Turn",
    "00a1b2c3 +01c mill.exe StoneUnit 31 +7 TStone.Turn": "TStone.Turn",
    "From compile unit STONE at entry point TURN at statement 31": "TURN",
    "2 TURN +0000012C 123 MILLLM STONE UK12345 Call": "TURN",
    "0x400d1a2b: stone_turn(int) at /src/main/stone.c:31": "stone_turn",
    "0x4a1b2c mill.stone.turn at mill-stone.adb:31": "mill.stone.turn",
    "frame #3: mill::Stone::turn(at::Tensor const&) + 0x1c (0x7f00aa in /opt/libmill.so)": "mill::Stone::turn",
    "at 0x70 in /src/stone.cu:31:turn_kernel(float *, int)": "turn_kernel",
    "Host Frame:/src/stone.cu:31:turn [0x1a2b]": "turn",
    "#03 abs 000000723d6346d7 virt 00000000001ed6d7 _kDartSnapshot+0x1e26d7": "_kDartSnapshot+0x1e26d7",
    "├ flatMap @ org.mill.Stone$.turn(Stone.scala:31)": "org.mill.Stone$.turn",
    '[mill.stone$turn invokeStatic "stone.clj" 31]': "mill.stone$turn",
    "Mill.Stone.turn (src/Mill/Stone.hs:31:4-9)": "Mill.Stone.turn",
    "at App\\Stone->turn(object(Sack), 31)": "App\\Stone->turn",
    "at Mill\\Stone::turn()": "Mill\\Stone::turn",
    "Class.Stone.turn: line 31, column 1": "Stone.turn",
    "[<ffff82d08022d4e8>] R stone.c#turn+0x1c/0x80": "stone.c#turn",
    "stone_turn+0x1c/0x80 drivers/mill/stone.c:31": "stone_turn",
    "#01 pc 0000000000a1b2c3 libil2cpp.so (Stone_Turn_m0A1B2C3D4E5F60718293(void*)+12)": "Stone_Turn",
    "mill/stone.lua:31: in function <mill/stone.lua:7>": "stone.lua",
}  # fmt: skip

PROSE = """
I opened the door (twice) and it fell off
Save the file at 10:31 and close it
Great release, thanks: works on my phone
Fixed: crash when the list is empty (#31)
Added a button in Settings (thanks to Ada)
in Chrome (at home)
in Settings (at least on my phone)
see mill (http://mill.example/stone)
Ada @ work: line 31 is wrong
me @ home.example:31
lunch @ noon
Update: line 31 is longer now
The error occurred in March: line managers were away
Called from home: line was busy
Note: Turn (left, right)
Ratio 3:1 (see the table)
Chapter 3: Turn the stone
Step 3: fill(the sack)
at void of night (it is dark)
at Home Depot.Store (31)
at most 3 sacks (31 kg)
at Settings::General()
at Menu->File(1)
at Menu->Export('as a table')
at Google Chrome.exe(64)
at Windows Explorer.exe(32 bit)
at Acme Mill.Setup.exe(64)
at static Menu.File()
setup.py in main(x)
mill/setup.py in main(x)
utils.py in helper()
mill.py in the folder (again)
stone.py in turn is wrong
from stone.jl: turn it
frame #3: the picture hangs askew
Host Frame: oak, painted (new)
Class.Stone is better: line it up
Trigger warning: line 31, column 1 has blood
3 LARGE +50000000 sacks for the Call
2 eggs + 3 spoons of flour
0x31: an address at the end of it
[3] turn the page at 31
[1] See the notes at stone.jl
[4004] the door
Msg 31, from Ada: hello
<Ada> at lunch
<StoneView> is empty
in StoneView (at src/stone.js:31)
turnStone @ stone.js:31
---> <StoneView> at src/views/stone.vue
Msg 8134, Level 16, State 1, Procedure dbo.turn_stone, Line 31 [Batch Start Line 7]
Called from C:/mill/stone.cfm: line 31
The error occurred in C:/mill/stone.cfm: line 31
├ folder
│ └ file.txt
docker run --rm mill:31 (see below)
git log --oneline stone.py:31
apt install mill (31 MB)
curl http://mill.example:8080/turn (31 ms)
brew upgrade && brew cleanup @ night
error: called from nowhere at line noise
""".strip().splitlines()


@pytest.mark.parametrize("line", FRAMES)
def test_a_frame_of_a_tool_has_its_function(line: str) -> None:
    found = frame(line, "")
    assert found is not None
    assert found.text == FRAMES[line]


@pytest.mark.parametrize("line", PROSE)
def test_prose_is_no_frame_of_a_tool(line: str) -> None:
    assert frame(line, "") is None
    assert stack_traces(f"Said\n{line}\n{line.replace('3', '5')}\n> {line}\n- {line}").frames == ()


def test_emacs_lists_its_calls_below_a_heading() -> None:
    trace = (
        "Debugger entered--Lisp error: (void-variable sack)\n  mill-turn(31)\n  mill-open(#<buffer door>)\n"
    )
    assert len(stack_traces(trace).frames) == 2
    assert stack_traces(trace).first == "mill-turn"
    assert stack_traces(trace.partition("\n")[2]).frames == ()


def test_a_call_of_abap_has_its_name_on_the_next_line() -> None:
    call = "    {} METHOD       ZCL_{}====CP    ZCL_{}====CM00{}    31\n      ZCL_{}=>TURN\n"
    trace = call.format(6, "STONE", "STONE", 1, "STONE") + call.format(5, "DOOR", "DOOR", 2, "DOOR")
    assert len(stack_traces(trace).frames) == 2
    assert stack_traces(trace).first == "ZCL_STONE=>TURN"


def test_variables_below_a_frame_of_gdb_end_no_trace() -> None:
    variables = "".join(f"        sack{n} = {n}\n" for n in range(9))
    frames = [f"#{n}  0x00005581aa10 in mill::turn{n} (n=3) at stone.cc:31\n" for n in "abc"]
    numbered = [
        line.replace(f"#{n}", f"#{place}") for place, (n, line) in enumerate(zip("abc", frames, strict=True))
    ]
    assert len(stack_traces(variables.join(numbered)).top) == 3


def test_code_and_values_between_the_frames_of_a_notebook_end_no_trace() -> None:
    code = "     29     a = 1\n     30     b = 2\n---> 31     return a\n     32\n     33     # after\n"
    trace = f"/srv/stone.py in turn(x)\n{code}\n/srv/sack.py in fill(x)\n{code}\nKeyError: 'x'"
    assert len(stack_traces(trace).top) == 2
    values = "    return a\n           │   └ 3\n           └ <Sack>\n           │ \n           └ {}\n           └ 7\n"
    trace = (
        f'  File "/srv/stone.py", line 3, in turn\n{values}  File "/srv/sack.py", line 4, in fill\n{values}'
    )
    assert len(stack_traces(trace).top) == 2
