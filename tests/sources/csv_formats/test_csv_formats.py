import csv
from pathlib import Path

import pytest

from dupfind.errors import SourceError
from dupfind.records import Record, Ref
from dupfind.sources.csv_formats import registry
from dupfind.sources.files import text_file
from dupfind.sources.open import Mapping, Source, open_source
from tests.support.containers import CONTAINERS

JIRA = ["Issue key", "Summary", "Status", "Resolution", "Created", "Comment", "Comment"]
OUT, IN = "Outward issue link (Duplicate)", "Inward issue link (Duplicate)"
REDMINE = ["#", "Project", "Status", "Subject", "Updated", "Created", "Closed", "Related issues", "Private"]


def sheet(tmp_path: Path, header: list[str], *rows: list[str], encoding: str = "utf-8") -> Source:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([header, *rows])
    return open_source(str(path))


def one(source: Source) -> Record:
    [record] = source
    return record


def test_jiras_columns_repeat_and_are_read_by_position(tmp_path: Path) -> None:
    source = sheet(
        tmp_path,
        ["Summary", "Issue key", "Issue id", OUT, IN, OUT, IN, "Outward issue link (Blocks)"],
        ["a", "LARK-1", "10001", "LARK-2", "LARK-8", "OTHER-3", "LARK-9", "LARK-7"],
    )
    record = one(source)
    assert (source.kind, record.ref) == ("jira-csv", Ref("LARK", "LARK-1"))
    assert record.duplicate_of == (Ref("LARK", "LARK-2"), Ref("OTHER", "OTHER-3"))


@pytest.mark.parametrize(
    ("status", "resolution", "state"),
    [
        ("Done", "", "closed"),
        ("In QA", "", "open"),
        ("In QA", "Fixed", "closed"),
        ("To Do", "Unresolved", "open"),
        ("", "", None),
    ],
)
def test_jiras_state_is_its_resolutions_or_its_statuss(
    tmp_path: Path, status: str, resolution: str, state: str | None
) -> None:
    record = one(sheet(tmp_path, JIRA, ["L-1", "a", status, resolution, "", "", ""]))
    assert record.state == state
    assert record.resolution == (resolution.lower() if resolution == "Fixed" else None)


def test_a_comment_on_a_duplicate_in_jira_names_the_original(tmp_path: Path) -> None:
    comments = ["03/Jan/24 9:12 AM;ana;hm", "03/Jan/24 9:13 AM;ana;duplicate of LK-2; see there"]
    record = one(sheet(tmp_path, JIRA, ["LK-1", "a", "Done", "Duplicate", "", *comments]))
    assert record.duplicate_of == (Ref("LK", "LK-2"),)
    assert one(sheet(tmp_path, JIRA, ["LK-1", "a", "Done", "Fixed", "", *comments])).duplicate_of == ()


def test_dates_that_say_too_little_are_told(tmp_path: Path) -> None:
    source = sheet(tmp_path, JIRA, ["L-1", "a", "", "", "03/Jan/24 9:12 AM", "", ""])
    assert source.notes == (
        "dates name no time zone and are taken for UTC (change with --time-zone Europe/Berlin)",
    )
    source = sheet(tmp_path, JIRA, ["L-1", "a", "", "", "03/04/24 9:12 AM", "", ""])
    assert source.notes[0].startswith(
        "dates are taken for month/day/year: the first 1,000 rows leave it open"
    )


@pytest.mark.parametrize(
    ("header", "phrase"),
    [
        ("#;Project;Status;Subject;Related issues", "Is duplicate of #2, Has duplicate #6"),
        ("#;Projet;Statut;Sujet;Demandes liées", "Duplique #2, Dupliqué par #6"),
        ("#;プロジェクト;ステータス;題名;関連するチケット", "次のチケットと重複 #2, 次のチケットが重複 #6"),
        ("#;Проект;Статус;Тема;Связанные задачи", "связана с #9, дублирует #2"),
        ("#;Projekt;Status;Thema;Zugehörige Tickets", "Folgt (3 Tage) #9, Duplikat von #2"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_redmine_in_the_language_of_whoever_exported_it(
    tmp_path: Path, header: str, phrase: str, encoding: str
) -> None:
    source = sheet(tmp_path, header.split(";"), ["1", "larkq", "New", "a", phrase], encoding=encoding)
    record = one(source)
    assert (source.kind, record.ref, record.title) == ("redmine-csv", Ref("larkq", "1"), "a")
    assert record.duplicate_of == (Ref("larkq", "2"),)


def test_redmine_tells_what_is_closed_and_what_is_private(tmp_path: Path) -> None:
    rows = [
        ["1", "l", "Odd", "a", "", "01/13/2024 09:12 PM", "", "", "No"],
        ["2", "l", "Odd", "b", "", "", "01/14/2024 09:12 AM", "", "No"],
        ["3", "l", "New", "c", "", "", "", "", "Yes"],
        ["4", "l", "Resolved", "d", "", "", "", "", ""],
        ["5", "l", "In Progress", "e", "", "", "01/14/2024 09:12 AM", "", ""],
    ]
    first, second, resolved, reopened = sheet(tmp_path, REDMINE, *rows)
    assert (first.state, second.state) == ("open", "closed")
    assert (resolved.state, reopened.state) == ("open", "open")
    assert first.created is not None
    assert first.created.isoformat() == "2024-01-13T21:12:00+00:00"


def test_mantisbts_ids_are_padded_and_private_issues_left_out(tmp_path: Path) -> None:
    header = ["Id", "Summary", "Status", "Resolution", "View Status", "Date Submitted"]
    source = sheet(
        tmp_path,
        header,
        ["0000120", "a", "feedback", "open", "public", "2024-01-03"],
        ["0000121", "b", "resolved", "duplicate", "private", "2024-01-03"],
    )
    record = one(source)
    assert (record.id, record.state, record.resolution) == ("120", "open", None)


def test_linear_without_its_last_column(tmp_path: Path) -> None:
    header = ["ID", "Team", "Title", "Description", "Status", "Created", "Completed", "UUID"]
    row = ["LAR-1", "Lark", "a", "b", "Shipped!", "Wed May 13 2026 11:21:41 GMT+0200 (CEST)", "x", "0"]
    record = one(sheet(tmp_path, header, row))
    assert (record.state, record.duplicate_of) == ("closed", ())
    assert record.created is not None
    assert record.created.isoformat() == "2026-05-13T09:21:41+00:00"


def test_gitlab_leaves_confidential_issues_out_and_knows_its_projects(tmp_path: Path) -> None:
    header = ["Issue ID", "URL", "Title", "State", "Confidential", "Created At (UTC)"]
    page = "https://gitlab.example.org/g/sub/{}/-/issues/1"
    source = sheet(
        tmp_path,
        header,
        ["1", page.format("p"), "a", "Open", "No", "2024-01-03 09:12:00"],
        ["1", page.format("q"), "b", "Closed", "No", "2024-01-03 09:12:00"],
        ["2", page.format("q"), "c", "Closed", "Yes", "2024-01-03 09:12:00"],
    )
    assert [record.ref for record in source] == [Ref("g/sub/p", "1"), Ref("g/sub/q", "1")]


def test_a_row_without_an_id_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv, line 2 has no id"):
        list(sheet(tmp_path, JIRA, ["", "a", "", "", "", "", ""]))


def test_an_option_makes_a_plain_table_of_a_sheet(tmp_path: Path) -> None:
    sheet(tmp_path, JIRA, ["L-1", "a", "Done", "", "", "", ""])
    source = open_source(str(tmp_path / "a.csv"), Mapping(title_column="Status"))
    assert (source.kind, one(source).title) == ("csv", "Done")
    zoned = open_source(str(tmp_path / "a.csv"), Mapping(time_zone="Europe/Berlin"))
    assert zoned.kind == "jira-csv"


EXPORTS = [name for name, it in CONTAINERS.items() if it.kind in registry.CSV_FORMATS and name != "bzip2"]


@pytest.mark.parametrize("container", EXPORTS)
def test_a_header_is_of_one_sheet_only(container: str, tmp_path: Path) -> None:
    kind, build = CONTAINERS[container]
    with text_file.open_text(build(tmp_path), newline="") as file:
        header = file.readline().strip()
    columns = registry.Columns(header.split(";" if ";" in header else ","))
    assert [other for other, sheet in registry.CSV_FORMATS.items() if sheet.recognises(columns)] == [kind]


def test_the_comments_of_jira_have_their_times_and_no_authors(tmp_path: Path) -> None:
    said = ["13/May/24 9:12 AM;ann;h2. Steps", "12/May/24 9:12 AM;bob;one; two"]
    record = one(sheet(tmp_path, JIRA, ["LARK-1", "a", "Open", "", "13/May/24 9:12 AM", *said]))
    assert [(comment.text, str(comment.at)[:10]) for comment in record.comments] == [
        ("one; two", "2024-05-12"),
        ("## Steps", "2024-05-13"),
    ]
