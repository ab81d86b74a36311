"""`dupfind sync`: every source again, only what changed, and what a person reads of it."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.fake_services import (
    ISSUES,
    Bugzilla,
    GitHub,
    GitLab,
    Jira,
    Redmine,
    Reply,
    Request,
    Server,
    StoredIssue,
    Tracker,
    hasten,
    serving,
)
from tests.support.repositories import git, repository
from tests.support.samples import Command

pytestmark = pytest.mark.slow

LATER = "2024-09-01T00:00:00Z"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


@pytest.fixture
def github() -> GitHub:
    return GitHub()


@pytest.fixture
def server(github: GitHub) -> Iterator[Server]:
    with serving(github) as started:
        github.site = started.url
        yield started


@pytest.fixture
def synced(here: Path, model: Path, dupfind: Command, server: Server, github: GitHub) -> Path:
    """A working folder whose index holds a service's project and a file."""
    (here / "issues.jsonl").write_text('{"id": 1, "title": "jade ice"}\n')
    ran = dupfind("index", github.location(), "issues.jsonl", "--model", model)
    assert ran.code == 0, ran.err
    server.requests.clear()
    return here


def lines(text: str, source: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(source)]


def test_a_service_is_indexed_with_its_marks(
    here: Path, model: Path, dupfind: Command, server: Server, github: GitHub
) -> None:
    ran = dupfind("index", github.location(), "--model", model)
    assert (ran.code, ran.err.splitlines()[0]) == (0, f"reading {github.location()} (github, 5 records)")
    assert f"{github.location()} (github): 5 read, 5 new, 0 changed, 0 as before" in ran.out
    assert "1 marked duplicate" in ran.out
    [hit] = dupfind("query", "--id", "3", "-k", "1", "--json").json["hits"]
    assert (hit["id"], hit["url"]) == ("1", f"{server.url}/owner/repo/issues/1")


@pytest.mark.usefixtures("synced")
def test_what_is_new_is_named_and_only_what_changed_is_asked_for(
    dupfind: Command, server: Server, github: GitHub
) -> None:
    github.put(
        StoredIssue(6, "fade \x1b[31mred", LATER), ISSUES[1]._replace(title="bad cafe!", updated=LATER)
    )
    ran = dupfind("sync")
    assert ran.code == 0
    [line] = lines(ran.out, github.location())
    assert "3 read, 1 new, 1 changed, 1 as before" in line
    assert "  new  6  fade \\x1b[31mred" in ran.out.splitlines()
    assert "issues.jsonl (jsonl): 1 read, 0 new, 0 changed, 1 as before" in ran.out
    assert all("since" in it.query for it in server.requests if it.path.endswith("/repo/issues"))
    assert dupfind("info", "--json").json["records"] == 7


@pytest.mark.usefixtures("synced")
def test_nothing_new_costs_two_questions(dupfind: Command, server: Server, github: GitHub) -> None:
    github.per_page = 100
    dupfind("sync", "-q")
    server.requests.clear()
    ran = dupfind("sync", github.location())
    assert "0 read, 0 new" in ran.out
    assert server.paths == ["/api/v3/search/issues", "/api/v3/repos/owner/repo/issues"]
    assert server.requests[1].headers["if-none-match"]


@pytest.mark.usefixtures("synced")
def test_what_is_gone_is_found_no_more(dupfind: Command, github: GitHub) -> None:
    del github.issues[4]
    assert "1 gone" in dupfind("sync").out
    assert dupfind("query", "--id", "4").code == 2
    assert "gone" not in dupfind("sync").out


@pytest.mark.parametrize(
    ("make", "has_count"),
    [(GitLab, True), (Jira, True), (Redmine, True), (Bugzilla, True), (Bugzilla, False)],
)
def test_the_restricted_issues_of_a_service_come_and_go_with_the_option(
    here: Path, model: Path, dupfind: Command, make: Callable[[], Tracker], has_count: bool
) -> None:
    tracker = make()
    tracker.has_count = has_count
    tracker.restricted = {2, 4}
    with serving(tracker) as server:
        tracker.site = server.url
        command = ("index", tracker.location(), "--model", model)
        assert "3 read, 3 new" in dupfind(*command).out
        ran = dupfind(*command, "--include-restricted")
        assert "5 read, 2 new" in ran.out
        assert "2 issues that the tracker shows to some people only are in the index" in ran.err
        assert dupfind("info", "--json").json["records"] == 5
        assert "1 read, 0 new" in dupfind("sync").out  # the choice and the cursor are kept
        ran = dupfind(*command)
        assert "3 read, 0 new" in ran.out
        assert "2 gone" in ran.out
        info = dupfind("info", "--json").json
    assert (info["records"], info["sources"][0]["includes_restricted"]) == (3, False)


def test_a_run_that_fails_after_the_option_was_switched_leaves_no_old_cursor(
    here: Path, model: Path, dupfind: Command
) -> None:
    tracker = GitLab()
    tracker.restricted = {2}
    is_down = False

    def answer(request: Request) -> Reply:
        is_list = request.path.endswith("/issues")
        return Reply({}, status=404) if is_down and is_list else tracker(request)

    with serving(answer) as server:
        tracker.site = server.url
        command = ("index", tracker.location(), "--model", model)
        assert "4 read, 4 new" in dupfind(*command).out
        is_down = True
        assert dupfind(*command, "--include-restricted").code == 2
        is_down = False
        assert "5 read, 1 new" in dupfind(*command, "--include-restricted").out


def test_what_the_option_no_longer_reads_is_gone_although_the_reading_was_interrupted(
    here: Path, model: Path, dupfind: Command
) -> None:
    tracker = Bugzilla(per_page=2)
    tracker.has_count = False
    tracker.restricted = {2, 4}
    n_left = 1_000

    def answer(request: Request) -> Reply:
        nonlocal n_left
        n_left -= 1
        return tracker(request) if n_left >= 0 else Reply({}, status=404)

    with serving(answer) as server:
        tracker.site = server.url
        command = ("index", tracker.location(), "--model", model)
        assert "5 read, 5 new" in dupfind(*command, "--include-restricted").out
        for n_answers in (3, 1):  # the whole reading ends after several runs
            n_left = n_answers
            dupfind(*command)
            assert dupfind("info", "--json").json["records"] == 5
        n_left = 1_000
        assert "2 gone" in dupfind(*command).out
        assert dupfind("info", "--json").json["records"] == 3
        n_left = 1_000
        dupfind("sync")
        assert dupfind("info", "--json").json["records"] == 3


def test_options_that_judge_a_reading_keep_the_cursor(
    here: Path, model: Path, dupfind: Command, server: Server, github: GitHub
) -> None:
    assert dupfind("index", github.location(), "--model", model).code == 0
    for option in ("--strict", "--accept"):
        assert "5 read" not in dupfind("index", github.location(), option).out


def test_a_file_is_read_whole(synced: Path, dupfind: Command, server: Server) -> None:
    (synced / "issues.jsonl").write_text('{"id": 2, "title": "fig"}\n')
    ran = dupfind("sync", "issues.jsonl")
    assert ran.out.splitlines()[0].startswith(
        "issues.jsonl (jsonl): 1 read, 1 new, 0 changed, 0 as before, 1 gone"
    )
    assert ran.out.splitlines()[1] == "  new  2  fig"
    assert server.requests == []


def test_the_sources_of_an_index_are_found_from_another_folder(
    synced: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (synced / "below").mkdir()
    monkeypatch.chdir(synced / "below")
    assert "issues.jsonl (jsonl): 1 read" in dupfind("sync").out
    assert "issues.jsonl (jsonl): 1 read" in dupfind("sync", "../issues.jsonl").out


@pytest.mark.usefixtures("synced")
def test_two_sources_keep_their_identities(dupfind: Command, github: GitHub) -> None:
    dupfind("sync")
    asked = ("query", "jade ice", "--json", "-k", "1")
    [hit] = dupfind(*asked).json["hits"]
    assert (hit["source"], hit["project"], hit["id"]) == ("issues.jsonl", None, "1")
    [hit] = dupfind(*asked, "--source", github.location()).json["hits"]
    assert (hit["source"], hit["project"]) == (github.location(), "owner/repo")
    ambiguous = dupfind("query", "--id", "1")
    assert ambiguous.code == 2
    assert "--source" in ambiguous.err


def test_a_source_that_fails_stops_no_other_and_the_exit_code_is_2(
    here: Path, model: Path, dupfind: Command, server: Server, github: GitHub
) -> None:
    redmine = Redmine()
    with serving(redmine) as other:
        redmine.site = other.url
        (here / "issues.jsonl").write_text('{"id": 1, "title": "jade ice"}\n')
        assert (
            dupfind("index", github.location(), redmine.location(), "issues.jsonl", "--model", model).code
            == 0
        )
        server.faults = [Reply(b"<html>Sign in</html>")]
        (here / "issues.jsonl").unlink()
        redmine.put(StoredIssue(6, "fade", LATER))
        ran = dupfind("sync")
    assert ran.code == 2
    [line] = lines(ran.err, f"dupfind: {github.location()}: ")
    assert "a page of HTML, not JSON" in line
    [line] = lines(ran.err, "dupfind: issues.jsonl: ")
    assert "does not exist" in line
    assert "1 new" in lines(ran.out, redmine.location())[0]
    assert dupfind("info", "--json").json["records"] == 12


def test_what_was_read_before_a_fault_is_kept_and_the_next_run_goes_on_there(
    here: Path, model: Path, dupfind: Command
) -> None:
    many = tuple(
        StoredIssue(n, f"abc {n}", f"2024-01-01T00:{n // 60:02}:{n % 60:02}Z") for n in range(1, 601)
    )
    gitlab = GitLab(many, per_page=100)
    with serving(gitlab) as server:
        gitlab.site = server.url
        server.faults = [None, None, None, None, Reply({"message": "maintenance"}, 418)]
        ran = dupfind("index", gitlab.location(), "--model", model)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.splitlines()[-1] == (
            f"dupfind: {server.url}/api/v4/projects/group/sub/project/issues answers 418: maintenance"
        )
        # Each page but the first begins with the last issue of the one before.
        assert dupfind("info", "--json").json["records"] == 100 + 99 + 99
        server.requests.clear()
        assert "new" in dupfind("sync").out
        # The first page that is asked for begins where the last one that was kept did.
        first = next(it for it in server.requests if it.path.endswith("/issues"))
        assert first.query["updated_after"] == "2024-01-01T00:03:58.000Z"
    assert dupfind("info", "--json").json["records"] == 600


def test_a_killed_reading_goes_on_where_its_last_batch_was_kept(
    here: Path, model: Path, dupfind: Command
) -> None:
    many = tuple(
        StoredIssue(n, f"abc {n}", f"2024-01-01T00:{n // 60:02}:{n % 60:02}Z") for n in range(1, 1001)
    )
    gitlab = GitLab(many, per_page=100)
    with serving(gitlab) as server:
        gitlab.site = server.url
        server.faults = [None] * 9 + [Reply(is_silent=True)]
        arguments = [sys.executable, "-m", "dupfind", "index", gitlab.location(), "--model", str(model)]
        with subprocess.Popen(arguments, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
            _wait(lambda: len(server.requests) == 10)
            _wait(lambda: _n_records(dupfind) >= 256)
            running.send_signal(signal.SIGKILL)
        server.ended.set()
        server.requests.clear()
        assert dupfind("sync").code == 0
        first = next(it for it in server.requests if it.path.endswith("/issues"))
        assert first.query["updated_after"] > "2024-01-01T00:02"
    assert dupfind("info", "--json").json["records"] == 1000


def _n_records(dupfind: Command) -> int:
    ran = dupfind("info", "--json")
    return int(ran.json["records"]) if ran.code == 0 else 0


def _wait(is_done: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_done():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.usefixtures("synced")
def test_watching_tells_only_news_and_ends_with_ctrl_c(
    dupfind: Command, server: Server, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            github.put(StoredIssue(6, "fade", LATER))
        if len(pauses) == 3:
            server.faults = [Reply(b"<html>")]
        if len(pauses) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", pause)
    ran = dupfind("sync", "--watch=60")
    assert (ran.code, pauses) == (130, [60] * 4)
    assert len(lines(ran.out, github.location())) == 2  # the first reading, and the one with news
    assert "  new  6  fade" in ran.out
    assert len(lines(ran.out, "issues.jsonl")) == 1
    assert "a page of HTML" in ran.err


@pytest.mark.usefixtures("synced")
def test_a_source_that_is_not_in_the_index_is_refused_with_those_that_are(dupfind: Command) -> None:
    ran = dupfind("sync", "nonsense.db")
    assert (ran.code, ran.out) == (2, "")
    assert "nonsense.db is not a source" in ran.err
    assert "issues.jsonl" in ran.err


def test_without_an_index_it_says_how_to_make_one(here: Path, dupfind: Command) -> None:
    ran = dupfind("sync")
    assert (ran.code, ran.out) == (2, "")
    assert "dupfind index" in ran.err
    assert list(here.iterdir()) == []


def test_what_came_in_on_standard_input_is_told_and_no_failure(synced: Path, dupfind: Command) -> None:
    subprocess.run(
        [sys.executable, "-m", "dupfind", "index", "-"],
        input=json.dumps({"id": 9, "title": "piped"}),
        text=True,
        check=True,
        capture_output=True,
    )
    ran = dupfind("sync")
    assert ran.code == 0
    assert "stdin came in on standard input" in ran.err
    assert "issues.jsonl (jsonl)" in ran.out


def test_a_token_is_in_nothing_that_is_said_or_kept(
    here: Path,
    model: Path,
    dupfind: Command,
    server: Server,
    github: GitHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = "ghp_canary0123456789"
    monkeypatch.setenv("GITHUB_TOKEN", secret)
    said = "".join(dupfind("index", github.location(), "--model", model)[1:])
    server.faults = [Reply({"message": f"bad credentials {secret}"}, 401)]
    failed = dupfind("sync")
    assert failed.code == 2
    assert "bad credentials ***" in failed.err
    assert secret not in said + failed.out + failed.err
    assert any(it.headers.get("authorization") == f"Bearer {secret}" for it in server.requests)
    for path in (here / ".dupfind").rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()


def test_a_project_that_is_not_there_leaves_nothing(
    here: Path, model: Path, dupfind: Command, server: Server, github: GitHub
) -> None:
    server.faults = [Reply({"message": "Not Found"}, 404)]
    ran = dupfind("index", github.location(), "--model", model)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert "answers 404 (Not Found)" in ran.err
    assert not (here / ".dupfind").exists()


def test_how_a_source_was_read_may_be_nonsense_in_a_foreign_index(synced: Path, dupfind: Command) -> None:
    with sqlite3.connect(synced / ".dupfind" / "dupfind.db") as database:
        database.execute(
            """UPDATE source SET mapping = '{"is_given": 1, "table": 2}' WHERE name = 'issues.jsonl'"""
        )
    database.close()
    assert "1 as before" in dupfind("sync", "issues.jsonl").out


@pytest.mark.parametrize("fault", [Reply(is_silent=True), Reply({}, 429, {"Retry-After": "600"})])
def test_ctrl_c_ends_a_wait_for_a_service_and_keeps_what_was_read(
    here: Path, model: Path, dupfind: Command, fault: Reply
) -> None:
    many = tuple(
        StoredIssue(n, f"abc {n}", f"2024-01-01T00:{n // 60:02}:{n % 60:02}Z") for n in range(1, 1001)
    )
    gitlab = GitLab(many, per_page=100)
    with serving(gitlab) as server:
        gitlab.site = server.url
        server.faults = [None] * 9 + [fault]
        arguments = [sys.executable, "-m", "dupfind", "index", gitlab.location(), "--model", str(model)]
        with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
            _wait(lambda: len(server.requests) == 10)
            _wait(lambda: _n_records(dupfind) >= 512)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=60)  # both waits would be longer
    assert running.returncode == 130
    assert "Traceback" not in said
    assert "interrupted" in said


def test_an_index_that_was_carried_away_with_its_sources_is_read_where_they_are_now(
    here: Path, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = here / "first", here / "second"
    (first / "issues").mkdir(parents=True)
    (first / "issues" / "1.md").write_text("# abc def\n")
    monkeypatch.chdir(first)
    assert dupfind("index", "issues", "--model", model).code == 0
    first.rename(second)
    (second / "issues" / "2.md").write_text("# bad cafe\n")
    monkeypatch.chdir(second)
    assert "2 read, 1 new" in dupfind("sync").out
    assert "2 read, 0 new" in dupfind("sync", "issues").out
    assert "2 read, 0 new" in dupfind("index", second / "issues").out
    [source] = dupfind("info", "--json").json["sources"]
    assert (source["name"], source["location"]) == ("issues", "./issues")


SOURCES = {
    "SQL": ["tracker.db", "--sql", "SELECT id, title FROM bug"],
    "a file elsewhere": ["../elsewhere.jsonl"],
    "a link elsewhere": ["link.jsonl"],
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_an_index_that_came_with_a_clone_reads_only_what_lies_beside_it_until_it_is_named(
    here: Path, model: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch, source: list[str]
) -> None:
    root = repository(here / "repo")
    monkeypatch.chdir(root)
    with closing(sqlite3.connect("tracker.db")) as database:
        database.execute("CREATE TABLE bug (id INTEGER PRIMARY KEY, title TEXT)")
        database.execute("INSERT INTO bug VALUES (1, 'jade ice')")
        database.commit()
    for name in ("beside.jsonl", "../elsewhere.jsonl"):
        Path(name).write_text('{"id": 1, "title": "fade red"}\n')
    Path("link.jsonl").symlink_to("../elsewhere.jsonl")
    assert dupfind("index", *source, "--model", model).code == 0
    assert dupfind("index", "beside.jsonl").code == 0
    assert dupfind("sync").code == 0  # it is one's own
    git(root, "add", ".dupfind")
    ran = dupfind("sync")
    assert ran.code == 2
    [line] = ran.err.splitlines()
    assert f"the index came with the repository: pass --index {root / '.dupfind'} if you trust it" in line
    assert lines(ran.out, "beside.jsonl") == [ran.out.rstrip("\n")]
    assert dupfind("sync", "--index", ".dupfind").code == 0
