import json
from collections.abc import Callable
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
        {"view_state": {"id": 50, "name": "wording of a site"}},
        {"view_state": 50},
        {"View Status": "50"},
        {"Private": "Yes"},
        {"CONFIDENTIAL": True},
        {"isPrivate": 1},
        {"Security Level": "Staff"},
        {"Sicherheitsstufe": {"name": "Intern"}},
        {"private": 1.0},
        {"information_type": "Private Security"},
        {"fields": {"summary": "a", "security": {"name": "Staff"}}},
        {"summary": "a", "product": "p", "groups": ["core-security"]},
        {"summary": "a", "resolution": "", "dupe_of": None, "groups": ["core-security"]},
        {"summary": "a", "resolution": "", "creation_time": "2024-01-01", "groups": ["core-security"]},
        {"visibility": {"$type": "LimitedVisibility", "permittedGroups": [{"name": "Staff"}]}},
        {"visibility": {"permittedUsers": [{"login": "ana"}]}},
        {"phid": "PHID-TASK-1", "fields": {"name": "a", "policy": {"view": "PHID-PROJ-7"}}},
        {"bug_link": "https://example.org/1", "bug_data": {"private": True}},
        {"bug_link": "https://example.org/1", "bug_data": {"information_type": "Embargoed"}},
        {"requester_id": 4, "spam": True},
        {"requester_id": 4, "deleted": True},
        {"slug": "a", "posts_count": 1, "archetype": "private_message"},
        {"slug": "a", "posts_count": 1, "visible": False},
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
        {"Groups": "editors"},
        {"summary": "a", "resolution": "fixed", "groups": ["editors"]},
        {"view_state": 10},
        {"visible": False},
        {"private": float("nan")},
        {"private": "n/a"},
        {"Security Level": "None"},
        {"Security Level": []},
        {"fields": {"summary": "a", "security": {}}},
        {"summary": "a", "product": "p", "groups": "[]"},
        {"summary": "a", "product": "p", "groups": [""]},
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


def of_gitlab(number: int, is_hidden: bool) -> dict[str, Any]:
    address = f"https://gitlab.example.org/a/b/-/issues/{number}"
    return {
        "id": 70 + number,
        "iid": number,
        "project_id": 7,
        "title": "It hangs",
        "description": "x",
        "state": "opened",
        "web_url": address,
        "confidential": is_hidden,
    }


def of_redmine(number: int, is_hidden: bool) -> dict[str, Any]:
    return {
        "id": number,
        "project": {"id": 1, "name": "web"},
        "tracker": {"id": 1, "name": "Bug"},
        "status": {"id": 1, "name": "New"},
        "subject": "It hangs",
        "description": "x",
        "is_private": is_hidden,
        "created_on": "2024-01-01T00:00:00Z",
        "updated_on": "2024-01-01T00:00:00Z",
    }


def of_bugzilla(number: int, is_hidden: bool) -> dict[str, Any]:
    return {
        "id": number,
        "summary": "It hangs",
        "product": "web",
        "status": "NEW",
        "resolution": "",
        "creation_time": "2024-01-01T00:00:00Z",
        "groups": ["core"] if is_hidden else [],
    }


def of_mantisbt(number: int, is_hidden: bool) -> dict[str, Any]:
    view = {"id": 50, "name": "private"} if is_hidden else {"id": 10, "name": "public"}
    return {
        "id": number,
        "summary": "It hangs",
        "description": "x",
        "project": {"id": 1, "name": "web"},
        "status": {"id": 10, "name": "new"},
        "view_state": view,
        "reproducibility": {"id": 10},
    }


@pytest.mark.parametrize(
    ("kind", "issue"),
    [
        ("gitlab-rest", of_gitlab),
        ("redmine-rest", of_redmine),
        ("bugzilla-rest", of_bugzilla),
        ("mantisbt-rest", of_mantisbt),
    ],
)
def test_a_saved_answer_of_a_tracker_gives_its_public_issues_and_all_on_request(
    tmp_path: Path, kind: str, issue: Callable[[int, bool], dict[str, Any]]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([issue(1, False), issue(2, True), issue(3, False)]))
    source = open_source(str(path))
    assert (source.kind, ids(source), source.counts.n_restricted) == (kind, ["1", "3"], 1)
    whole = open_source(str(path), Mapping(include_restricted=True))
    assert (ids(whole), whole.counts.n_restricted) == (["1", "2", "3"], 1)


def sheet(path: Path, header: str, *rows: str) -> Source:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return open_source(str(path))


@pytest.mark.parametrize(
    "empty",
    [
        "",
        "[]",
        "{}",
        "()",
        "nan",
        "NaN",
        "n/a",
        "none",
        "None",
        "null",
        "-",
        "--",
        '"[""""]"',
        "[null]",
        "no",
        "keine",
    ],
)
@pytest.mark.parametrize("column", ["groups", "bug_group", "Security Level", "visible to"])
def test_a_level_without_a_name_in_any_form_is_seen_by_all(tmp_path: Path, column: str, empty: str) -> None:
    source = sheet(
        tmp_path / "a.csv",
        f"id,product,summary,{column}",
        f"1,web,The page stays white,{empty}",
        "2,web,The door creaks,insiders",
    )
    assert (ids(source), source.counts.n_restricted) == (["1"], 1)


@pytest.mark.parametrize("column", ["Groups", "groups"])
def test_groups_of_a_table_that_is_not_of_bugzilla_are_an_ordinary_column(
    tmp_path: Path, column: str
) -> None:
    source = sheet(
        tmp_path / "a.csv", f"id,title,{column}", "1,The page stays white,web team", "2,It hangs,ops"
    )
    assert (ids(source), source.counts.n_restricted) == (["1", "2"], 0)
    rows = [(1, "the page stays white", "web team"), (2, "it hangs", "ops")]
    path = database(tmp_path / "a.db", {f"tickets (id INTEGER, title TEXT, {column} TEXT)": rows})
    assert ids(open_source(str(path))) == ["1", "2"]


def test_groups_of_a_table_of_bugs_are_people(tmp_path: Path) -> None:
    table = "bugs (id INTEGER, summary TEXT, product TEXT, groups TEXT, description TEXT)"
    rows = [(1, "the page stays white", "web", "[]", "x"), (2, "it hangs", "web", "['staff']", "x")]
    assert ids(open_source(str(database(tmp_path / "a.db", {table: rows})))) == ["1"]


def test_a_private_issue_of_mantisbt_is_known_by_its_number_in_a_table(tmp_path: Path) -> None:
    table = "bugs (id INTEGER, summary TEXT, view_state INTEGER)"
    path = database(tmp_path / "a.db", {table: [(1, "the page stays white", 10), (2, "it hangs", 50)]})
    assert ids(open_source(str(path))) == ["1"]


def test_the_mark_is_seen_in_the_object_that_holds_the_named_key(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"n": 1, "data": {"title": "Free for all", "meta": {"key": "A-1"}}}\n'
        '{"n": 2, "data": {"title": "Only for us", "confidential": true, "meta": {"key": "A-2"}}}\n'
        '{"n": 3, "data": {"title": "Also for us", "meta": {"key": "A-3", "Private": "yes"}}}\n'
        '{"n": 4, "other": {"private": true}, "data": {"title": "For all, too", "meta": {"key": "A-4"}}}\n'
    )
    mapping = Mapping(title_column="data.title", id_column="data.meta.key")
    source = open_source(str(path), mapping)
    assert (ids(source), source.counts.n_restricted) == (["A-1", "A-4"], 2)


@pytest.mark.parametrize("accept", [False, True])
def test_a_reading_of_restricted_issues_alone_is_refused_with_the_option_that_reads_them(
    tmp_path: Path, accept: bool
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title,private\n1,The page stays white,yes\n2,It hangs,yes\n")
    with pytest.raises(SourceError, match=r"a\.csv: all 2 issues .* --include-restricted"):
        ids(open_source(str(path), Mapping(accept=accept)))
    assert ids(open_source(str(path), Mapping(include_restricted=True))) == ["1", "2"]


def test_restricted_rows_of_a_table_and_restricted_issue_files_are_left_out(tmp_path: Path) -> None:
    table = "tickets (id INTEGER, title TEXT, is_private INTEGER)"
    path = database(tmp_path / "a.db", {table: [(1, "free for all", 0), (2, "only for us", 1)]})
    assert ids(open_source(str(path))) == ["1"]
    folder = tmp_path / "issues"
    folder.mkdir()
    (folder / "1.md").write_text("---\ntitle: a\n---\n")
    (folder / "2.md").write_text("---\ntitle: b\nconfidential: true\n---\n")
    (folder / "3.md").write_text("---\ntitle: c\nPrivate: Yes\n---\n")
    source = open_source(str(folder))
    assert (ids(source), source.counts.n_restricted) == (["1"], 2)


def test_a_folder_whose_only_file_is_broken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.md").write_text("---\ntitle: [\n---\n")
    with pytest.raises(SourceError, match=r"1\.md, line \d"):
        ids(open_source(str(tmp_path)))


@pytest.mark.parametrize(
    ("groups", "n_read"), [(["core-security"], 0), ([{"name": "core-security"}], 0), ([], 1), (None, 1)]
)
def test_a_bug_with_few_of_its_fields_is_known_by_its_resolution(
    tmp_path: Path, groups: Any, n_read: int
) -> None:
    bug = {"id": 4, "summary": "lamp", "status": "NEW", "resolution": "", "groups": groups}
    (tmp_path / "bugs.json").write_text(json.dumps([{**bug, "id": 3, "groups": []}, bug]))
    assert len(list(open_source(str(tmp_path / "bugs.json")))) == 1 + n_read


@pytest.mark.parametrize("level", ["low", "Medium", "high", "critical", "1", 3, "2.0", "none"])
def test_a_level_of_how_bad_an_issue_is_hides_nothing(tmp_path: Path, level: Any) -> None:
    row = {"id": 1, "title": "lamp", "body": "hums", "security_level": level}
    (tmp_path / "a.json").write_text(json.dumps([row]))
    assert len(list(open_source(str(tmp_path / "a.json")))) == 1


def test_a_level_of_jira_hides_its_issue_whatever_its_name(tmp_path: Path) -> None:
    fields = {"summary": "lamp", "security": {"id": "1", "name": "High"}}
    assert is_restricted({"key": "LA-1", "fields": fields})
    (tmp_path / "a.csv").write_text(
        "Issue key,Issue id,Summary,Status,Security Level\nLA-1,1,lamp,Open,High\nLA-2,2,door,Open,\n"
    )
    assert ids(open_source(str(tmp_path / "a.csv"))) == ["LA-2"]
