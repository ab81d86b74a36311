from collections.abc import Iterator
from typing import Any

import pytest

from dupfind.records import Comment, Record, Ref
from dupfind.sources.issue_mentions import Mention
from dupfind.sources.json_formats import beads, bitbucket, bugzilla, gitlab, jira, linear, mantisbt, redmine
from dupfind.sources.json_formats.comments import repository_resolver
from dupfind.sources.json_formats.registry import JSON_FORMATS, detect

GITLAB: dict[str, Any] = {
    "iid": 6,
    "project_id": 7,
    "title": "boom",
    "description": "b",
    "state": "closed",
    "created_at": "2024-01-18T07:20:00.000+01:00",
    "web_url": "https://gitlab.example.org/g/sub/p/-/issues/6",
    "_links": {"closed_as_duplicate_of": "https://gitlab.example.org/api/v4/projects/7/issues/2"},
}
JIRA_LINK = {"name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}
JIRA: dict[str, Any] = {
    "key": "LARK-6",
    "self": "https://jira.example.org/jira/rest/api/2/issue/10006",
    "fields": {
        "summary": "boom",
        "description": "h1. wiki",
        "status": {"name": "Erledigt", "statusCategory": {"key": "done"}},
        "resolution": {"name": "Duplicate"},
        "created": "2024-01-03T10:12:00.000+0100",
        "issuelinks": [{"type": JIRA_LINK, "outwardIssue": {"key": "OTHER-2"}}],
    },
}
REDMINE: dict[str, Any] = {
    "id": 6,
    "subject": "boom",
    "description": "b",
    "tracker": {"id": 1, "name": "Bug"},
    "project": {"id": 1, "name": "larkq"},
    "status": {"id": 5, "name": "Zu", "is_closed": True},
    "created_on": "2024-01-18T06:20:00Z",
    "relations": [{"issue_id": 6, "issue_to_id": 2, "relation_type": "duplicates"}],
}
BUGZILLA: dict[str, Any] = {
    "id": 6,
    "summary": "boom",
    "product": "larkq",
    "status": "RESOLVED",
    "resolution": "DUPLICATE",
    "dupe_of": 2,
    "creation_time": "2024-01-18T06:20:00Z",
}
MANTISBT: dict[str, Any] = {
    "id": 6,
    "summary": "boom",
    "description": "b",
    "steps_to_reproduce": "c",
    "project": {"id": 1, "name": "larkq"},
    "status": {"id": 80, "name": "resolved"},
    "resolution": {"id": 60, "name": "duplicate"},
    "view_state": {"id": 10, "name": "public"},
    "created_at": "2024-01-18T08:20:00+02:00",
    "relationships": [
        {"type": {"id": 0, "name": "duplicate-of"}, "issue": {"id": 2}},
        {"type": {"id": 4, "name": "has-duplicate"}, "issue": {"id": 3}},
        {"type": {"id": 1, "name": "related-to"}, "issue": {"id": 4}},
    ],
}
LINEAR: dict[str, Any] = {
    "identifier": "LAR-6",
    "title": "boom",
    "description": "b",
    "state": {"name": "Doppelt", "type": "canceled"},
    "createdAt": "2024-01-18T06:20:00.000Z",
    "url": "https://linear.app/l/issue/LAR-6",
    "relations": {
        "nodes": [
            {"type": "duplicate", "relatedIssue": {"identifier": "LAR-2"}},
            {"type": "related", "relatedIssue": {"identifier": "LAR-3"}},
        ]
    },
}
BITBUCKET: dict[str, Any] = {
    "id": 6,
    "title": "boom",
    "content": "b",
    "status": "duplicate",
    "kind": "bug",
    "created_on": "2024-01-18T06:20:00.123456+00:00",
}
BEADS: dict[str, Any] = {
    "id": "bd-6",
    "title": "boom",
    "description": "b",
    "design": "d",
    "status": "closed",
    "issue_type": "bug",
    "priority": 1,
    "created_at": "2024-01-18T06:20:00Z",
    "dependencies": [
        {"issue_id": "bd-6", "depends_on_id": "bd-2", "type": "duplicates"},
        {"issue_id": "bd-6", "depends_on_id": "bd-3", "type": "blocks"},
    ],
}
ISSUES = {
    "gitlab-rest": GITLAB,
    "jira-rest": JIRA,
    "redmine-rest": REDMINE,
    "bugzilla-rest": BUGZILLA,
    "mantisbt-rest": MANTISBT,
    "linear": LINEAR,
    "bitbucket": BITBUCKET,
    "beads-jsonl": BEADS,
}


def read(kind: str, *comments: Comment, **changes: Any) -> Record:
    record = JSON_FORMATS[kind].record({**ISSUES[kind], **changes}, source="s", comments=comments)
    assert record is not None
    return record


@pytest.mark.parametrize("kind", ISSUES)
def test_an_issue_is_of_one_shape_only(kind: str) -> None:
    assert [other for other, shape in JSON_FORMATS.items() if shape.recognises(ISSUES[kind])] == [kind]
    assert detect([ISSUES[kind], ISSUES[kind]]) == kind
    assert detect([ISSUES[kind], {"a": 1}]) is detect([]) is None


@pytest.mark.parametrize(
    ("kind", "own", "original"),
    [
        ("gitlab-rest", Ref("g/sub/p", "6"), Ref("g/sub/p", "2")),
        ("jira-rest", Ref("LARK", "LARK-6"), Ref("OTHER", "OTHER-2")),
        ("redmine-rest", Ref("larkq", "6"), Ref("larkq", "2")),
        ("bugzilla-rest", Ref("larkq", "6"), Ref("larkq", "2")),
        ("mantisbt-rest", Ref("larkq", "6"), Ref("larkq", "2")),
        ("linear", Ref("LAR", "LAR-6"), Ref("LAR", "LAR-2")),
        ("beads-jsonl", Ref(None, "bd-6"), Ref(None, "bd-2")),
    ],
)
def test_the_link_to_the_original_is_read(kind: str, own: Ref, original: Ref) -> None:
    record = read(kind)
    assert (record.ref, record.title, record.state) == (own, "boom", "closed")
    assert record.duplicate_of == (original,)
    assert record.created is not None
    expected = "2024-01-03T09:12:00" if kind == "jira-rest" else "2024-01-18T06:20:00"
    assert record.created.isoformat() == f"{expected}+00:00"


def test_gitlab_names_a_project_by_number_or_by_path() -> None:
    def linked(address: str) -> tuple[Ref, ...]:
        return read("gitlab-rest", _links={"closed_as_duplicate_of": address}).duplicate_of

    assert linked("https://gitlab.example.org/api/v4/projects/g%2Fother/issues/3") == (Ref("g/other", "3"),)
    assert linked("https://gitlab.example.org/api/v4/projects/8/issues/3") == (Ref("8", "3"),)
    assert linked("https://gitlab.example.org/api/v4/projects/7/issues/6") == ()
    assert linked("nonsense") == ()


def test_gitlabs_own_note_names_the_original_and_a_persons_does_not() -> None:
    note = Comment("marked this issue as a duplicate of g/q#3")
    assert read("gitlab-rest", note, _links={}).duplicate_of == (Ref("g/q", "3"),)
    assert read("gitlab-rest", Comment("Duplicate of #3"), _links={}).duplicate_of == ()
    assert read("gitlab-rest", state="opened").duplicate_of == ()


def test_an_open_issue_of_gitlab_with_a_label_and_a_note_is_a_duplicate() -> None:
    labelled = {"state": "opened", "labels": ["backend", "status::duplicate"], "_links": {}}
    made = read("gitlab-rest", Comment("Duplicate of #3"), **labelled)
    assert made.duplicate_of == (Ref("g/sub/p", "3"),)
    assert made.resolution is None
    assert read("gitlab-rest", Comment("Maybe a duplicate of #3"), **labelled).duplicate_of == ()
    with_details = {**labelled, "labels": [{"name": "duplicate"}]}
    assert read("gitlab-rest", Comment("Duplicate of #3"), **with_details).duplicate_of == (
        Ref("g/sub/p", "3"),
    )
    assert read("gitlab-rest", Comment("Duplicate of #3"), **{**labelled, "labels": []}).duplicate_of == ()


@pytest.mark.parametrize(
    ("kind", "hidden"),
    [
        ("linear", {"trashed": True}),
        ("beads-jsonl", {"status": "tombstone"}),
        ("beads-jsonl", {"_type": "memory"}),
    ],
)
def test_what_is_deleted_is_left_out(kind: str, hidden: dict[str, Any]) -> None:
    assert JSON_FORMATS[kind].record({**ISSUES[kind], **hidden}, source="s") is None


@pytest.mark.parametrize(
    ("kind", "side", "is_original"),
    [
        (JIRA_LINK, "outwardIssue", True),
        (JIRA_LINK, "inwardIssue", False),
        ({"name": "Duplicate", "inward": "duplicates", "outward": "is duplicated by"}, "inwardIssue", True),
        ({"name": "Duplicate", "inward": "duplicates", "outward": "is duplicated by"}, "outwardIssue", False),
        ({"name": "Doppelt", "inward": "is duplicated by", "outward": "duplicates"}, "outwardIssue", True),
        ({"name": "Duplicate", "inward": "ist Original", "outward": "ist doppelt"}, "outwardIssue", True),
        ({"name": "Relates", "inward": "relates to", "outward": "relates to"}, "outwardIssue", False),
    ],
)
def test_jiras_links_are_read_by_their_words(kind: dict[str, str], side: str, is_original: bool) -> None:
    fields = {**JIRA["fields"], "resolution": None, "issuelinks": [{"type": kind, side: {"key": "LARK-2"}}]}
    assert read("jira-rest", fields=fields).duplicate_of == ((Ref("LARK", "LARK-2"),) if is_original else ())


def test_jiras_comments_tell_where_there_is_no_link() -> None:
    comment = {"body": "Duplicate of LARK-3", "created": "2024-01-03T10:12:00.000+0100"}
    fields = {**JIRA["fields"], "issuelinks": [], "comment": {"comments": [comment]}}
    assert read("jira-rest", fields=fields).duplicate_of == (Ref("LARK", "LARK-3"),)
    fields["resolution"] = None
    assert read("jira-rest", fields=fields).duplicate_of == ()


def test_jiras_page_lies_beside_its_api_and_a_document_becomes_text() -> None:
    content = [{"type": "paragraph", "content": [{"type": "text", "text": "hello"}]}]
    fields = {**JIRA["fields"], "description": {"type": "doc", "version": 1, "content": content}}
    record = read("jira-rest", fields=fields)
    assert (record.url, record.body) == ("https://jira.example.org/jira/browse/LARK-6", "hello")
    assert read("jira-rest").body == "# wiki"


def test_redmines_relation_stands_at_both_issues_and_counts_for_one() -> None:
    assert read("redmine-rest", id=2).duplicate_of == ()
    turned = [{"issue_id": 2, "issue_to_id": 6, "relation_type": "duplicated"}]
    assert read("redmine-rest", relations=turned).duplicate_of == (Ref("larkq", "2"),)
    assert redmine.record(REDMINE, source="s", base="https://r.example/") is not None


def test_redmine_before_version_5_tells_by_the_date_of_closing() -> None:
    assert read("redmine-rest", status={"id": 9, "name": "Zu"}, closed_on="2024-01-01").state == "closed"
    assert read("redmine-rest", status={"id": 9, "name": "New"}, closed_on=None).state == "open"


def test_a_site_gives_pages_where_its_address_is_known() -> None:
    bug = bugzilla.record(BUGZILLA, source="s", base="https://bugs.example/")
    issue = redmine.record(REDMINE, source="s", base="https://r.example/")
    assert bug is not None
    assert bug.url == "https://bugs.example/show_bug.cgi?id=6"
    assert issue is not None
    assert issue.url == "https://r.example/issues/6"


def test_the_first_comment_on_a_bug_is_its_text() -> None:
    assert read("bugzilla-rest", Comment("first"), Comment("second")).body == "first"
    assert read("bugzilla-rest", comments=[{"text": "first"}, {"text": "second"}]).body == "first"
    assert read("bugzilla-rest", comments=[{"text": "secret", "is_private": True}]).body == ""
    assert read("bugzilla-rest", description="d").body == "d"


def test_a_bug_without_a_resolution_is_open() -> None:
    record = read("bugzilla-rest", resolution="", dupe_of=None)
    assert (record.state, record.resolution, record.duplicate_of) == ("open", None, ())


def test_bitbuckets_comments_name_the_original_of_a_duplicate() -> None:
    comment = Comment("Duplicate of #2")
    assert read("bitbucket", comment).duplicate_of == (Ref(None, "2"),)
    assert read("bitbucket", comment, status="resolved").duplicate_of == ()
    assert [read("bitbucket", status=word).state for word in ("new", "on hold", "wontfix")] == [
        "open",
        "open",
        "closed",
    ]


def test_texts_in_several_fields_are_paragraphs() -> None:
    assert read("beads-jsonl").body == "b\n\nd"
    assert read("mantisbt-rest").body == "b\n\nc"


def wrong(value: Any) -> Iterator[Any]:
    """The value with each of its inner values replaced by something of another type."""
    yield from (None, 7, "x", [], [None], [[1]], {}, {"nodes": 1}, {"name": []}, "http://[x/issues/1")
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: odd} for odd in wrong(inner))
    if isinstance(value, list):
        for inner in value:
            yield from ([odd] for odd in wrong(inner))


@pytest.mark.parametrize("kind", ISSUES)
def test_no_value_of_another_type_breaks_a_shape(kind: str) -> None:
    n_read = 0
    for issue in wrong(ISSUES[kind]):
        if isinstance(issue, dict) and JSON_FORMATS[kind].recognises(issue):
            JSON_FORMATS[kind].record(issue, source="s")
            n_read += 1
    assert n_read > 40


def test_modules_are_what_the_table_says() -> None:
    assert {gitlab, jira, redmine, bugzilla, mantisbt, linear, bitbucket, beads} <= set(JSON_FORMATS.values())


def test_an_address_with_the_project_s_name_alone_is_its_own() -> None:
    """As of a tracker that has moved: its issues were at /p/issues/N."""
    resolve = repository_resolver("owner/p")
    for path, project in [
        ("p", "owner/p"),
        ("P", "owner/p"),
        ("owner/P", "owner/p"),
        ("other/p", "other/p"),
        ("q", "q"),
    ]:
        assert resolve(Mention("url", "3", path)) == Ref(project, "3")
