import json
from pathlib import Path
from typing import Any

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.open import open_source
from tests.support.spreadsheets import xlsx


def read(path: Path, text: str) -> list[Record]:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return list(open_source(str(path)))


def of_json(path: Path, value: Any) -> list[Record]:
    return read(path, json.dumps(value))


def board(folder: Path, lines: str) -> list[Record]:
    return read(folder / "board.tsv", "Title\tURL\tRepository\n" + lines)


def test_a_draft_on_a_board_does_not_take_the_numbers_of_the_issues_away(tmp_path: Path) -> None:
    records = board(
        tmp_path,
        "Kiln is cold\thttps://github.com/o/r/issues/5\to/r\nAn idea\t\t\n"
        "Glaze runs\thttps://github.com/o/r/issues/9\to/r\n",
    )
    assert [record.id for record in records] == ["5", "9"]


def test_two_repositories_on_a_board_may_have_one_number(tmp_path: Path) -> None:
    records = board(
        tmp_path,
        "Kiln is cold\thttps://github.com/o/r/issues/5\to/r\nGlaze runs\thttps://github.com/o/s/issues/5\to/s\n",
    )
    assert [(record.project, record.id) for record in records] == [("o/r", "5"), ("o/s", "5")]


def test_a_number_may_have_spaces_between_its_thousands(tmp_path: Path) -> None:
    text = "ID;Title;Duplicate of\n4 121;Kiln is cold;\n4\u202f122;Glaze runs;\n"
    assert [record.id for record in read(tmp_path / "a.csv", text)] == ["4121", "4122"]


def test_a_column_of_one_series_of_keys_holds_the_ids_by_any_name(tmp_path: Path) -> None:
    text = "Index,Name,Next\nT-12,The kiln is cold,\nT-13,The glaze runs,\n"
    assert [record.id for record in read(tmp_path / "a.csv", text)] == ["T-12", "T-13"]


@pytest.mark.parametrize("second", ["U-13", ""])
def test_keys_of_two_series_or_of_some_rows_are_no_ids(second: str, tmp_path: Path) -> None:
    text = f"Index,Name,Next\nT-12,The kiln is cold,\n{second},The glaze runs,\n"
    with pytest.raises(SourceError, match="--id-column, such as 'Index'"):
        read(tmp_path / "a.csv", text)


@pytest.mark.parametrize(
    ("column", "value", "field", "expected"),
    [
        ("opendate", "2024-02-01", "created", 2024),
        ("changeddate", "2024-02-01", "updated", 2024),
        ("ts", "1706821500.000100", "created", 2024),
        ("Cur. Status", "Fixed", "state", "closed"),
        ("raw", "It stays cold", "body", "It stays cold"),
        ("完了理由", "重複", "resolution", "重複"),
    ],
)
def test_columns_of_exports_have_odd_names(
    column: str, value: str, field: str, expected: object, tmp_path: Path
) -> None:
    [record] = read(tmp_path / "a.csv", f"id,title,{column}\n1,The kiln is cold,{value}\n")
    found = getattr(record, field)
    assert (found.year if hasattr(found, "year") else found) == expected


@pytest.mark.parametrize(("header", "title"), [("Primary Column", "The kiln"), ("error_class", "The kiln")])
def test_titles_of_exports_have_odd_names(header: str, title: str, tmp_path: Path) -> None:
    [record] = read(tmp_path / "a.csv", f"id,{header},Status\n1,{title},stalled\n")
    assert (record.title, record.state) == (title, "open")


def test_the_number_of_a_ticket_comes_before_the_number_of_its_line(tmp_path: Path) -> None:
    text = "Number;Ticket#;Title\n1;2024020110000012;Kiln is cold\n2;2024020110000013;Glaze runs\n"
    assert [record.id for record in read(tmp_path / "a.csv", text)] == [
        "2024020110000012",
        "2024020110000013",
    ]


def test_an_item_of_a_project_of_github_is_its_issue_with_the_state_of_the_board(tmp_path: Path) -> None:
    issue = {
        "type": "Issue",
        "number": 12,
        "title": "Kiln is cold",
        "body": "At night",
        "url": "https://github.com/o/r/issues/12",
    }
    pull = {"type": "PullRequest", "number": 14, "title": "Mend it", "url": "https://github.com/o/r/pull/14"}
    items = [
        {"id": f"PVTI_{at}", "title": content["title"], "status": "Done", "content": content}
        for at, content in enumerate((issue, pull))
    ]
    [record] = of_json(tmp_path / "a.json", {"items": items, "totalCount": 2})
    assert (record.id, record.body, record.state) == ("12", "At night", "closed")
    assert record.url == issue["url"]


def test_a_time_of_servicenow_is_that_in_utc(tmp_path: Path) -> None:
    fields = {
        "number": "INC0010001",
        "short_description": "Kiln is cold",
        "sys_id": "abc",
        "state": "In Progress",
        "sys_created_on": "2024-02-01 10:00:00",
    }
    incident = {key: {"value": value, "display_value": value} for key, value in fields.items()}
    incident["sys_created_on"]["display_value"] = "02/01/2024 11:00:00"
    [record] = of_json(tmp_path / "a.json", {"result": [incident]})
    assert record.created is not None
    assert (record.id, record.created.hour) == ("INC0010001", 10)


def test_the_header_above_each_group_of_a_sheet_does_not_hide_its_ids(tmp_path: Path) -> None:
    header = ["Name", "Status", "Item ID"]
    rows = [["Kilns"], header, ["It is cold", "Done", 51], [], ["Glazes"], header, ["It runs", "Stuck", 52]]
    path = xlsx(tmp_path / "a.xlsx", {"board": rows})
    assert [(record.id, record.title) for record in open_source(str(path))] == [
        ("51", "It is cold"),
        ("52", "It runs"),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "A List<String> becomes a<br>b",
        "Clicking <Save> adds a <br> tag",
        "Use `a<br>b`",
        "<p> is a tag",
        "<p>Intro</p>\n\n```py\nif a:\n    b\n```\n\n- one\n- two\n\n<p>End</p>",
    ],
)
def test_markdown_with_some_tags_stays_as_it_is(written: str, tmp_path: Path) -> None:
    [record] = of_json(tmp_path / "a.json", [{"id": 1, "title": "Kiln", "description": written}])
    assert record.body == written


def test_a_text_of_html_is_converted_once(tmp_path: Path) -> None:
    issue = {"id": 1, "title": "Kiln", "description_html": "<p>Use &lt;br&gt; or &lt;b&gt; here</p>"}
    [record] = of_json(tmp_path / "a.json", [issue])
    assert record.body == "Use <br> or <b> here"


def test_of_a_list_of_tasks_the_content_is_the_title(tmp_path: Path) -> None:
    [record] = of_json(tmp_path / "a.json", [{"id": 1, "content": "Kiln is cold", "description": "At night"}])
    assert (record.title, record.body) == ("Kiln is cold", "At night")


@pytest.mark.parametrize(
    "start",
    [
        "-- PostgreSQL database dump\n\nCREATE TABLE public.issues (\n    id integer,\n    title text\n);\n",
        "/*!40101 SET NAMES utf8 */;\nINSERT INTO `issues` VALUES (1,'Kiln, cold, title');\n",
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE issues (id, title);\n",
    ],
)
def test_a_dump_in_sql_is_refused_with_a_way_out(start: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"dump in SQL: load it into a database"):
        read(tmp_path / "dump.sql", start)


@pytest.mark.parametrize("column", ["id", "Create Date", "Use case", "Set"])
def test_a_text_with_a_line_of_sql_is_no_dump(column: str, tmp_path: Path) -> None:
    text = f'{column},title,body\n2024-02-01,Kiln,"run\nCREATE TABLE kilns (id)"\n'
    [record] = read(tmp_path / "a.csv", text)
    assert "CREATE TABLE" in record.body


def test_a_line_of_prose_between_lines_of_json_is_left_out(tmp_path: Path) -> None:
    text = '{"id": 1, "title": "Cold"}\nno json here\n\n{"id": 2, "title": "Runs"}\n'
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    source = open_source(str(tmp_path / "a.jsonl"))
    assert [record.id for record in source] == ["1", "2"]
    assert source.counts.n_broken == 1


@pytest.mark.parametrize(
    "wrap",
    [
        lambda issues: {"statusCode": 200, "body": json.dumps(issues)},
        lambda issues: [json.dumps(issue) for issue in issues],
    ],
    ids=["answer", "texts"],
)
def test_json_in_a_text_is_read(wrap: Any, tmp_path: Path) -> None:
    issues = [{"id": 1, "title": "Kiln is cold"}, {"id": 2, "title": "Glaze runs"}]
    assert [record.id for record in of_json(tmp_path / "a.json", wrap(issues))] == ["1", "2"]


def test_a_body_that_is_json_stays_the_body_of_its_issue(tmp_path: Path) -> None:
    [record] = of_json(tmp_path / "a.json", [{"id": 1, "title": "Answer", "body": '{"title": "Kiln"}'}])
    assert (record.title, record.body) == ("Answer", '{"title": "Kiln"}')


def test_front_matter_may_be_toml(tmp_path: Path) -> None:
    text = '+++\ntitle = "Kiln is cold"\ndate = 2024-02-01T10:00:00Z\nstatus = "open"\n+++\nAt night\n'
    [record] = read(tmp_path / "kiln.md", text)
    assert (record.title, record.body, record.state) == ("Kiln is cold", "At night", "open")
    assert record.created is not None
    assert record.created.hour == 10


@pytest.mark.parametrize(
    "matter",
    ["title = ", "a = " + "[" * 5_000, "a = " + "9" * 5_000, "a." * 500 + "a = 1"],
    ids=["broken", "deep", "long number", "long key"],
)
def test_broken_toml_names_its_file(matter: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"kiln\.md, line 2: broken front matter"):
        read(tmp_path / "kiln.md", f"+++\n{matter}\n+++\nAt night\n")


@pytest.mark.parametrize(
    ("name", "title"),
    [("The kiln is cold.md", "The kiln is cold"), ("12-kiln-is-cold.md", "kiln is cold")],
)
def test_without_a_title_and_a_heading_the_name_of_the_file_is_the_title(
    name: str, title: str, tmp_path: Path
) -> None:
    [record] = read(tmp_path / name, "---\nstatus: open\n---\nAt night\n")
    assert record.title == title


def test_a_work_item_of_gitlab_has_its_text_in_a_widget(tmp_path: Path) -> None:
    item = {
        "iid": "3",
        "title": "Kiln is cold",
        "state": "OPEN",
        "webUrl": "https://gitlab.com/g/p/-/work_items/3",
        "widgets": [{"type": "LABELS"}, {"type": "DESCRIPTION", "description": "At night"}],
    }
    [record] = of_json(tmp_path / "a.json", {"data": {"namespace": {"workItems": {"nodes": [item]}}}})
    assert (record.body, record.state) == ("At night", "open")


def test_a_struct_of_parquet_is_no_title(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.Table.from_pylist([{"issue": {"n": 1, "of": "Kiln"}, "repo": "a/b"}]), path)
    with pytest.raises(SourceError, match="no column like title or body"):
        list(open_source(str(path)))


def test_a_table_of_issues_in_markdown_is_no_issue(tmp_path: Path) -> None:
    table = "# Known bugs\n\n| ID | Title | Status |\n|---|:---:|---|\n| 1 | Kiln is cold | open |\n"
    with pytest.raises(SourceError, match="a table of issues in Markdown: save it as CSV"):
        read(tmp_path / "bugs.md", table)


@pytest.mark.parametrize(
    "text",
    [
        "# Kiln is cold\n\n| Title | Heat |\n|---|---|\n| a | b |\n",
        "---\ntitle: Kiln\n---\n| ID | Title | Status |\n|---|---|---|\n",
    ],
)
def test_an_issue_may_have_a_table(text: str, tmp_path: Path) -> None:
    [record] = read(tmp_path / "1.md", text)
    assert record.title.startswith("Kiln")


@pytest.mark.parametrize("values", [("Anna", "Bo"), ("yes", "no")])
@pytest.mark.parametrize("name", ["Raised", "Posted", "Logged"])
def test_a_verb_is_a_time_only_where_its_values_are(
    name: str, values: tuple[str, str], tmp_path: Path
) -> None:
    lines = (f"{number};Kiln {number} is cold;{values[number % 2]}\n" for number in range(1, 13))
    records = read(tmp_path / "a.csv", f"ID;Title;{name}\n" + "".join(lines))
    assert [record.created for record in records] == [None] * 12


@pytest.mark.parametrize(("own", "other"), [("Key", "Ticket#"), ("Number", "Case Number")])
def test_a_ticket_of_a_customer_that_some_rows_lack_is_no_id(own: str, other: str, tmp_path: Path) -> None:
    lines = (f"WEB-{n};Kiln {n} is cold;{700 + n if n % 3 else ''}\n" for n in range(1, 31))
    records = read(tmp_path / "a.csv", f"{own};Title;{other}\n" + "".join(lines))
    assert [record.id for record in records] == [f"WEB-{n}" for n in range(1, 31)]


def test_a_column_of_duplicates_may_end_in_a_number_sign(tmp_path: Path) -> None:
    _, second = read(tmp_path / "a.csv", "ID;Title;Duplicate of #\n1;Kiln;\n2;Cold kiln;1\n")
    assert second.duplicate_of == (Ref(None, "1"),)


def test_an_original_may_have_spaces_between_its_thousands(tmp_path: Path) -> None:
    text = "ID;Title;Duplicate of\n4 121;Kiln is cold;\n4 122;Cold kiln;4 121\n"
    _, second = read(tmp_path / "a.csv", text)
    assert second.duplicate_of == (Ref(None, "4121"),)


def test_half_of_a_pair_of_surrogates_in_json_in_a_text_is_replaced(tmp_path: Path) -> None:
    body = r'[{"id": 1, "title": "Kiln \ud800 is cold"}]'
    [record] = of_json(tmp_path / "a.json", {"statusCode": 200, "body": body})
    assert record.title.encode() == "Kiln \ufffd is cold".encode()


@pytest.mark.parametrize("body", ['{"error": "Kiln cold"}', "[]"])
def test_an_issue_of_a_status_and_a_body_of_json_is_no_answer_of_a_service(body: str, tmp_path: Path) -> None:
    issues = [{"status": "open", "body": body}, {"status": "open", "body": "Glaze runs"}]
    lines = "".join(json.dumps(issue) + "\n" for issue in issues)
    assert [record.body for record in read(tmp_path / "a.jsonl", lines)] == [body, "Glaze runs"]


@pytest.mark.parametrize("name", ["id", "private"])
def test_a_hexadecimal_number_of_toml_without_an_end_ends_no_folder(name: str, tmp_path: Path) -> None:
    number = "0x" + "f" * 5000
    (tmp_path / "2-bad.md").write_text(f"+++\n{name} = {number}\n+++\n# Bad\n", encoding="utf-8")
    (tmp_path / "1-good.md").write_text("# Kiln is cold\n\nIt is.\n", encoding="utf-8")
    source = open_source(str(tmp_path))
    assert [record.title for record in source] == ["Kiln is cold"]
    assert source.counts.n_broken == 1


@pytest.mark.parametrize(
    ("issue", "body", "originals", "resolution"),
    [
        ({"body": {"time": 1706821500000, "blocks": [], "version": "2.28"}}, "", [], None),
        ({"duplicate_of": {"id": 1, "date": "2024-02-01"}}, "cold", [], None),
        ({"resolution": {"date": "2024-02-01", "by": "x"}}, "cold", [], None),
    ],
)
def test_a_time_next_to_other_keys_is_no_text_and_no_name(
    issue: dict[str, Any], body: str, originals: list[str], resolution: str | None, tmp_path: Path
) -> None:
    written = {"id": 7, "title": "Kiln", **({} if "body" in issue else {"body": "cold"}), **issue}
    [record] = of_json(tmp_path / "a.json", [written])
    assert record.body == body
    assert [ref.id for ref in record.duplicate_of] == originals
    assert record.resolution == resolution


@pytest.mark.parametrize("name", ["Parent", "Blocks"])
def test_the_key_of_another_issue_is_no_id(name: str, tmp_path: Path) -> None:
    lines = "".join(f"Kiln {number} is cold;WEB-{number}\n" for number in range(1, 9))
    with pytest.raises(SourceError, match="id"):
        read(tmp_path / "a.csv", f"Title;{name}\n{lines}")


@pytest.mark.parametrize("name", ["Parent Status", "Build Status"])
def test_the_state_of_something_else_is_no_state(name: str, tmp_path: Path) -> None:
    [record] = read(tmp_path / "a.csv", f"ID;Title;{name}\n1;Kiln;Closed\n")
    assert record.state is None


def test_an_issue_named_by_its_number_may_be_about_a_table_of_issues(tmp_path: Path) -> None:
    table = "| ID | Title | Status |\n| --- | --- | --- |\n| 1 | Kiln | open |\n| 2 | Glaze | open |\n"
    [record] = read(tmp_path / "12-crash.md", f"# It crashed\n\n{table}")
    assert record.id == "12"


def test_the_hash_in_the_name_of_a_file_is_no_title(tmp_path: Path) -> None:
    [record] = read(tmp_path / "3f2b8c1e-9a7d-4c2b-8f11-aa22bb33cc44.md", "It is cold.\n")
    assert (record.id, record.title) == ("3f2b8c1e-9a7d-4c2b-8f11-aa22bb33cc44", "")


def test_a_title_with_a_path_of_documents_is_no_document_of_firestore(tmp_path: Path) -> None:
    issue = {"id": 7, "name": "GET /documents/ fails", "state": "open", "fields": {"a": {"b": 1}}}
    [record] = of_json(tmp_path / "a.json", [issue])
    assert (record.id, record.title) == ("7", "GET /documents/ fails")


def test_an_item_of_dynamodb_stands_in_item(tmp_path: Path) -> None:
    line = {"Item": {"id": {"S": "k1"}, "title": {"S": "Kiln is cold"}}}
    [record] = read(tmp_path / "a.jsonl", json.dumps(line) + "\n")
    assert (record.id, record.title) == ("k1", "Kiln is cold")


def test_an_issue_with_a_payload_is_no_event_of_github(tmp_path: Path) -> None:
    issue = {
        "id": 1,
        "title": "Kiln is cold",
        "type": "bug",
        "payload": "{}",
        "repo": "o/r",
        "created_at": "2024-02-01",
    }
    [record] = read(tmp_path / "a.jsonl", json.dumps(issue) + "\n")
    assert record.title == "Kiln is cold"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Nr;Rubrik;Titel", "1;Ofen und Glasur;A kemence ma hideg"),
        ("Azonosító;Cím;Tárgy", "1;Kossuth utca 5.;A kemence ma hideg"),
    ],
)
def test_a_word_of_two_languages_yields_to_a_surer_one(header: str, row: str, tmp_path: Path) -> None:
    [record] = read(tmp_path / "a.csv", f"{header}\n{row}\n")
    assert record.title == "A kemence ma hideg"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3f2b8c1e-9a7d", "3aa1d0c2-77b0"),
        ("2024-01-05-kiln-is-cold", "2024-02-05-glaze-runs"),
        ("20240105-kiln-is-cold", "20240105-glaze-runs"),
        ("2024-01-05", "2024-01-06"),
    ],
)
def test_files_whose_names_begin_with_one_digit_of_a_hash_or_year_are_two_issues(
    one: str, other: str, tmp_path: Path
) -> None:
    for name in (one, other):
        (tmp_path / f"{name}.md").write_text("# Kiln is cold\n\nIt is.\n", encoding="utf-8")
    assert {record.id for record in open_source(str(tmp_path))} == {one, other}


@pytest.mark.parametrize("name", ["0012-crash", "12_crash", "12", "12. crash", "12 crash"])
def test_the_number_at_the_start_of_a_files_name_is_its_id(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.md").write_text("# Kiln is cold\n\nIt is.\n", encoding="utf-8")
    [record] = open_source(str(tmp_path))
    assert record.id == "12"
