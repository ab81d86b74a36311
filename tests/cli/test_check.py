"""`dupfind check`: failures, advice, skipped files, and the ways to pass."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dupfind.cli import check
from dupfind.cli.main import run
from dupfind.decisions import DIFFERENT, Decision, Decisions
from dupfind.sources.open import open_source
from tests.support.loaded import SLOW, loaded_by
from tests.support.modules import import_line
from tests.support.repositories import ENVIRONMENT, commit, git, put, repository
from tests.support.samples import Command, Ran
from tests.support.timing import growth

OLD = {
    "0001-crash.md": "---\nstatus: open\nurl: https://example.org/1\n---\n# abc def crash\n\ngab cab face\n",
    "0002-cafe.md": "---\nstatus: closed\n---\n# bad cafe\n",
    "0003-bee.md": "# feed the bee\n\ndecade of bees\n",
}
COPY = "# abc def crash\n\ngab cab face\n"
OTHER = "# a new idea of ours\n\nwhich nobody had before\n"


@pytest.fixture
def root(here: Path, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with three issues and their index, the working folder."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    root = repository(here / "repo")
    monkeypatch.chdir(root)
    for name, text in OLD.items():
        put(root, f"issues/{name}", text)
    commit(root)
    ran = dupfind("index", "issues", "--model", model)
    assert ran.code == 0, ran.err
    return root


def test_a_copy_fails_with_one_line_that_names_its_original_and_the_reason(
    root: Path, dupfind: Command
) -> None:
    put(root, "issues/0004-copy.md", COPY)
    put(root, "issues/0005-other.md", OTHER)
    ran = dupfind("check", "issues/0004-copy.md", "issues/0005-other.md")
    assert ran.code == 1
    assert ran.out == (
        "issues/0004-copy.md: likely duplicate of #1 (open, https://example.org/1) 'abc def crash':"
        " score 1.000, probability 0.980; both say the same, to the letter\n"
    )
    assert "not_duplicate_of: [ID]" in ran.err
    assert "SKIP" not in ran.err


def test_the_line_says_why_the_original_was_closed(root: Path, dupfind: Command) -> None:
    put(
        root,
        "issues/0001-crash.md",
        OLD["0001-crash.md"].replace("status: open", "status: closed\nreason: wontfix"),
    )
    put(root, "issues/0004-copy.md", COPY)
    assert dupfind("index", "issues").code == 0
    assert (
        "duplicate of #1 (closed as wontfix, https://example.org/1)"
        in dupfind("check", "issues/0004-copy.md").out
    )


def test_a_new_idea_passes_in_silence(root: Path, dupfind: Command) -> None:
    put(root, "issues/0005-other.md", OTHER)
    ran = dupfind("check", "issues/0005-other.md", "--min-score", 1)
    assert ran == (0, "", "")


def test_at_a_terminal_a_note_reports_that_there_is_no_duplicate(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "is_terminal", lambda _: True)
    put(root, "issues/0005-other.md", OTHER)
    put(root, "issues/0006-short.md", "# bee\n")
    ran = dupfind("check", "issues/0005-other.md", "--min-score", 1)
    assert ran == (0, "", "no duplicate found among 3 issues\n")
    ran = dupfind("check", "issues/0005-other.md", "issues/0006-short.md", "--min-score", 1)
    assert ran == (0, "", "no duplicate found among 3 issues; 1 of 2 issues too short to judge\n")


def test_with_advise_the_line_is_the_same_and_the_check_passes(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", COPY)
    plain, advised = (dupfind("check", "issues/0004-copy.md", *more) for more in ([], ["--advise"]))
    assert (advised.code, advised.out) == (0, plain.out)
    assert "not_duplicate_of" not in advised.err
    put(root, "issues/0005-broken.md", "---\ntitle: [\n---\n")
    assert dupfind("check", "issues/0005-broken.md", "--advise").code == 2


def test_the_json_has_the_issues_without_a_duplicate_too(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", COPY)
    put(root, "issues/0005-other.md", OTHER)
    ran = dupfind("check", "--json", "-k", 2, "issues/0004-copy.md", "issues/0005-other.md")
    assert ran.code == 1
    document = ran.json
    assert (document["schema_version"], document["index"]["records"]) == (1, 3)
    assert document["calibration"] is None
    copy, other = document["findings"]
    assert (copy["file"], copy["id"], copy["source"], copy["verdict"]) == (
        "issues/0004-copy.md",
        "4",
        "issues",
        "likely",
    )
    assert (other["verdict"], len(other["originals"])) == (None, 2)
    assert {"id", "state", "url", "score", "probability", "why", "new"} < other["originals"][0].keys()


def test_without_calibration_a_note_says_so_and_a_check_fails_by_score(root: Path, dupfind: Command) -> None:
    put(root, "issues/0005-near.md", "# abc def crash\n\ngab cab decade\n")
    ran = dupfind("check", "issues/0005-near.md")
    assert (ran.code, ran.out) == (0, "")
    assert "no verdict is possible" in ran.err
    ran = dupfind("check", "issues/0005-near.md", "--min-score", 0.5)
    assert ran.code == 1
    assert ran.out.startswith("issues/0005-near.md: perhaps a duplicate of #")
    assert "no verdict is possible" not in ran.err


def test_two_equal_new_issues_are_reported_once(root: Path, dupfind: Command) -> None:
    put(root, "issues/0005-one.md", OTHER)
    put(root, "issues/0006-two.md", OTHER)
    ran = dupfind("check", "issues/0005-one.md", "issues/0006-two.md")
    assert ran.code == 1
    [line] = ran.out.splitlines()
    assert line.startswith("issues/0006-two.md: likely duplicate of #5 (no state, new) 'a new idea of ours'")


def test_an_indexed_issue_is_not_its_own_duplicate(root: Path, dupfind: Command) -> None:
    assert dupfind("check", *(f"issues/{name}" for name in OLD)).code == 0
    put(root, "issues/0001-crash.md", OLD["0001-crash.md"] + "\nedited\n")
    assert dupfind("check", "issues/0001-crash.md").code == 0


def test_an_issue_that_denies_it_passes_and_so_does_one_that_is_denied(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", f"---\nnot_duplicate_of: 1\n---\n{COPY}")
    assert dupfind("check", "issues/0004-copy.md").code == 0
    put(root, "issues/0005-one.md", f"---\nnot_duplicate_of: ['issues#6']\n---\n{OTHER}")
    put(root, "issues/0006-two.md", OTHER)
    assert dupfind("check", "issues/0005-one.md", "issues/0006-two.md").code == 0


def test_a_marked_duplicate_is_not_reported(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", f"---\nduplicate_of: 1\n---\n{COPY}")
    assert dupfind("check", "issues/0004-copy.md").code == 0


@pytest.mark.parametrize("way", ["usual", "flag", "settings"])
def test_a_committed_decision_silences_a_pair_until_a_text_changes(
    root: Path, dupfind: Command, way: str
) -> None:
    put(root, "issues/0004-copy.md", COPY)
    records = {record.id: record for record in open_source("issues")}
    decided = Decision.of(
        records["1"], records["4"], DIFFERENT, decided=datetime(2024, 1, 1, tzinfo=UTC), who="A"
    )
    name = ".dupfind-decisions.jsonl" if way == "usual" else "ours.jsonl"
    (root / name).write_text(Decisions.of([decided]).text())
    if way == "settings":
        (root / ".dupfind.toml").write_text('decisions = "ours.jsonl"')
    more = ["--decisions", "ours.jsonl"] if way == "flag" else []
    assert dupfind("check", "issues/0004-copy.md", *more).code == 0
    put(root, "issues/0004-copy.md", COPY.replace("gab cab", "gab  cab"))
    assert dupfind("check", "issues/0004-copy.md", *more).code == 1


def test_an_issue_in_words_or_on_standard_input_is_checked(root: Path, dupfind: Command) -> None:
    ran = dupfind("check", "--title", "abc def crash", "--body", "gab cab face")
    assert ran.code == 1
    assert ran.out.startswith("the issue: likely duplicate of #1 ")
    assert "front matter" not in ran.err  # which words have not
    issues = [
        {"number": 1, "title": "abc def crash", "body": "gab cab face"},
        {"title": "a new idea of ours"},
    ]

    def piped(text: str | bytes, *more: str) -> Ran:
        data = text if isinstance(text, bytes) else text.encode()
        command = [sys.executable, "-m", "dupfind", "check", "-", *more]
        ran = subprocess.run(command, input=data, capture_output=True, check=False)
        return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    ran = piped(json.dumps(issues))
    assert ran.code == 1
    assert ran.out.startswith("standard input, object 1: likely duplicate of #1 ")
    assert piped(json.dumps(issues), "--source", "issues").code == 0  # where number 1 is itself
    ran = piped(json.dumps(issues), "--source", "nope")
    assert (ran.code, ran.out) == (2, "")
    assert "no source 'nope' in" in ran.err
    assert "its sources: issues" in ran.err
    for bad, message in (
        (b"{", "no JSON"),
        (b"", "is empty"),
        (b'{"title": "\xff"}', "no UTF-8"),
        (b'{"tittle": "a"}', "no key like title or body"),
        (b"[1]", "is no JSON object"),
    ):
        ran = piped(bad)
        assert (ran.code, ran.out) == (2, "")
        assert message in ran.err
        assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--title", "a", "x.md"],
        ["--title", "a", "--staged"],
        ["-k", "0", "x.md"],
        ["--min-score", "nan", "x.md"],
    ],
)
def test_contradicting_arguments_are_a_usage_error(
    root: Path, dupfind: Command, arguments: list[str]
) -> None:
    assert dupfind("check", *arguments).code == 2


def test_settings_of_the_repository_stand_behind_environment_and_flags(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "issues/0005-near.md", "# abc def crash\n\ngab cab decade\n")
    (root / ".dupfind.toml").write_text("min-score = 0.5")
    assert dupfind("check", "issues/0005-near.md").code == 1
    monkeypatch.setenv("DUPFIND_MIN_SCORE", "1")
    assert dupfind("check", "issues/0005-near.md").code == 0
    assert dupfind("check", "issues/0005-near.md", "--min-score", 0.5).code == 1
    (root / ".dupfind.toml").write_text('model = "/home/x/model"')
    ran = dupfind("check", "issues/0005-near.md")
    assert (ran.code, ran.out) == (2, "")
    assert "no setting 'model'" in ran.err


def test_the_settings_may_name_the_index(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", COPY)
    (root / "tools").mkdir()
    (root / ".dupfind").rename(root / "tools" / "index")
    (root / ".dupfind.toml").write_text('index = "tools/index"')
    assert dupfind("check", "issues/0004-copy.md").code == 1


def test_without_an_index_passing_or_failing_is_the_users_choice(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", COPY)
    shutil.rmtree(root / ".dupfind")
    line = "so nothing was checked: make one with `dupfind index issues`"
    for more, code in (
        ([], 2),
        (["--missing-index", "pass"], 0),
        (["--advise"], 0),
        (["--advise", "--missing-index", "fail"], 2),
    ):
        ran = dupfind("check", "issues/0004-copy.md", *more)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 1)
        assert line in ran.err
    (root / ".dupfind.toml").write_text('missing-index = "pass"')
    assert dupfind("check", "issues/0004-copy.md").code == 0
    assert list(root.glob(".dupfind")) == []


@pytest.mark.parametrize("files", [["src/main.py"], ["README.md", "picture.png"]])
def test_files_without_the_suffix_of_an_issue_are_skipped(
    root: Path, dupfind: Command, files: list[str]
) -> None:
    (root / ".dupfind.toml").write_text("broken")  # which is not even read
    for file in files:
        put(root, file, "")
    ran = dupfind("check", *files)
    assert (ran.code, ran.out, ran.err.count("\n")) == (0, "", 1)
    assert ran.err.startswith(f"skipped {', '.join(files)}: the file of an issue ends in .md, ")
    assert dupfind("check", "--json", *files).json["findings"] == []
    assert dupfind("check", "--staged", *files) == (0, "", "")


def test_the_first_five_skipped_files_are_named_and_the_others_counted(root: Path, dupfind: Command) -> None:
    files = [f"a{number}.txt" for number in range(7)]
    for file in files:
        put(root, file, "")
    put(root, "issues/0004-copy.md", COPY)
    ran = dupfind("check", *files, "issues/0004-copy.md")
    assert ran.code == 1
    assert ran.err.startswith("skipped a0.txt, a1.txt, a2.txt, a3.txt, a4.txt and 2 more: ")


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("issues", "a folder"),
        ("./issues", "a folder"),
        (".dupfind/dupfind.db", "a database"),
        ("jira.csv", "an export"),
        ("JIRA.CSV.gz", "an export"),
    ],
)
def test_a_whole_source_is_refused_with_the_command_that_reads_it(
    root: Path, dupfind: Command, path: str, what: str
) -> None:
    for name in ("jira.csv", "JIRA.CSV.gz"):
        (root / name).write_text("id,title\n1,abc def crash\n", encoding="utf-8")
    put(root, "issues/0004-copy.md", COPY)
    ran = dupfind("check", "issues/0004-copy.md", path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"dupfind: {path} is {what}, and a check takes files of new issues: name those, or run"
        f" `dupfind index {path}` and then `dupfind report`\n"
    )


@pytest.mark.parametrize("text", ["", "---\nid: 44\n---\n"])
def test_an_issue_without_a_text_is_called_too_short_off_a_terminal(
    root: Path, dupfind: Command, text: str
) -> None:
    (root / "issues" / "0044.md").write_text(text, encoding="utf-8")
    put(root, "issues/0005-other.md", OTHER)
    ran = dupfind("check", "issues/0044.md", "--min-score", 1)
    assert ran == (0, "", "1 of 1 issue too short to judge\n")
    ran = dupfind("check", "issues/0044.md", "issues/0005-other.md", "--min-score", 1)
    assert ran == (0, "", "1 of 2 issues too short to judge\n")


NO_ISSUES = {
    "package.json": '{"name": "x", "version": "1", "description": "a tool"}',
    "tsconfig.json": '{"compilerOptions": {"strict": true}}',
    "data.json": "[1, 2]",
    "broken.json": "{",
    "compose.yml": "services:\n  web:\n    image: x\n",
    "ci.yaml": "on: push\n",
}


def test_a_broken_file_next_to_a_new_issue_is_named_once(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-fine.md", "# Another thing\n\nIt is about something else.\n")
    put(root, "issues/0005-broken.md", "---\ntitle: [\n---\n")
    ran = dupfind("check", "--staged")
    assert ran.code == 0
    assert ran.err.count("0005-broken.md") == 1
    assert ran.err.startswith("skipped, no issue: issues/0005-broken.md, line 2: broken front matter")


def test_changed_files_that_are_no_issue_stop_no_commit(root: Path, dupfind: Command) -> None:
    for name, text in NO_ISSUES.items():
        put(root, name, text)
    (root / "link.md").symlink_to("README.md")
    git(root, "add", "link.md")
    ran = dupfind("check", "--staged")
    assert (ran.code, ran.out) == (0, "")
    lines = ran.err.splitlines()
    assert lines.pop() == "skipped, no issue: 2 more files"
    assert lines[0].startswith("skipped, no issue: link.md is a symbolic link")
    assert len(lines) == 5
    assert dupfind("check", "--staged", "--json").json["findings"] == []
    put(root, "issues/0004-copy.md", COPY)
    ran = dupfind("check", "--staged")
    assert (ran.code, ran.out.count("\n")) == (1, 1)
    for name in NO_ISSUES:
        assert dupfind("check", "--staged", name).code == 2, name


def test_nothing_staged_is_nothing_to_check(root: Path, dupfind: Command) -> None:
    assert dupfind("check", "--staged") == (0, "", "")
    put(root, "issues/0004-copy.md", COPY)
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    assert "SKIP=dupfind" in ran.err
    (root / "issues" / "0004-copy.md").write_text(OTHER)  # the working folder is of no account
    assert dupfind("check", "--staged").code == 1


def test_all_files_report_each_pair_once(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", COPY)
    commit(root)
    assert dupfind("index", "issues").code == 0
    files = sorted(str(path) for path in Path("issues").iterdir())
    ran = dupfind("check", "--staged", *files)
    assert ran.code == 1
    assert [line.split(": ")[0] for line in ran.out.splitlines()] == ["issues/0004-copy.md"]


def test_new_beads_are_checked(root: Path, dupfind: Command) -> None:
    bead: dict[str, object] = {
        "id": "bd-1",
        "title": "old bead here",
        "description": "of wood",
        "status": "open",
    }
    bead |= {"issue_type": "bug", "priority": 1}
    put(root, ".beads/issues.jsonl", json.dumps(bead) + "\n")
    commit(root)
    assert dupfind("index", ".beads").code == 0
    put(root, ".beads/issues.jsonl", f"{json.dumps(bead)}\n{json.dumps(bead | {'id': 'bd-2'})}\n")
    ran = dupfind("check", "--staged")
    assert ran.code == 1
    [line] = ran.out.splitlines()
    assert line.startswith(".beads/issues.jsonl, line 2: likely duplicate of bd-1 (open) 'old bead here'")


def test_a_clone_elsewhere_checks_with_the_index_that_it_carries(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(root, "add", "-f", ".dupfind")
    commit(root)
    clone = root.parent / "clone"
    git(root.parent, "clone", "-q", str(root), str(clone))
    shutil.rmtree(root)
    monkeypatch.chdir(clone)
    put(clone, "issues/0001-crash.md", OLD["0001-crash.md"] + "edited\n")
    put(clone, "issues/0004-copy.md", OLD["0003-bee.md"])
    ran = dupfind("check", "issues/0001-crash.md")
    assert ran.code == 0, ran
    assert dupfind("check", "--staged").code == 1


@pytest.mark.parametrize("way", ["absolute", "upward", "link"])
def test_a_model_outside_of_a_discovered_index_is_not_loaded(
    root: Path, dupfind: Command, model: Path, way: str
) -> None:
    put(root, "issues/0004-copy.md", COPY)
    [inside] = (root / ".dupfind" / "models").iterdir()
    outside = shutil.copytree(inside, root.parent / "model")
    if way == "link":
        shutil.rmtree(inside)
        inside.symlink_to(outside)
    else:
        place = str(outside) if way == "absolute" else "../../model"
        with closing(sqlite3.connect(root / ".dupfind" / "dupfind.db")) as database:
            database.execute("UPDATE encoding SET model_folder = ?", (place,))
            database.commit()
    ran = dupfind("check", "issues/0004-copy.md")
    assert (ran.code, ran.out) == (2, "")
    assert "leads elsewhere, to" in ran.err
    assert dupfind("check", "issues/0004-copy.md", "--index", ".dupfind").code == 1


def test_a_title_cannot_command_the_terminal(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-a.md", "# evil \x1b[31m\u202etitle of ours\n\nand a body of it\n")
    put(root, "issues/0005-b.md", "# evil \x1b[31m\u202etitle of ours\n\nand a body of it\n")
    ran = dupfind("check", "issues/0004-a.md", "issues/0005-b.md")
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert len(ran.out.splitlines()) == 1


@pytest.mark.slow
def test_an_issue_of_ten_megabytes_is_checked_in_time_that_grows_as_it_does(
    root: Path, dupfind: Command
) -> None:
    def checked(n_lines: int) -> None:
        put(root, "issues/0004-large.md", "# abc def crash\n\n" + "gab cab face, and more of it\n" * n_lines)
        assert dupfind("check", "issues/0004-large.md").code == 0

    assert growth(checked, 45_000) < 24


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"---\ntitle: [\n---\n", "line 2: broken front matter"),
        (b"---\nid: 1\n---\na\n\n---\nid: 2\ntitle: b\n---\n", "line 6: a second issue begins here"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "this is no text"),
        (b"sch\xf6n", "no UTF-8"),
        ("# schön".encode("utf-16"), "line 1: UTF-16: save the file as UTF-8"),
        (b"---\na: &a [x, x]\nb: [*a, *a]\n---\n", "line 3: broken front matter: an alias"),
        (b"---\nx: " + b"y" * 10_000_000 + b"\n---\n", "line 1: front matter of more than 64 Ki characters"),
        (b"x" * (17 << 20), "has more than 16 MiB"),
    ],
)
def test_a_broken_file_is_one_line_and_no_traceback(
    root: Path, dupfind: Command, data: bytes, message: str
) -> None:
    put(root, "issues/0009-bad.md", data)
    for way in ([], ["--staged"]):
        ran = dupfind("check", *way, "issues/0009-bad.md")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("dupfind: issues/0009-bad.md")
        assert message in ran.err
        assert len(ran.err.splitlines()) == 1


def test_a_file_name_of_two_lines_is_printed_on_one(root: Path, dupfind: Command) -> None:
    put(root, "issues/a\nb.md", COPY)
    for way in (["--staged"], ["issues/a\nb.md"]):
        ran = dupfind("check", *way)
        assert ran.code == 1
        assert ran.out.startswith("issues/a b.md: likely duplicate of #1 (open")
        assert len(ran.out.splitlines()) == 1


def test_a_link_out_of_the_repository_is_refused(root: Path, dupfind: Command) -> None:
    (root.parent / "secret.md").write_text(COPY)
    (root / "issues" / "0004.md").symlink_to(root.parent / "secret.md")
    git(root, "add", "issues/0004.md")
    for way in ([], ["--staged"]):
        ran = dupfind("check", *way, "issues/0004.md")
        assert (ran.code, ran.out) == (2, "")
        assert "link" in ran.err


def test_nothing_relevant_imports_nothing_slow() -> None:
    statements = f"{import_line(run)}assert run(['check', {__file__!r}]) == 0"
    assert loaded_by(statements) & (SLOW | {"yaml", "tokenizers"}) == set()


def test_a_check_imports_numpy_and_nothing_slower(root: Path) -> None:
    put(root, "issues/0005-other.md", OTHER)
    statements = (
        f"import os\nos.chdir({str(root)!r})\n{import_line(run)}"
        "assert run(['check', 'issues/0005-other.md']) == 0"
    )
    assert loaded_by(statements) & SLOW == {"numpy"}


@pytest.mark.parametrize("words", [("--title", ""), ("--title", " ", "--body", "\n")])
def test_blank_words_are_refused_as_by_query(root: Path, dupfind: Command, words: tuple[str, ...]) -> None:
    ran = dupfind("check", *words)
    assert (ran.code, ran.out) == (2, "")
    assert "no word in it" in ran.err


def test_a_missing_file_is_an_error_with_any_suffix(root: Path, dupfind: Command) -> None:
    put(root, "notes.txt", "no issue")
    assert dupfind("check", "notes.txt").code == 0
    for name in ("issues/0031", "gone.txt"):
        ran = dupfind("check", "notes.txt", name)
        assert (ran.code, ran.err) == (2, f"dupfind: {name} does not exist: check the name\n")


def test_a_file_that_is_named_twice_is_reported_once(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", COPY)
    once = dupfind("check", "issues/0004-copy.md")
    assert dupfind("check", "issues/0004-copy.md", "./issues/0004-copy.md", "issues/0004-copy.md") == once


def test_a_bug_does_not_exit_with_the_code_of_a_duplicate(
    root: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "issues/0005-other.md", OTHER)
    monkeypatch.setattr(check, "answer_from_index", lambda *_: 1 // 0)
    ran = dupfind("check", "issues/0005-other.md")
    assert ran.code == 2
    assert "ZeroDivisionError" in ran.err


def test_a_denied_name_of_no_issue_has_no_effect_and_is_reported(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", f"---\nnot_duplicate_of: [banana, '#77', 2]\n---\n{COPY}")
    ran = dupfind("check", "issues/0004-copy.md", "--advise")
    assert ran.out.startswith("issues/0004-copy.md: likely duplicate of #1 ")
    assert ran.err.splitlines()[:2] == [
        "issues/0004-copy.md: not_duplicate_of names 'banana', but no issue has that id",
        "issues/0004-copy.md: not_duplicate_of names '77', but no issue has that id",
    ]


def test_github_and_sarif_name_file_and_line_of_each_finding(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", COPY)
    put(root, "issues/0005-other.md", OTHER)
    lines = [
        {"id": "x-1", "title": "a new idea of ours", "description": "which nobody had before"},
        {"id": "x-2", "title": "abc def crash", "description": "gab cab face"},
    ]
    put(root, "more.jsonl", "\n".join(map(json.dumps, lines)) + "\n")
    names = ("issues/0004-copy.md", "issues/0005-other.md", "more.jsonl")
    ran = dupfind("check", *names, "--format", "github")
    assert ran.code == 1
    commands = ran.out.splitlines()
    assert [line.partition(",title")[0] for line in commands] == [
        "::warning file=issues/0004-copy.md,line=1",
        "::warning file=more.jsonl,line=1",
        "::warning file=more.jsonl,line=2",
    ]
    assert commands[0].startswith("::warning file=issues/0004-copy.md,line=1,title=likely duplicate of #1::")
    ran = dupfind("check", *names, "--format", "sarif")
    assert ran.code == 1
    results = ran.json["runs"][0]["results"]
    assert {result["ruleId"] for result in results} == {"likely"}
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert {"issues/0004-copy.md", "more.jsonl"} <= {place["artifactLocation"]["uri"] for place in places}
    assert dupfind("check", "issues/0005-other.md", "--format", "sarif").json["runs"][0]["results"] == []


def test_a_title_cannot_write_a_command_of_its_own(root: Path, dupfind: Command) -> None:
    put(root, "issues/0004-copy.md", '---\ntitle: "abc def crash\\n::error::owned %0A"\n---\ngab cab face\n')
    ran = dupfind("check", "issues/0004-copy.md", "--min-score", 0.1, "--format", "github")
    assert ran.code == 1
    assert [line[:10] for line in ran.out.splitlines()] == ["::warning "]
    assert "%0A" not in ran.out.replace("%250A", "")
