"""JSON objects that hold issues under their ids."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.sources.files import json_stream
from dupfind.sources.files.keyed_issues import HeldMembers, KeyedIssues, is_id
from dupfind.sources.open import Mapping, open_source

ISSUES = {
    "PROJ-1": {"title": "The tap drips", "body": "All night long.", "status": "open"},
    "PROJ-2": {"title": "No hot water", "body": "Since Monday.", "status": "closed"},
}
TOLD = [
    ("PROJ-1", "The tap drips", "All night long.", "open"),
    ("PROJ-2", "No hot water", "Since Monday.", "closed"),
]
FIREBASE = {"-NxK3a_bQ9ZzT0pLmN1w": ISSUES["PROJ-1"], "-NxK3a_bQ9ZzT0pLmN2w": ISSUES["PROJ-2"]}


def read(
    tmp_path: Path, value: Any, mapping: Mapping | None = None
) -> list[tuple[str, str, str, str | None]]:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    records = list(open_source(str(path), mapping or Mapping()))
    return [(record.id, record.title, record.body, record.state) for record in records]


@pytest.mark.parametrize(
    "document",
    [
        ISSUES,
        {"issues": ISSUES},
        {"version": 3, "labels": ["a", "b"], "issues": ISSUES},
        {"generated": "2024-01-01", "n": 2, **ISSUES},
        {"data": {"tickets": ISSUES, "total": 2}},
        {"export": {"my_tracker": ISSUES}},
    ],
)
@pytest.mark.parametrize("is_large", [False, True])
def test_the_key_is_the_id(
    tmp_path: Path, document: Any, is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_large:
        monkeypatch.setattr(json_stream, "_WHOLE", 20)
        monkeypatch.setattr(json_stream, "_PIECE", 16)
    assert read(tmp_path, document) == TOLD


WITH_LIST = [{"id": 7, "title": "The tap drips"}, {"id": 8, "title": "No hot water"}]


@pytest.fixture(params=[False, True], ids=["small", "large"])
def is_large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    if request.param:
        monkeypatch.setattr(json_stream, "_WHOLE", 20)
        monkeypatch.setattr(json_stream, "_PIECE", 16)
    return bool(request.param)


@pytest.mark.parametrize("key", ["page_1", "v1", "step1"])
@pytest.mark.parametrize("name", ["issues", "values", "my_tickets"])
@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.usefixtures("is_large")
def test_one_object_under_an_id_does_not_stand_for_a_list_of_issues(
    tmp_path: Path, key: str, name: str, is_first: bool
) -> None:
    members = [(key, {"title": "Board"}), (name, WITH_LIST)]
    assert [issue[0] for issue in read(tmp_path, dict(members if is_first else members[::-1]))] == ["7", "8"]


@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.usefixtures("is_large")
def test_issues_under_a_known_name_come_before_an_object_under_an_id(tmp_path: Path, is_first: bool) -> None:
    members = [("sprint_1", {"name": "Sprint", "state": "active"}), ("issues", {"WEB-1": ISSUES["PROJ-1"]})]
    assert [issue[0] for issue in read(tmp_path, dict(members if is_first else members[::-1]))] == ["WEB-1"]


@pytest.mark.usefixtures("is_large")
def test_only_what_is_under_an_id_is_an_issue(tmp_path: Path) -> None:
    settings = {"settings": {"title": "Mine", "body": "All of it."}}
    assert read(tmp_path, {**ISSUES, **settings}) == TOLD
    assert read(tmp_path, {"PROJ-1": ISSUES["PROJ-1"], **settings}) == TOLD[:1]
    assert read(tmp_path, {**settings, "issues": {**settings, **ISSUES}}) == TOLD
    for values in ([], ["a", "b"]):
        assert read(tmp_path, {"values": values, **ISSUES}) == TOLD
        assert read(tmp_path, {**ISSUES, "values": values}) == TOLD


@pytest.mark.usefixtures("is_large")
def test_an_object_with_few_members_under_ids_holds_no_issues_under_ids(tmp_path: Path) -> None:
    pages = {name: {"title": name, "body": "Of the manual."} for name in ("intro", "usage", "api")}
    with pytest.raises(SourceError, match="no list with a known name"):
        read(tmp_path, {"v1": {"title": "First", "body": "Released."}, **pages})


@pytest.mark.usefixtures("is_large")
def test_a_list_after_many_issues_under_ids_holds_no_others(tmp_path: Path) -> None:
    issues = {str(n): {"title": f"Tap {n} drips"} for n in range(1, 301)}
    document = {**issues, "settings": {"title": "Mine"}, "301": {"title": "Tap 301 drips"}, "data": WITH_LIST}
    assert [issue[0] for issue in read(tmp_path, document)] == [str(n) for n in range(1, 302)]
    assert [issue[0] for issue in read(tmp_path, {"data": WITH_LIST, **issues})] == ["7", "8"]


@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.usefixtures("is_large")
def test_an_issue_with_a_titled_object_under_an_id_like_key_stays_one(tmp_path: Path, is_first: bool) -> None:
    epic = {"customfield_10010": {"summary": "Parent epic", "status": "open"}}
    path = tmp_path / "a.jsonl"
    issues = [{"id": n, "title": f"Tap {n} drips", "body": "All night."} for n in range(1, 5)]
    lines = [{**epic, **issue} if is_first else {**issue, **epic} for issue in issues]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert [record.id for record in open_source(str(path))] == ["1", "2", "3", "4"]


def test_an_id_of_its_own_comes_before_the_key(tmp_path: Path) -> None:
    document = {"1": {"number": 71, "title": "The tap drips"}, "2": {"number": 72, "title": "No water"}}
    assert [issue[0] for issue in read(tmp_path, document)] == ["71", "72"]
    document = {"1": {"id": None, "title": "The tap drips"}, "2": {"id": "b", "title": "No water"}}
    assert [issue[0] for issue in read(tmp_path, document)] == ["1", "b"]


@pytest.mark.parametrize(
    "keys",
    [("1", "2"), ("#1", "#2"), ("ticket_1", "ticket_2"), ("shop/web#1", "shop/web#2"), tuple(FIREBASE)],
)
def test_ids_have_many_forms(tmp_path: Path, keys: tuple[str, str]) -> None:
    document = dict(zip(keys, ISSUES.values(), strict=True))
    assert [issue[0] for issue in read(tmp_path, document)] == list(keys)


def test_issues_of_a_known_tracker_are_read_as_such(tmp_path: Path) -> None:
    fields = {
        "summary": "The tap drips",
        "description": "All night.",
        "status": {"name": "Done"},
        "issuelinks": [],
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"PROJ-1": {"fields": fields}}), encoding="utf-8")
    source = open_source(str(path))
    assert source.kind == "jira-rest"
    assert [(record.id, record.title) for record in source] == [("PROJ-1", "The tap drips")]


def test_one_issue_under_its_id_is_one_record(tmp_path: Path) -> None:
    assert read(tmp_path, {"PROJ-1": ISSUES["PROJ-1"]}) == TOLD[:1]


def test_an_issue_with_others_under_their_ids_stays_one(tmp_path: Path) -> None:
    document = {"id": 9, "title": "The house", "body": "All of it.", "state": "open", "children": ISSUES}
    assert read(tmp_path, document) == [("9", "The house", "All of it.", "open")]


def test_a_broken_member_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**ISSUES, "PROJ-3": "gone", "PROJ-4": None}), encoding="utf-8")
    source = open_source(str(path))
    assert len(list(source)) == 2
    assert source.counts.n_broken == 1
    assert "object 3 is no JSON object" in source.counts.broken[0]


def test_a_table_and_columns_can_be_named(tmp_path: Path) -> None:
    document = {
        "old": {"1": {"headline": "x"}},
        "mine": {"1": {"what": "The tap drips"}, "2": {"what": "No water"}},
    }
    found = read(tmp_path, document, Mapping(table="mine", title_column="what"))
    assert [issue[:2] for issue in found] == [("1", "The tap drips"), ("2", "No water")]


@pytest.mark.parametrize(
    "document",
    [
        {"properties": {"name": {"title": "Name", "description": "Of it"}, "age": {"title": "Age"}}},
        {"responses": {"200": {"description": "OK"}, "404": {"description": "Not found"}}},
        {"scripts": {"test": "pytest"}, "dependencies": {"a": "1"}},
        {"en": {"title": "Water"}, "de": {"title": "Wasser"}},
        {"people": {"1": {"name": "Eva"}, "2": {"name": "Olaf"}}},
        {"1": {"x": 1}, "2": {"x": 2}},
        {"message": "Not Found", "documentation_url": "https://example.org"},
    ],
)
@pytest.mark.parametrize("is_large", [False, True])
def test_what_is_no_tracker_stays_refused(
    tmp_path: Path, document: Any, is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_large:
        monkeypatch.setattr(json_stream, "_WHOLE", 20)
        monkeypatch.setattr(json_stream, "_PIECE", 16)
    with pytest.raises(SourceError):
        read(tmp_path, document)


def test_a_large_object_is_not_held_in_memory() -> None:
    class Text(io.StringIO):
        """Counts what was read before the first issue came."""

        n_read = 0

        def read(self, size: int | None = -1, /) -> str:
            piece = super().read(size)
            self.n_read += len(piece)
            return piece

    from dupfind.sources.files.json_records import read_issues
    from dupfind.sources.mapping import UNMAPPED

    issues = {str(n): {"title": f"Tap {n} drips", "body": "x" * 1_000} for n in range(20_000)}
    for document in (issues, {"issues": issues}):
        file = Text(json.dumps(document))
        _, numbered = read_issues(file, "a", UNMAPPED)
        next(iter(numbered))
        assert file.n_read < 4 * 1024 * 1024
        assert sum(1 for _ in numbered) == 19_999


def test_a_large_object_is_decided_once() -> None:
    n_looks = 0

    def is_whole(members: dict[str, Any]) -> bool:
        nonlocal n_looks
        n_looks += 1
        return False

    keyed = KeyedIssues(lambda value: False, is_whole, lambda value: None)
    held = HeldMembers(keyed, 1_000, is_inner=False)
    for n in range(1_000):
        assert held.add(f"A-{n}", {"x": n}, 10) == []
    assert n_looks == 1
    assert len(held.members) == 1_000


@pytest.mark.parametrize("name", ["fields", "author", "data", "configuration-options", "v", "en", ""])
def test_a_name_is_no_id(name: str) -> None:
    assert not is_id(name)
