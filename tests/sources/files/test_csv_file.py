import csv
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from dupfind.errors import SourceError
from dupfind.records import Ref
from dupfind.sources.open import Mapping, open_source
from tests.support.corpus import marks


def written(tmp_path: Path, text: str, *, encoding: str = "utf-8", name: str = "a.data") -> str:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return str(path)


@pytest.mark.parametrize(("delimiter", "kind"), [(",", "csv"), ("\t", "tsv"), (";", "csv"), ("|", "csv")])
def test_the_delimiter_is_seen_from_the_header(tmp_path: Path, delimiter: str, kind: str) -> None:
    text = "id,title,body\n1,a,b\n2,c,d\n".replace(",", delimiter)
    source = open_source(written(tmp_path, text))
    assert (source.kind, source.total) == (kind, 2)
    assert [(record.id, record.title, record.body) for record in source] == [("1", "a", "b"), ("2", "c", "d")]


def test_a_header_with_another_delimiter_in_its_names_is_understood(tmp_path: Path) -> None:
    source = open_source(written(tmp_path, 'id;title;"body, long"\n1;a, b, c;d\n'))
    [record] = source
    assert record.title == "a, b, c"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_files_of_spreadsheets_are_read(tmp_path: Path, encoding: str) -> None:
    [record] = open_source(written(tmp_path, "id,title\r\n1,Größe\r\n", encoding=encoding))
    assert (record.id, record.title) == ("1", "Größe")


def test_cells_may_hold_line_ends_quotes_nulls_and_a_megabyte(tmp_path: Path) -> None:
    body = 'line\r\n"quoted"\0, and\n' + "x" * 2**20
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "title", "body"], ["1", "t", body], ["1", "again", ""]])
    first, second = open_source(str(path))
    assert first.body == body
    assert second.id == "1"


def test_the_columns_that_were_chosen_are_told(tmp_path: Path) -> None:
    [note] = open_source(written(tmp_path, "nr,subject,details,status\n")).notes
    assert note.startswith(
        "columns: id=nr, title=subject, body=details, state=status (change with --id-column"
    )


def test_the_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    notes = open_source(written(tmp_path, "id,question,answer,score\n1,how do I log in,click,5\n")).notes
    assert notes[1:] == ("columns that are not read: answer, score",)
    many = ",".join(f"c{n}" for n in range(40))
    notes = open_source(written(tmp_path, f"id,title,{many}\n")).notes
    assert notes[1].endswith("c10, c11 and 28 more")


def test_columns_can_be_named(tmp_path: Path) -> None:
    mapping = Mapping(
        id_column="a", title_column="b", body_column="c", state_column="d", duplicate_of_column="e"
    )
    [record] = open_source(written(tmp_path, "a,b,c,d,e\n1,t,x,closed,9\n"), mapping)
    assert (record.title, record.body, record.state) == ("t", "x", "closed")
    assert marks([record]) == {"1": (Ref(None, "9"),)}


def test_line_numbers_stand_in_for_ids(tmp_path: Path) -> None:
    source = open_source(written(tmp_path, 'title,body\na,"two\nlines"\n\nb,x\n'))
    assert "id=line number" in source.notes[0]
    assert [record.id for record in source] == ["2", "5"]


def test_short_rows_are_filled_and_empty_rows_left_out(tmp_path: Path) -> None:
    source = open_source(written(tmp_path, "\nid,title,body\n1,a\n,,\n\n2,b,c,,\n"))
    assert [(record.id, record.body) for record in source] == [("1", ""), ("2", "c")]


def test_a_header_alone_is_a_source_without_records(tmp_path: Path) -> None:
    source = open_source(written(tmp_path, "id,title\n"))
    assert (list(source), source.total) == ([], 0)


def test_each_reading_begins_anew(tmp_path: Path) -> None:
    path = written(tmp_path, "id,title\n1,a\n")
    source = open_source(path)
    assert [record.id for record in source] == ["1"]
    written(tmp_path, "id,title\n2,b\n")
    assert [record.id for record in source] == ["2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,title\n1,a\n,b\n", "a.data, line 3 has no id"),
        ("id,title\n1,a,b\n", "a.data, line 2 has 3 cells, and the header has 2"),
        ('id,title\n1,"a\nb\n', "a.data, line 2: the row that begins here is broken: unexpected end of data"),
        ('id,title\n1,a\n2,"b"c\n', "a.data, line 3: the row that begins here is broken"),
    ],
)
def test_a_broken_row_is_named_by_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        list(open_source(written(tmp_path, text), Mapping(strict=True)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,title\n1,a\n,b\n3,c\n", "line 3 has no id"),
        ("id,title\n1,a\n2,b,c\n3,c\n", "line 3 has 3 cells, and the header has 2"),
        ('id,title\n1,a\n2,"b"c\n3,c\n', "line 3: the row that begins here is broken"),
    ],
)
def test_a_broken_row_is_left_out_counted_and_named(tmp_path: Path, text: str, message: str) -> None:
    source = open_source(written(tmp_path, text))
    assert [record.id for record in source] == ["1", "3"]
    [line] = source.counts.broken
    assert (message in line, source.counts.n_broken) == (True, 1)


@pytest.mark.parametrize(
    ("text", "mapping", "message"),
    [
        (
            "a,b\n1,2\n",
            Mapping(),
            "no column like title or body; its columns: a, b; name one with --title-column",
        ),
        ("id,title\n", Mapping(body_column="x"), "no column 'x'; its columns: id, title"),
        ("id,title\n", Mapping(table="x"), "has no tables: leave --table out"),
        ("id,title\n", Mapping(sql="SELECT 1"), "is no database: leave --sql out"),
        ("\x89PNG\x1a,x\x00\n", Mapping(), "is not a SQLite database, CSV, TSV, JSON or JSON Lines"),
        ("\n\n", Mapping(), "is not a SQLite database, CSV, TSV, JSON or JSON Lines"),
    ],
)
def test_what_cannot_be_read_is_refused_at_once(
    tmp_path: Path, text: str, mapping: Mapping, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        open_source(written(tmp_path, text), mapping)


def test_a_long_file_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,title,body\n")
        for number in range(400):
            file.write(f"{number},t,{'x' * 100_000}\n")
    tracemalloc.start()
    n_read = sum(1 for _ in open_source(str(path)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_read == 400
    assert peak < path.stat().st_size / 10


_OF_WRONG_ENCODINGS = "\ufffd\u20ac" + "".join(map(chr, range(0xC0, 0x100)))  # a doubt, if many
_TEXTS = strategies.text(
    strategies.characters(exclude_categories=["Cs"], exclude_characters=_OF_WRONG_ENCODINGS)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    strategies.lists(strategies.tuples(_TEXTS.map("a".__add__), _TEXTS), max_size=5),
    strategies.sampled_from(",;\t|"),
)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path: Path, rows: list[tuple[str, str]], delimiter: str
) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", "title", "body"])
        writer.writerows([number, *row] for number, row in enumerate(rows))
    assert [(record.title, record.body) for record in open_source(str(path))] == rows


def test_a_mark_leads_into_another_project_where_ids_carry_their_projects(tmp_path: Path) -> None:
    text = "id,title,project,duplicate_of\nAC-1,t,AC,TIMOB-7\nAC-2,t,AC,AC-1\n3-1,t,tools,4-2\n"
    assert marks(open_source(written(tmp_path, text))) == {
        "AC-1": (Ref("TIMOB", "TIMOB-7"),),
        "AC-2": (Ref("AC", "AC-1"),),
        "3-1": (Ref("tools", "4-2"),),
    }


def test_a_broken_quote_far_down_is_named_and_what_stands_before_it_is_kept(tmp_path: Path) -> None:
    rows = [f'{n},"title {n}",x\n' for n in range(2, 60_001)]
    rows[40_000 - 2] = '40000,"no end,x\n'
    path = written(tmp_path, "id,title,body\n" + "".join(rows))
    read: list[str] = []
    with pytest.raises(SourceError, match=r"a\.data, line 40000: the row that begins here is broken"):
        read.extend(record.id for record in open_source(path, Mapping(strict=True)))
    assert len(read) == 39_998
    source = open_source(path)
    ids = [record.id for record in source]  # the quote takes the next row with it
    assert (len(ids), ids[-1], source.total) == (59_997, "60000", 59_997)


def test_the_days_of_excel_are_times_in_columns_that_are_called_so(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "id,title,body,created,closed,build\n"
        "1,Upload stops,At 99 percent,45691.5,45695,26100.1\n"
        "2,Dark theme,The list is bright,45692,,26100.2\n",
        encoding="utf-8",
    )
    one, other = open_source(str(path))
    assert one.created == datetime(2025, 2, 3, 12, tzinfo=UTC)
    assert one.closed == datetime(2025, 2, 7, tzinfo=UTC)
    assert (other.created, other.closed) == (datetime(2025, 2, 4, tzinfo=UTC), None)


def test_the_line_in_which_excel_names_the_delimiter_is_no_header(tmp_path: Path) -> None:
    [record] = open_source(written(tmp_path, "sep=;\r\nid;title\r\n1;a,b\r\n"))
    assert (record.id, record.title) == ("1", "a,b")


def test_times_are_read_as_spreadsheets_write_them_in_the_zone_named(tmp_path: Path) -> None:
    path = written(tmp_path, "id;title;opened by;since\n1;a;ana;03.01.2024 10:12\n")
    mapping = Mapping(created_column="since", time_zone="Europe/Berlin")
    [record] = open_source(path, mapping)
    assert record.created is not None
    assert record.created.isoformat() == "2024-01-03T09:12:00+00:00"
    with pytest.raises(SourceError, match="no time zone is called 'CESTX'"):
        open_source(path, Mapping(time_zone="CESTX"))


@pytest.mark.parametrize(
    "rows",
    [
        ["17\tHow do I sort?", "18\tHow do I filter?", "19\tWhy is it slow?"],
        ["A-17;How do I sort it?", "A-18;How do I filter it?", "A-19;Why is it slow?"],
        ["17,open,How do I sort?", "18,closed,How do I filter?", "19,open,Why is it slow?"],
    ],
)
def test_rows_that_end_with_a_question_are_a_table_and_no_list(tmp_path: Path, rows: list[str]) -> None:
    source = open_source(written(tmp_path, "\n".join(rows) + "\n"))
    assert source.kind in ("csv", "tsv")
    assert [(record.id, record.title[-1]) for record in source] == [
        (row.replace("\t", ";").replace(",", ";").split(";")[0], "?") for row in rows
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["How do I sort?", "Hi, how do I filter, if at all?", "Why; and when?"],
        ["1. How do I sort?", "2. How do I filter?"],
        ["- Sort, how?", "- Filter, how?"],
    ],
)
def test_questions_with_commas_and_bullets_are_a_list(tmp_path: Path, lines: list[str]) -> None:
    source = open_source(written(tmp_path, "\n".join(lines) + "\n"))
    assert (source.kind, len(list(source))) == ("questions", len(lines))
