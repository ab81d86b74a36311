import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.sources.open import Mapping, Source, open_source
from dupfind.sources.restricted import is_restricted
from tests.support.corpus import database


def ids(source: Source) -> list[str]:
    return [record.id for record in source]


@pytest.mark.parametrize(
    "marks",
    [
        {"confidential": True},
        {"is_private": True},
        {"private": True},
        {"private": "yes"},
        {"view_state": {"id": 50, "name": "private"}},
        {"information_type": "Private Security"},
        {"fields": {"summary": "a", "security": {"name": "Staff"}}},
        {"summary": "a", "product": "p", "groups": ["core-security"]},
        {"visibility": {"$type": "LimitedVisibility", "permittedGroups": [{"name": "Staff"}]}},
        {"visibility": {"permittedUsers": [{"login": "ana"}]}},
        {"phid": "PHID-TASK-1", "fields": {"name": "a", "policy": {"view": "PHID-PROJ-7"}}},
        {"bug_link": "https://example.org/1", "bug_data": {"private": True}},
        {"bug_link": "https://example.org/1", "bug_data": {"information_type": "Embargoed"}},
        {"requester_id": 4, "spam": True},
        {"requester_id": 4, "deleted": True},
    ],
)
def test_an_issue_for_some_people_only_is_known_by_the_marks_of_its_tracker(marks: dict[str, Any]) -> None:
    assert is_restricted({"id": 1, "title": "a", **marks})


@pytest.mark.parametrize(
    "marks",
    [
        {},
        {"confidential": False},
        {"private": None},
        {"private": "no"},
        {"private": {"of": "another kind"}},
        {"view_state": {"id": 10, "name": "public"}},
        {"information_type": "Public Security"},
        {"fields": {"summary": "a", "security": None}},
        {"summary": "a", "product": "p", "groups": []},
        {"groups": ["editors"]},
        {"visibility": {"$type": "UnlimitedVisibility"}},
        {"visibility": "public"},
        {"phid": "PHID-TASK-1", "fields": {"name": "a", "policy": {"view": "users"}}},
        {"phid": "PHID-TASK-1", "fields": {"name": "a", "policy": {"view": "public", "edit": "PHID-PROJ-7"}}},
        {"bug_link": "https://example.org/1", "bug_data": {"private": False}},
        {"requester_id": 4, "spam": False, "deleted": None},
        {"spam": True},
    ],
)
def test_an_issue_for_all_is_not_taken_for_one_of_some_people(marks: dict[str, Any]) -> None:
    assert not is_restricted({"id": 1, "title": "a", **marks})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "id,title,private\n1,Free for all,no\n2,Only for us,yes\n"),
        ("a.csv", "Issue key,Summary,Security Level\nWEB-1,Free for all,\nWEB-2,Only for us,Insiders\n"),
        (
            "a.csv",
            "Vorgangsschlüssel;Zusammenfassung;Sicherheitsstufe\nWEB-1;Für alle;\nWEB-2;Für uns;Intern\n",
        ),
        (
            "a.jsonl",
            '{"id": 1, "title": "Free for all"}\n{"id": 2, "title": "Only for us", "private": true}\n',
        ),
        (
            "a.json",
            json.dumps(
                [
                    {"key": f"WEB-{n}", "fields": {"summary": "x y z", "security": level}}
                    for n, level in ((1, None), (2, {"name": "Insiders"}))
                ]
            ),
        ),
    ],
)
def test_restricted_issues_of_a_file_are_left_out_and_counted_unless_somebody_asks_for_them(
    tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    source = open_source(str(path))
    [open_issue] = ids(source)
    assert (open_issue[-1], source.counts.n_restricted) == ("1", 1)
    whole = open_source(str(path), Mapping(include_restricted=True))
    assert [id[-1] for id in ids(whole)] == ["1", "2"]
    assert (whole.counts.n_restricted, whole.includes_restricted) == (1, True)


def test_restricted_rows_of_a_table_and_restricted_issue_files_are_left_out(tmp_path: Path) -> None:
    table = "tickets (id INTEGER, title TEXT, is_private INTEGER)"
    path = database(tmp_path / "a.db", {table: [(1, "free for all", 0), (2, "only for us", 1)]})
    assert ids(open_source(str(path))) == ["1"]
    folder = tmp_path / "issues"
    folder.mkdir()
    (folder / "1.md").write_text("---\ntitle: a\n---\n")
    (folder / "2.md").write_text("---\ntitle: b\nconfidential: true\n---\n")
    source = open_source(str(folder))
    assert (ids(source), source.counts.n_restricted) == (["1"], 1)


def test_a_folder_whose_only_file_is_broken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.md").write_text("---\ntitle: [\n---\n")
    with pytest.raises(SourceError, match=r"1\.md, line \d"):
        ids(open_source(str(tmp_path)))
