"""`dupfind suggest` as the action runs it: an index of the repository, an event, and one comment at the server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dupfind.collection.collection import Collection
from dupfind.integrations.github.comment import withdrawal
from tests.support.discussions import Discussions
from tests.support.fake_services import Reply, Server, StoredIssue, hasten, serving
from tests.support.github_tracker import NEW, OLD, OTHER, tracker
from tests.support.samples import Command, Ran
from tests.support.verdicts import NEVER, judged

pytestmark = pytest.mark.slow

TOKEN = "s3cr3t-t0ken"


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Discussions:
    hasten(monkeypatch)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    return tracker()


@pytest.fixture
def server(github: Discussions) -> Iterator[Server]:
    with serving(github) as server:
        github.site = server.url
        yield server


@pytest.fixture
def indexed(here: Path, server: Server, github: Discussions, model: Path, dupfind: Command) -> Path:
    """An index of the repository, whose bands call everything likely that leads at all."""
    ran = dupfind("index", github.location(), "--model", model)
    assert ran.code == 0, ran.err
    with Collection.create(here / ".dupfind") as collection:
        judged(collection, likely=0.6, possible=0.5)
    return here


class Action:
    """GitHub Actions, as far as the command sees it."""

    def __init__(self, here: Path, server: Server, dupfind: Command, patch: pytest.MonkeyPatch) -> None:
        self.file = here / "event.json"
        self.dupfind = dupfind
        self.patch = patch
        patch.setenv("GITHUB_SERVER_URL", server.url)
        patch.setenv("GITHUB_REPOSITORY", "owner/repo")

    def __call__(self, event: str, number: int | None, *options: str, pull: bool = False) -> Ran:
        issue = {"number": number, "title": "$(reboot) `reboot` @all"} | (
            {"pull_request": {"url": "x"}} if pull else {}
        )
        self.file.write_text(json.dumps({"issue": issue} if number else {}), encoding="utf-8")
        self.patch.setenv("GITHUB_EVENT_NAME", event)
        ran: Ran = self.dupfind("suggest", "--event", self.file, *options)
        assert TOKEN not in ran.out + ran.err
        return ran


@pytest.fixture
def action(here: Path, server: Server, dupfind: Command, monkeypatch: pytest.MonkeyPatch) -> Action:
    return Action(here, server, dupfind, monkeypatch)


def test_an_opened_issue_is_commented_on_and_an_answer_withdraws_it(
    indexed: Path, github: Discussions, action: Action
) -> None:
    ran = action("issues", NEW.number, "--post", "--label", "possible-duplicate")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("#900: suggests #")
    assert len(ran.out.splitlines()) == 1
    [comment] = github.ours(NEW.number)
    assert "#7" in comment
    assert github.talks[NEW.number].labels == ["possible-duplicate"]
    github.say(NEW.number, "/not-a-duplicate", "ann")
    (indexed / ".dupfind").rename(indexed / "elsewhere")  # the action restores none for this
    ran = action("issue_comment", NEW.number, "--post")
    assert (ran.code, ran.out) == (0, "#900: withdraws: a person has objected\n")
    assert github.ours(NEW.number) == [withdrawal()]
    assert github.talks[NEW.number].labels == []


@pytest.mark.parametrize("is_first", [True, False])
def test_a_repository_that_was_read_from_an_export_is_found(
    here: Path, server: Server, github: Discussions, model: Path, dupfind: Command, is_first: bool
) -> None:
    elsewhere = [
        {"number": n, "title": f"{OLD.title} {n}", "url": f"https://{host}/{project}/issues/{n}"}
        for host, project in (("github.com", "owner/repo"), (server.url.partition("//")[2], "owner/other"))
        for n in range(2000, 2040)
    ]
    own = [
        {
            "number": issue.number,
            "title": issue.title,
            "body": github.talks[issue.number].body,
            "state": "OPEN",
            "createdAt": issue.updated,
            "url": f"{server.url}/Owner/repo/issues/{issue.number}",
        }
        for issue in github.issues.values()
        if issue != NEW
    ]
    for name, issues in [("own.json", own), ("elsewhere.json", elsewhere)][:: 1 if is_first else -1]:
        (here / name).write_text(json.dumps(issues), encoding="utf-8")
        assert dupfind("index", name, "--model", model).code == 0
    with Collection.create(here / ".dupfind") as collection:
        judged(collection, likely=0.6, possible=0.5)
    ran = dupfind("suggest", github.location(), NEW.number)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("#900: suggests #7")
    assert "#20" not in ran.out
    ran = dupfind("suggest", github.location(), "--limit", "1")
    assert "stopped at --limit" in ran.err


def test_without_post_the_comment_is_only_printed(
    indexed: Path, github: Discussions, dupfind: Command
) -> None:
    ran = dupfind("suggest", github.location(), NEW.number)
    assert dupfind("suggest", github.location(), NEW.number, "--dry-run") == ran
    first, *body = ran.out.splitlines()
    assert first.startswith("#900: suggests #")
    assert first.endswith(" (not posted)")
    assert body[0].startswith("  | This looks like")
    assert all(line.startswith("  | ") for line in body)
    assert github.writes == []


def test_a_title_that_a_log_would_obey_does_not_reach_it(
    indexed: Path, github: Discussions, dupfind: Command
) -> None:
    for issue in list(github.issues.values()):
        title = f"::add-mask::a\n##[add-mask]a \x1b]0;{issue.title}"
        later = "2025-01-01T00:00:00Z" if issue == NEW else "2024-07-01T00:00:00Z"
        github.put(issue._replace(title=title, updated=later))
    assert dupfind("index", github.location()).code == 0
    ran = dupfind("suggest", github.location(), NEW.number)
    assert "add-mask" in ran.out
    assert not any(line.lstrip().startswith("::") for line in ran.out.splitlines())
    assert "##[" not in ran.out
    assert "\x1b" not in ran.out


def test_the_backlog_is_looked_through_up_to_a_limit(
    indexed: Path, github: Discussions, action: Action
) -> None:
    dry = action("workflow_dispatch", None, "--limit", "2")
    assert dry.code == 0, dry.err
    assert dry.out.count("(not posted)") == 2
    assert "stopped at --limit" in dry.err
    assert github.writes == []
    wet = action("workflow_dispatch", None, "--limit", "2", "--post")
    assert len(github.writes) == 2
    assert wet.out.splitlines() == [
        line.removesuffix(" (not posted)") for line in dry.out.splitlines() if line.startswith("#")
    ]


def test_a_backlog_without_a_likely_duplicate_is_reported_in_a_note(
    indexed: Path, github: Discussions, dupfind: Command
) -> None:
    with Collection.create(indexed / ".dupfind") as collection:
        judged(collection, likely=NEVER, possible=NEVER)
    ran = dupfind("suggest", github.location())
    assert (ran.code, ran.out, ran.err) == (0, "", "no open issue is similar enough to an older one\n")


def test_an_issue_that_is_gone_does_not_stop_the_others(
    indexed: Path, github: Discussions, dupfind: Command
) -> None:
    ran = dupfind("suggest", github.location(), 4_000, NEW.number, "--post")
    assert ran.code == 2
    assert "dupfind: #4000: " in ran.err
    assert "Could not resolve to an Issue with the number of 4000." in ran.err
    assert len(github.ours(NEW.number)) == 1


@pytest.mark.parametrize("event", ["issues", "issue_comment"])
def test_an_issue_that_was_deleted_or_transferred_since_its_event_is_not_an_error(
    indexed: Path, github: Discussions, action: Action, event: str
) -> None:
    del github.issues[NEW.number]
    ran = action(event, NEW.number, "--post")
    assert (ran.code, ran.out, ran.err) == (0, "", "#900 is gone: nothing to do\n")


def test_the_backlog_passes_over_an_issue_that_is_gone(
    indexed: Path, github: Discussions, action: Action
) -> None:
    del github.issues[OTHER.number]
    ran = action("workflow_dispatch", None, "--limit", "1")
    assert ran.code == 0
    assert "#901 is gone: nothing to do" in ran.err
    assert ran.out.startswith("#900: suggests #")


def test_a_comment_on_a_pull_request_is_ignored(server: Server, action: Action) -> None:
    ran = action("issue_comment", 12, "--post", pull=True)
    assert (ran.code, ran.err) == (0, "a pull request: nothing to do\n")
    assert server.requests == []


def test_an_issue_that_a_program_filed_is_compared_with_include_bots(
    indexed: Path, github: Discussions, dupfind: Command
) -> None:
    github.talks[NEW.number].author = "dependabot[bot]"
    assert dupfind("suggest", github.location(), NEW.number).out == "#900: nothing: filed by a program\n"
    assert dupfind("suggest", github.location(), NEW.number, "--include-bots").out.startswith(
        "#900: suggests"
    )


def test_an_issue_without_a_word_is_no_trouble(indexed: Path, github: Discussions, dupfind: Command) -> None:
    github.put(StoredIssue(OTHER.number, " ", OTHER.updated))
    github.talks[OTHER.number].body = ""
    ran = dupfind("suggest", github.location(), OTHER.number)
    assert (ran.code, ran.out) == (0, "#901: nothing: not sure enough\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a REPOSITORY"),
        (["github:owner/repo", "--event", "x.json"], "name a REPOSITORY"),
        (["github:owner/repo", "57", "--label", "duplicate"], "take one such as possible-duplicate"),
        (["github:owner/repo", "57", "--label", "Resolution: Duplicate"], "take one such as"),
        (["github:owner", "57"], "is not a project of github"),
        (["gitlab:owner/repo", "57"], "is not on GitHub"),
        (["github:owner/repo", "0"], "0 is not in the range"),
        (["--event", "x.json"], "GITHUB_EVENT_NAME is not set"),
    ],
)
def test_wrong_arguments_are_one_line(
    here: Path, dupfind: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.delenv("GITHUB_EVENT_NAME", raising=False)
    ran = dupfind("suggest", *arguments)
    assert ran.code == 2
    assert message in ran.err


def test_an_index_that_is_not_there_names_the_command_that_makes_it(
    here: Path, github: Discussions, server: Server, dupfind: Command
) -> None:
    ran = dupfind("suggest", github.location(), 900)
    assert ran.code == 2
    assert "dupfind index" in ran.err


def test_a_repository_that_is_not_in_the_index_is_named(
    here: Path, github: Discussions, server: Server, model: Path, dupfind: Command
) -> None:
    (here / "issues.jsonl").write_text('{"id": 1, "title": "abc def crash"}\n', encoding="utf-8")
    assert dupfind("index", "issues.jsonl", "--model", model).code == 0
    ran = dupfind("suggest", github.location(), 900)
    assert ran.code == 2
    assert f"run `dupfind index {github.location()}` first" in ran.err


def test_without_a_token_no_request_is_sent(
    here: Path, github: Discussions, server: Server, dupfind: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    ran = dupfind("suggest", github.location(), 900)
    assert ran.code == 2
    assert "need a token: set GITHUB_TOKEN" in ran.err
    assert server.requests == []


def test_a_server_in_trouble_is_one_line(
    indexed: Path, github: Discussions, server: Server, dupfind: Command
) -> None:
    server.faults = [Reply({"message": "oh"}, 500)] * 5
    ran = dupfind("suggest", github.location(), NEW.number)
    assert ran.code == 2
    assert ran.err == f"dupfind: #900: {server.url}/api/graphql answers 500: oh\n"
