"""The program runs where nothing of POSIX is there, as on Windows, and states every encoding."""

import ast
import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import ModuleType

import numpy as np
import pytest
import yaml

from dupfind.cli import keyboard
from dupfind.cli.terminal import _ThreadedInput
from dupfind.durability import deleting
from dupfind.service import discovery
from dupfind.storage.database import file_uri
from dupfind.vectors.flat import FlatIndex, write
from tests.conftest import ISSUES
from tests.support import without_posix
from tests.support.clients import serving
from tests.support.paths import ROOT
from tests.support.samples import Command, random_units

ENVIRONMENT = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}


def command(*arguments: object) -> list[str]:
    return [sys.executable, without_posix.__file__, *map(str, arguments)]


def run(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env=ENVIRONMENT,
        timeout=120,
    )


@pytest.mark.slow
def test_without_posix_every_module_is_imported() -> None:
    done = run()
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr


@pytest.mark.slow
def test_without_posix_the_commands_work_and_find_the_same(here: Path, model: Path, dupfind: Command) -> None:
    lines = "".join(json.dumps(issue) + "\n" for issue in ISSUES)
    (here / "issues.jsonl").write_text(lines, encoding="utf-8")
    for arguments, stdin in (
        (["--help"], ""),
        (["index", "issues.jsonl", "--model", model], ""),
        (["index", "-", "--index", "piped", "--model", model], lines),
        (["sync"], ""),
        (["info"], ""),
        (["doctor", "--read-data"], ""),
        (["report", "-o", "report.html"], ""),
        (["review", "--export", "-"], ""),
        (["review", "--min-score", "-1"], "n\nf\n"),
        (["index", "--rebuild"], ""),
    ):
        done = run(*arguments, stdin=stdin)
        assert done.returncode == 0, (arguments, done.stderr)
    found = run("query", "--json", "abc def crash")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == dupfind("query", "--json", "abc def crash").json
    checked = run("check", "--title", "abc def crash", "--min-score", ".9")
    assert checked.returncode == 1, checked.stderr
    assert "likely duplicate of #" in checked.stdout


@pytest.mark.slow
def test_without_posix_a_service_answers_and_several_workers_are_refused(indexed: Path) -> None:
    with subprocess.Popen(
        command("serve", "--port", "0"), stderr=subprocess.PIPE, encoding="utf-8", env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        address = line.split(" at ", 1)[1].split(";")[0]
        try:
            with urllib.request.urlopen(f"{address}health", timeout=30) as response:
                assert response.status == 200
            assert discovery.find(Path(".dupfind")) is None  # nothing says there whose file it is
        finally:
            process.terminate()
    done = run("serve", "--port", "0", "--workers", "2")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "leave it out" in done.stderr


@pytest.mark.skipif(not discovery.IS_SUPPORTED, reason="no service is found on this system")
def test_a_command_without_file_locks_opens_the_index_itself(
    indexed: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Path(".dupfind"), announced=True):
        assert discovery.find(Path(".dupfind")) is not None
        monkeypatch.setattr(discovery, "IS_SUPPORTED", False)
        assert discovery.find(Path(".dupfind")) is None
        assert dupfind("query", "abc def").code == 0


def test_keys_of_a_windows_console_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["y", "\xe0", "y", "n", "\x03"])  # \xe0 and y: a function key
    console = ModuleType("msvcrt")
    monkeypatch.setattr(console, "getwch", lambda: next(typed), raising=False)
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setattr(keyboard, "HAS_TERMIOS", False)
    with keyboard.single_keys() as keys:
        assert [next(keys), next(keys)] == ["y", "n"]
        with pytest.raises(KeyboardInterrupt):
            next(keys)


def test_input_that_cannot_be_polled_is_read_whole() -> None:
    reader, writer = os.pipe()
    text = bytes(range(256)) * 200

    def write_all() -> None:
        with os.fdopen(writer, "wb") as file:
            file.write(text)

    thread = threading.Thread(target=write_all)  # a pipe of Windows holds 4 KiB
    thread.start()
    stream = _ThreadedInput(reader)
    read = bytearray()
    while piece := stream.read(1_000):
        read += piece
    thread.join()
    os.close(reader)
    assert bytes(read) == text


def test_a_snapshot_is_read_alike_without_a_read_at_an_offset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, row_ids, vectors = tmp_path / "1.faiss", np.arange(500), random_units(500, 16, seed=0)
    with path.open("wb") as file:
        write(file.write, 16, 500, [(row_ids, vectors)])
    monkeypatch.delattr(os, "preadv", raising=False)
    index = FlatIndex.load(path)
    np.testing.assert_array_equal(index.vectors(np.array([3, 499, 0])), vectors[[3, 499, 0]])
    np.testing.assert_array_equal(index.in_memory(), vectors)


def test_only_on_windows_a_file_that_cannot_be_deleted_is_left_to_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise PermissionError

    monkeypatch.setattr(sys, "platform", "win32")
    with deleting():
        refuse()
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(PermissionError), deleting():
        refuse()


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("/a b/x?.db"), "file:///a%20b/x%3F.db"),
        (PureWindowsPath(r"C:\a b\x#.db"), "file:///C:/a%20b/x%23.db"),
        (PureWindowsPath(r"\\host\share\x.db"), "file:////host/share/x.db"),
    ],
)
def test_sqlite_gets_a_uri_without_a_host(path: PurePosixPath | PureWindowsPath, uri: str) -> None:
    assert file_uri(path) == uri


TEXT_CALLS = {"read_text", "write_text", "NamedTemporaryFile", "TextIOWrapper", "fdopen"}


def texts_without_encoding(path: Path) -> Iterator[int]:
    """Yield the lines of a module that open text in the encoding of the machine."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = (
            function.attr
            if isinstance(function, ast.Attribute)
            else function.id
            if isinstance(function, ast.Name)
            else ""
        )
        options = {keyword.arg: keyword.value for keyword in node.keywords}
        mode = options.get("mode", node.args[1] if isinstance(function, ast.Name) and node.args[1:] else None)
        if mode is None and isinstance(function, ast.Attribute) and node.args:
            mode = node.args[0]
        is_binary = isinstance(mode, ast.Constant) and "b" in str(mode.value)
        opens = name == "open" and (isinstance(function, ast.Name) or _is_path(function))
        is_text = (opens and not is_binary) or (name in TEXT_CALLS and not is_binary)
        is_text |= {"text", "universal_newlines"} & set(options) != set() and name in ("run", "Popen")
        if is_text and "encoding" not in options and None not in options:
            yield node.lineno


def _is_path(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and "path" in ast.unparse(function.value).lower()


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("open('a')", True),
        ("open('a', 'rb')", False),
        ("path.open()", True),
        ("path.open(encoding='utf-8')", False),
        ("Path('a').read_text()", True),
        ("subprocess.run(['git'], text=True)", True),
        ("subprocess.run(['git'])", False),
    ],
)
def test_a_text_without_its_encoding_is_seen(line: str, is_found: bool, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(line, encoding="utf-8")
    assert list(texts_without_encoding(tmp_path / "module.py")) == [1] * is_found


def test_every_text_is_opened_with_its_encoding() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for folder in ("dupfind", "migrations", "docs", ".github")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := list(texts_without_encoding(path)))
    }
    assert found == {}


def test_ci_runs_the_tests_on_linux_and_macos_and_these_on_windows() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["tests"]["strategy"]["matrix"]["os"] == ["ubuntu-latest", "macos-latest"]
    assert jobs["windows"]["runs-on"] == "windows-latest"
    assert any("tests/test_platforms.py" in step.get("run", "") for step in jobs["windows"]["steps"])


def test_ci_on_linux_lets_no_test_be_skipped_for_a_program_that_is_missing() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]["tests"][
        "steps"
    ]
    commands = "\n".join(step.get("run", "") for step in steps)
    read = {
        name.lower()
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"DUPFIND_NEEDS_([A-Z]+)", path.read_text(encoding="utf-8"))
    }
    made = {word for line in re.findall(r"\bmake (.+)", commands) for word in line.split()}
    [kinds] = re.findall(r"for kind in (.+); do", commands)
    assert set(kinds.lower().split()) == read
    assert read <= made
    assert [
        step["if"] for step in steps if "sudo" in step.get("run", "") or "_NEEDS_" in step.get("run", "")
    ] == ["runner.os == 'Linux'"] * 2


def test_ci_fetches_a_model_only_where_the_network_is_allowed() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    found = [
        {**workflow["env"], **job.get("env", {}), **step.get("env", {})}["HF_HUB_OFFLINE"]
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if "dupfind model fetch" in step.get("run", "")
    ]
    assert found == ["0"]
