"""A trace is the same trace behind the prefixes of logs, in quotations and tables, and in HTML, Markdown and JSON."""

import html
import json
from collections.abc import Callable

import pytest

from dupfind.text.stack_trace import stack_traces
from dupfind.text.trace_lines import MAX_LINE, trace_lines

JAVA = """java.lang.IllegalStateException: mill 31 is shut
\tat org.mill.Stone.<init>(Stone.java:31)
\tat org.mill.Sack.fill(Sack.java:7)
\tat org.mill.Door.lambda$open$0(Door.java:9)"""
GO = """panic: assignment to entry in nil map

goroutine 7 [running]:
mill/stone.(*Stone).turn(0xc000a1b2c3)
\t/srv/mill/stone.go:31 +0x1c
mill/door.(*Door).open(0xc000a1b2c4)
\t/srv/mill/door.go:9 +0x2d"""
PYTHON = """Traceback (most recent call last):
  File "/srv/mill/door.py", line 9, in <module>
    turn()
  File "/srv/mill/stone.py", line 31, in turn
    return sacks[0]
IndexError: list index out of range"""
PREFIXES = (
    "> ",
    "> > ",
    "+",
    "- ",
    "-- ",
    "// ",
    "# ",
    "mill_1  | ",
    "old-mill-3   | ",
    "2|mill     | ",
    "2|mill | 2026-03-04T11:12:13: ",
    "| 31 | ",
    "[11:12:13] ",
    "[11:12:13 ERROR]: ",
    "[11:12:13] [Server thread/ERROR]: ",
    "11:12:13.456 ",
    "[ERROR] ",
    "     [java] ",
    "##[error]",
    "2026-03-04T11:12:13.1234567Z ",
    "2026-03-04T11:12:13.1234567Z ##[error]",
    "2026-03-04T11:12:13.123456Z 01O ",
    "2026-03-04T11:12:13.123456+00:00 app[web.1]: ",
    "2026-03-04 11:12:13,456 ERROR [grind-3] org.mill.Main - ",
    "Mar 04 11:12:13 windmill grindd[31]: ",
    "2026-03-04T11:12:13+0100 windmill grindd[31]: ",
    "[pod/mill-7d9f8-x2q4z/grind] ",
    "mill_grind.1.x2q4z@windmill    | ",
    "#12 3.456 ",
    "2026-03-04T11:12:13Z app[3d8d9e22b1c987] ams [info]",
    "<11>1 2026-03-04T11:12:13.456Z windmill grindd 31 - - ",
    '<11>1 2026-03-04T11:12:13.456Z windmill grindd 31 ID7 [meta seq="7"] ',
)


@pytest.mark.parametrize("trace", [JAVA, GO, PYTHON], ids=["java", "go", "python"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_trace_is_the_same_behind_a_prefix(prefix: str, trace: str) -> None:
    written = "\n".join(prefix + line for line in trace.split("\n"))
    assert stack_traces(f"It stops.\n{written}\nSince Monday.").tops == stack_traces(trace).tops
    assert stack_traces(trace).tops


WRITTEN: dict[str, Callable[[str], str]] = {
    "in a block of HTML": lambda trace: f"<pre>{html.escape(trace)}</pre>",
    "in paragraphs": lambda trace: "".join(f"<p>{html.escape(line)}</p>" for line in trace.split("\n")),
    "in a table of HTML": lambda trace: "".join(
        f"<tr><td>{html.escape(line)}</td></tr>" for line in trace.split("\n")
    ),
    "with breaks": lambda trace: html.escape(trace).replace("\n", "<br/>\n").replace("  ", "&nbsp;&nbsp;"),
    "in a table": lambda trace: "\n".join(f"| {line} |" for line in trace.split("\n")),
    "in CDATA": lambda trace: f"<event><text><![CDATA[{trace}]]></text></event>",
    "in colours": lambda trace: "\n".join(f"\x1b[1;31m{line}\x1b[0m" for line in trace.split("\n")),
    "in colours without their first character": lambda trace: "\n".join(
        f"[1;31m{line}[0m" for line in trace.split("\n")
    ),
    "with the line ends of an old Mac": lambda trace: trace.replace("\n", "\r"),
    "with invisible characters": lambda trace: trace.replace(".", "\u200b."),
    "with escapes of Markdown": lambda trace: trace.replace("*", "\\*").replace("_", "\\_").replace("<", "\\<"),
    "each line as code": lambda trace: "\n".join(f"`{line.strip()}`" for line in trace.split("\n")),
    "in JSON, one string a line": lambda trace: json.dumps({"stack": trace.split("\n")}, indent=2),
    "in JSON, one object a line": lambda trace: "\n".join(
        json.dumps({"log": f"{line}\n", "stream": "stderr"}) for line in trace.split("\n")
    ),
    "in quotation marks of an office": lambda trace: trace.replace('"/', "“/").replace('",', "”,"),
}  # fmt: skip


@pytest.mark.parametrize("trace", [JAVA, GO, PYTHON], ids=["java", "go", "python"])
@pytest.mark.parametrize("way", WRITTEN)
def test_a_trace_is_the_same_in_any_markup(way: str, trace: str) -> None:
    assert (
        stack_traces(f"It stops.\n\n{WRITTEN[way](trace)}\n\nSince Monday.").tops == stack_traces(trace).tops
    )


@pytest.mark.parametrize("trace", [JAVA, PYTHON], ids=["java", "python"])
@pytest.mark.parametrize("mark", ["{:>4}  {}", "{}: {}"])
def test_the_numbers_of_lines_are_left_out(mark: str, trace: str) -> None:
    written = "\n".join(mark.format(n, line) for n, line in enumerate(trace.split("\n"), 9))
    assert stack_traces(written).frames == stack_traces(trace).frames


@pytest.mark.parametrize("trace", [JAVA, PYTHON], ids=["java", "python"])
def test_a_trace_that_lost_its_line_breaks_has_its_frames(trace: str) -> None:
    lost = " ".join(line.strip() for line in trace.split("\n"))
    assert set(stack_traces(lost).frames) == set(stack_traces(trace).frames)


@pytest.mark.parametrize(
    ("line", "is_read_as"),
    [
        ("| a cell | of a table |", "a cell | of a table"),
        ("4 | let x = 1;", "let x = 1;"),
        ("[2] flap(x::Vector{Float64})", "[2] flap(x::Vector{Float64})"),
        ("[004A1B2C]{nest.exe} Wing.TWing.Flap", "[004A1B2C]{nest.exe} Wing.TWing.Flap"),
        ('{"bee": "ada"}', '{"bee": "ada"}'),
        ("3: foo::bar", "3: foo::bar"),
        ("-----> done", "-----> done"),
        ("[pod/mill] is full", "[pod/mill] is full"),
        ("#12 3 sacks are lost", "#12 3 sacks are lost"),
        ("#4 0x00007f3 in mill::fill", "#4 0x00007f3 in mill::fill"),
        ("app[3d8d9e22] is down", "app[3d8d9e22] is down"),
        ("ada@example.org writes: it stops", "ada@example.org writes: it stops"),
        ("[deployment/mill/grind] restarts", "[deployment/mill/grind] restarts"),
        ("x" * 999, "x" * MAX_LINE),
    ],
)
def test_what_is_no_prefix_stays(line: str, is_read_as: str) -> None:
    assert [*trace_lines(line)] == [is_read_as]


ON_WINDOWS = r"""Traceback (most recent call last):
  File "{root}\{first}", line 9, in load
    turn()
  File "{root}\{second}", line 31, in _turn
    return sacks[0]
IndexError: list index out of range"""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("_grind.py", "_sack.py"),
        ("door.py", "_sack.py"),
        (r"mill\_core\_sack.py", "stone.py"),
        (r"_mill\stone.py", r"_mill\*sack.py"),
    ],
)
def test_a_file_of_windows_keeps_its_name_behind_any_folder(first: str, second: str) -> None:
    one, again = (
        ON_WINDOWS.format(root=root, first=first, second=second)
        for root in (r"C:\Users\ada\mill", r"D:\work\my mill")
    )
    assert stack_traces(one).tops == stack_traces(again).tops
    assert stack_traces(one).first == "_turn " + second.rpartition("\\")[2]


@pytest.mark.parametrize(
    ("line", "is_read_as"),
    [
        (r"C:\_build\*x is empty", r"C:\_build\*x is empty"),
        (r"in D:\my work\_out\_x.py", r"in D:\my work\_out\_x.py"),
        (r"numpy\core\_methods.py fails", r"numpy\core\_methods.py fails"),
        (r"\\nas\_share\x", r"\\nas\_share\x"),
        (r'File "mill\_sack.py", line 3, in fill_all', r'File "mill\_sack.py", line 3, in fill_all'),
        (r"\_\_init\_\_ of my\_mill", "__init__ of my_mill"),
        (r"Error:\_ and \*", "Error:_ and *"),
        (r"a \<b> and `x\_y`", "a <b> and `x_y`"),
    ],
)
def test_escapes_are_read_where_no_path_is_meant(line: str, is_read_as: str) -> None:
    assert [*trace_lines(line)] == [is_read_as]


PYTHON_IN_FOLDERS = """Traceback (most recent call last):
  File "{first}.py", line 9, in load_all
    turn()
  File "{second}.py", line 31, in _turn
    return sacks[0]
IndexError: list index out of range"""
DOTNET_IN_FOLDERS = r"""System.InvalidOperationException: shut
   at Mill.Core.Sack_Loader.Fill_All() in {first}.cs:line 9
   at Mill.Core.Door.<Open_It>b__3() in {second}.cs:line 31
   at Mill.Core.Program.Main() in {second}.cs:line 40"""
NODE_IN_FOLDERS = r"""TypeError: shut is not a function
    at fill_all ({first}.js:9:3)
    at _turn ({second}.js:31:7)
    at to_end ({second}.js:40:1)"""


@pytest.mark.parametrize("trace", [PYTHON_IN_FOLDERS, DOTNET_IN_FOLDERS, NODE_IN_FOLDERS])
@pytest.mark.parametrize("backslash", ["\\", "\\\\"])  # left as it is, and escaped, too
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (r"src\app\main", r"src\app\load"),
        (r"src\_app\main", r"src\app\_load"),
        (r"..\_app\main", r".\app\_load"),
        (r"C:\src\_app\my_main", r"C:\src\app\_load"),
        (r"src\app\my_main", r"src\app\my_load"),
    ],
)
def test_escapes_beside_a_path_of_windows_are_read_and_the_path_stays_whole(
    trace: str, backslash: str, first: str, second: str
) -> None:
    plain = trace.format(first=first, second=second)
    escaped = plain.replace("\\", backslash)
    for char in "*_<":
        escaped = escaped.replace(char, f"\\{char}")
    assert len(stack_traces(plain).tokens) > 4
    assert stack_traces(escaped) == stack_traces(plain)


@pytest.mark.parametrize(
    "line",
    [
        r"copy C:\a\_b.txt to D:\c\_d.txt",
        r"C:\a\_b.cs:12 differs from D:\c\_d.cs",
        r"File src\app\_main.py has \d and no end",
        r'File "src\_app\main.py", line 3, in load_all',
        r'File "src\_app\my_main.py", line 3, in main',
    ],
)
def test_a_line_without_an_escape_beside_its_path_stays_as_it_is(line: str) -> None:
    assert [*trace_lines(line)] == [line]


def test_a_path_keeps_its_underscores_where_only_other_signs_are_escaped() -> None:
    line = r'File "src\app\_main.py", line 3, in \<module>'
    assert [*trace_lines(line)] == [line.replace("\\<", "<")]


@pytest.mark.parametrize("tag", ["b", "code", "strong", "em", "tt", "span", "font"])
@pytest.mark.parametrize("around", ["It stops.<br>\n{}", "<p>It stops.</p>\n{}", "<div>It stops.</div>\n{}"])
def test_a_type_in_angle_brackets_is_no_tag_of_a_frame(tag: str, around: str) -> None:
    trace = f"java.lang.IllegalStateException: shut\n\tat org.mill.Sack<{tag}>.fill(Sack.java:7)\n{JAVA}"
    assert f"at org.mill.Sack<{tag}>.fill(Sack.java:7)" in trace_lines(around.format(trace))


@pytest.mark.parametrize("tag", ["b", "code", "span class='x'"])
def test_a_tag_around_words_of_a_trace_is_left_out(tag: str) -> None:
    end = f"</{tag.split()[0]}>"
    for written in (
        f"<p><{tag}>at org.mill.Sack.fill(Sack.java:7){end}</p>",
        f"<p>at <{tag}>org.mill.Sack.fill{end}(Sack.java:7)</p>",
        f"<p>at org.mill.<{tag}>Sack{end}.fill(Sack.java:7)</p>",
        f"<p>at org.mill.Sack.fill(<{tag}>Sack.java{end}:7)</p>",
        f"<p>It <b><{tag}>stops{end}</b></p>\n<{tag}>at org.mill.Sack.fill(Sack.java:7)\nat org.mill.Door.open{end}",
    ):
        assert "at org.mill.Sack.fill(Sack.java:7)" in trace_lines(written)


@pytest.mark.parametrize("space", ["  ", "\t", "\xa0", "\u3000", "\x1f", " \u2003"])
def test_each_space_of_a_line_becomes_one_of_ascii(space: str) -> None:
    assert [*trace_lines(f"turn{space}the stone\n+{space}turn it{space}\nit turns")] == [
        "turn the stone",
        "+ turn it",
        "it turns",
    ]


@pytest.mark.parametrize(
    "prefix", ["12:00:00", "ERROR", "|", "2026-03-04T11:12:13Z", "```", "[main-1 12:00:00]"]
)
def test_no_space_is_left_of_any_number_behind_a_prefix(prefix: str) -> None:
    for n_spaces in range(1, 30):
        [line] = trace_lines(f"{prefix}{' ' * n_spaces}at org.mill.Sack.fill(Sack.java:7)")
        assert line == line.strip()
        assert line.endswith("at org.mill.Sack.fill(Sack.java:7)")
