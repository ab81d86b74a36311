from pathlib import Path

import pytest

from dupfind.records import Record, Ref
from dupfind.sources.open import open_source
from tests.support.corpus import Tables, database, marks

REPOS = "repos (id INTEGER PRIMARY KEY, full_name TEXT, html_url TEXT)"
ISSUES = (
    "issues (id INTEGER PRIMARY KEY, node_id TEXT, number INTEGER, title TEXT, body TEXT, repo INTEGER, state TEXT,"
    " state_reason TEXT, created_at TEXT, type TEXT, pull_request TEXT)"
)
OLD_ISSUES = (
    "issues (id INTEGER PRIMARY KEY, node_id TEXT, number INTEGER, title TEXT, body TEXT, repo, state TEXT)"
)
COMMENTS = (
    "issue_comments (id INTEGER PRIMARY KEY, issue INTEGER, issue_url TEXT, created_at TEXT, body TEXT, user)"
)
LABELS = "labels (id INTEGER PRIMARY KEY, name TEXT)"
LABELLED = "issues_labels (labels_id INTEGER, issues_id INTEGER, PRIMARY KEY (issues_id, labels_id))"

ONE_REPO: list[tuple[object, ...]] = [(7, "octo/larkq", "https://github.com/octo/larkq")]
TWO_REPOS = [*ONE_REPO, (8, "Octo/Tools", "https://github.com/Octo/Tools")]


def issue(
    number: int,
    *,
    state: str = "open",
    reason: str | None = None,
    repo: int = 7,
    pull: object = None,
    kind: str = "issue",
) -> tuple[object, ...]:
    id = repo * 1_000 + number
    return (id, f"n{id}", number, f"t{number}", None, repo, state, reason, "2024-01-03T09:12:00Z", kind, pull)


def comment(
    number: int, body: str, *, at: str = "2024-01-04", id: int | None = None, repo: int = 7
) -> tuple[object, ...]:
    on = repo * 1_000 + number
    url = f"https://api.github.com/repos/octo/larkq/issues/{number}"
    return (id or on * 10, on, url, at, body, 1)


def read(tmp_path: Path, tables: Tables) -> list[Record]:
    source = open_source(str(database(tmp_path / "a.db", tables)))
    assert source.kind == "github-to-sqlite"
    records = list(source)
    assert source.total == len(records)
    return records


def closed(number: int) -> tuple[object, ...]:
    return issue(number, state="closed", reason="duplicate")


def test_an_issue_is_read_with_its_project_and_url(tmp_path: Path) -> None:
    [record] = read(tmp_path, {REPOS: ONE_REPO, ISSUES: [issue(1, state="closed", reason="not_planned")]})
    assert record.ref == Ref("octo/larkq", "1")
    assert record.url == "https://github.com/octo/larkq/issues/1"
    assert (record.body, record.state, record.resolution) == ("", "closed", "not_planned")
    assert record.created is not None
    assert record.created.isoformat() == "2024-01-03T09:12:00+00:00"


def test_pull_requests_are_left_out(tmp_path: Path) -> None:
    issues = [issue(1), issue(2, kind="pull"), issue(3, pull="octo/larkq/pulls/3")]
    assert [record.id for record in read(tmp_path, {REPOS: ONE_REPO, ISSUES: issues})] == ["1"]


def test_a_repository_without_issues_gives_no_records(tmp_path: Path) -> None:
    assert read(tmp_path, {REPOS: ONE_REPO, ISSUES: []}) == []


def test_comments_count_where_the_issue_is_closed_as_a_duplicate(tmp_path: Path) -> None:
    issues = [
        closed(2),
        issue(3, state="closed", reason="completed"),
        issue(4, reason="duplicate"),
        issue(5, state="open", reason="reopened"),
    ]
    comments = [comment(number, "Duplicate of #1") for number in (2, 3, 4, 5)]
    records = read(tmp_path, {REPOS: ONE_REPO, ISSUES: issues, COMMENTS: comments})
    assert marks(records) == {"2": (Ref("octo/larkq", "1"),)}


@pytest.mark.parametrize("name", ["duplicate", "Duplicate", "*duplicate"])
def test_a_label_says_it_in_old_files_and_old_issues(tmp_path: Path, name: str) -> None:
    old = [
        (7_000 + number, "n", number, "t", "", 7, state)
        for number, state in ((2, "closed"), (3, "open"), (4, "closed"))
    ]
    comments = [comment(number, "Duplicate of #1") for number in (2, 4)]
    labels: Tables = {
        LABELS: [(1, name), (2, "possible duplicate")],
        LABELLED: [(1, 7_002), (1, 7_003), (2, 7_004)],
    }
    records = read(tmp_path, {REPOS: ONE_REPO, OLD_ISSUES: [*old], COMMENTS: comments, **labels})
    assert marks(records) == {"2": (Ref("octo/larkq", "1"),)}
    assert [record.resolution for record in records] == ["duplicate", None, None]


def test_a_label_and_a_comment_say_it_of_an_open_issue(tmp_path: Path) -> None:
    issues = [issue(number) for number in range(2, 8)]
    labels: Tables = {
        LABELS: [(1, "status: duplicate"), (2, "not-a-duplicate"), (3, "bug")],
        LABELLED: [(1, 7_002), (1, 7_003), (1, 7_004), (2, 7_005), (3, 7_006)],
    }
    comments = [
        comment(2, "Duplicate of #1"),
        comment(3, "Possible duplicate of #1"),
        comment(4, "That's #1. Closing as dup."),
        *(comment(number, "Duplicate of #1") for number in (5, 6, 7)),
    ]
    records = read(tmp_path, {REPOS: ONE_REPO, ISSUES: issues, COMMENTS: comments, **labels})
    assert marks(records) == {"2": (Ref("octo/larkq", "1"),)}
    assert {record.resolution for record in records} == {None}


def test_a_label_says_it_beside_another_reason(tmp_path: Path) -> None:
    issues = [issue(2, state="closed", reason="not_planned"), issue(3, state="closed")]
    tables: Tables = {LABELS: [(1, "duplicate")], LABELLED: [(1, 7_002), (1, 7_003)]}
    comments = [comment(2, "dup of #1"), comment(3, "dup of #1")]
    records = read(tmp_path, {REPOS: ONE_REPO, ISSUES: issues, COMMENTS: comments, **tables})
    assert set(marks(records)) == {"2", "3"}


def test_the_latest_comment_counts_by_its_time(tmp_path: Path) -> None:
    comments = [
        comment(2, "dup of #3", at="2024-02-02", id=10),
        comment(2, "dup of #1", at="2024-01-01", id=11),
        comment(2, "thanks", at="2024-03-03", id=12),
    ]
    records = read(tmp_path, {REPOS: ONE_REPO, ISSUES: [closed(2)], COMMENTS: comments})
    assert marks(records) == {"2": (Ref("octo/larkq", "3"),)}


def test_a_comment_stored_without_its_issue_is_found_by_its_address(tmp_path: Path) -> None:
    orphan = (1, None, "https://api.github.com/repos/octo/larkq/issues/2", "2024-01-04", "Duplicate of #1", 1)
    other = (2, None, "https://api.github.com/repos/octo/larkq/issues/22", "2024-01-04", "Duplicate of #9", 1)
    records = read(tmp_path, {REPOS: ONE_REPO, ISSUES: [closed(2)], COMMENTS: [orphan, other]})
    assert marks(records) == {"2": (Ref("octo/larkq", "1"),)}


@pytest.mark.parametrize(
    ("comment_text", "original"),
    [
        ("Duplicate of #1", Ref("octo/larkq", "1")),
        ("Duplicate of https://github.com/OCTO/larkq/issues/1", Ref("octo/larkq", "1")),
        ("Duplicate of octo/tools#1", Ref("Octo/Tools", "1")),
        ("Duplicate of https://github.com/octo/tools/issues/1#issuecomment-5", Ref("Octo/Tools", "1")),
        ("Duplicate of elsewhere/thing#1", None),
        ("Duplicate of https://github.com/elsewhere/thing/issues/1", None),
        ("Duplicate of https://github.com/octo/larkq/pull/1", None),
        ("Duplicate of #2", None),
        ("Duplicate of LAR-1", None),
        ("Duplicate of [1523b5d5cb]", None),
        ("Not a duplicate of #1", None),
    ],
)
def test_what_a_comment_names_is_an_issue_of_this_file(
    tmp_path: Path, comment_text: str, original: Ref | None
) -> None:
    tables: Tables = {
        REPOS: TWO_REPOS,
        ISSUES: [issue(1), closed(2), issue(1, repo=8)],
        COMMENTS: [comment(2, comment_text)],
    }
    assert marks(read(tmp_path, tables)) == ({} if original is None else {"2": (original,)})


def test_the_same_number_in_two_repositories_is_two_records(tmp_path: Path) -> None:
    records = read(tmp_path, {REPOS: TWO_REPOS, ISSUES: [issue(1), issue(1, repo=8), issue(1, repo=9)]})
    assert [record.ref for record in records] == [
        Ref("octo/larkq", "1"),
        Ref("Octo/Tools", "1"),
        Ref(None, "1"),
    ]
    assert records[2].url is None


@pytest.mark.parametrize("words", ["Closing in favour of #1.", "#1", "Same problem as #1."])
def test_an_issue_closed_as_a_duplicate_names_its_original_in_any_words(tmp_path: Path, words: str) -> None:
    tables: Tables = {
        REPOS: ONE_REPO,
        ISSUES: [issue(1), closed(2), issue(3)],
        COMMENTS: [comment(2, words), comment(3, words)],
    }
    assert marks(read(tmp_path, tables)) == {"2": (Ref("octo/larkq", "1"),)}


def test_the_last_comment_of_a_program_names_no_original(tmp_path: Path) -> None:
    users = "users (id INTEGER PRIMARY KEY, login TEXT, type TEXT)"
    tables: Tables = {
        REPOS: ONE_REPO,
        ISSUES: [issue(1), issue(3), closed(2)],
        COMMENTS: [
            comment(2, "Closing in favour of #1.", id=1),
            (*comment(2, "#3", id=2, at="2024-01-05")[:-1], 2),
        ],
        users: [(1, "ada", "User"), (2, "robot", "Bot")],
    }
    assert marks(read(tmp_path, tables)) == {"2": (Ref("octo/larkq", "1"),)}
