"""Comments in a file next to a table of issues, and in the objects of the table themselves."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.records import Comment
from dupfind.sources.open import Mapping, open_source

AT = "2024-05-01T12:00:00Z"
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
ISSUES: list[dict[str, Any]] = [
    {"id": "41", "title": "The lamp hums", "body": "b", "created_at": AT, "status": "closed"},
    {"id": "42", "title": "The lamp buzzes", "body": "b", "created_at": AT, "status": "closed"},
]


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def texts(path: Path, mapping: Mapping | None = None) -> dict[str, list[str]]:
    source = open_source(str(path), mapping or Mapping())
    return {record.id: [comment.text for comment in record.comments] for record in source}


@pytest.mark.parametrize(
    ("issues", "comments"),
    [
        ("issues.jsonl", "comments.jsonl"),
        ("issues.dev.jsonl.gz", "comments.dev.jsonl.gz"),
        ("my-tickets.jsonl", "my-comments.jsonl"),
        ("posts.jsonl", "comments.jsonl"),
        ("tracker.jsonl", "comments.jsonl"),
        ("pumps.jsonl", "pumps.comments.jsonl"),
        ("pumps.jsonl.gz", "pumps-comments.jsonl.gz"),
        ("issues.jsonl", "issues_comments.jsonl"),
    ],
)
def test_comments_next_to_a_table_are_read_and_named_in_its_notes(
    tmp_path: Path, issues: str, comments: str
) -> None:
    path = lines(tmp_path / issues, ISSUES)
    lines(
        tmp_path / comments,
        [
            {"issue_id": "42", "created_at": "2024-05-02T12:00:00Z", "body": "later", "role": "member"},
            {"issue_id": "42", "created_at": AT, "body": "earlier", "role": "bot"},
            {"issue_id": "99", "created_at": AT, "body": "of no issue", "role": "member"},
        ],
    )
    source = open_source(str(path))
    assert f"with the comments in {comments}, found next to it" in source.notes
    by_id = {record.id: record.comments for record in source}
    assert by_id["41"] == ()
    assert by_id["42"] == (
        Comment("earlier", NOON, is_by_program=True),
        Comment("later", datetime(2024, 5, 2, 12, tzinfo=UTC)),
    )


@pytest.mark.parametrize("key", ["issue_id", "issueId", "post_id", "postId", "issue", "issue_number"])
def test_a_comment_may_name_its_issue_by_any_usual_key(tmp_path: Path, key: str) -> None:
    path = lines(tmp_path / "issues.jsonl", ISSUES)
    lines(tmp_path / "comments.jsonl", [{key: 41, "text": "hot", "created_at": AT}])
    assert texts(path) == {"41": ["hot"], "42": []}


def test_a_comment_may_name_its_issue_by_its_address(tmp_path: Path) -> None:
    page = "https://track.example.org/o/r/issues/{}"
    path = lines(tmp_path / "issues.jsonl", [{**one, "url": page.format(one["id"])} for one in ISSUES])
    lines(tmp_path / "comments.jsonl", [{"issue_url": page.format(42), "body": "hot", "created_at": AT}])
    assert texts(path) == {"41": [], "42": ["hot"]}


def test_an_id_of_a_comment_means_the_inner_id_where_the_issue_has_a_number_too(tmp_path: Path) -> None:
    issues = [{**one, "id": 900 - int(one["id"]), "number": one["id"]} for one in ISSUES]
    path = lines(tmp_path / "issues.jsonl", issues)
    rows = [{"issue_id": 859, "body": "by id"}, {"issue_number": 42, "body": "by number"}]
    lines(tmp_path / "comments.jsonl", [{**row, "created_at": AT} for row in rows])
    assert texts(path) == {"41": ["by id"], "42": ["by number"]}


def test_comments_next_to_a_table_mark_nothing(tmp_path: Path) -> None:
    path = lines(tmp_path / "issues.jsonl", ISSUES)
    lines(tmp_path / "comments.jsonl", [{"issue_id": 42, "body": "Duplicate of #41", "created_at": AT}])
    assert [record.duplicate_of for record in open_source(str(path))] == [(), ()]
    assert texts(path)["42"] == ["Duplicate of #41"]


def test_an_edited_and_a_new_comment_are_there_at_the_next_reading(tmp_path: Path) -> None:
    path = lines(tmp_path / "issues.jsonl", ISSUES)
    lines(tmp_path / "comments.jsonl", [{"issue_id": 42, "body": "hto", "created_at": AT}])
    source = open_source(str(path))
    assert [[comment.text for comment in record.comments] for record in source] == [[], ["hto"]]
    rows = [{"issue_id": 42, "body": "hot"}, {"issue_id": 41, "body": "cold"}]
    lines(tmp_path / "comments.jsonl", [{**row, "created_at": AT} for row in rows])
    assert [[comment.text for comment in record.comments] for record in source] == [["cold"], ["hot"]]


@pytest.mark.parametrize(
    "content", ["not JSON at all", '{"name": "settings"}', '[{"issue_id": 42, "score": 3}]', ""]
)
def test_a_file_that_holds_no_comments_is_left_alone(tmp_path: Path, content: str) -> None:
    path = lines(tmp_path / "issues.jsonl", ISSUES)
    (tmp_path / "comments.jsonl").write_text(content)
    source = open_source(str(path))
    assert not any("comments.jsonl" in note for note in source.notes)
    assert len(list(source)) == 2


def test_private_comments_next_to_a_table_need_the_option(tmp_path: Path) -> None:
    path = lines(tmp_path / "issues.jsonl", ISSUES)
    rows = [{"issue_id": 42, "body": "staff only", "internal": True}, {"issue_id": 42, "body": "all"}]
    lines(tmp_path / "comments.jsonl", [{**row, "created_at": AT} for row in rows])
    assert texts(path)["42"] == ["all"]
    assert texts(path, Mapping(include_restricted=True))["42"] == ["staff only", "all"]
    assert texts(path, Mapping(no_comments=True))["42"] == []


def test_an_object_of_any_table_may_hold_its_comments(tmp_path: Path) -> None:
    inner = [
        {"text": "b", "time": AT, "author": "ann"},
        {"text": "hot", "time": AT, "author": "ann"},
        {"content": "tidied", "time": AT, "author": "tidy[bot]"},
    ]
    path = lines(tmp_path / "a.jsonl", [{**ISSUES[0], "comments": inner}, {**ISSUES[1], "comments": 3}])
    by_id = {record.id: record.comments for record in open_source(str(path))}
    assert by_id == {"41": (Comment("hot", NOON), Comment("tidied", NOON, is_by_program=True)), "42": ()}


def test_comments_of_github_without_the_word_dup_are_read_too(tmp_path: Path) -> None:
    page = "https://api.github.com/repos/o/r/issues/6"
    issue = {"number": 6, "title": "a", "body": "", "state": "open", "created_at": AT, "closed_at": None}
    issue |= {"html_url": "https://github.com/o/r/issues/6", "url": page, "repository_url": page[:-9]}
    comments = [
        {"issue_url": page, "body": f"c{n}", "created_at": f"2024-05-{n + 1:02}T00:00:00Z"}
        for n in range(29, -1, -1)
    ] + [{"issue_url": page, "body": f"d{n}", "created_at": "2024-06-01T00:00:00Z"} for n in range(60)]
    (tmp_path / "issues.json").write_text(json.dumps([issue]))
    (tmp_path / "comments.json").write_text(json.dumps(comments))
    assert texts(tmp_path / "issues.json") == {"6": [f"c{n}" for n in range(30)]}


def test_the_comments_of_bugs_that_lie_next_to_them_are_read(tmp_path: Path) -> None:
    bug = {"id": 6, "summary": "a", "product": "p", "status": "NEW", "resolution": "", "dupe_of": None}
    said = [
        {"count": 2, "text": "staff only", "is_private": True, "creation_time": AT},
        {"count": 1, "text": "hot", "is_private": False, "creation_time": AT},
        {"count": 0, "text": "the text", "is_private": False, "creation_time": AT},
    ]
    (tmp_path / "bugs.json").write_text(json.dumps({"bugs": [bug]}))
    (tmp_path / "comments.json").write_text(json.dumps({"bugs": {"6": {"comments": said}}, "comments": {}}))
    [record] = open_source(str(tmp_path / "bugs.json"))
    assert (record.body, record.comments) == ("the text", (Comment("hot", NOON),))


def test_events_of_gh_archive_give_the_comments_in_their_newest_version(tmp_path: Path) -> None:
    issue = {"number": 6, "title": "a", "body": "b", "state": "open", "created_at": AT}

    def event(n: int, kind: str, **payload: Any) -> dict[str, Any]:
        return {
            "id": str(n),
            "type": kind,
            "repo": {"name": "o/r"},
            "actor": {},
            "created_at": f"2024-05-01T12:0{n}:00Z",
            "payload": {"issue": issue, **payload},
        }

    def comment(id: int, body: str) -> dict[str, Any]:
        return {"id": id, "body": body, "created_at": AT, "user": {"login": "ann", "type": "User"}}

    path = lines(
        tmp_path / "events.jsonl",
        [
            event(1, "IssuesEvent", action="opened"),
            event(2, "IssueCommentEvent", action="created", comment=comment(1, "hto")),
            event(3, "IssueCommentEvent", action="created", comment=comment(2, "withdrawn")),
            event(4, "IssueCommentEvent", action="edited", comment=comment(1, "hot")),
            event(5, "IssueCommentEvent", action="deleted", comment=comment(2, "withdrawn")),
            event(6, "IssuesEvent", action="labeled"),
        ],
    )
    [record] = open_source(str(path))
    assert record.comments == (Comment("hot", NOON),)


COMMENTS = [{"issue_id": "42", "body": "hot", "created_at": AT}, {"issue_id": "41", "body": "cold"}]


def test_a_broken_file_of_comments_costs_the_comments_after_its_fault_alone(tmp_path: Path) -> None:
    path = lines(tmp_path / "issues.jsonl", ISSUES)
    comments = lines(tmp_path / "comments.jsonl", COMMENTS)
    comments.write_text(comments.read_text() + '{"issue_id": "41", "body": "half of a')
    source = open_source(str(path))
    assert {record.id: [it.text for it in record.comments] for record in source} == {
        "41": ["cold"],
        "42": ["hot"],
    }
    assert source.counts.n_broken == 1
    assert "comments.jsonl" in source.counts.broken[0]
    with pytest.raises(SourceError, match=r"comments\.jsonl"):
        list(open_source(str(path), Mapping(strict=True)))
    source = open_source(str(path), Mapping(no_comments=True, strict=True))
    assert [record.comments for record in source] == [(), ()]
    assert not any("comments" in note for note in source.notes)


def test_a_file_of_comments_is_read_in_the_encoding_that_the_user_names(tmp_path: Path) -> None:
    rows = [{"issue_id": "42", "body": "Ω lampa τ", "created_at": AT}]
    path = lines(tmp_path / "issues.jsonl", ISSUES)
    (tmp_path / "comments.jsonl").write_bytes(
        json.dumps(rows[0], ensure_ascii=False).encode("cp1253") + b"\n"
    )
    assert texts(path, Mapping(encoding="cp1253"))["42"] == ["Ω lampa τ"]


def test_a_comment_is_on_the_issue_of_its_own_project(tmp_path: Path) -> None:
    issues = [
        {"repo": repo, "number": 1, "title": f"lamp of {repo}", "created_at": AT} for repo in ("pub", "priv")
    ]
    path = lines(tmp_path / "issues.jsonl", issues)
    rows = [
        {"repo": "priv", "issue_number": 1, "body": "inner", "created_at": AT},
        {"repo": "acme/pub", "issue_number": 1, "body": "outer", "created_at": AT},
        {"issue_number": 1, "body": "of one of them", "created_at": AT},
    ]
    lines(tmp_path / "comments.jsonl", rows)
    by_title = {record.title: [it.text for it in record.comments] for record in open_source(str(path))}
    assert by_title == {"lamp of pub": ["outer"], "lamp of priv": ["inner"]}


def test_a_comment_of_another_project_is_on_no_issue(tmp_path: Path) -> None:
    issues = [{"project": "web", "number": n, "title": f"lamp {n}", "created_at": AT} for n in (1, 2)]
    path = lines(tmp_path / "issues.jsonl", issues)
    rows: list[dict[str, Any]] = [
        {"project": "app", "issue_number": 1, "body": "of an issue that is not here", "created_at": AT},
        {"project_id": 7, "issue_number": 2, "body": "by a key that the issues lack", "created_at": AT},
    ]
    lines(tmp_path / "comments.jsonl", rows)
    assert texts(path) == {"1": [], "2": ["by a key that the issues lack"]}


def test_a_number_is_no_id_of_an_issue_with_a_number(tmp_path: Path) -> None:
    issues = [
        {"id": 12, "no": 88, "title": "The lamp hums"},
        {"id": 13, "no": 12, "title": "The lamp buzzes"},
    ]
    path = lines(tmp_path / "issues.jsonl", [{**one, "created_at": AT} for one in issues])
    rows = [{"issue_number": 12, "body": "number"}, {"issue_id": 12, "body": "id"}]
    lines(tmp_path / "comments.jsonl", [{**row, "created_at": AT} for row in rows])
    assert {record.title: [it.text for it in record.comments] for record in open_source(str(path))} == {
        "The lamp hums": ["id"],
        "The lamp buzzes": ["number"],
    }


def test_an_issue_that_stands_twice_in_its_table_keeps_its_comments(tmp_path: Path) -> None:
    path = lines(tmp_path / "issues.jsonl", [*ISSUES, ISSUES[1]])
    lines(tmp_path / "comments.jsonl", COMMENTS)
    assert texts(path)["42"] == ["hot"]


GITLAB: list[dict[str, Any]] = [
    {
        "id": 900 + n,
        "iid": n % 10,
        "project_id": n // 10,
        "title": f"The lamp {n} hums",
        "description": "b",
        "state": "closed",
        "created_at": AT,
        "web_url": f"https://gitlab.example.org/o/r{n // 10}/-/issues/{n % 10}",
    }
    for n in (11, 12, 21)
]


def test_notes_next_to_the_issues_of_gitlab_are_read_by_number_and_project(tmp_path: Path) -> None:
    path = tmp_path / "issues.json"
    path.write_text(json.dumps(GITLAB))
    note = {"noteable_type": "Issue", "created_at": AT, "system": False}
    notes = [
        {**note, "noteable_iid": 1, "project_id": 1, "body": "of 11"},
        {**note, "noteable_iid": 1, "project_id": 2, "body": "of 21"},
        {**note, "noteable_iid": 2, "project_id": 1, "body": "of 12"},
        {**note, "noteable_iid": 2, "project_id": 1, "body": "added ~3 label", "system": True},
        {**note, "noteable_iid": 2, "project_id": 1, "body": "marked as a duplicate of #1", "system": True},
    ]
    (tmp_path / "comments.json").write_text(json.dumps(notes))
    source = open_source(str(path))
    assert "with the comments in comments.json, found next to it" in source.notes
    records = list(source)
    people = {
        (record.project, record.id): [one.text for one in record.comments if not one.is_by_program]
        for record in records
    }
    assert people == {("o/r1", "1"): ["of 11"], ("o/r2", "1"): ["of 21"], ("o/r1", "2"): ["of 12"]}
    assert all(record.duplicate_of == () for record in records)
    without = open_source(str(path), Mapping(no_comments=True))
    assert [record.comments for record in without] == [(), (), ()]


def test_comments_next_to_a_known_export_follow_those_in_it(tmp_path: Path) -> None:
    own = [{"id": 1, "text": "inside", "created_at": "2024-05-01T11:00:00Z"}]
    issue = {"id": "bd-1", "title": "The lamp hums", "priority": 2, "issue_type": "bug", "created_at": AT}
    path = lines(tmp_path / "issues.jsonl", [{**issue, "comments": own}, {**issue, "id": "bd-2"}])
    rows = [{"issue_id": "bd-2", "body": "two"}, {"issue_id": "bd-1", "body": "apart"}]
    lines(tmp_path / "comments.jsonl", [{**row, "created_at": AT} for row in rows])
    assert open_source(str(path)).kind == "beads-jsonl"
    assert texts(path) == {"bd-1": ["inside", "apart"], "bd-2": ["two"]}


@pytest.mark.parametrize("kind", ["beads", "table"])
def test_a_comment_that_stands_in_two_places_counts_once(tmp_path: Path, kind: str) -> None:
    comment = {"issue_id": "bd-1", "text": "hot", "created_at": "2024-05-01T11:00:00Z"}
    issue = {"id": "bd-1", "title": "The lamp hums", "body": "b", "created_at": AT, "comments": [comment]}
    of_beads = {"priority": 2, "issue_type": "bug"} if kind == "beads" else {}
    path = lines(tmp_path / "issues.jsonl", [{**issue, **of_beads}])
    lines(tmp_path / "comments.jsonl", [comment])
    lines(tmp_path / "issues.comments.jsonl", [comment])
    assert (open_source(str(path)).kind == "beads-jsonl") is (kind == "beads")
    assert texts(path) == {"bd-1": ["hot"]}


@pytest.mark.parametrize("login", ["stale", "k8s-ci-robot", "github-actions", "rustbot"])
def test_comments_of_programs_are_known_by_their_names_where_no_kind_is_given(
    tmp_path: Path, login: str
) -> None:
    page = "https://github.com/o/r/issues/41"
    issue = {
        "number": 41,
        "title": "The lamp hums",
        "body": "b",
        "state": "OPEN",
        "createdAt": AT,
        "url": page,
    }
    said = [{"author": {"login": each}, "body": "hot", "createdAt": AT} for each in (login, "stalemate")]
    path = tmp_path / "issues.json"
    path.write_text(json.dumps([{**issue, "comments": said}]))
    [record] = open_source(str(path))
    assert [comment.is_by_program for comment in record.comments] == [True, False]
