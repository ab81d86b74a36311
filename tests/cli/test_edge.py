"""The command line under pipes, odd encodings, signals and hostile titles never prints a traceback."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click
import pytest
from hypothesis import given, strategies

from dupfind.cli import query
from dupfind.cli.main import COMMANDS, dupfind, run
from dupfind.collection.collection import Collection
from dupfind.collection.indexing import AHEAD, BATCH
from dupfind.json_output import hit_fields
from dupfind.records import Record, Ref
from dupfind.results import Hit
from tests.support.tiny_models import write_model

pytestmark = pytest.mark.slow

HOSTILE = [
    "abc \x1b[31mred\x1b[0m \x1b]0;owned\x07 title",
    "abc \x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "abc \u202egnp.exe\u202c and \u2066isolated\u2069 \u200f \u061c",
    "abc line one\r\nline two\nline three\ttab",
    "abc \x9b31m \x85 \x90 \u2028 \u2029 c1",
    "abc \x08\x08\x08 \x7f \x00 \x0b \x0c",
    "abc 日本語のタイトル 👩‍👩‍👧 ü é",
    "abc \ud800 \udcff surrogates",
    "abc [bold]markup[/bold] [link=https://evil.example]x[/link]",
    "abc %s {0} $(reboot) `id` \\x1b[2J",
    "",
]
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """An index of a real, tiny model: hostile titles first, and enough records to fill a pipe."""
    folder = tmp_path_factory.mktemp("edge") / "index"
    records = [
        Record(
            id=f"{number}\x1b[2J",
            title=title,
            body="abc def",
            project="p\x1b[1m",
            state="open\x1b[5m",
            url="https://example.org/\x1b[31m",
            created=datetime(2024, 1, 1, tzinfo=UTC),
            duplicate_of=(Ref("p\x1b[1m", "0\x1b[2J"),) if number == 1 else (),
        )
        for number, title in enumerate(HOSTILE)
    ]
    records += [Record(id=str(n), title=f"abc def {n} " + "decade " * 12) for n in range(100, 900)]
    with Collection.create(folder, model=model) as collection:
        collection.index(records, source="tr\x1b[31m.db", kind="tests", complete=True)
    return folder


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "dupfind", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(sys.path), **more}


def dupfind_process(
    *arguments: object, env: dict[str, str] | None = None, **more: Any
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        command(*arguments), capture_output=True, env=env or environment(), timeout=60, **more
    )


def shell(line: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a line in a shell, where $DUPFIND is the command."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        capture_output=True,
        text=True,
        env=environment(DUPFIND=f"{sys.executable} -m dupfind", DUPFIND_INDEX=str(folder)),
        timeout=60,
    )


@pytest.mark.parametrize("form", ["", "--json", "--jsonl"])
def test_a_reader_that_stops_early_is_not_an_error(folder: Path, form: str) -> None:
    done = shell(f"$DUPFIND query abc -k 1600 {form} | head -1", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_a_reader_that_reads_nothing_gets_no_traceback(folder: Path) -> None:
    for arguments in ("query abc", "info", "--help"):
        done = shell(f"$DUPFIND {arguments} | true", folder)
        assert (done.returncode, done.stderr) == (0, ""), arguments


def test_a_full_standard_output_is_trouble_in_one_line(folder: Path) -> None:
    for arguments in ("query abc", "query abc -k 1600 --json", "info"):
        done = shell(f"$DUPFIND {arguments} > /dev/full", folder)
        assert done.returncode == 2, arguments
        assert re.fullmatch(r"dupfind: .*No space left on device.*\n", done.stderr), arguments


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_reason_to_fail(folder: Path, closed: str) -> None:
    for arguments in ("query abc", "info --json"):
        done = shell(f"$DUPFIND {arguments} {closed}", folder)
        assert (done.returncode, done.stderr) == (0, ""), arguments
        assert bool(done.stdout) == (">&-" not in closed.replace("2>&-", ""))


def test_a_closed_standard_input_cannot_be_read(folder: Path) -> None:
    done = shell("$DUPFIND query - <&-", folder)
    assert done.returncode == 2
    assert re.fullmatch(r"dupfind: standard input is closed.*\n", done.stderr)


def test_an_empty_standard_input_has_no_word_in_it(folder: Path) -> None:
    done = shell("$DUPFIND query - < /dev/null", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no word" in done.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "ascii:strict", "cp1252", "utf-8"])
def test_no_command_dies_of_an_encoding(folder: Path, encoding: str) -> None:
    env = environment(PYTHONIOENCODING=encoding)
    done = dupfind_process("query", "abc 日本語\x1b", "-k", "20", "--index", folder, env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    # click takes ASCII for a mistake and writes UTF-8.
    assert done.stdout.decode("utf-8" if encoding.startswith("ascii") else encoding)
    failed = dupfind_process("query", "--id", "日本語", "--index", folder, env=env)
    assert failed.returncode == 2
    assert b"Traceback" not in failed.stderr


def test_the_c_locale_is_no_reason_to_fail(folder: Path) -> None:
    env = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    done = dupfind_process("query", "abc", "-k", "20", "--index", folder, env=env)
    assert (done.returncode, done.stderr) == (0, b"")


def test_arguments_that_are_not_text_are_searched_for(folder: Path) -> None:
    for arguments in (
        [b"abc \xff"],
        [b"abc", b"--project", b"\xff"],
        [b"abc", b"--source", b"\xff"],
        [b"--id", b"\xff"],
    ):
        done = subprocess.run(
            [sys.executable.encode(), b"-m", b"dupfind", b"query", *arguments, b"--index", bytes(folder)],
            capture_output=True,
            env=environment(),
            timeout=60,
        )
        assert done.returncode == (0 if len(arguments) == 1 else 2)  # nothing has such a name
        assert b"Traceback" not in done.stderr


def test_a_terminal_is_shown_no_title_that_it_would_obey(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = (
        ["query", "abc", "-k", "30"],
        ["query", "abc", "-k", "30", "--fold"],
        ["query", "--id", "3\x1b[2J", "-k", "30"],
        ["query", "--id", "no such \x1b[2J"],
        ["query", "abc", "--project", "\x1b[2J"],
        ["info"],
    )
    for arguments in commands:
        run([*arguments, "--index", str(folder)])
        out, err = capsys.readouterr()
        assert out or err
        assert not UNSAFE.search(out + err), arguments
    run(["query", "abc", "-k", "30", "--index", str(folder)])
    assert len(capsys.readouterr().out.splitlines()) == 30


def test_json_has_every_title_as_the_index_has_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["query", "abc", "-k", "1600", "--json", "--index", str(folder)])
    out = capsys.readouterr().out
    assert out.isascii()
    titles = {title.replace("\0", "").replace("\ud800", "?").replace("\udcff", "?") for title in HOSTILE}
    assert titles <= {hit["title"] for hit in json.loads(out)["hits"]}
    run(["query", "abc", "-k", "1600", "--jsonl", "--index", str(folder)])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == json.loads(out)["hits"]


anything = strategies.text(strategies.characters(), max_size=30)


@given(
    anything,
    anything,
    anything,
    anything,
    anything,
    strategies.none() | anything,
    strategies.lists(anything, max_size=2),
)
def test_no_text_of_a_tracker_reaches_the_terminal_as_more_than_text(
    id: str, source: str, project: str, title: str, state: str, original: str | None, folded: list[str]
) -> None:
    first = Hit(
        1,
        id,
        source,
        project,
        title,
        state,
        f"u{id}",
        None,
        0.5,
        1.0,
        duplicate_of=original,
        folded=tuple(folded),
    )
    second = Hit(2, "2", "other", None, "title", "closed", None, None, 0.25, 0.0, resolution=state)
    for hits in ([first], [first, second]):
        shown = StringIO()
        with redirect_stdout(shown):
            query._print_table([dict(hit_fields(hit, True)) for hit in hits])
        assert not UNSAFE.search(shown.getvalue())
        assert shown.getvalue().count("\n") == len(hits)
        shown.getvalue().encode("utf-8")


def lines_of_trouble(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.strip()]


@pytest.fixture
def damaged(tmp_path: Path, folder: Path) -> Path:
    """A copy that a test may damage."""
    shutil.copytree(folder, tmp_path / "index")
    return tmp_path / "index"


def flip_vector(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        connection.execute("UPDATE embedding SET vector = zeroblob(length(vector)) WHERE id = 7")
        connection.execute("DELETE FROM snapshot")
        connection.commit()


def newer(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        connection.execute("PRAGMA user_version = 99")


def other_model(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "dupfind.db")) as connection:
        connection.execute("UPDATE encoding SET recipe = 'older'")
        connection.commit()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "removed": lambda folder: shutil.rmtree(folder),
    "database removed": lambda folder: (folder / "dupfind.db").unlink(),
    "emptied": lambda folder: (folder / "dupfind.db").write_bytes(b""),
    "overwritten": lambda folder: (folder / "dupfind.db").write_bytes(os.urandom(50_000)),
    "cut": lambda folder: os.truncate(folder / "dupfind.db", 20_000),
    "vector": flip_vector,
    "newer": newer,
    "recipe": other_model,
    "model removed": lambda folder: shutil.rmtree(folder / "models"),
    "model cut": lambda folder: os.truncate(next(folder.rglob("model.safetensors")), 1_000),
    "model overwritten": lambda folder: next(folder.rglob("config.json")).write_bytes(b"{"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_trouble_in_one_line_and_the_doctor_names_it(
    damaged: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    DAMAGES[damage](damaged)
    assert run(["query", "def abc", "--index", str(damaged)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    [line] = lines_of_trouble(err)
    assert line.startswith("dupfind: ")
    assert run(["doctor", "--read-data", "--index", str(damaged)]) == 2
    out, _ = capsys.readouterr()
    assert "BAD " in out
    assert re.search(r"-> \S", out)


def test_the_doctor_finds_nothing_wrong_with_a_sound_index(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--read-data", "--index", str(folder)]) == 0
    out, _ = capsys.readouterr()
    assert "BAD" not in out
    assert "every checksum fits" in out
    assert run(["doctor", "--read-data", "--json", "--index", str(folder)]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["state"] for finding in findings} <= {"ok", "note"}


def test_a_missing_index_is_not_made_by_a_query(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["query", "abc"], ["info"], ["doctor"]):
        assert run([*arguments, "--index", str(tmp_path / "nowhere")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_dates_at_the_ends_of_the_calendar_are_dates(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for when in ("0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31"):
        assert run(["query", "abc", "--before", when, "--index", str(folder)]) == 0
    assert run(["query", "abc", "--before", "yesterday", "--index", str(folder)]) == 2


def tracker(path: Path, n: int) -> Path:
    """A JSON Lines file of n issues."""
    lines = (json.dumps({"id": i, "title": f"abc def {i}", "body": "cafe " * (i % 40)}) for i in range(n))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def n_records(folder: Path) -> int:
    """How many records are committed, 0 where there is no table yet."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'dupfind.db'}?mode=ro", uri=True)) as connection:
            (n_live,) = connection.execute("SELECT count(*) FROM record WHERE died IS NULL").fetchone()
            return int(n_live)
    except sqlite3.OperationalError:
        return 0


N_TRACKED = AHEAD + BATCH + 88  # a first run reads ahead before it composes


@pytest.fixture
def indexing(tmp_path: Path, model: Path) -> Iterator["subprocess.Popen[str]"]:
    """`dupfind index -`, which has committed half a batch and waits for more."""
    with subprocess.Popen(
        command("index", "-", "-q", "--model", model, "--index", tmp_path / "index"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdin is not None
        process.stdin.write(tracker(tmp_path / "tracker.jsonl", N_TRACKED).read_text(encoding="utf-8"))
        process.stdin.flush()
        started = time.monotonic()
        while n_records(tmp_path / "index") < BATCH // 2:
            assert process.poll() is None
            assert time.monotonic() - started < 60
            time.sleep(0.01)
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("sent", "code", "lines"),
    [(signal.SIGINT, 130, ["dupfind: interrupted; finished work is saved"]), (signal.SIGTERM, -15, [])],
)
def test_an_interrupted_run_ends_at_once_and_goes_on_where_it_stopped(
    indexing: "subprocess.Popen[str]", tmp_path: Path, sent: int, code: int, lines: list[str]
) -> None:
    indexing.send_signal(sent)
    assert indexing.wait(timeout=30) == code
    assert indexing.stderr is not None
    assert lines_of_trouble(indexing.stderr.read()) == lines
    with (tmp_path / "tracker.jsonl").open("rb") as stdin:
        done = dupfind_process("index", "-", "--index", tmp_path / "index", stdin=stdin)
    assert done.returncode == 0
    assert (
        f"{N_TRACKED:,} read, {N_TRACKED - BATCH // 2:,} new, 0 changed, {BATCH // 2} as before".encode()
        in done.stdout
    )


def test_a_second_run_at_the_same_time_reports_the_first(
    indexing: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    done = dupfind_process("index", tmp_path / "tracker.jsonl", "--index", tmp_path / "index", "-q")
    assert done.returncode == 2
    [line] = lines_of_trouble(done.stderr.decode())
    assert f"process {indexing.pid} on " in line
    assert "index`): wait for it to end" in line
    query_process = dupfind_process("query", "abc def", "--index", tmp_path / "index")
    assert (query_process.returncode, query_process.stderr) == (0, b"")


@pytest.mark.parametrize("seed", range(2))
def test_ctrl_c_at_any_moment_is_one_line_and_exit_code_130(tmp_path: Path, model: Path, seed: int) -> None:
    path = tracker(tmp_path / "tracker.jsonl", 1_000)
    arguments = ("index", path, "--model", model, "--index", tmp_path / "index")
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("reading tracker.jsonl")
        time.sleep(random.Random(seed).uniform(0, 0.8))
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)
        lines = [line for line in process.stderr.read().splitlines() if not line.startswith("  ")]
    if code != 0:  # it may have been done already
        # Python ends by the signal itself where it came in the midst of an import; a shell sees 130 for both.
        assert code in (130, -signal.SIGINT)
        assert lines == ["dupfind: interrupted; finished work is saved"]
    done = dupfind_process(*arguments)
    assert done.returncode == 0
    assert b"1,000 read" in done.stdout
    assert n_records(tmp_path / "index") == 1_000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk_and_a_read_only_one_are_trouble_in_one_line(
    tmp_path: Path, folder: Path, model: Path
) -> None:
    disk = Path(mkdtemp())  # not in pytest's own folders, which it could not clear
    path = tracker(tmp_path / "tracker.jsonl", 3_000)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"may not mount: {mounted.stderr.strip()}")
    try:
        done = dupfind_process("index", path, "-q", "--model", model, "--index", disk / "index")
        assert done.returncode == 2
        assert len(lines_of_trouble(done.stderr.decode())) == 1
        shutil.rmtree(disk / "index")
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        shutil.copytree(folder, disk / "index")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        query_process = dupfind_process("query", "abc def", "--index", disk / "index")
        assert (query_process.returncode, query_process.stderr) == (0, b"")
        for arguments in ([path], ["--rebuild"]):
            done = dupfind_process("index", *arguments, "-q", "--index", disk / "index")
            assert done.returncode == 2
            [line] = lines_of_trouble(done.stderr.decode())
            assert "cannot be written" in line
    finally:
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()


def test_the_shell_gets_its_completion_script() -> None:
    done = dupfind_process(env=environment(_DUPFIND_COMPLETE="bash_source"))
    assert done.returncode == 0
    assert b"_DUPFIND_COMPLETE=bash_complete" in done.stdout


def test_a_rebuild_of_an_empty_index_takes_the_new_model_too(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    write_model(other, seed=1)
    (tmp_path / "empty.jsonl").write_text("[]")
    index = ["--index", str(tmp_path / "index")]
    assert run(["index", str(tmp_path / "empty.jsonl"), "--model", str(model), *index]) == 0
    path = tracker(tmp_path / "tracker.jsonl", 5)
    assert run(["index", str(path), "--rebuild", "--model", str(other), *index]) == 0
    capsys.readouterr()
    assert run(["info", "--json", *index]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "other"


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_takes_nan_or_infinity_for_a_number(name: str) -> None:
    command = dupfind.get_command(click.Context(dupfind), name)
    assert command is not None
    for option in command.params:
        if isinstance(option.type, click.FloatRange):
            for value in ("nan", "inf", "-inf"):
                with pytest.raises(click.BadParameter):
                    option.type(value, option, None)
