"""Completion in real shells, and what it reads of an index."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dupfind.cli.completion import SHELLS
from dupfind.cli.main import COMMANDS, COMPLETE, main
from tests.support.loaded import SLOW, loaded_by
from tests.support.modules import import_line
from tests.support.paths import ROOT
from tests.support.samples import Command
from tests.support.shells import completed, program, wrapper


def offers(monkeypatch: pytest.MonkeyPatch, line: str) -> list[str]:
    """What a shell gets for a line whose cursor is at its end."""
    monkeypatch.setenv(COMPLETE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    done = subprocess.run([sys.executable, "-m", "dupfind"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [offer.partition(",")[2] for offer in done.stdout.split()]


@pytest.fixture
def with_names(indexed: Path) -> Path:
    """An index with names that a shell would split, expand or run, too."""
    with closing(sqlite3.connect(indexed / ".dupfind" / "dupfind.db")) as connection, connection:
        connection.execute("UPDATE source SET name = 'github:owner/repo'")
        for row, project in enumerate(["web/app", "*", "$(reboot)", "two words", "esc\x1b[2J"], start=1):
            connection.execute("UPDATE record SET project = ? WHERE row_id = ?", (project, row))
    return indexed


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands_values_files_and_names_of_the_index(
    with_names: Path, dupfind: Command, shell: str
) -> None:
    program(shell)
    wrapper(with_names)
    ran = dupfind("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    expected = {
        "dupfind quer": "query",
        "dupfind report --verdicts=e": "--verdicts=eager",
        "dupfind sync github:o": "github:owner/repo",
        "dupfind index iss": "issues.jsonl",
    }
    for line, word in expected.items():
        shown = completed(shell, line, with_names, ran.out)
        assert word in shown, (line, shown)
    assert {"remove", "report", "review"} <= set(completed(shell, "dupfind re", with_names, ran.out))


def test_the_script_is_that_of_the_users_shell_and_another_one_is_named_in_an_error(
    dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/usr/local/bin/fish")
    assert dupfind("completion").out == dupfind("completion", "fish").out
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    ran = dupfind("completion")
    assert (ran.code, ran.out) == (2, "")
    assert "one of bash, zsh, fish: SHELL is 'tcsh'" in ran.err


def test_every_command_is_offered(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offers(monkeypatch, "dupfind ") == list(COMMANDS)


def test_names_that_a_shell_would_split_expand_or_run_are_not_offered(
    with_names: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offers(monkeypatch, "dupfind query text --project ") == ["web/app"]
    assert offers(monkeypatch, "dupfind query text --source=") == ["github:owner/repo"]


def test_a_missing_or_broken_index_offers_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offers(monkeypatch, "dupfind sync ") == []
    (here / ".dupfind").mkdir()
    (here / ".dupfind" / "dupfind.db").write_bytes(b"no database" * 1000)
    assert offers(monkeypatch, "dupfind sync ") == []


@pytest.mark.skipif(sys.platform == "win32", reason="there the working folder cannot be removed")
def test_a_removed_working_folder_offers_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "gone").mkdir()
    monkeypatch.chdir(here / "gone")
    (here / "gone").rmdir()
    assert offers(monkeypatch, "dupfind sync ") == []


def test_a_file_that_looks_like_an_option_stops_no_completion(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "--staged").touch()
    assert "--verdicts" in offers(monkeypatch, "dupfind check --staged --verd")


@pytest.mark.parametrize("line", ["dupfind ", "dupfind query text --source ", "dupfind report --format "])
def test_completion_imports_nothing_slow(indexed: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setenv(COMPLETE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("DUPFIND_INDEX", str(indexed / ".dupfind"))
    complete = "from contextlib import suppress\nwith suppress(SystemExit):\n    main()"
    assert loaded_by(f"{import_line(main)}{complete}") & SLOW == set()


def test_dupfind_alone_says_in_four_lines_what_to_do_first(dupfind: Command) -> None:
    ran = dupfind()
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 4
    for command in ("index SOURCE", "query ", "report ", "demo", "--help"):
        assert f"dupfind {command}" in ran.err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["reprot"], "Did you mean `dupfind report`?"),
        (["query", "x", "--stat", "open"], "--state"),
        (["model", "lits"], "list"),
        (["it crashes at start"], "To search: `dupfind query 'it crashes at start'`."),
        (["issues.jsonl"], "To read it: `dupfind index issues.jsonl`."),
        (["--index", "x", "query", "y"], "its options come after its name"),
    ],
)
def test_a_wrong_word_gets_the_nearest_right_one(
    indexed: Path, dupfind: Command, arguments: list[str], hint: str
) -> None:
    ran = dupfind(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert hint in ran.err


@pytest.mark.parametrize("value", ["x", "bash_nonsense", "\x1b[31m"])
def test_a_wrong_variable_of_a_shell_is_trouble_and_no_duplicate(value: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), COMPLETE: value}
    ran = subprocess.run([sys.executable, "-m", "dupfind"], env=environment, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, b"")
