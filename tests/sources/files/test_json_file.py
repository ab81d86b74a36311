import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.open import Mapping, Source, open_source
from tests.support.corpus import marks

TWO = [{"id": 1, "title": "a", "body": "x"}, {"id": 2, "title": "b", "body": None}]


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "a.data"
    path.write_text(text, encoding="utf-8")
    return str(path)


def from_stdin(text: str | bytes, mapping: Mapping | None = None) -> Source:
    stream = io.BytesIO(text.encode() if isinstance(text, str) else text)
    return open_source("-", mapping or Mapping(), stdin=stream)


def told(records: Source) -> list[tuple[str, str, str]]:
    return [(record.id, record.title, record.body) for record in records]


LINES = "".join(f"{json.dumps(one)}\n" for one in TWO)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (LINES, "jsonl"),
        ("\n" + LINES.replace("\n", "\r\n\r\n"), "jsonl"),
        ("\ufeff" + LINES, "jsonl"),
        (json.dumps(TWO), "json"),
        (json.dumps(TWO, indent=1), "json"),
        (json.dumps(TWO[:1]) + json.dumps(TWO[1:]), "json"),
        (json.dumps({"total": 2, "issues": TWO}), "json"),
        (json.dumps({"total": 2, "issues": TWO}, indent=1), "json"),
        (json.dumps({"items": TWO[:1]}) + "\n" + json.dumps({"items": TWO[1:]}), "json"),
        (json.dumps({"labels": [], "tickets": TWO}), "json"),
    ],
)
def test_json_is_read_in_any_of_its_usual_shapes(tmp_path: Path, text: str, kind: str) -> None:
    source = open_source(written(tmp_path, text))
    assert (source.kind, source.total) == (kind, 2)
    assert told(source) == told(source) == [("1", "a", "x"), ("2", "b", "")]
    piped = from_stdin(text)
    assert (piped.kind, piped.name, piped.location) == (kind, "stdin", "-")
    assert told(piped) == [("1", "a", "x"), ("2", "b", "")]


def test_a_single_pretty_object_is_one_record(tmp_path: Path) -> None:
    assert told(open_source(written(tmp_path, json.dumps(TWO[0], indent=2)))) == [("1", "a", "x")]


def test_a_single_line_is_one_record(tmp_path: Path) -> None:
    line = json.dumps({**TWO[0], "labels": [{"name": "bug"}]})
    source = open_source(written(tmp_path, line))
    assert (source.kind, told(source)) == ("jsonl", [("1", "a", "x")])


@pytest.mark.parametrize("text", ["[]", '{"issues": []}', "[\n]\n"])
def test_a_tracker_without_issues_is_a_source_without_records(tmp_path: Path, text: str) -> None:
    assert list(open_source(written(tmp_path, text))) == []


def test_the_list_of_an_object_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"title": "my tracker", "a": TWO[:1], "b": TWO[1:]}))
    assert told(open_source(path, Mapping(table="b"))) == [("2", "b", "")]


def test_keys_can_be_named_and_may_be_missing_in_some_objects(tmp_path: Path) -> None:
    text = '{"k": 1, "t": "a"}\n{"k": 2, "t": "b", "of": 1}\n'
    mapping = Mapping(id_column="k", title_column="t", duplicate_of_column="of")
    source = open_source(written(tmp_path, text), mapping)
    assert told(source) == [("1", "a", ""), ("2", "b", "")]
    assert marks(source) == {"2": (Ref(None, "1"),)}


def test_the_keys_that_were_chosen_are_told(tmp_path: Path) -> None:
    [note] = open_source(
        written(tmp_path, '{"number": 1, "title": "a"}\n{"number": 2, "state": "open"}')
    ).notes
    assert note.startswith("keys: id=number, title=title, state=state (change with --id-column")


@pytest.mark.parametrize(
    ("original", "ids"), [(None, ()), (3, ("3",)), ("#3", ("3",)), ([3, 4], ("3", "4")), ([], ())]
)
def test_originals_are_a_scalar_or_a_list(tmp_path: Path, original: object, ids: tuple[str, ...]) -> None:
    [record] = open_source(written(tmp_path, json.dumps({"id": 1, "title": "a", "duplicate_of": original})))
    assert record.duplicate_of == tuple(Ref(None, id) for id in ids)


def test_what_gh_lists_is_read(tmp_path: Path) -> None:
    line = {
        "number": 5,
        "title": "a",
        "body": "",
        "state": "CLOSED",
        "stateReason": "DUPLICATE",
        "createdAt": "2024-01-03T09:12:00Z",
        "url": "https://github.com/o/r/issues/5",
        "repository": {"name": "r", "nameWithOwner": "o/r"},
    }
    [record] = open_source(written(tmp_path, json.dumps(line)))
    assert (record.id, record.project, record.state, record.resolution) == ("5", "o/r", "closed", "duplicate")
    assert record.url == line["url"]
    assert record.created is not None


def test_pull_requests_are_left_out_and_old_empty_ones_are_not(tmp_path: Path) -> None:
    objects = [
        {"number": 1, "title": "pull", "pull_request": {"url": "https://api.github.com/repos/o/r/pulls/1"}},
        {"number": 2, "title": "issue", "pull_request": {"html_url": None, "diff_url": None}},
        {"number": 3, "title": "issue", "pull_request": None},
    ]
    assert [record.id for record in open_source(written(tmp_path, json.dumps(objects)))] == ["2", "3"]


def test_numbers_of_lines_or_objects_stand_in_for_ids(tmp_path: Path) -> None:
    lines = open_source(written(tmp_path, '{"title": "a"}\n\n{"title": "b"}\n'))
    assert [record.id for record in lines] == ["1", "3"]
    assert "id=line number" in lines.notes[0]
    assert [record.id for record in open_source(written(tmp_path, '[{"title": "a"}, {"title": "b"}]'))] == [
        "1",
        "2",
    ]


def test_half_a_surrogate_pair_and_control_characters_are_survived(tmp_path: Path) -> None:
    [record] = open_source(
        written(tmp_path, r'{"id": "\u0001", "title": "a\ud83d b\ud83d\ude00 é", "body": "\u0000x"}')
    )
    assert (record.title, record.body) == ("a\ufffd b\U0001f600 é", "\0x")


def test_bytes_of_another_encoding_are_survived() -> None:
    assert told(from_stdin(b'{"id": 1, "title": "caf\xe9"}')) == [("1", "café", "")]


def test_standard_input_can_be_read_once() -> None:
    source = from_stdin(LINES)
    assert len(list(source)) == 2
    with pytest.raises(SourceError, match=r"stdin can be read once only: save it to a file"):
        iter(source)


def test_standard_input_is_read_as_it_comes() -> None:
    lines = [f'{{"id": {number}, "title": "t"}}\n'.encode() for number in range(1_000)]
    n_given = 0

    class Stream(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            nonlocal n_given
            n_given += 1
            return lines[n_given - 1] if n_given <= len(lines) else b""

    records = iter(open_source("-", stdin=Stream()))
    next(records)
    assert n_given < 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"id": 1, "title": "a"}\n{"id": 2, "title": }\n',
            r"line 2: no JSON: Expecting value \(column 20\)",
        ),
        ('{"id": 1, "title" "a"}\n', r"line 1: no JSON: Expecting ':' delimiter"),
        ('{"id": 1, "title": "a"}\nplain words\n', "line 2: no JSON"),
        ('{"id": 1, "title": "a"}\n7\n', "line 2 is no JSON object"),
        ('{"id": 1, "title": "a"}\n{"id": null, "title": "b"}\n', "line 2 has no id"),
        ('{"id": 1, "title": "a"}\n{"title": "b"}\n', "line 2 has no id"),
        ('[{"id": 1, "title": "a"},\n {"id": 2,]', "line 2: no JSON"),
        ('[{"id": 1, "title": "a"}, 7]', "object 2 is no JSON object"),
        ('[{"id": 1, "title": "a"}] trailing', "line 1: no JSON"),
        ('{"id": 1, "title": ' + "[" * 100_000, "no JSON"),
        ('{"id": 1, "title": ' + "9" * 5_000 + "}", "no JSON that can be read"),
        ("[" * 100_000, "no JSON that can be read"),
        ('{"a": 1}', "no key like title or body, and no list"),
        ('{\n"a": 1}', "no key like title or body, and no list"),
        ('{\n"a": [], "b": []}', "its keys: a, b; name the list with --table"),
        ('[{"a": 1}]', "no key like title or body; its keys: a; name one with --title-column"),
        ("", "is empty"),
        (" \n \n", "is empty"),
    ],
)
def test_what_is_broken_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        list(from_stdin(text, Mapping(strict=True)))
    if text.strip():
        with pytest.raises(SourceError, match=rf"a\.data.*{message}"):
            list(open_source(written(tmp_path, text), Mapping(strict=True)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": 1, "title": "a"}\n{"id": 2, "title" "b"}\n{"id": 3, "title": "c"}\n', "line 2: no JSON"),
        ('{"id": 1, "title": "a"}\n{"id": 2, "title": "b\n{"id": 3, "title": "c"}\n', "line 2: no JSON"),
        ('{"id": 1, "title": "a"}\n{"id": "", "title": "b"}\n{"id": 3, "title": "c"}\n', "line 2 has no id"),
        ('[{"id": 1, "title": "a"}, 7, {"id": 3, "title": "c"}]', "object 2 is no JSON object"),
    ],
)
def test_a_broken_line_or_object_is_left_out_counted_and_named(
    tmp_path: Path, text: str, message: str
) -> None:
    source = open_source(written(tmp_path, text))
    assert [record.id for record in source] == ["1", "3"]
    [line] = source.counts.broken
    assert (message in line, source.counts.n_broken) == (True, 1)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (Mapping(title_column="x"), "has no column 'x'; its columns: id, title, body"),
        (Mapping(sql="SELECT 1"), "is no database: leave --sql out"),
        (Mapping(table="x"), "has no list 'x'; its lists: none"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path: Path, mapping: Mapping, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_source(written(tmp_path, LINES), mapping)
    with pytest.raises(SourceError, match=message):
        from_stdin(LINES, mapping)


def test_a_long_file_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(400):
            file.write(json.dumps({"id": number, "title": "t", "body": "x" * 100_000}) + "\n")

    def n_read() -> int:
        seen: Record | None = None
        n_records = 0
        for seen in open_source(str(path)):
            n_records += seen is not None
        return n_records

    tracemalloc.start()
    assert n_read() == 400
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < path.stat().st_size / 2


def test_a_cut_array_gives_what_stands_before_the_cut(tmp_path: Path) -> None:
    text = json.dumps([{"id": n, "title": "t", "body": "x" * 200} for n in range(5_000)])
    path = written(tmp_path, text[: len(text) // 2])
    for source in (open_source(path), from_stdin(text[: len(text) // 2])):
        read: list[str] = []
        with pytest.raises(SourceError, match=r"line 1: no JSON: .*the text ends here|Unterminated string"):
            read.extend(record.id for record in source)
        assert 2_400 < len(read) < 2_600


def test_a_small_cut_file_gives_what_stands_before_the_cut(tmp_path: Path) -> None:
    read: list[str] = []
    with pytest.raises(SourceError, match="line 2: no JSON"):
        read.extend(
            record.id for record in open_source(written(tmp_path, '{"id": 1, "title": "a"}\n{"id": 2,'))
        )
    assert read == ["1"]


def test_a_long_array_on_one_line_is_not_held_in_memory(tmp_path: Path) -> None:
    one = json.dumps({"id": 1, "title": "t", "body": "x" * 10_000})
    for text in (
        "[" + ",".join([one] * 2_000) + "]",
        '{"total": 1, "issues": [' + ",".join([one] * 2_000) + "]}",
    ):
        path = written(tmp_path, text)
        tracemalloc.start()
        assert sum(1 for _ in open_source(path)) == 2_000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 8_000_000


def test_keys_inside_of_others_are_named_by_a_path(tmp_path: Path) -> None:
    objects = [
        {
            "id": 1,
            "meta": {"name": {"text": "a"}},
            "posts": [{"content": "x"}, {"content": "no"}],
            "a.b": "open",
        },
        {"id": 2, "meta": {"name": {"text": "b"}}, "posts": []},
    ]
    mapping = Mapping(title_column="meta.name.text", body_column="posts.0.content", state_column="a.b")
    for text in (json.dumps(objects), "\n".join(map(json.dumps, objects))):
        source = open_source(written(tmp_path, text), mapping)
        assert told(source) == [("1", "a", "x"), ("2", "b", "")]
        assert [record.state for record in source] == ["open", None]
    with pytest.raises(SourceError, match=r"has no column 'meta\.nothing'"):
        open_source(written(tmp_path, json.dumps(objects)), Mapping(title_column="meta.nothing"))


def test_a_list_inside_of_objects_is_found_or_named_by_a_path(tmp_path: Path) -> None:
    text = json.dumps({"data": {"repository": {"issues": {"nodes": TWO}}}})
    assert told(open_source(written(tmp_path, text))) == [("1", "a", "x"), ("2", "b", "")]
    odd = written(tmp_path, json.dumps({"a": {"x": TWO, "y": []}}))
    assert told(open_source(odd, Mapping(table="a.x"))) == [("1", "a", "x"), ("2", "b", "")]


@pytest.mark.parametrize(
    "comment",
    [
        {"issue_url": "https://api.github.com/repos/o/r/issues/1", "body": "x", "id": 1},
        {"body": "x", "authorAssociation": "MEMBER", "id": 1},
        {"id": 1, "body": "x", "noteable_type": "Issue", "noteable_iid": 1},
        {"id": 1, "issue": 6, "content": "x"},
        {"id": 1, "bug_id": 6, "text": "x"},
    ],
)
def test_comments_are_no_issues(tmp_path: Path, comment: dict[str, object]) -> None:
    with pytest.raises(SourceError, match="holds comments, not issues: name the file of the issues"):
        open_source(written(tmp_path, json.dumps([comment])))
    assert len(list(open_source(written(tmp_path, json.dumps([comment])), Mapping(id_column="id")))) == 1


def test_an_object_of_another_shape_among_issues_is_named(tmp_path: Path) -> None:
    bug = {"id": 1, "summary": "a", "status": "NEW", "resolution": "", "product": "p"}
    path = written(tmp_path, json.dumps({"bugs": [bug] * 30 + [{"id": 2}]}))
    source = open_source(path)
    assert sum(1 for _ in source) == 30
    [message] = source.counts.broken
    assert "object 31 is not an issue like those before it (bugzilla-rest)" in message


def test_issues_of_several_projects_may_have_the_same_number(tmp_path: Path) -> None:
    issues = [
        {
            "number": 1,
            "title": repository,
            "body": "",
            "state": "closed",
            "state_reason": "duplicate",
            "html_url": f"https://github.com/{repository}/issues/1",
            "repository_url": f"https://api.github.com/repos/{repository}",
            "created_at": "9999-12-31T00:00:00Z",
            "comments": [{"body": "Duplicate of o/b#1", "created_at": "0000-01-01T00:00:00Z"}],
        }
        for repository in ("o/a", "o/b")
    ]
    first, second = open_source(written(tmp_path, json.dumps(issues)))
    assert (first.ref, first.duplicate_of) == (Ref("o/a", "1"), (Ref("o/b", "1"),))
    assert (second.ref, second.duplicate_of, second.created) == (Ref("o/b", "1"), (), None)


def test_events_that_lie_beside_the_issues_are_read_with_them(tmp_path: Path) -> None:
    url = "https://api.github.com/repos/o/r/issues/6"
    issue = {"number": 6, "title": "a", "body": "", "state": "closed", "html_url": "", "url": url}
    issue |= {"created_at": "", "closed_at": "2024-01-03T00:00:00Z", "repository_url": url[:-9]}
    (tmp_path / "issues.json").write_text(json.dumps([issue]))
    event = {
        "event": "commented",
        "issue_url": url,
        "body": "dup of #2",
        "created_at": "2020-01-03T00:00:00Z",
    }
    (tmp_path / "timeline.json").write_text(json.dumps([event]))
    marked = {"event": "marked_as_duplicate", "issue": {"number": 6, "url": url}}
    source = open_source(str(tmp_path / "issues.json"))
    assert source.notes == ("with timeline.json, found next to it",)
    assert [record.duplicate_of for record in source] == [()]  # made long before the closing
    (tmp_path / "events.json").write_text(json.dumps([marked]))
    assert [record.duplicate_of for record in open_source(str(tmp_path / "issues.json"))] == [
        (Ref("o/r", "2"),)
    ]


def test_comments_that_lie_beside_mark_an_open_issue_with_a_label_unless_a_program_wrote_them(
    tmp_path: Path,
) -> None:
    url = "https://api.github.com/repos/o/r/issues/{}"
    issue = {"title": "a", "body": "", "state": "open", "html_url": "", "created_at": "", "closed_at": None}
    issue |= {"repository_url": url[:-10]}
    issues = [
        {**issue, "number": number, "url": url.format(number), "labels": [{"name": "duplicate"}]}
        for number in (6, 7)
    ]
    comments = [
        {"issue_url": url.format(6), "body": "Duplicate of #2", "user": {"login": "ann", "type": "User"}},
        {"issue_url": url.format(7), "body": "Duplicate of #2", "user": {"login": "tidy", "type": "Bot"}},
    ]
    (tmp_path / "issues.json").write_text(json.dumps(issues))
    (tmp_path / "comments.json").write_text(json.dumps(comments))
    records = open_source(str(tmp_path / "issues.json"))
    assert [record.duplicate_of for record in records] == [(Ref("o/r", "2"),), ()]


def test_the_texts_of_bugs_that_lie_beside_them_are_read_with_them(tmp_path: Path) -> None:
    bug = {"id": 6, "summary": "a", "product": "p", "status": "NEW", "resolution": "", "dupe_of": None}
    (tmp_path / "bugs.json").write_text(json.dumps({"bugs": [bug]}))
    bug_comments = [{"count": 0, "text": "the text", "is_private": False}, {"count": 1, "text": "more"}]
    (tmp_path / "comments.json").write_text(
        json.dumps({"bugs": {"6": {"comments": bug_comments}}, "comments": {}})
    )
    [record] = open_source(str(tmp_path / "bugs.json"))
    assert record.body == "the text"


def test_an_issue_may_stand_alone_inside_of_an_object(tmp_path: Path) -> None:
    issue = {"id": 6, "subject": "a", "tracker": {"name": "Bug"}, "status": {"is_closed": False}}
    issue |= {"relations": [{"issue_id": 6, "issue_to_id": 2, "relation_type": "duplicates"}]}
    for text in (json.dumps({"issue": issue}), "\n".join([json.dumps({"issue": issue})] * 2)):
        source = open_source(written(tmp_path, text))
        assert source.kind == "redmine-rest"
        assert {record.duplicate_of for record in source} == {(Ref(None, "2"),)}


def test_pages_in_one_more_list_are_read_with_their_comments(tmp_path: Path) -> None:
    """As `gh api --paginate --slurp` writes them."""

    def page(*numbers: int) -> list[dict[str, object]]:
        return [
            {
                "number": n,
                "title": f"t{n}",
                "body": None,
                "state": "closed",
                "state_reason": "duplicate",
                "html_url": f"https://github.com/o/r/issues/{n}",
                "url": f"https://api.github.com/repos/o/r/issues/{n}",
                "created_at": "2024-01-03T09:12:00Z",
            }
            for n in numbers
        ]

    comment = {"issue_url": "https://api.github.com/repos/o/r/issues/3", "body": "Duplicate of #1"}
    (tmp_path / "issues.json").write_text(json.dumps([page(1, 2), page(3), []]))
    (tmp_path / "comments.json").write_text(json.dumps([[comment]]))
    records = list(open_source(str(tmp_path / "issues.json")))
    # Duplicates without an original come last: a later issue may name them.
    assert [(it.id, [ref.id for ref in it.duplicate_of]) for it in records] == [
        ("3", ["1"]),
        ("1", []),
        ("2", []),
    ]


def test_of_what_is_said_beside_the_issues_the_first_comments_are_held_in_memory(tmp_path: Path) -> None:
    """In Bitbucket's export the comments stand before the issues, and the log after them."""
    at = "2024-01-03T09:12:00Z"
    comments = [{"issue": n % 2 + 1, "content": "x" * 2_000, "created_on": at} for n in range(4_000)]
    comments.append({"issue": 2, "content": "dup of #1", "created_on": at})
    issue = {"title": "t", "content": "", "status": "duplicate", "kind": "bug", "created_on": at}
    export = {"comments": comments, "issues": [{"id": n, **issue} for n in (1, 2)], "logs": comments}
    path = tmp_path / "db-1.0.json"
    path.write_text(json.dumps(export))
    del export, comments
    source = open_source(str(path))
    tracemalloc.start()
    records = list(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(it.id, [ref.id for ref in it.duplicate_of]) for it in records] == [("2", ["1"]), ("1", [])]
    assert peak < 6_000_000 < path.stat().st_size / 2
    assert [len(it.comments) for it in records] == [30, 30]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"message": "Not Found"}', "Not Found"),
        ('{"Message": "No such thing"}', "No such thing"),
        ('{"message": "Gone", "request_id": "e7", "timestamp": "2024-01-01"}', "Gone"),
        ('{"data": null, "errors": [{"message": "Too many", "path": ["a"]}]}', "Too many"),
        ('{"type": "about:blank", "title": "Gone away", "status": 410, "detail": null}', "Gone away"),
        ('{"statusCode": 500, "message": "Broken inside"}', "Broken inside"),
        (
            '{"message": "Not Found"}\n{"message": "Not Found"}\n{"message": "Slow down", "documentation_url": "x"}\n',
            "Not Found",
        ),
        ('[{"message": "Not Found"}, {"message": "Not Found"}]', "Not Found"),
    ],
)
def test_the_answers_to_failed_requests_are_no_issues(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(
        SourceError, match="the answer to a request that failed, and no list of issues"
    ) as raised:
        list(open_source(str(path)))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "Gone away", "status": "open"}',
        '{"title": "It hangs", "status": 404, "labels": ["web"]}',
        '{"id": 7, "message": "It hangs"}',
        '{"message": "It hangs", "status": "open"}\n{"message": "It is slow", "status": "closed"}\n',
        '{"message": "Slow down"}\n{"id": 7, "title": "It hangs"}\n',
    ],
)
def test_an_issue_that_is_like_such_an_answer_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert len(list(open_source(str(path)))) >= 1


@pytest.mark.parametrize(
    "rows",
    [
        [{"message": "It hangs"}] * 3 + [{"message": "It is slow"}],
        [{"message": "It hangs"}, {"message": "It is slow"}],
        [{"error": f"code {n}", "details": f"it hangs at step {n}"} for n in range(4)],
        [{"errors": [f"code {n}"], "message": "it hangs"} for n in range(4)],
        [{"message": "Slow down", "documentation_url": "x"}] * 2 + [{"id": 7, "message": "It hangs"}],
    ],
)
def test_where_one_value_is_no_failed_request_all_values_are_read(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = open_source(str(path), Mapping(accept=True))
    assert len(list(source)) + source.counts.n_broken == len(rows)


def test_answers_of_failed_requests_that_differ_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"errorMessages": [f"No issue {n}"], "errors": {}} for n in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(SourceError, match="the answer to a request that failed"):
        list(open_source(str(path)))


@pytest.mark.parametrize("is_lines", [False, True])
@pytest.mark.parametrize(("n_open", "day"), [(150, 3), (999, 3), (1_000, 4)])
def test_a_date_among_the_first_thousand_decides_on_the_order_of_day_and_month(
    n_open: int, day: int, is_lines: bool, tmp_path: Path
) -> None:
    issues = [{"id": number, "title": "Kiln", "created_at": "04/03/2024"} for number in range(n_open)]
    issues.append({"id": n_open, "title": "Kiln", "created_at": "04/13/2024"})
    path = tmp_path / "issues.json"
    lines = "".join(json.dumps(issue) + "\n" for issue in issues)
    path.write_text(lines if is_lines else json.dumps(issues), encoding="utf-8")
    source = open_source(str(path))
    first = next(iter(source))
    assert first.created is not None
    assert first.created.day == day
    assert any("leave it open" in note for note in source.notes) == (day == 4)
