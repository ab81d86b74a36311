"""Drafts are read from every kind of file, each object once, and an error is one line with its place."""

import json
from collections.abc import Callable
from pathlib import PurePath

import pytest

from dupfind.check import drafts
from dupfind.check.drafts import Draft
from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.files import json_records, plain_yaml
from dupfind.sources.json_formats import beads
from tests.support.samples import record


def read(data: bytes | str, name: str, **more: object) -> list[Draft]:
    data = data.encode() if isinstance(data, str) else data
    shown = f"issues/{name}"
    return drafts.read(data, PurePath(name), source="issues", shown=shown, **more)  # type: ignore[arg-type]


FIELDS = "not_duplicate_of: [3, '#004', web#5]\nstatus: open\n"
TASK = "## Description\nIt goes\n## Notes\nno\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0012-boom.md", f"---\n{FIELDS}---\n# Boom\n\nIt goes\n"),
        ("task-12 - Boom.md", f"---\nid: 12\ntitle: Boom\ncreated_date: 2024-01-01\n{FIELDS}---\n{TASK}"),
        ("12.yaml", "title: Boom\nbody: It goes\nstatus: open\nnot_duplicate_of: 3, 4, web#5\n"),
        (
            "a.json",
            '{"id": 12, "title": "Boom", "body": "It goes", "state": "open",'
            ' "not_duplicate_of": [3, 4, "web#5"]}',
        ),
    ],
)
def test_one_issue_is_the_same_in_every_kind_of_file(name: str, text: str) -> None:
    [draft] = read(text, name)
    issue = draft.record
    assert (issue.id, issue.title, issue.body, issue.state) == ("12", "Boom", "It goes", "open")
    assert (issue.source, draft.place) == ("issues", f"issues/{name}")
    assert draft.denied == ("3", "4", "web#5")


def test_an_issue_denies_another_by_its_id_alone_or_with_its_project_or_source() -> None:
    draft = Draft(record("1", "a"), "a.md", ("3", "web#5", "hub#6"))
    assert draft.denies(record("3", "x", source="anywhere"))
    assert draft.denies(record("5", "x", project="web"))
    assert draft.denies(record("6", "x", source="hub", project="app"))
    assert not draft.denies(record("5", "x", project="app"))
    assert not draft.denies(record("30", "x"))


def test_a_list_of_issues_is_read_without_its_old_issues() -> None:
    lines = (
        '{"id": "bd-1", "title": "a", "status": "open", "issue_type": "bug", "priority": 1}\n'
        '{"id": "bd-2", "title": "b", "status": "open", "issue_type": "bug", "priority": 1}\n'
    )
    before = lines.splitlines()[0].encode()
    assert drafts.ids(before, "issues.jsonl") == {"bd-1"}
    assert [draft.record.id for draft in read(lines, "issues.jsonl")] == ["bd-1", "bd-2"]
    [new] = read(lines, "issues.jsonl", old_ids={"bd-1"})
    assert (new.record.id, new.place) == ("bd-2", "issues/issues.jsonl, line 2")


def test_an_issue_without_an_id_gets_one_from_its_file() -> None:
    assert [draft.record.id for draft in read('[{"title": "a"}, {"title": "b"}]', "new.json")] == [
        "new:1",
        "new:2",
    ]
    assert [draft.record.id for draft in read('{"title": "a"}', "0031-new.json")] == ["31"]


def test_an_issue_without_an_id_may_be_marked_a_duplicate_of_number_one() -> None:
    [draft] = read('{"title": "a", "duplicate_of": 1}', "new.json")
    assert (draft.record.id, draft.record.duplicate_of) == ("new", (Ref(None, "1"),))


def test_an_old_issue_is_left_out_even_if_only_its_id_is_readable() -> None:
    text = '[{"id": 1, "note": "x"}, {"id": 2, "title": "b"}]'
    assert [draft.record.id for draft in read(text, "new.json", old_ids={"1"})] == ["2"]


class Counter:
    """Counts the calls of a function that is replaced by it."""

    def __init__(self, patch: pytest.MonkeyPatch, home: object, name: str) -> None:
        self.n_calls = 0
        self._function: Callable[..., object] = getattr(home, name)
        patch.setattr(home, name, self)

    def __call__(self, *arguments: object, **named: object) -> object:
        self.n_calls += 1
        return self._function(*arguments, **named)


def test_a_json_text_is_parsed_once_and_each_record_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    beads_issue = {"title": "a", "created_at": "2024-01-01T00:00:00Z", "issue_type": "bug", "priority": 1}
    text = "\n".join(json.dumps({"id": f"bd-{number}", **beads_issue}) for number in range(10))
    parses = Counter(monkeypatch, json_records, "values")
    builds = Counter(monkeypatch, beads, "record")
    dumps = Counter(monkeypatch, json, "dumps")
    assert len(read(text, "issues.jsonl", old_ids={"bd-3"})) == 9
    assert (parses.n_calls, builds.n_calls, dumps.n_calls) == (1, 10, 0)


def test_front_matter_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parses = Counter(monkeypatch, plain_yaml, "load")
    [draft] = read("---\nid: 1\nnot_duplicate_of: 3\n---\n# a\n", "1.md")
    assert draft.denied == ("3",)
    assert parses.n_calls == 1


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("1.md", b"---\ntitle: [\n---\n", "issues/1.md, line 2: broken front matter"),
        ("1.md", b"---\ntitle: a\n", "issues/1.md, line 1: front matter begins here and does not end"),
        ("1.md", b"---\nid: 1\n---\na\n\n---\nid: 2\ntitle: b\n---\n", "issues/1.md, line 6: a second issue begins"),
        ("1.md", b"\x89PNG\r\n\x1a\n\0\0\0", "issues/1.md, line 3: a zero byte: this is no text"),
        ("1.md", b"# a\n\nsch\xf6n", "issues/1.md, line 3: no UTF-8"),
        ("1.yaml", b"title: a\nbody: [", "issues/1.yaml, line 2: broken YAML"),
        ("1.yaml", b"title: a\n---\ntitle: b\n", "issues/1.yaml, line 2: broken YAML: but found another document"),
        ("1.yaml", b"kind: form\nfields: x\n", "issues/1.yaml has no field like title or body"),
        ("1.yaml", b"a: &a [x]\ntitle: *a\n", "an alias, which is not read"),
        ("1.json", b'{"title": ', "issues/1.json, line 1: no JSON"),
        ("1.json", b'{"tittle": "a"}', "no key like title or body"),
        ("1.json", b"[1]", "issues/1.json, object 1 is no JSON object"),
        ("1.json", b"[{}]", "issues/1.json, object 1 is an empty object"),
        ("1.json", b'[{"tittle": "a"}]', "issues/1.json, object 1 has no key like title or body"),
        ("1.jsonl", b'{"id": 1, "title": "a"}\n{"id": "", "title": "b"}', "issues/1.jsonl, line 2 has no id"),
        ("1.json", b'{"title": "\xff"}', "issues/1.json, line 1: no UTF-8"),
        ("1.jsonl", b'{"id": 1, "title": "a"}\n{"id": 2,,}\n', "issues/1.jsonl, line 2: no JSON"),
        ("1.md", b"x" * (17 << 20), "issues/1.md has more than 16 MiB"),
    ],
)  # fmt: skip
def test_a_broken_file_is_one_line_with_its_place(name: str, data: bytes, message: str) -> None:
    with pytest.raises(SourceError) as raised:
        read(data, name)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
